package api

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
)

// The session epochs with a meaning of their own (KIP-227).
const (
	noSession    int32 = 0  // session id of a request without a session
	initialEpoch int32 = 0  // a full fetch that asks for a session
	finalEpoch   int32 = -1 // a full fetch that asks for none
	firstEpoch   int32 = 1  // of the first incremental fetch
)

// sessionEvictMs is how long a session is safe from larger ones after it was made,
// and from all others after it was used (MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS).
const sessionEvictMs = 120_000

// nextEpoch is the epoch of the request after one of epoch e.
func nextEpoch(e int32) int32 {
	switch {
	case e < 0:
		return finalEpoch
	case e == math.MaxInt32:
		return firstEpoch
	}
	return e + 1
}

// sessionCache holds the fetch sessions of a broker (kafka.server.FetchSessionCache).
// Its lock is taken before a session's.
type sessionCache struct {
	slots int // how many sessions there can be (max.incremental.fetch.session.cache.slots)

	mu       sync.Mutex
	sessions map[int32]*fetchSession // guarded by mu
}

// sessionKey names a partition the way its session does: by topic id or by name.
type sessionKey struct {
	id    [16]byte // zero in a session by name
	name  string   // empty in a session by id
	index int32
}

// fetchSession is what incremental fetches leave out because the broker knows it.
type fetchSession struct {
	id         int32
	usesIDs    bool
	privileged bool // of a follower
	createdMs  int64

	// Guarded by sessionCache.mu.
	usedMs    int64
	size      int  // partitions when it was used last
	evictable bool // old enough, when it was used last, to give way to a larger one

	mu    sync.Mutex
	epoch int32                           // guarded by mu: of the request that may come next
	parts map[sessionKey]*cachedPartition // guarded by mu
	first *cachedPartition                // guarded by mu: in the order they are served
	last  *cachedPartition                // guarded by mu
}

// cachedPartition is a partition of a session: what its client asked last and
// what it was told last. Guarded by the session's lock.
type cachedPartition struct {
	prev, next *cachedPartition

	key  sessionKey
	name string           // the topic's, "" while its id is not known
	part *topic.Partition // nil until it was looked up
	ask  fetchAsk

	highWatermark  int64
	logStartOffset int64
}

func (s *fetchSession) append(c *cachedPartition) {
	c.prev, c.next = s.last, nil
	if s.last == nil {
		s.first = c
	} else {
		s.last.next = c
	}
	s.last = c
}

func (s *fetchSession) unlink(c *cachedPartition) {
	if c.prev == nil {
		s.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		s.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
}

// update takes over what an incremental request says. Caller holds s.mu.
func (s *fetchSession) update(q *wire.FetchRequest) {
	for i := range q.Topics {
		t := &q.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			c := s.parts[sessionKey{t.ID, string(t.Name), p.Index}]
			if c == nil {
				c = &cachedPartition{
					key:  sessionKey{t.ID, string(t.Name), p.Index},
					name: string(t.Name), highWatermark: -1, logStartOffset: -1,
				}
				s.parts[c.key] = c
				s.append(c)
			}
			c.ask = askOf(p)
		}
	}
	for i := range q.Forgotten {
		t := &q.Forgotten[i]
		for _, index := range t.Partitions {
			key := sessionKey{t.ID, string(t.Name), index}
			if c := s.parts[key]; c != nil {
				delete(s.parts, key)
				s.unlink(c)
			}
		}
	}
}

// told notes what an answer says of c and reports whether it says anything new.
// An error makes everything new that follows it. Partitions with records go to the
// end, so that the others are served first next time. Caller holds s.mu.
func (s *fetchSession) told(c *cachedPartition, p *fetchPart) bool {
	news := p.size > 0 || p.res.Diverges
	if c.highWatermark != p.highWatermark() || c.logStartOffset != p.logStartOffset() {
		c.highWatermark, c.logStartOffset = p.highWatermark(), p.logStartOffset()
		news = true
	}
	if p.code != 0 {
		c.highWatermark = -1
		news = true
	}
	if p.size > 0 {
		s.unlink(c)
		s.append(c)
	}
	return news
}

// begin finds what a request of version means for its session: an error code, or the
// session that the answer belongs to, nil for none. A full request closes the session it names.
func (sc *sessionCache) begin(q *wire.FetchRequest, version int16, now time.Time) (*fetchSession, int16) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	s := sc.sessions[q.SessionID]
	if q.SessionEpoch == initialEpoch || q.SessionEpoch == finalEpoch {
		if s != nil {
			delete(sc.sessions, s.id)
		}
		return nil, 0
	}
	if s == nil {
		return nil, kerr.FetchSessionIDNotFound.Code
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.epoch != q.SessionEpoch:
		return nil, kerr.InvalidFetchSessionEpoch.Code
	case s.usesIDs != (version >= 13):
		return nil, kerr.FetchSessionTopicIDError.Code
	}
	s.update(q)
	if s.first == nil {
		delete(sc.sessions, s.id)
		return nil, 0
	}
	sc.touch(s, len(s.parts), now.UnixMilli())
	s.epoch = nextEpoch(s.epoch)
	return s, 0
}

// touch notes that s is used now. Caller holds sc.mu.
func (sc *sessionCache) touch(s *fetchSession, size int, nowMs int64) {
	s.usedMs, s.size = nowMs, size
	s.evictable = nowMs-s.createdMs > sessionEvictMs
}

// create makes a session of what a full request asked and was told, and returns
// its id, noSession when the cache has no room.
func (sc *sessionCache) create(parts []fetchPart, usesIDs, privileged bool, now time.Time) int32 {
	nowMs := now.UnixMilli()
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if len(sc.sessions) >= sc.slots && !sc.evict(privileged, len(parts), nowMs) {
		return noSession
	}
	s := &fetchSession{
		id: sc.newID(), usesIDs: usesIDs, privileged: privileged, createdMs: nowMs,
		epoch: firstEpoch, parts: make(map[sessionKey]*cachedPartition, len(parts)),
	}
	all := make([]cachedPartition, len(parts))
	for i := range parts {
		p, c := &parts[i], &all[i]
		*c = cachedPartition{
			key: p.key(usesIDs), name: p.name, part: p.part, ask: p.ask,
			highWatermark: p.highWatermark(), logStartOffset: p.logStartOffset(),
		}
		s.parts[c.key] = c
		s.append(c)
	}
	if sc.sessions == nil {
		sc.sessions = make(map[int32]*fetchSession)
	}
	sc.sessions[s.id] = s
	sc.touch(s, len(parts), nowMs)
	return s.id
}

func (sc *sessionCache) newID() int32 {
	for {
		id := 1 + rand.Int32N(math.MaxInt32)
		if sc.sessions[id] == nil {
			return id
		}
	}
}

// evict makes room for a session of size partitions: the one that was not used for
// two minutes, or else the smallest of those that are old enough and not more worth
// than the new one. Followers come before consumers (FetchSessionCacheShard.tryEvict).
func (sc *sessionCache) evict(privileged bool, size int, nowMs int64) bool {
	var idle, least *fetchSession
	for _, s := range sc.sessions {
		if idle == nil || s.usedMs < idle.usedMs {
			idle = s
		}
		if !s.evictable && (s.privileged || !privileged) {
			continue
		}
		if least == nil || s.worthLess(least.privileged, least.size) {
			least = s
		}
	}
	switch {
	case idle != nil && nowMs-idle.usedMs > sessionEvictMs:
		delete(sc.sessions, idle.id)
	case least != nil && least.worthLess(privileged, size):
		delete(sc.sessions, least.id)
	default:
		return false
	}
	return true
}

// worthLess says that a session has to give way to one of size partitions.
func (s *fetchSession) worthLess(privileged bool, size int) bool {
	if s.privileged != privileged {
		return privileged
	}
	return s.size < size
}
