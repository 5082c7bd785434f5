package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// timeCutter is tumbling, hopping and calendar windows.
type timeCutter struct{ Windows }

func (c timeCutter) store(spec *state.Spec, _ Emit) {
	spec.Kind, spec.WindowSize = state.WindowKind, c.longest()
	spec.Retention = c.longest() + c.Grace
}

func (c timeCutter) grace() time.Duration { return c.Grace }

func (c timeCutter) processor(op *windowOp) topology.Processor {
	p := &timeWindows{cut: c.Windows}
	p.windowOp = op
	return p
}

// timeWindows is KStreamWindowAggregate.
type timeWindows struct {
	windowBase
	cut   Windows
	store windowStore
	in    *topology.Record // the record at hand
	key   []byte
	step  func(start, end int64) error
	day   [2]int64 // the last calendar window, to be looked up seldom
}

func (p *timeWindows) Init(ctx *topology.Context) (err error) {
	p.init(ctx)
	p.step = p.update
	if p.store, err = storeOf[windowStore](ctx, p.spec.Name); err != nil {
		return err
	}
	p.holdWindows(p.store)
	p.done.start(&p.windowBase, p.cut.Grace, p.close)
	return nil
}

func (p *timeWindows) Process(r *topology.Record) error {
	if r.Key.Null() {
		p.ctx.Drop("null key")
		return nil
	}
	key, err := r.Key.Bytes(p.windowOp.key)
	if err != nil {
		return err
	}
	if err := p.done.see(r.Timestamp); err != nil {
		return err
	}
	p.in, p.key = r, key
	if p.cut.Days == 0 {
		return p.cut.each(r.Timestamp, p.step)
	}
	if r.Timestamp < p.day[0] || r.Timestamp >= p.day[1] {
		start := max(0, p.cut.calendar().Start(r.Timestamp))
		p.day = [2]int64{start, p.cut.end(start)}
	}
	return p.update(p.day[0], p.day[1])
}

// open is the time that the end of a window must lie after to take records.
func (p *timeWindows) open() int64 { return p.time - p.cut.Grace.Milliseconds() }

func (p *timeWindows) update(start, end int64) error {
	if end <= p.open() {
		p.ctx.Drop("late")
		return nil
	}
	r := p.in
	b, ts, err := p.get(start)
	if err != nil {
		return err
	}
	old := codec.Encoded(b, p.value)
	agg, add := old, true
	if b == nil {
		ts = r.Timestamp
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
	w := codec.Windowed{Key: r.Key, Start: start, End: end}
	return p.windowBase.update(p.store, r, p.key, w, agg, old, max(ts, r.Timestamp))
}

// get is the aggregate of a window of the record's key.
func (p *timeWindows) get(start int64) ([]byte, int64, error) {
	if e := p.cachedWindow(p.key, start); e != nil {
		return e.value, e.ts, nil
	}
	return p.store.Get(p.key, start)
}

// close forwards the windows with last < end <= now, the earliest first.
func (p *timeWindows) close(last, now int64) error {
	size := p.cut.longest().Milliseconds()
	var failed error
	err := p.store.FetchAll(max(0, last-size+1), now, func(key []byte, start int64, value []byte, ts int64) bool {
		end := p.cut.end(start)
		if end <= last || end > now {
			return true
		}
		w := codec.Windowed{Key: codec.Encoded(key, p.windowOp.key), Start: start, End: end}
		failed = p.send(&topology.Record{}, w, codec.Encoded(value, p.value), codec.Value{}, ts)
		return failed == nil
	})
	if err != nil {
		return err
	}
	return failed
}
