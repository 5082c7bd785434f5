package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// sessionCutter is session windows.
type sessionCutter struct{ SessionWindows }

func (c sessionCutter) store(spec *state.Spec, emit Emit) {
	spec.Kind, spec.Retention = state.SessionKind, c.Gap+c.Grace
	if emit.OnClose {
		spec.Retention += time.Millisecond // a session that ends just now is not closed yet
	}
}

func (c sessionCutter) key(inner codec.Codec) codec.Codec {
	return codec.SessionWindowed{Inner: inner}
}

func (c sessionCutter) grace() time.Duration { return c.Grace + c.Gap }

func (c sessionCutter) processor(op *windowOp) topology.Processor {
	p := &sessions{gap: c.Gap.Milliseconds(), lag: (c.Gap + c.Grace).Milliseconds()}
	p.windowOp = op
	return p
}

// sessions is KStreamSessionWindowAggregate.
type sessions struct {
	windowBase
	gap, lag int64
	store    sessionStore
	merged   []session
}

// session is one as the store has it.
type session struct {
	start, end int64
	agg        codec.Value
}

func (p *sessions) Init(ctx *topology.Context) (err error) {
	p.init(ctx)
	if p.store, err = storeOf[sessionStore](ctx, p.spec.Name); err != nil {
		return err
	}
	p.hold(func(e *cached) ([]byte, error) { return p.store.Get(e.key, e.start, e.end) }, func(e *cached) int64 {
		p.store.Put(e.key, e.start, e.end, e.value, e.r.Timestamp)
		return e.end
	})
	p.done.start(&p.windowBase, time.Duration(p.lag)*time.Millisecond, p.close)
	return nil
}

func (p *sessions) Process(r *topology.Record) error {
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
	whole, err := p.join(r, key)
	if err != nil {
		return err
	}
	if whole.end < p.time-p.lag {
		p.ctx.Drop("late")
		return nil
	}
	if err := p.absorb(r, key, whole); err != nil {
		return err
	}
	agg, err := p.fold.into(r, whole.agg)
	if err != nil {
		return err
	}
	return p.update(r, key, whole, agg, codec.Value{})
}

// join finds the sessions that the record joins; the result spans them and it,
// and its aggregate is theirs.
func (p *sessions) join(r *topology.Record, key []byte) (session, error) {
	whole := session{start: r.Timestamp, end: r.Timestamp}
	p.merged = p.merged[:0]
	err := p.store.Find(key, r.Timestamp-p.gap, r.Timestamp+p.gap, func(start, end int64, value []byte) bool {
		p.merged = append(p.merged, session{start, end, codec.Encoded(value, p.value)})
		return true
	})
	if err != nil {
		return whole, err
	}
	p.merge(key, r.Timestamp-p.gap, r.Timestamp+p.gap)
	if p.fold.Init != nil {
		if whole.agg, err = p.fold.Init(); err != nil {
			return whole, err
		}
	}
	for i := range p.merged {
		s := &p.merged[i]
		if whole.agg, err = p.fold.Join(&r.Key, &whole.agg, &s.agg); err != nil {
			return whole, err
		}
		whole.start, whole.end = min(whole.start, s.start), max(whole.end, s.end)
	}
	return whole, nil
}

// absorb removes the sessions that became part of a larger one. A single
// session of just the record's time stays and is overwritten.
func (p *sessions) absorb(r *topology.Record, key []byte, whole session) error {
	if whole.start == r.Timestamp && whole.end == r.Timestamp {
		return nil
	}
	for _, s := range p.merged {
		if err := p.update(r, key, s, codec.Value{}, s.agg); err != nil {
			return err
		}
	}
	return nil
}

// update stores a session, null removes it, and forwards it under the time of
// its end, without headers as Kafka does.
func (p *sessions) update(r *topology.Record, key []byte, s session, value, old codec.Value) error {
	raw, err := value.Bytes(p.value)
	if err != nil {
		return err
	}
	w := codec.Windowed{Key: r.Key, Start: s.start, End: s.end}
	if p.held != nil {
		return p.later(r, key, w, s.end, value, raw, s.end)
	}
	if !p.store.Put(key, s.start, s.end, raw, r.Timestamp) {
		p.ctx.Drop("late") // the store has forgotten that time, but children hear of it, as in Kafka
	}
	return p.forward(&topology.Record{}, w, value, old, s.end)
}

// close forwards the sessions with last <= end < now, the earliest first.
func (p *sessions) close(last, now int64) error {
	var failed error
	err := p.store.FindAll(max(0, last), now-1, func(key []byte, start, end int64, value []byte) bool {
		w := codec.Windowed{Key: codec.Encoded(key, p.windowOp.key), Start: start, End: end}
		failed = p.send(&topology.Record{}, w, codec.Encoded(value, p.value), codec.Value{}, end)
		return failed == nil
	})
	if err != nil {
		return err
	}
	return failed
}
