package dsl

import (
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Stores of windows as operators use them; *state.Window and *state.Session are ones.
type (
	windowStore interface {
		Put(key []byte, start int64, value []byte, ts int64) bool
		Get(key []byte, start int64) (value []byte, ts int64, err error)
		Fetch(key []byte, from, to int64, reverse bool, f func(start int64, value []byte, ts int64) bool) error
		FetchAll(from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error
	}
	sessionStore interface {
		Put(key []byte, start, end int64, value []byte, ts int64) bool
		Get(key []byte, start, end int64) ([]byte, error)
		Find(key []byte, earliestEnd, latestStart int64, f func(start, end int64, value []byte) bool) error
		FindAll(earliestEnd, latestEnd int64, f func(key []byte, start, end int64, value []byte) bool) error
	}
)

// windowGetter reads a table of windowed keys.
type windowGetter struct {
	op       *windowOp
	windows  windowStore
	sessions sessionStore
	ctx      *topology.Context
	held     *cache // of the table, which may begin after this one; nil as long as none is known
	id       []byte
}

func (g *windowGetter) init(ctx *topology.Context) (err error) {
	g.ctx = ctx
	if s, ok := ctx.Store(g.op.spec.Name).(sessionStore); ok {
		g.sessions = s
		return nil
	}
	g.windows, err = storeOf[windowStore](ctx, g.op.spec.Name)
	return err
}

func (g *windowGetter) get(key *codec.Value) (codec.Value, int64, error) {
	v, err := key.Any()
	if err != nil {
		return codec.Value{}, 0, err
	}
	w, ok := v.(codec.Windowed)
	if !ok {
		return codec.Value{}, 0, fmt.Errorf("%w: %T is no windowed key", ErrUsage, v)
	}
	k, err := w.Key.Bytes(g.op.key)
	if err != nil {
		return codec.Value{}, 0, err
	}
	end := int64(0) // windows of one size are known by their start
	if g.sessions != nil {
		end = w.End
	}
	if g.held == nil {
		g.held = heldOf(g.ctx, g.op.spec.Name)
	}
	g.id = windowID(g.id[:0], k, w.Start, end)
	if e := g.held.find(g.id); e != nil {
		return codec.Encoded(e.value, g.op.value), e.ts, nil
	}
	if g.sessions != nil {
		b, err := g.sessions.Get(k, w.Start, w.End)
		return codec.Encoded(b, g.op.value), w.End, err
	}
	b, ts, err := g.windows.Get(k, w.Start)
	return codec.Encoded(b, g.op.value), ts, err
}

func (g *windowGetter) at(key *codec.Value, _ int64) (codec.Value, int64, error) { return g.get(key) }

func (g *windowGetter) versioned() bool { return false }

// windowBase is what the processors of all windows have in common.
type windowBase struct {
	*windowOp
	ctx  *topology.Context
	time int64 // the highest timestamp seen, -1 before the first
	out  topology.Record
	done closing
	held *cache // nil: every update goes on at once
	id   []byte
}

func (p *windowBase) init(ctx *topology.Context) {
	p.ctx, p.time = ctx, -1
}

// forward sends an update of a window, unless only final results are wanted.
func (p *windowBase) forward(r *topology.Record, key codec.Windowed, value, old codec.Value, ts int64) error {
	if p.emit.OnClose {
		return nil
	}
	return p.send(r, key, value, old, ts)
}

func (p *windowBase) send(r *topology.Record, key codec.Windowed, value, old codec.Value, ts int64) error {
	p.out = topology.Record{Key: codec.Of(key), Value: value, Timestamp: ts, Headers: r.Headers}
	if p.old {
		p.out.Old = old
	}
	return p.ctx.Forward(&p.out)
}
