package share

import (
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
)

// The reasons of INVALID_REQUEST (ShareCoordinatorShard).
const (
	textNegative   = "The partition id cannot be a negative number."
	textUnreadable = "Read operation on uninitialized share partition not allowed."
	textUnwritable = "Write operation on uninitialized share partition not allowed."
)

// refusal is an error code and its message; the zero value is none.
type refusal struct {
	code int16
	text string
}

// The refusals of old epochs, in Kafka's words.
var (
	fencedLeader = refusal{kerr.FencedLeaderEpoch.Code, "The leader epoch in the request is older than the epoch on the broker."}
	fencedState  = refusal{kerr.FencedStateEpoch.Code, "The share coordinator rejected the request because the share-group state epoch did not match."}
)

// refuse is a refusal whose words are those of the error.
func refuse(e *kerr.Error) refusal { return refusal{e.Code, e.Description} }

// message is the text as answers have it.
func (r refusal) message() *string {
	if r.code == 0 {
		return nil
	}
	return &r.text
}

// failed is the refusal of what could not be done here, with the code of why.
func failed(what string, code int16) refusal {
	if code == 0 {
		return refusal{}
	}
	text := "Unable to " + what + " share group state: "
	if e := kerr.TypedErrorForCode(code); e != nil {
		text += e.Description
	}
	return refusal{code, text}
}

// gather calls done when all parts of a request have ended.
type gather struct {
	left atomic.Int32
	done func()
}

// gathering waits for parts, and for end.
func gathering(done func()) *gather {
	g := &gather{done: done}
	g.left.Store(1)
	return g
}

func (g *gather) begin() { g.left.Add(1) }

func (g *gather) end() {
	if g.left.Add(-1) == 0 {
		g.done()
	}
}

// operation is what a request does to one share partition.
type operation struct {
	what string // as messages have it: read, write …
	// before is why it cannot be, whatever the metadata says. s is nil when
	// nothing is kept of the share partition.
	before func(s *kept) refusal
	// do does it, and calls end once, without the lock.
	do func(w *work, s *kept, end func(code int16))
}

// run does it to one share partition. end is called once, without locks.
func (c *Coordinator) run(k Key, op operation, end func(refusal)) {
	if k.Partition < 0 {
		end(refusal{kerr.InvalidRequest.Code, textNegative})
		return
	}
	c.visit(k, func(w *work, code int16) {
		if code != 0 {
			end(failed(op.what, code))
			return
		}
		s := w.sh.states[k]
		r := op.before(s)
		if r.code == 0 && !c.exists(k) {
			r = refuse(kerr.UnknownTopicOrPartition)
		}
		if r.code != 0 {
			w.later(func() { end(r) })
			return
		}
		op.do(w, s, func(code int16) { end(failed(op.what, code)) })
	})
}

// answer runs op on the share partition of one entry of a request, as a part
// of g, and puts what comes of it into the entry's answer.
func (c *Coordinator) answer(g *gather, k Key, op operation, code *int16, message **string) {
	g.begin()
	c.run(k, op, func(r refusal) {
		*code, *message = r.code, r.message()
		g.end()
	})
}

// exists says whether the metadata has the partition.
func (c *Coordinator) exists(k Key) bool {
	t := c.o.Image().TopicByID(k.TopicID)
	return t != nil && int(k.Partition) < len(t.Partitions)
}

func always(*kept) refusal { return refusal{} }

// fencedBy refuses epochs below those that were seen; -1 is not checked.
func (s *kept) fencedBy(leaderEpoch, stateEpoch int32) refusal {
	switch {
	case leaderEpoch != -1 && s.leaderFence > leaderEpoch:
		return fencedLeader
	case stateEpoch != -1 && s.stateFence > stateEpoch:
		return fencedState
	}
	return refusal{}
}

func keyOf(group string, id meta.ID, partition int32) Key { return Key{group, id, partition} }
