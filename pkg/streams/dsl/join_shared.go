package dsl

import (
	"encoding/binary"
	"math"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// rawStore is what joins need of a *state.Raw.
type rawStore interface {
	Get(key []byte) ([]byte, error)
	Put(key, value []byte)
	Delete(key []byte)
	Range(lo, hi []byte, reverse bool, f func(key, value []byte) bool) error
	Log(key, value []byte, ts int64, headers []state.Header)
}

// mark is the side of this processor in the shared store.
func (p *joinSide) mark(side int) byte {
	if side == this {
		return leftSide
	}
	return rightSide
}

// wait keeps a record that met none of the other side (yet).
func (p *joinSide) wait(r *topology.Record, key []byte) error {
	value, err := r.Value.Bytes(p.join.values[p.side])
	if err != nil {
		return err
	}
	p.scratch = outerKey(p.scratch[:0], r.Timestamp, p.mark(p.side), key)
	old, err := p.waiting.Get(p.scratch)
	if err != nil {
		return err
	}
	list, err := appendOuter(old, p.mark(p.side), value)
	if err != nil {
		return err
	}
	p.waiting.Put(p.scratch, list)
	p.waiting.Log(append([]byte(nil), p.scratch...), list, r.Timestamp, nil)
	p.clock.min, p.clock.empty = min(p.clock.min, r.Timestamp), false
	p.clock.low = min(p.clock.low, r.Timestamp)
	return nil
}

// meet takes the records of the other side at a time off the list of those that wait.
func (p *joinSide) meet(key []byte, start, now int64) error {
	p.scratch = outerKey(p.scratch[:0], start, p.mark(1-p.side), key)
	old, err := p.waiting.Get(p.scratch)
	if err != nil || old == nil {
		return err
	}
	p.remove(p.scratch, now)
	return nil
}

func (p *joinSide) remove(key []byte, now int64) {
	p.waiting.Delete(key)
	p.waiting.Log(append([]byte(nil), key...), nil, now, nil)
}

// expire joins the records with null whose window and grace have passed, in the
// order of their times. It runs before the join of a record that brings a new
// stream time. The comparison with min, which may be above what is in the
// store, and the sum that turns negative after MaxInt64 are the JVM's: they
// decide when results appear.
func (p *joinSide) expire(r *topology.Record) (err error) {
	c, j := p.clock, p.join
	if c.min+p.ahead+j.grace >= c.stream {
		return nil
	}
	c.min = math.MaxInt64
	if c.empty {
		return nil
	}
	low, open := int64(math.MaxInt64), [2]bool{}
	from := binary.BigEndian.AppendUint64(nil, uint64(c.low))
	scanned := p.waiting.Range(from, nil, false, func(k, list []byte) bool {
		ts, side, key, bad := splitOuterKey(k)
		if bad != nil {
			err = bad
			return false
		}
		c.min = ts
		if open[rightSide] && open[leftSide] {
			return false
		}
		room := j.after
		if side == rightSide {
			room = j.before
		}
		if ts+room+j.grace >= c.stream {
			open[side] = true
			low = min(low, ts)
			return true
		}
		if err = p.alone(r, key, ts, list); err != nil {
			return false
		}
		p.remove(k, r.Timestamp)
		return true
	})
	if err != nil {
		return err
	}
	c.low, c.empty = low, low == math.MaxInt64
	return scanned
}

// alone joins the records of one entry of the shared store with null.
func (p *joinSide) alone(r *topology.Record, key []byte, ts int64, list []byte) error {
	k := codec.Encoded(append([]byte{}, key...), p.join.key)
	return eachOuter(list, func(side byte, value []byte) error {
		if side == p.mark(p.side) {
			return p.emit(r, k, codec.Encoded(value, p.join.values[p.side]), codec.Value{}, ts)
		}
		return p.emit(r, k, codec.Value{}, codec.Encoded(value, p.join.values[1-p.side]), ts)
	})
}
