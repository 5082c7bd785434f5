package txn

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// owner has one transactional id. All of it is guarded by the shard's lock.
type owner struct {
	id      string
	machine Machine
	// timer is when the transaction runs out of time, or, when its end is decided,
	// when the next attempt to carry it out is due.
	timer deadline
	busy  *busyness // nil when nothing goes on
}

// busyness is what an id needs beside its state while something goes on.
type busyness struct {
	current *request   // that asked for what is being written; may be nil
	parked  []*request // to be tried again after the transition, in order
	// topics are the ids of the topics that the transaction wrote to, as far as
	// they are known: a marker does not go to a topic that has taken the name.
	topics   map[string]meta.ID
	left     []Partition // without a marker, once the end is decided
	attempts int         // at writing markers or a state
}

// request is an event that somebody waits for.
type request struct {
	id     string
	event  Event
	create bool
	reply  func(Answer)
	limit  deadline // of waiting for a transition
}

func (o *owner) going() *busyness {
	if o.busy == nil {
		o.busy = &busyness{}
	}
	return o.busy
}

// gone says whether o is no longer the owner: a callback came late.
func (w *work) gone(o *owner) bool { return w.sh.ids[o.id] != o }

// owner returns the owner of an id, or unknown when it never had a producer.
func (w *work) owner(id string, unknown int16) (o *owner, code int16) {
	if w.sh.state.Load() != shardLoaded {
		return nil, kerr.NotCoordinator.Code // the shard was unloaded a moment ago
	}
	if o = w.sh.ids[id]; o == nil || o.machine.Txn().Epoch == none {
		return nil, unknown
	}
	return o, 0
}

// request lets an event happen.
func (w *work) request(r *request) {
	if w.sh.state.Load() != shardLoaded {
		w.answer(r.reply, refuse(kerr.NotCoordinator.Code))
		return
	}
	o := w.sh.ids[r.id]
	if o == nil && r.create {
		o = w.sh.add(r.id, NewMachine())
	}
	if o == nil {
		w.answer(r.reply, refuse(kerr.InvalidProducerIDMapping.Code))
		return
	}
	w.step(o, r)
}

// add makes the owner of an id. Caller holds sh.mu.
func (sh *shard) add(id string, m Machine) *owner {
	o := &owner{id: id, machine: m}
	o.timer.due = func(w *work) { w.due(o) }
	sh.ids[id] = o
	return o
}

// step lets the event of r happen to o.
func (w *work) step(o *owner, r *request) {
	eff := o.machine.Step(w.sh.c.nowMs(), r.event)
	if add, ok := r.event.(Add); ok && (eff.Append != nil || eff.Answered && eff.Answer.Code == 0) {
		w.note(o, add.Partitions)
	}
	switch {
	case eff.NeedID:
		w.needID(r)
	case eff.Wait:
		w.park(o, r, eff.Answer)
	case eff.Append != nil || eff.Delete:
		o.going().current = r
		w.append(o, eff)
	case eff.Answered:
		w.answer(r.reply, eff.Answer)
		w.settle(o)
	}
}

// note remembers which topics a transaction writes to.
func (w *work) note(o *owner, parts []Partition) {
	b := o.going()
	for _, p := range parts {
		if id, ok := w.sh.c.o.TopicID(p.Topic, p.Index); ok {
			if b.topics == nil {
				b.topics = make(map[string]meta.ID)
			}
			b.topics[p.Topic] = id
		}
	}
}

// needID gets a fresh producer id, which may take a write of the controller, and
// tries again. It has a goroutine of its own, since the controller may wait for
// the one that is here.
func (w *work) needID(r *request) {
	c := w.sh.c
	w.later(func() {
		go func() {
			id, code := c.o.NewProducerID()
			if code != 0 {
				if r.reply != nil {
					r.reply(refuse(code))
				}
				c.forgetUnused(r.id)
				return
			}
			switch e := r.event.(type) {
			case Init:
				e.FreshID = id
				r.event = e
			case End:
				e.FreshID = id
				r.event = e
			case TimedOut:
				e.FreshID = id
				r.event = e
			}
			reply := r.reply
			if reply == nil {
				reply = func(Answer) {}
			}
			c.submit(r.id, r.event, r.create, reply)
		}()
	})
}

// forgetUnused drops the owner of an id of which nothing was written.
func (c *Coordinator) forgetUnused(id string) {
	if sh, code := c.shardOf(id); code == 0 {
		sh.do(func(w *work) {
			if o := sh.ids[id]; o != nil {
				w.settle(o)
			}
		})
	}
}

// park lets r wait for the end of the transition under way, but not for long,
// and no longer when it meets another one.
func (w *work) park(o *owner, r *request, late Answer) {
	now := w.sh.c.elapsed()
	if r.limit.at == 0 {
		r.limit.at = now + w.sh.c.o.Patience
	}
	if r.limit.at <= now {
		w.answer(r.reply, late)
		return
	}
	b := o.going()
	b.parked = append(b.parked, r)
	r.limit.due = func(w *work) {
		for i, other := range b.parked {
			if other == r {
				b.parked = append(b.parked[:i:i], b.parked[i+1:]...)
				w.answer(r.reply, late)
				return
			}
		}
	}
	w.sh.due.set(&r.limit, r.limit.at)
}

// append writes what a step asked for. The machine goes on when it is committed.
func (w *work) append(o *owner, eff Effects) {
	o.going().attempts++
	sh := w.sh
	rec := record(o.id, eff.Append)
	pending, err := sh.c.o.Log.Append(sh.partition, []statelog.Record{rec}, statelog.AppendOptions{
		Fired: &w.fired,
		Done: func(err error) {
			sh.do(func(w *work) {
				if !w.gone(o) {
					w.appended(o, eff.Again, err)
				}
			})
		},
	})
	if err != nil || !pending {
		w.appended(o, eff.Again, err)
	}
}

// appended goes on after an append. again says that the request that asked for it
// is to be tried once more.
func (w *work) appended(o *owner, again bool, err error) {
	b := o.going()
	r := b.current
	b.current = nil
	if err != nil {
		w.sh.c.o.Logger.Warn("cannot write the state of a transactional id", "transactional_id", o.id, "err", err)
		eff := o.machine.Step(w.sh.c.nowMs(), Failed{Code: statelog.AppendError(err).Code})
		if r != nil {
			w.answer(r.reply, eff.Answer)
		}
		w.retryLater(o)
		w.settle(o)
		return
	}
	b.attempts = 0
	eff := o.machine.Step(w.sh.c.nowMs(), Committed{})
	if eff.Gone {
		w.forget(o)
		return
	}
	w.setTimer(o)
	switch {
	case r == nil:
	case again:
		w.park(o, r, eff.Answer)
	default:
		w.answer(r.reply, eff.Answer)
	}
	if eff.Markers != nil {
		o.going().left = eff.Markers.Partitions
		w.mark(o)
	}
	w.settle(o)
}

// setTimer sets or stops the timeout of o's transaction.
func (w *work) setTimer(o *owner) {
	t := o.machine.Txn()
	switch {
	case t.State != Ongoing:
		w.sh.due.drop(&o.timer)
	case o.timer.at1 == 0:
		w.sh.due.set(&o.timer, w.sh.c.elapsed()+time.Duration(t.TimeoutMs)*time.Millisecond)
	}
}

// settle lets parked requests go on if the transition is over, and frees what an
// idle id does not need.
func (w *work) settle(o *owner) {
	for o.busy != nil && !o.machine.Busy() && len(o.busy.parked) > 0 {
		r := o.busy.parked[0]
		o.busy.parked = o.busy.parked[1:]
		w.sh.due.drop(&r.limit)
		w.step(o, r)
	}
	if w.gone(o) || o.machine.Busy() {
		return
	}
	if o.machine.Unused() {
		delete(w.sh.ids, o.id)
		return
	}
	if o.machine.Txn().State.idle() {
		o.busy = nil
	}
}

// due is called when the timer of o is.
func (w *work) due(o *owner) {
	switch t := o.machine.Txn(); {
	case o.machine.pending != nil:
		// It goes on when that is written, and the timer with it: an ongoing
		// transaction must not lose its end.
		w.sh.due.set(&o.timer, w.sh.c.elapsed()+firstRetry)
	case t.State == Ongoing:
		w.sh.c.o.Logger.Info("a transaction is aborted, it has run out of time", "transactional_id", o.id, "producer_id", t.ProducerID)
		w.sh.due.set(&o.timer, w.sh.c.elapsed()+time.Second) // if it fails
		w.step(o, &request{id: o.id, event: TimedOut{FreshID: none}})
	case t.State.prepared():
		w.mark(o)
	}
}

// forget drops an id that has expired.
func (w *work) forget(o *owner) {
	delete(w.sh.ids, o.id)
	for _, r := range o.going().parked {
		w.sh.due.drop(&r.limit)
		w.request(r)
	}
}

// expire forgets the ids that were not used for a long time.
func (w *work) expire() {
	c := w.sh.c
	before := c.agedMs() - c.o.IDExpiration().Milliseconds()
	for id, o := range w.sh.ids {
		if t := o.machine.Txn(); t.State.idle() && !o.machine.Busy() && t.UpdateMs <= before {
			w.step(o, &request{id: id, event: Expired{}})
		}
	}
}

// abandon refuses all that wait on an id whose shard goes away.
func (w *work) abandon(o *owner) {
	if o.busy == nil {
		return
	}
	if r := o.busy.current; r != nil {
		w.answer(r.reply, refuse(kerr.NotCoordinator.Code))
	}
	for _, r := range o.busy.parked {
		w.answer(r.reply, refuse(kerr.NotCoordinator.Code))
	}
	o.busy = nil
}
