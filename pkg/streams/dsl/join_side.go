package dsl

import (
	"math"
	"sync"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// joinClock is the time that the two sides of a left or outer join share in one task.
type joinClock struct {
	stream int64 // the highest time of a record of either side, -1 before the first
	// min is what the JVM takes for the lowest time in the shared store:
	// MaxInt64 after a look that found nothing, and at start.
	min int64
	// low is a time below which the shared store has nothing; empty says that it has nothing at all.
	low   int64
	empty bool
	users int
}

// joinClocks finds the clock of a task: the one that goes with its shared store.
type joinClocks struct {
	mu     sync.Mutex
	clocks map[any]*joinClock // guarded by mu
}

func newJoinClocks() *joinClocks { return &joinClocks{clocks: map[any]*joinClock{}} }

func (c *joinClocks) take(store any) *joinClock {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.clocks[store]
	if k == nil {
		k = &joinClock{stream: -1, min: math.MaxInt64}
		c.clocks[store] = k
	}
	k.users++
	return k
}

func (c *joinClocks) release(store any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.clocks[store]; k != nil {
		if k.users--; k.users == 0 {
			delete(c.clocks, store)
		}
	}
}

// joinSide joins the records of one side with those kept of the other (KStreamKStreamJoin).
type joinSide struct {
	stateless
	join *windowJoin
	side int
	// unmatched says that records of this side which meet no other one are
	// joined with null; shared that those of some side are.
	unmatched, shared bool
	// back and ahead are how far before and after a record of this side the other may be.
	back, ahead int64
	others      pairStore
	waiting     rawStore // of the records of both sides that met none yet; nil in an inner join
	clock       *joinClock
	scratch     []byte
	key         codec.Value
	values      [2]codec.Value
	out         topology.Record
}

func newJoinSide(c *windowJoin, side int, unmatched, shared bool) *joinSide {
	p := &joinSide{join: c, side: side, unmatched: unmatched, shared: shared, back: c.before, ahead: c.after}
	if side == other {
		p.back, p.ahead = c.after, c.before
	}
	return p
}

// Init finds the stores of the other side and of the records that wait.
func (p *joinSide) Init(ctx *topology.Context) (err error) {
	p.ctx = ctx
	if p.others, err = storeOf[pairStore](ctx, p.join.stores[1-p.side].Name); err != nil {
		return err
	}
	if !p.shared {
		p.clock = &joinClock{stream: -1, min: math.MaxInt64}
		return nil
	}
	if p.waiting, err = storeOf[rawStore](ctx, p.join.shared.Name); err != nil {
		return err
	}
	p.clock = p.join.clocks.take(p.waiting)
	return nil
}

// Close lets go of the shared clock.
func (p *joinSide) Close() error {
	if p.waiting != nil {
		p.join.clocks.release(p.waiting)
	}
	return nil
}

func (p *joinSide) Process(r *topology.Record) error {
	p.clock.stream = max(p.clock.stream, r.Timestamp)
	switch {
	case r.Value.Null():
		p.ctx.Drop("null value")
		return nil
	case r.Key.Null() && p.unmatched:
		return p.emit(r, r.Key, r.Value, codec.Value{}, r.Timestamp)
	case r.Key.Null():
		p.ctx.Drop("null key")
		return nil
	}
	if p.waiting != nil && r.Timestamp == p.clock.stream {
		if err := p.expire(r); err != nil {
			return err
		}
	}
	key, err := r.Key.Bytes(p.join.key)
	if err != nil {
		return err
	}
	to := max(0, r.Timestamp+p.ahead)
	met, err := p.pair(r, key, max(0, r.Timestamp-p.back), to)
	if err != nil || met || !p.unmatched {
		return err
	}
	if to < p.clock.stream {
		return p.emit(r, r.Key, r.Value, codec.Value{}, r.Timestamp)
	}
	return p.wait(r, key)
}

// pair joins a record with those of the other side, in the order of their times.
func (p *joinSide) pair(r *topology.Record, key []byte, from, to int64) (met bool, err error) {
	values := p.join.values[1-p.side]
	scanned := p.others.Fetch(key, from, to, false, func(start int64, value []byte, _ int64) bool {
		met = true
		if p.waiting != nil {
			if err = p.meet(key, start, r.Timestamp); err != nil {
				return false
			}
		}
		err = p.emit(r, r.Key, r.Value, codec.Encoded(value, values), max(r.Timestamp, start))
		return err == nil
	})
	if err == nil {
		err = scanned
	}
	return met, err
}

// emit joins a value of this side with one of the other.
func (p *joinSide) emit(r *topology.Record, key, mine, theirs codec.Value, ts int64) error {
	p.key, p.values[p.side], p.values[1-p.side] = key, mine, theirs
	result, err := p.join.joiner(&p.key, &p.values[this], &p.values[other])
	if err != nil {
		return err
	}
	p.out = *r
	p.out.Key, p.out.Value, p.out.Timestamp = p.key, result, ts
	return p.ctx.Forward(&p.out)
}
