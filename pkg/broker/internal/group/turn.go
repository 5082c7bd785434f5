package group

import (
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
)

// group is one group.
type group struct {
	id string
	c  *Coordinator
	s  *shard

	mu      sync.Mutex
	gone    bool                        // guarded by mu: it was taken out of its shard
	isNew   bool                        // guarded by mu: nothing of it was written yet
	machine machine.Machine             // guarded by mu
	offsets map[string]*topicOffsets    // guarded by mu: by topic
	pending map[int64]pendingOffsets    // guarded by mu: by producer id
	timers  map[machine.TimerKey]*timer // guarded by mu
	waiting map[*call]struct{}          // guarded by mu: calls that the machine holds
	flights []*flight                   // guarded by mu: appends that are not committed, in order
	begun   int                         // guarded by mu: flights so far
	queue   []queued                    // guarded by mu: answers that wait for flights, in order
}

// flight is an append that waits for the high watermark.
type flight struct {
	landed bool
}

// queued is an answer that leaves after that many flights have landed.
type queued struct {
	after int
	send  func(err *kerr.Error)
}

// call is a request that a machine answers: machine.Call.
type call struct {
	// answer takes the answer, or why there is none.
	answer func(resp kmsg.Response, err *kerr.Error)
}

// turn is one use of a group under its lock, and what leaves after it.
type turn struct {
	c     *Coordinator
	g     *group
	fired topic.Fired
	out   []func()
}

// leave sends what the turn has made due. The group's lock is not held.
func (t *turn) leave() {
	t.fired.Fire()
	for _, f := range t.out {
		f()
	}
}

// settle drops a group that came to be in this turn and has nothing to keep: the
// append that would have made it failed, or its request was refused.
func (t *turn) settle() {
	g := t.g
	if g.isNew && len(g.offsets) == 0 && len(g.pending) == 0 {
		t.forget()
	}
}

// forget takes the group out of its shard.
func (t *turn) forget() {
	for _, timer := range t.g.timers {
		t.c.timers.stop(timer)
	}
	t.g.timers = nil
	t.g.s.forget(t.g)
}

// append writes records. Without an error they will be in the log, and the state
// may change.
func (t *turn) append(recs []machine.Record, o statelog.AppendOptions) *kerr.Error {
	g := t.g
	f := &flight{}
	out := make([]statelog.Record, len(recs))
	for i, r := range recs {
		out[i] = statelog.Record{Key: r.Key, Value: r.Value}
	}
	o.Fired = &t.fired
	o.Done = func(err error) { t.c.landed(g, f, err) } // waits for this turn to end
	pending, err := t.c.o.Log.Append(g.s.partition, out, o)
	if err != nil {
		t.c.o.Logger.Warn("group state cannot be written", "group", g.id, "err", err)
		return appendError(err)
	}
	g.isNew = false
	if pending {
		g.flights = append(g.flights, f)
		g.begun++
	}
	return nil
}

// answer sends an answer when everything that was appended so far is committed:
// with nil, or with why it never will be.
func (t *turn) answer(send func(err *kerr.Error)) {
	if len(t.g.flights) == 0 {
		t.out = append(t.out, func() { send(nil) })
		return
	}
	t.g.queue = append(t.g.queue, queued{t.g.begun, send})
}

// landed is called, without locks, when a flight is committed or never will be.
func (c *Coordinator) landed(g *group, f *flight, err error) {
	t := turn{c: c, g: g}
	g.mu.Lock()
	f.landed = true
	why := appendError(err)
	for len(g.flights) > 0 && (g.flights[0].landed || err != nil) {
		g.flights = slices.Delete(g.flights, 0, 1)
	}
	for len(g.queue) > 0 && g.queue[0].after <= g.begun-len(g.flights) {
		send := g.queue[0].send
		g.queue = slices.Delete(g.queue, 0, 1)
		t.out = append(t.out, func() { send(why) })
	}
	g.mu.Unlock()
	t.leave()
	if err != nil {
		// What was taken over is not on disk: this broker may not go on from it.
		c.o.Logger.Error("group state was not committed", "group", g.id, "partition", g.s.partition, "err", err)
		c.unload(g.s)
	}
}

// step gives the machine an event and does what it asks for.
func (t *turn) step(event any) { t.do(t.g.machine.Step(t.c.now(), event), nil) }

// do carries out effects. Records in first belong to the same append.
func (t *turn) do(fx machine.Effects, first []machine.Record) {
	records := fx.Records
	if len(first) > 0 {
		records = append(first, records...)
	}
	if len(records) > 0 {
		if err := t.append(records, statelog.AppendOptions{}); err != nil {
			for _, r := range fx.Replies {
				t.refuse(r.Call.(*call), err)
			}
			if fx.Done != nil {
				t.do(fx.Done(err), nil)
			}
			return
		}
	}
	if fx.Next != nil {
		t.become(fx.Next) // before the timers, which are its own
	}
	for _, r := range fx.Replies {
		t.reply(r.Call.(*call), r.Response)
	}
	for i := range fx.Timers {
		t.timer(&fx.Timers[i])
	}
	if fx.Done != nil {
		t.do(fx.Done(nil), nil)
	}
}

// become makes next the group's machine.
func (t *turn) become(next machine.Machine) {
	for _, timer := range t.g.timers {
		t.c.timers.stop(timer)
	}
	clear(t.g.timers)
	t.g.machine = next
	t.step(machine.Loaded{})
}

// hold makes a call that a machine may keep.
func (t *turn) hold(answer func(resp kmsg.Response, err *kerr.Error)) *call {
	c := &call{answer: answer}
	if t.g.waiting == nil {
		t.g.waiting = make(map[*call]struct{})
	}
	t.g.waiting[c] = struct{}{}
	return c
}

func (t *turn) reply(c *call, resp kmsg.Response) {
	delete(t.g.waiting, c)
	t.answer(func(err *kerr.Error) {
		if err != nil {
			c.answer(nil, err)
			return
		}
		c.answer(resp, nil)
	})
}

func (t *turn) refuse(c *call, err *kerr.Error) {
	delete(t.g.waiting, c)
	t.out = append(t.out, func() { c.answer(nil, err) })
}

func (t *turn) timer(m *machine.Timer) {
	g := t.g
	have := g.timers[m.Key]
	if m.Stop {
		if have != nil {
			t.c.timers.stop(have)
			delete(g.timers, m.Key)
		}
		return
	}
	if have == nil {
		if g.timers == nil {
			g.timers = make(map[machine.TimerKey]*timer, 1)
		}
		have = &timer{g: g, key: m.Key, at: -1, index: -1}
		g.timers[m.Key] = have
	}
	t.c.timers.set(have, m.After)
}

// fired is called without locks for a timer that has run out.
func (c *Coordinator) fired(due *timer) {
	c.turnOf(due.g, func(t *turn) {
		if t.g.timers[due.key] != due || c.timers.armed(due) {
			return // it was stopped or set anew meanwhile
		}
		delete(t.g.timers, due.key)
		t.step(machine.Fired{Key: due.key})
	})
}
