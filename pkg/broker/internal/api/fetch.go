package api

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
)

// The replica ids that are no broker's (FetchRequest).
const consumerReplica int32 = -1

// maxKept is how many partitions a request may have had whose memory is kept for
// other requests.
const maxKept = 4096

// fetchShared is what the fetches of one broker share.
type fetchShared struct {
	once     sync.Once
	maxBytes int // fetch.max.bytes
	sessions sessionCache
	ops      sync.Pool // of *fetchOp
}

func (s *Service) fetchSettings() *fetchShared {
	f := &s.fetch
	f.once.Do(func() {
		f.maxBytes = int(s.Topics.BrokerNumber("fetch.max.bytes"))
		f.sessions.slots = int(s.Topics.BrokerNumber("max.incremental.fetch.session.cache.slots"))
	})
	return f
}

// fetchAsk is what a fetch asks of one partition.
type fetchAsk struct {
	offset      int64
	maxBytes    int32
	leaderEpoch int32 // -1: not known
	lastEpoch   int32 // -1: not known
}

func askOf(p *wire.FetchPartition) fetchAsk {
	return fetchAsk{
		offset: p.FetchOffset, maxBytes: p.MaxBytes,
		leaderEpoch: max(-1, p.CurrentLeaderEpoch), lastEpoch: max(-1, p.LastFetchedEpoch),
	}
}

// fetchPart is one partition of a fetch under way.
type fetchPart struct {
	name   string // "" when the topic id is not known
	id     meta.ID
	index  int32
	part   *topic.Partition // nil when code says why
	cached *cachedPartition // in an incremental fetch
	ask    fetchAsk

	absent bool // the metadata does not have it: answered last, and nobody waits for it
	code   int16
	size   int
	res    topic.Read
}

func (p *fetchPart) key(byID bool) sessionKey {
	if byID {
		return sessionKey{id: p.id, index: p.index}
	}
	return sessionKey{name: p.name, index: p.index}
}

func (p *fetchPart) highWatermark() int64 {
	if p.code != 0 {
		return -1
	}
	return p.res.HighWatermark
}

func (p *fetchPart) logStartOffset() int64 {
	if p.code != 0 {
		return -1
	}
	return p.res.LogStart
}

// fetchOp is a fetch under way. It belongs to one goroutine at a time: the
// connection's reader at first, later whoever ends its wait.
type fetchOp struct {
	s       *Service
	r       *Request
	q       wire.FetchRequest
	session *fetchSession // of an incremental fetch
	parts   []fetchPart
	absent  []fetchPart // moves behind parts
	waiting int         // partitions that can have records: those not absent

	isolation  topic.Isolation
	leaderOnly bool
	maxBytes   int
	minBytes   int

	wait   *topic.Wait
	cancel func() // of Conn.OnClose

	resp    wire.FetchResponse
	regions []wire.FileRegion
}

// handleFetch answers API 1 (KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages).
func handleFetch(s *Service, r *Request) {
	shared := s.fetchSettings()
	op, _ := shared.ops.Get().(*fetchOp)
	if op == nil {
		op = new(fetchOp)
	}
	op.s, op.r = s, r
	err := errColdTooLarge // a fetch takes many times its own length in memory
	if len(r.Body) <= maxColdBody {
		err = op.q.Parse(r.Header.Version, r.Body)
	}
	if err != nil {
		op.recycle()
		r.Close(fmt.Errorf("parse fetch request version %d: %w", r.Header.Version, err))
		return
	}
	if !op.prepare(shared) {
		return
	}
	op.run()
}

// prepare finds the partitions that the request means. It is false when it has answered.
func (op *fetchOp) prepare(shared *fetchShared) bool {
	var code int16
	op.session, code = shared.sessions.begin(&op.q, op.r.Header.Version, op.s.Now())
	if code != 0 {
		op.fail(code, noSession)
		return false
	}
	if op.session != nil {
		op.fromSession()
	} else {
		op.fromRequest()
	}
	if len(op.parts) > 0 && op.q.IsolationLevel != 0 && op.q.IsolationLevel != 1 {
		op.refuse(kerr.UnknownServerError.Code) // Kafka fails over the level
		return false
	}
	op.waiting = len(op.parts)
	op.parts = append(op.parts, op.absent...)
	op.maxBytes = min(int(op.q.MaxBytes), shared.maxBytes)
	op.minBytes = min(int(op.q.MinBytes), op.maxBytes)
	consumer := op.q.ReplicaID == consumerReplica
	switch {
	case !consumer:
		op.isolation = topic.LogEnd
	case op.q.IsolationLevel == 1:
		op.isolation = topic.LastStable
	default:
		op.isolation = topic.HighWatermark
	}
	// Consumers that can be sent to a follower may also read from one (KIP-392).
	op.leaderOnly = op.follower() || consumer && op.r.Header.Version < 11
	return true
}

func (op *fetchOp) follower() bool { return op.q.ReplicaID >= 0 }

// add takes one partition into the fetch.
func (op *fetchOp) add(p fetchPart, err error) {
	switch {
	case err == nil:
	case p.name == "":
		p.part, p.absent, p.code = nil, true, kerr.UnknownTopicID.Code
	default:
		p.part, p.code = nil, codeOf(err)
		p.absent = p.code == kerr.UnknownTopicOrPartition.Code
	}
	if p.absent {
		op.absent = append(op.absent, p)
		return
	}
	op.parts = append(op.parts, p)
}

// fromRequest takes the partitions of the request.
func (op *fetchOp) fromRequest() {
	once(op.q.Topics, func(p *wire.FetchPartition) int32 { return p.Index })
	for i := range op.q.Topics {
		qt := &op.q.Topics[i]
		t, name := op.lookup(qt.Name, qt.ID)
		for j := range qt.Partitions {
			qp := &qt.Partitions[j]
			part, err := t.Partition(qp.Index)
			op.add(fetchPart{name: name, id: qt.ID, index: qp.Index, part: part, ask: askOf(qp)}, err)
		}
	}
}

// lookup finds a topic of the request, by name or by id. The name is empty for an id that
// nobody has.
func (op *fetchOp) lookup(name []byte, id meta.ID) (*topic.Topic, string) {
	if op.r.Header.Version >= 13 {
		t := op.s.Topics.TopicByID(id)
		if t == nil {
			return nil, ""
		}
		return t, t.Name
	}
	if t := op.s.Topics.Topic(name); t != nil {
		return t, t.Name
	}
	return nil, string(name)
}

// fromSession takes the partitions of the session, in its order.
func (op *fetchOp) fromSession() {
	s := op.session
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := s.first; c != nil; c = c.next {
		p := fetchPart{name: c.name, id: c.key.id, index: c.key.index, cached: c, ask: c.ask}
		var err error
		if p.part = c.part; p.part == nil || p.part.Ended() {
			p.part, err = op.find(c)
			p.name = c.name
		}
		op.add(p, err)
	}
}

// find looks up a partition of the session. A topic that was made anew under its
// name is not the one that the session has by id. Caller holds the session's lock.
func (op *fetchOp) find(c *cachedPartition) (*topic.Partition, error) {
	c.part = nil
	if c.name == "" {
		t := op.s.Topics.TopicByID(c.key.id)
		if t == nil {
			return nil, kerr.UnknownTopicID
		}
		c.name = t.Name
	}
	part, err := op.s.Topics.Topic([]byte(c.name)).Partition(c.key.index)
	switch {
	case err != nil:
		return nil, err
	case op.session.usesIDs && part.TopicID != c.key.id:
		return nil, kerr.InconsistentTopicID
	}
	c.part = part
	return part, nil
}

// run reads and answers, or parks until it is worth reading again.
func (op *fetchOp) run() {
	for {
		var mark int64
		forced := op.wait == nil && op.q.MaxWaitMs <= 0
		if op.wait != nil {
			mark, forced = op.wait.Mark(), op.wait.Forced()
		}
		have, now := op.read()
		if forced || now || have >= op.minBytes || op.waiting == 0 {
			op.answer()
			return
		}
		op.releaseRecords()
		if op.park(mark, have) {
			return // somebody else has op now
		}
	}
}

// read reads all partitions, in order, within the limits. now says that the answer
// must not wait: an error, a diverging log, or records of an older segment, behind
// which there is enough.
func (op *fetchOp) read() (have int, now bool) {
	o := topic.ReadOptions{
		MinOne: true, Isolation: op.isolation, LeaderOnly: op.leaderOnly, Follower: op.follower(),
	}
	left := op.maxBytes
	for i := range op.parts {
		p := &op.parts[i]
		if p.absent {
			continue
		}
		p.size = 0
		if p.part == nil { // code is known
			now = true
			continue
		}
		p.code = 0
		var err error
		if p.ask.maxBytes < 0 {
			err = kerr.UnknownServerError // Kafka fails over a negative limit
		} else {
			o.Offset, o.LeaderEpoch, o.LastFetchedEpoch = p.ask.offset, p.ask.leaderEpoch, p.ask.lastEpoch
			o.MaxBytes = min(int(p.ask.maxBytes), left)
			p.res, err = p.part.Read(o)
		}
		if err != nil {
			p.res = topic.Read{}
			p.code = op.readError(err, p.ask.leaderEpoch)
			now = true
			continue
		}
		p.size = p.res.Bytes
		have += p.size
		left = max(0, left-p.size)
		o.MinOne = o.MinOne && p.size == 0
		now = now || p.res.Diverges || p.size > 0 && p.res.OlderSegment
	}
	return have, now
}

// readError is the code of an error in a version of the answer.
func (op *fetchOp) readError(err error, epoch int32) int16 {
	if errors.Is(err, topic.ErrUnknownFollower) && epoch < 0 {
		return kerr.NotLeaderForPartition.Code
	}
	code := codeOf(err)
	if code == kerr.KafkaStorageError.Code && op.r.Header.Version <= 5 {
		return kerr.NotLeaderForPartition.Code // old clients retry that one
	}
	return code
}

// park waits until enough bytes are there beyond the have that were read after
// mark. It is false when op must go on at once.
func (op *fetchOp) park(mark int64, have int) bool {
	if op.wait == nil {
		op.r.ReleaseBody()
		op.wait = topic.NewWait(len(op.parts), op.run)
		fresh := true
		for i := range op.parts {
			if p := &op.parts[i]; !p.absent {
				room := int64(p.ask.maxBytes) - int64(p.size)
				fresh = op.wait.Watch(p.part, op.isolation, p.res.View, room) && fresh
			}
		}
		op.wait.ForceAfter(time.Duration(op.q.MaxWaitMs) * time.Millisecond)
		op.cancel = op.r.Conn.OnClose(op.wait.Force)
		if !fresh {
			return false
		}
	}
	return op.wait.Park(mark + int64(op.minBytes-have))
}

// releaseRecords gives back what read pinned.
func (op *fetchOp) releaseRecords() {
	for i := range op.parts {
		op.parts[i].res.Release()
		op.parts[i].res.Regions = nil
	}
}

// recycle keeps the memory of op for another request. A timer or a connection may
// still know its wait, which is not used again.
func (op *fetchOp) recycle() {
	clear(op.parts)
	clear(op.absent)
	clear(op.regions)
	for i := range op.resp.Topics {
		clear(op.resp.Topics[i].Partitions)
	}
	op.parts, op.absent, op.regions = op.parts[:0], op.absent[:0], op.regions[:0]
	ops, large := &op.s.fetch.ops, cap(op.parts) > maxKept
	op.s, op.r, op.session, op.wait, op.cancel = nil, nil, nil, nil, nil
	if !large {
		ops.Put(op)
	}
}
