package api

import (
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/share"
	"kq/pkg/broker/internal/topic"
)

// recordLimit is the share.acquire.mode that gives never more records than were
// asked for (KIP-1206).
const recordLimit int8 = 1

// sharePart is one partition of a share fetch.
type sharePart struct {
	place share.Place
	code  int16
	part  *share.Partition // nil when code says why
	topic *topic.Partition // with part
	view  topic.View
	got   share.Fetched
}

// shareOp is a ShareFetch under way. The fetch belongs to one goroutine at a time:
// the connection's reader at first, later whoever ends its wait.
type shareOp struct {
	s       *Service
	r       *Request
	q       *kmsg.ShareFetchRequest
	session *share.Session // nil for the final epoch
	parts   []sharePart
	acks    *acknowledging // nil when the request acknowledges nothing
	left    atomic.Int32   // the fetch and the acknowledgements, as long as they go on

	want     share.Fetch
	maxBytes int
	minBytes int
	live     int // partitions that may have records

	wait   *topic.Wait
	cancel func() // of Conn.OnClose
}

// handleShareFetch answers ShareFetch 1-2 (KafkaApis.handleShareFetchRequest).
func handleShareFetch(s *Service, r *Request, q *kmsg.ShareFetchRequest) kmsg.Response {
	op := &shareOp{s: s, r: r, q: q}
	if err := s.shareCaller(q.GroupID, q.MemberID); err != nil {
		op.fail(err)
		return nil
	}
	if q.IsRenewAck && (q.MaxBytes != 0 || q.MinBytes != 0 || q.MaxRecords != 0 || q.MaxWaitMillis != 0) {
		op.fail(kerr.InvalidRequest) // a request that renews locks fetches nothing
		return nil
	}
	places, err := op.open()
	if isSessionLimit(err) {
		// The client comes again at once: it gets the time that it wanted to wait.
		time.AfterFunc(time.Duration(q.MaxWaitMillis)*time.Millisecond, func() { op.fail(err) })
		return nil
	}
	if err != nil {
		op.fail(err)
		return nil
	}
	op.left.Store(1)
	if op.acks != nil {
		op.left.Add(1)
		op.acks.run(s, op.end)
	}
	op.prepare(places)
	op.run()
	return nil
}

// open finds the session and the partitions to fetch from, and what is acknowledged.
func (op *shareOp) open() ([]share.Place, error) {
	q := op.q
	a := &acknowledging{group: *q.GroupID, member: *q.MemberID, version: q.Version, renew: q.IsRenewAck}
	var add, forget []share.Place
	acknowledges := false
	for i := range q.Topics {
		t := &q.Topics[i]
		for j := range t.Partitions {
			p := ackPart{place: share.Place{TopicID: t.TopicID, Partition: t.Partitions[j].Partition}}
			for _, b := range t.Partitions[j].AcknowledgementBatches {
				p.batches = append(p.batches, share.AckBatch{First: b.FirstOffset, Last: b.LastOffset, Types: b.AcknowledgeTypes})
				acknowledges = true
			}
			add, a.parts = append(add, p.place), append(a.parts, p)
		}
	}
	for i := range q.ForgottenTopicsData {
		t := &q.ForgottenTopicsData[i]
		for _, p := range t.Partitions {
			forget = append(forget, share.Place{TopicID: t.TopicID, Partition: p})
		}
	}
	var places []share.Place
	var err error
	op.session, places, err = op.s.Shares.Open(*q.GroupID, *q.MemberID, q.ShareSessionEpoch, op.r.Conn, add, forget, acknowledges)
	if err == nil && acknowledges {
		op.acks = a
	}
	if q.IsRenewAck {
		places = nil
	}
	return places, err
}

// prepare finds the share partitions.
func (op *shareOp) prepare(places []share.Place) {
	s, q := op.s, op.q
	op.maxBytes = min(int(q.MaxBytes), s.fetchSettings().maxBytes)
	op.minBytes = min(int(q.MinBytes), op.maxBytes)
	op.want = share.Fetch{
		Member: *q.MemberID, Exact: q.ShareAcquireMode == recordLimit, BatchSize: int(q.BatchSize),
		Isolation: s.Shares.Isolation(*q.GroupID),
	}
	nothing := q.MaxRecords == 0 || op.maxBytes == 0
	for _, at := range places {
		p := sharePart{place: at}
		t := s.Topics.TopicByID(at.TopicID)
		var err error
		switch {
		case t == nil:
			p.code = kerr.UnknownTopicID.Code
		case s.Topics.Image().Partition(t.Name, at.Partition) == nil:
			p.code = kerr.UnknownTopicOrPartition.Code
		case nothing:
			continue
		default:
			if p.topic, err = t.Partition(at.Partition); err == nil {
				p.part, err = s.Shares.Partition(share.Key{Group: *q.GroupID, TopicID: at.TopicID, Partition: at.Partition})
			}
			if p.code = codeOf(err); err == nil {
				op.live++
			}
		}
		op.parts = append(op.parts, p)
	}
}

// run acquires records, or parks until it is worth looking again.
func (op *shareOp) run() {
	for {
		var mark int64
		forced := op.wait == nil && (op.q.MaxWaitMillis <= 0 || op.minBytes <= 0)
		if op.wait != nil {
			mark, forced = op.wait.Mark(), op.wait.Forced()
		}
		have := 0
		if op.minBytes > 1 && !forced {
			have = op.ready()
		}
		if forced || op.live == 0 || op.minBytes <= 1 || have >= op.minBytes {
			if op.acquire() || forced || op.live == 0 {
				op.stopWaiting()
				op.end()
				return
			}
		}
		if op.park(mark + int64(max(1, op.minBytes-have))) {
			return // somebody else has op now
		}
	}
}

// ready is about how many bytes there are to be acquired.
func (op *shareOp) ready() (bytes int) {
	for i := range op.parts {
		p := &op.parts[i]
		if p.part == nil || p.code != 0 {
			continue
		}
		p.view = p.topic.View(op.want.Isolation)
		o := op.want
		o.MaxBytes = op.maxBytes / op.live
		bytes += p.part.Ready(o)
	}
	return bytes
}

// acquire goes through the partitions, within the limits. It is true when there are
// records.
func (op *shareOp) acquire() bool {
	o := op.want
	o.Records, o.MinOne = int(op.q.MaxRecords), true
	left, each := op.maxBytes, max(1, op.maxBytes/max(1, op.live))
	for i := range op.parts {
		p := &op.parts[i]
		if p.part == nil || p.code != 0 || o.Records <= 0 || left <= 0 {
			continue
		}
		o.MaxBytes = min(each, left)
		p.view = p.topic.View(o.Isolation)
		p.got = p.part.Fetch(o)
		if p.got.Err != nil {
			p.code = codeOf(p.got.Err)
			op.live--
			continue
		}
		o.Records -= p.got.Records()
		left -= p.got.Bytes
		o.MinOne = o.MinOne && p.got.Bytes == 0
	}
	return o.Records < int(op.q.MaxRecords)
}

// park waits until something has changed. It is false when op must go on at once.
func (op *shareOp) park(target int64) bool {
	if op.wait == nil {
		op.r.ReleaseBody()
		op.wait = topic.NewWait(len(op.parts), op.run)
		fresh := true
		const room = 1 << 40 // any record may be the one that is waited for
		for i := range op.parts {
			if p := &op.parts[i]; p.part != nil && p.code == 0 {
				fresh = op.wait.Watch(p.topic, op.want.Isolation, p.view, room) && fresh
				fresh = p.part.Watch(op.wait, p.got.Seen) && fresh
			}
		}
		op.wait.ForceAfter(time.Duration(op.q.MaxWaitMillis) * time.Millisecond)
		op.cancel = op.r.Conn.OnClose(op.wait.Force)
		if !fresh {
			return false
		}
	}
	return op.wait.Park(target)
}

func (op *shareOp) stopWaiting() {
	if op.wait == nil {
		return
	}
	op.cancel()
	op.wait.End()
	for i := range op.parts {
		if p := &op.parts[i]; p.part != nil {
			p.part.Unwatch(op.wait)
		}
	}
}

// end answers when the fetch and the acknowledgements are done.
func (op *shareOp) end() {
	if op.left.Add(-1) == 0 {
		op.answer()
	}
}
