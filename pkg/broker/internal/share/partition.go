package share

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/topic"
)

// The states of a Partition.
const (
	partitionLoading int8 = iota
	partitionActive
	partitionFailed // to load: why says it
	partitionFenced // forgotten by its manager
)

// Partition drives the state machine of one share partition: it loads and writes
// its state, reads the log for it, and holds its timer.
type Partition struct {
	m     *Manager
	key   Key
	topic *topic.Partition
	epoch int32 // the leader epoch at which it was loaded

	mu         sync.Mutex
	state      int8          // guarded by mu
	why        refusal       // guarded by mu
	flight     flight        // guarded by mu
	stateEpoch int32         // guarded by mu
	version    uint64        // guarded by mu: counts what could help a fetch that waits
	waiting    []*topic.Wait // guarded by mu: fetches
	pending    []write       // guarded by mu: to be written together, next
	writing    bool          // guarded by mu: one write is under way, so that they stay in order
	timer      *time.Timer   // guarded by mu: fires at armed
	armed      time.Duration // guarded by mu: since the manager began; 0: not set
}

// write is something that has changed, and who waits until that is kept.
type write struct {
	ranges     []staterec.ShareStateBatch
	transition *transition // nil when a lock has expired
	done       func(code int16, text string)
}

// turn is what is done under the lock of a share partition, and what is left to do
// when it is released.
type turn struct {
	p     *Partition
	after []func()
	wakes bool
}

func (t *turn) later(f func()) { t.after = append(t.after, f) }

// wake lets fetches that wait look again.
func (t *turn) wake() { t.wakes = true }

// do runs f under the lock, and then what it leaves to do.
func (p *Partition) do(f func(*turn)) {
	t := turn{p: p}
	p.mu.Lock()
	f(&t)
	var waiting []*topic.Wait
	if t.wakes {
		p.version++
		waiting = append(waiting, p.waiting...)
	}
	p.mu.Unlock()
	for _, f := range t.after {
		f()
	}
	for _, w := range waiting {
		w.Wake()
	}
}

// Watch lets w be woken when something has changed that could help it. It is false
// when that is so since seen.
func (p *Partition) Watch(w *topic.Wait, seen uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, w)
	return p.version == seen
}

// Unwatch takes w off again.
func (p *Partition) Unwatch(w *topic.Wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.waiting {
		if other == w {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return
		}
	}
}

// load reads what is kept of the share partition.
func (p *Partition) load() {
	q := kmsg.NewPtrReadShareGroupStateRequest()
	q.GroupID = p.key.Group
	q.Topics = []kmsg.ReadShareGroupStateRequestTopic{{TopicID: p.key.TopicID, Partitions: []kmsg.ReadShareGroupStateRequestTopicPartition{
		{Partition: p.key.Partition, LeaderEpoch: p.epoch},
	}}}
	p.m.o.Persister.ReadShareGroupState(q, func(resp *kmsg.ReadShareGroupStateResponse) {
		p.do(func(t *turn) {
			if p.state == partitionLoading {
				p.loaded(resp)
			}
			t.wake()
		})
	})
}

func (p *Partition) loaded(resp *kmsg.ReadShareGroupStateResponse) {
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		p.state, p.why = partitionFailed, refuse(kerr.UnknownServerError)
		return
	}
	kept := &resp.Topics[0].Partitions[0]
	if kept.ErrorCode != 0 {
		text := ""
		if kept.ErrorMessage != nil {
			text = *kept.ErrorMessage
		}
		p.state, p.why = partitionFailed, persisterRefusal(kept.ErrorCode, text)
		return
	}
	start := kept.StartOffset
	if start == -1 {
		var err error
		if start, err = p.firstOffset(); err != nil {
			p.m.o.Logger.Warn("cannot find where a share group begins", "group", p.key.Group, "partition", p.topic.String(), "err", err)
			p.state, p.why = partitionFailed, refuse(kerr.OffsetNotAvailable)
			return
		}
	}
	batches := make([]staterec.ShareStateBatch, len(kept.StateBatches))
	for i, b := range kept.StateBatches {
		batches[i] = staterec.ShareStateBatch{First: b.FirstOffset, Last: b.LastOffset, State: b.DeliveryState, Deliveries: b.DeliveryCount}
	}
	p.stateEpoch = kept.StateEpoch
	p.flight.begin(start, batches)
	p.state = partitionActive
}

// firstOffset is where the reset policy of the group lets it begin.
func (p *Partition) firstOffset() (int64, error) {
	policy := p.m.o.Topics.GroupText(p.key.Group, "share.auto.offset.reset")
	at, err := resetTimestamp(policy, p.m.o.Now())
	if err != nil {
		return 0, err
	}
	o := topic.ListOptions{LeaderEpoch: -1, Isolation: topic.HighWatermark}
	found, err := p.topic.OffsetFor(at, o)
	if err == nil && found.Offset < 0 { // nothing is as young yet
		found, err = p.topic.OffsetFor(topic.LatestTimestamp, o)
	}
	return found.Offset, err
}

// persisterRefusal is what a client is told of an error of the share coordinator
// (SharePartition.fetchPersisterError).
func persisterRefusal(code int16, text string) refusal {
	switch code {
	case kerr.NotCoordinator.Code, kerr.CoordinatorNotAvailable.Code, kerr.CoordinatorLoadInProgress.Code:
		return refusal{kerr.CoordinatorNotAvailable.Code, text}
	case kerr.GroupIDNotFound.Code, kerr.UnknownTopicOrPartition.Code:
		return refusal{code, text}
	case kerr.FencedLeaderEpoch.Code, kerr.FencedStateEpoch.Code:
		return refusal{kerr.NotLeaderForPartition.Code, text}
	}
	return refusal{kerr.UnknownServerError.Code, text}
}

// fences says whether an error means that this broker has an old state.
func (r refusal) fences() bool {
	return r.code == kerr.NotLeaderForPartition.Code || r.code == kerr.GroupIDNotFound.Code || r.code == kerr.UnknownTopicOrPartition.Code
}

// fence ends the share partition. Acknowledgements that are not written yet are
// refused; fetches look elsewhere.
func (p *Partition) fence() {
	p.do(func(t *turn) {
		p.state = partitionFenced
		for _, w := range p.pending {
			if w.done != nil {
				e := kerr.NotLeaderForPartition
				t.later(func() { w.done(e.Code, e.Description) })
			}
		}
		p.pending = nil
		if p.timer != nil {
			p.timer.Stop()
		}
		t.wake()
	})
}

// idle says whether the share partition can be forgotten: nothing of it is being written.
func (p *Partition) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state != partitionLoading && !p.writing && len(p.pending) == 0
}

// acknowledge takes what a member says of records.
func (p *Partition) acknowledge(member string, batches []AckBatch, done func(code int16, text string)) {
	p.do(func(t *turn) {
		if why := p.refusal(); why.code != 0 {
			t.later(func() { done(why.code, why.text) })
			return
		}
		change, why := p.flight.acknowledge(member, batches, p.m.rules(p.key.Group), p.m.elapsed())
		if why.code != 0 || change == nil {
			t.later(func() { done(why.code, why.text) })
			return
		}
		p.pending = append(p.pending, write{change.ranges, change, done})
		t.flush()
	})
}

// release gives back what a member has acquired.
func (p *Partition) release(member string) {
	p.do(func(t *turn) {
		if p.state != partitionActive {
			return
		}
		if change := p.flight.release(member, p.m.rules(p.key.Group)); change != nil {
			p.pending = append(p.pending, write{change.ranges, change, nil})
			t.flush()
		}
	})
}

// refusal is why the share partition cannot be used. Caller holds p.mu.
func (p *Partition) refusal() refusal {
	switch {
	case p.state == partitionFailed:
		return p.why
	case p.state != partitionActive || p.topic.Ended():
		return refuse(kerr.NotLeaderForPartition)
	}
	return refusal{}
}

// flush writes what is pending, in one request, unless one is under way.
func (t *turn) flush() {
	p := t.p
	if p.writing || len(p.pending) == 0 {
		return
	}
	writes := p.pending
	p.pending, p.writing = nil, true
	part := kmsg.WriteShareGroupStateRequestTopicPartition{
		Partition: p.key.Partition, StateEpoch: p.stateEpoch, LeaderEpoch: p.epoch,
		StartOffset: p.flight.start, DeliveryCompleteCount: p.flight.done(),
	}
	for _, w := range writes {
		for _, b := range w.ranges {
			part.StateBatches = append(part.StateBatches, kmsg.WriteShareGroupStateRequestTopicPartitionStateBatch{
				FirstOffset: b.First, LastOffset: b.Last, DeliveryState: b.State, DeliveryCount: b.Deliveries,
			})
		}
	}
	q := kmsg.NewPtrWriteShareGroupStateRequest()
	q.Version = 1
	q.GroupID = p.key.Group
	q.Topics = []kmsg.WriteShareGroupStateRequestTopic{{TopicID: p.key.TopicID, Partitions: []kmsg.WriteShareGroupStateRequestTopicPartition{part}}}
	t.later(func() {
		p.m.o.Persister.WriteShareGroupState(q, func(resp *kmsg.WriteShareGroupStateResponse) { p.written(writes, resp) })
	})
}

// written ends what a write was for.
func (p *Partition) written(writes []write, resp *kmsg.WriteShareGroupStateResponse) {
	why := refuse(kerr.UnknownServerError)
	if len(resp.Topics) == 1 && len(resp.Topics[0].Partitions) == 1 {
		kept := &resp.Topics[0].Partitions[0]
		if why = (refusal{}); kept.ErrorCode != 0 {
			text := ""
			if kept.ErrorMessage != nil {
				text = *kept.ErrorMessage
			}
			why = persisterRefusal(kept.ErrorCode, text)
		}
	}
	if why.fences() {
		p.m.drop(p.key, p)
	}
	idle := false
	p.do(func(t *turn) {
		r, now := p.m.rules(p.key.Group), p.m.elapsed()
		full := p.flight.inFlight() >= r.locks
		for _, w := range writes {
			if w.transition != nil && p.flight.finish(w.transition, why.code == 0, r, now) {
				t.wake()
			}
			if w.done != nil {
				t.later(func() { w.done(why.code, why.text) })
			}
		}
		p.flight.advance()
		if full && p.flight.inFlight() < r.locks {
			t.wake()
		}
		p.writing = false
		t.flush()
		if why.code != 0 {
			t.expire()
		}
		idle = !p.writing
	})
	if idle && !p.m.sessions.any(p.key.Group) {
		p.m.drop(p.key, p)
	}
}

// expire takes back the records whose locks have ended, and comes again for the
// next one.
func (t *turn) expire() {
	p := t.p
	if p.state != partitionActive {
		return
	}
	ranges, next := p.flight.expire(p.m.elapsed(), p.m.rules(p.key.Group))
	if len(ranges) > 0 {
		p.flight.advance()
		p.pending = append(p.pending, write{ranges: ranges})
		t.wake()
		t.flush()
	}
	if next != 0 {
		t.arm(next)
	}
}

// arm makes the timer fire at a time, or earlier.
func (t *turn) arm(at time.Duration) {
	p := t.p
	if p.armed != 0 && p.armed <= at {
		return
	}
	p.armed = at
	wait := max(0, at-p.m.elapsed())
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.ring)
		return
	}
	p.timer.Reset(wait)
}

func (p *Partition) ring() {
	p.do(func(t *turn) {
		p.armed = 0
		t.expire()
	})
}
