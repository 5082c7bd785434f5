package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// slidingCutter is sliding windows.
type slidingCutter struct{ SlidingWindows }

func (c slidingCutter) store(spec *state.Spec, _ Emit) {
	spec.Kind, spec.WindowSize = state.WindowKind, c.Difference
	spec.Retention = 2*c.Difference + c.Grace
}

func (c slidingCutter) key(inner codec.Codec) codec.Codec {
	return codec.TimeWindowed{Inner: inner, Size: c.Difference.Milliseconds()}
}

func (c slidingCutter) grace() time.Duration { return c.Grace }

func (c slidingCutter) processor(op *windowOp) topology.Processor {
	p := &slidingWindows{size: c.Difference.Milliseconds(), lag: c.Grace.Milliseconds()}
	p.windowOp = op
	return p
}

// slidingWindows is KStreamSlidingWindowAggregate. For a record of time t it
// keeps the window that ends at t, the window that begins just after t once a
// later record falls into it, and the window just after the record before it.
type slidingWindows struct {
	windowBase
	size, lag int64
	store     windowStore
	found     []slide
	key       []byte
}

// slide is a window as the store has it.
type slide struct {
	start int64
	agg   codec.Value
	ts    int64 // of the latest record in it
}

func (p *slidingWindows) Init(ctx *topology.Context) (err error) {
	p.init(ctx)
	if p.store, err = storeOf[windowStore](ctx, p.spec.Name); err != nil {
		return err
	}
	p.holdWindows(p.store)
	p.done.start(&p.windowBase, time.Duration(p.lag)*time.Millisecond, p.close)
	return nil
}

func (p *slidingWindows) Process(r *topology.Record) error {
	if r.Key.Null() || r.Value.Null() {
		p.ctx.Drop("null key or value")
		return nil
	}
	key, err := r.Key.Bytes(p.windowOp.key)
	if err != nil {
		return err
	}
	if err := p.done.see(r.Timestamp); err != nil {
		return err
	}
	if r.Timestamp+p.size < p.time-p.lag {
		p.ctx.Drop("late")
		return nil
	}
	p.key = key
	if r.Timestamp < p.size {
		return p.early(r)
	}
	return p.regular(r)
}

// load reads the windows of the key that begin in an interval.
func (p *slidingWindows) load(from, to int64, reverse bool) error {
	p.found = p.found[:0]
	err := p.store.Fetch(p.key, from, to, reverse, func(start int64, value []byte, ts int64) bool {
		p.found = append(p.found, slide{start, codec.Encoded(value, p.value), ts})
		return true
	})
	p.merge(from, to, reverse)
	return err
}

func (p *slidingWindows) has(start int64) bool {
	for _, w := range p.found {
		if w.start == start {
			return true
		}
	}
	return false
}

// neighbours is what the windows around a record tell about those to be made.
type neighbours struct {
	left, right         *slide // windows whose records fall into the record's left or right one
	leftMade, rightMade bool
	before              int64 // the time of the record before, -1 for none
}

// regular handles a record that has a whole window before it. The windows of
// the key are visited from the latest down.
func (p *slidingWindows) regular(r *topology.Record) error {
	t := r.Timestamp
	if err := p.load(max(0, t-2*p.size), t+1, true); err != nil {
		return err
	}
	n := neighbours{before: -1}
visit:
	for i := range p.found {
		w := &p.found[i]
		switch end := w.start + p.size; {
		case w.start == t+1:
			n.rightMade = true
		case end > t:
			if n.right == nil {
				n.right = w
			}
			if err := p.put(r, w.start, *w); err != nil {
				return err
			}
		case end == t:
			n.leftMade = true
			if err := p.put(r, w.start, *w); err != nil {
				return err
			}
			if w.ts >= t { // another record of this time has made all windows
				return nil
			}
			n.before = w.ts
		default:
			n.left, n.before = w, w.ts
			break visit
		}
	}
	return p.create(r, n)
}

// create makes the windows of a record that are not there yet.
func (p *slidingWindows) create(r *topology.Record, n neighbours) error {
	t := r.Timestamp
	if start := n.before + 1; n.before >= 0 && !p.has(start) && start+p.size >= t {
		if err := p.begin(r, start); err != nil {
			return err
		}
	}
	if !n.leftMade {
		if n.before >= 0 && t-p.size <= n.before {
			if err := p.put(r, t-p.size, slide{agg: n.left.agg, ts: t}); err != nil {
				return err
			}
		} else if err := p.begin(r, t-p.size); err != nil {
			return err
		}
	}
	return p.follow(r, n)
}

// follow makes the window just after a record from a window that holds later ones.
func (p *slidingWindows) follow(r *topology.Record, n neighbours) error {
	if n.rightMade || n.right == nil || n.right.ts <= r.Timestamp {
		return nil
	}
	return p.update(p.store, r, p.key, p.window(r, r.Timestamp+1), n.right.agg, codec.Value{}, n.right.ts)
}

// early handles a record of the first windows, which all begin at 0.
func (p *slidingWindows) early(r *topology.Record) error {
	t := r.Timestamp
	if err := p.load(0, t+1, false); err != nil {
		return err
	}
	n := neighbours{before: -1}
	var first *slide
	for i := range p.found {
		w := &p.found[i]
		switch {
		case w.start == 0:
			first = w
			if w.ts < t {
				n.before = w.ts
			}
		case w.start <= t:
			n.right = w
			if err := p.put(r, w.start, *w); err != nil {
				return err
			}
		default:
			n.rightMade = true
		}
	}
	if n.right == nil && first != nil && first.ts > t {
		n.right = first
	}
	if err := p.follow(r, n); err != nil {
		return err
	}
	if n.before >= 0 && !p.has(n.before+1) {
		if err := p.begin(r, n.before+1); err != nil {
			return err
		}
	}
	if first == nil {
		return p.begin(r, 0)
	}
	return p.put(r, 0, *first)
}

// begin makes a window that holds this record only.
func (p *slidingWindows) begin(r *topology.Record, start int64) error {
	return p.put(r, start, slide{ts: r.Timestamp})
}

// put adds the record to a window, which is w so far.
func (p *slidingWindows) put(r *topology.Record, start int64, w slide) error {
	if start+p.size < p.time-p.lag {
		p.ctx.Drop("late")
		return nil
	}
	old, add, err := w.agg, true, error(nil)
	agg := old
	if old.Null() {
		if agg, add, err = p.fold.start(r); err != nil {
			return err
		}
		if add {
			old = agg
		}
	}
	if add {
		if agg, err = p.fold.Add(r, &agg); err != nil {
			return err
		}
	}
	return p.update(p.store, r, p.key, p.window(r, start), agg, old, max(r.Timestamp, w.ts))
}

func (p *slidingWindows) window(r *topology.Record, start int64) codec.Windowed {
	return codec.Windowed{Key: r.Key, Start: start, End: start + p.size}
}

// close forwards the windows with last <= end < now, the earliest first.
func (p *slidingWindows) close(last, now int64) error {
	var failed error
	err := p.store.FetchAll(max(0, last-p.size), now-p.size-1, func(key []byte, start int64, value []byte, ts int64) bool {
		w := codec.Windowed{Key: codec.Encoded(key, p.windowOp.key), Start: start, End: start + p.size}
		failed = p.send(&topology.Record{}, w, codec.Encoded(value, p.value), codec.Value{}, ts)
		return failed == nil
	})
	if err != nil {
		return err
	}
	return failed
}
