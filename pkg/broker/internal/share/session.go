package share

import (
	"container/list"
	"math"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
)

// The session epochs with a meaning of their own (ShareRequestMetadata).
const (
	EpochFirst int32 = 0  // asks for a new session
	EpochFinal int32 = -1 // ends the session: what the member has acquired is released
)

// Errors of sessions, which are of the whole request.
var (
	ErrSessionNotFound = kerr.ShareSessionNotFound
	ErrSessionEpoch    = kerr.InvalidShareSessionEpoch
	ErrSessionLimit    = kerr.ShareSessionLimitReached
)

// Place names a partition of a topic by its id.
type Place struct {
	TopicID   meta.ID
	Partition int32
}

// Connection is the connection of a client. OnClose calls f once when it closes,
// at once when it is closed already; after cancel it does not.
type Connection interface {
	OnClose(f func()) (cancel func())
}

// member names a member of a group.
type member struct{ group, id string }

// sessions has the share sessions of a broker (ShareSessionCache).
type sessions struct {
	limit int

	mu     sync.Mutex
	all    map[member]*Session // guarded by mu
	groups map[string]int      // guarded by mu: sessions of a group
}

func (c *sessions) init(limit int) {
	c.limit, c.all, c.groups = limit, make(map[member]*Session), make(map[string]int)
}

// any says whether a group has sessions.
func (c *sessions) any(group string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.groups[group] > 0
}

// Session is the partitions that a member of a group fetches from here, so that its
// requests need not name them (KIP-932).
type Session struct {
	member member
	cancel func() // of Connection.OnClose; set before others know the session

	mu     sync.Mutex
	epoch  int32                   // guarded by mu: of the request that may come next
	order  *list.List              // guarded by mu: of *cached, in the order they are served
	places map[Place]*list.Element // guarded by mu
}

// cached is a partition of a session.
type cached struct {
	Place
	tell bool // the next answer names it, whatever it has
}

// nextEpoch is the epoch of the request after one of epoch e.
func nextEpoch(e int32) int32 {
	if e == math.MaxInt32 {
		return 1
	}
	return e + 1
}

func (s *Session) add(p Place, tell bool) {
	if s.places[p] == nil {
		s.places[p] = s.order.PushBack(&cached{Place: p, tell: tell})
	}
}

// Open is the beginning of a ShareFetch: it returns the session, and the partitions
// to fetch from, in order. Both are nil for the final epoch. Errors are those of
// sessions and INVALID_REQUEST, as a *kerr.Error.
func (m *Manager) Open(group, id string, epoch int32, conn Connection, add, forget []Place, acknowledges bool) (*Session, []Place, error) {
	who := member{group, id}
	switch epoch {
	case EpochFinal:
		if m.sessions.find(who) == nil {
			return nil, nil, ErrSessionNotFound
		}
		return nil, nil, nil
	case EpochFirst:
		if acknowledges {
			return nil, nil, kerr.InvalidRequest
		}
		return m.create(who, conn, add)
	}
	s := m.sessions.find(who)
	if s == nil {
		return nil, nil, ErrSessionNotFound
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch {
		return nil, nil, ErrSessionEpoch
	}
	s.epoch = nextEpoch(epoch)
	for _, p := range add {
		s.add(p, true)
	}
	for _, p := range forget {
		if e := s.places[p]; e != nil {
			s.order.Remove(e)
			delete(s.places, p)
		}
	}
	all := make([]Place, 0, len(s.places))
	for e := s.order.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*cached).Place)
	}
	// Each request begins with another partition, so that none starves.
	if n := len(all); n > 1 {
		at := int(epoch) % n
		all = append(all[at:n:n], all[:at]...)
	}
	return s, all, nil
}

// create makes a session, in the place of the one that the member has. What it has
// acquired stays its own.
func (m *Manager) create(who member, conn Connection, add []Place) (*Session, []Place, error) {
	s := &Session{member: who, epoch: 1, order: list.New(), places: make(map[Place]*list.Element, len(add))}
	for _, p := range add {
		s.add(p, false)
	}
	old := m.sessions.remove(who, nil)
	if old != nil {
		old.cancel()
	}
	// A connection that is closed already calls back at once, before the session is
	// there: it is looked at once more below.
	var gone sync.Once
	closed := make(chan struct{})
	s.cancel = conn.OnClose(func() {
		gone.Do(func() { close(closed) })
		m.disconnected(s)
	})
	if !m.sessions.insert(s) {
		s.cancel()
		return nil, nil, ErrSessionLimit
	}
	select {
	case <-closed:
		m.disconnected(s)
	default:
	}
	all := make([]Place, 0, len(add))
	for e := s.order.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*cached).Place)
	}
	return s, all, nil
}

// disconnected releases what the member of a session has whose connection is gone.
func (m *Manager) disconnected(s *Session) {
	if m.sessions.remove(s.member, s) != nil {
		m.releaseAll(s)
	}
}

func (c *sessions) find(who member) *Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[who]
}

func (c *sessions) insert(s *Session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= c.limit {
		return false
	}
	c.all[s.member] = s
	c.groups[s.member.group]++
	return true
}

// remove takes away the session of a member, only s unless that is nil.
func (c *sessions) remove(who member, s *Session) *Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	have := c.all[who]
	if have == nil || s != nil && have != s {
		return nil
	}
	delete(c.all, who)
	if c.groups[who.group]--; c.groups[who.group] == 0 {
		delete(c.groups, who.group)
	}
	return have
}

// Touch is the beginning of a ShareAcknowledge: the session goes on to the next
// epoch, unless this is the final one. Errors are those of sessions.
func (m *Manager) Touch(group, id string, epoch int32) error {
	if epoch == EpochFirst {
		return ErrSessionEpoch
	}
	s := m.sessions.find(member{group, id})
	if s == nil {
		return ErrSessionNotFound
	}
	if epoch == EpochFinal {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch {
		return ErrSessionEpoch
	}
	s.epoch = nextEpoch(epoch)
	return nil
}

// Release ends the session of a member, which gives back what it has acquired in
// the partitions of the session.
func (m *Manager) Release(group, id string) {
	if s := m.sessions.remove(member{group, id}, nil); s != nil {
		s.cancel()
		m.releaseAll(s)
	}
}

func (m *Manager) releaseAll(s *Session) {
	s.mu.Lock()
	places := make([]Place, 0, len(s.places))
	for p := range s.places {
		places = append(places, p)
	}
	s.mu.Unlock()
	for _, at := range places {
		if p := m.known(Key{s.member.group, at.TopicID, at.Partition}); p != nil {
			p.release(s.member.id)
		}
	}
	if !m.sessions.any(s.member.group) {
		m.dropGroup(s.member.group)
	}
}

// Tells says whether the answer to a request of an epoch names a partition: one
// with records or with an error, or one that was added. The partition is served
// last next time if it has records. gone says that the session has moved on.
func (s *Session) Tells(p Place, records, failed bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.places[p]
	if e == nil {
		return true
	}
	c := e.Value.(*cached)
	tell := c.tell || records || failed
	c.tell = failed
	if records {
		s.order.MoveToBack(e)
	}
	return tell
}

// At says whether the session has not moved on since the request of an epoch.
func (s *Session) At(epoch int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch == nextEpoch(epoch)
}
