package dsl

import (
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// view is how an operator reads a table that is above or beside it: through
// the stores named, which its processor has to be connected to.
type view struct {
	make   func() getter
	stores []string
}

// getter reads the current value of a key (KTableValueGetter). It belongs to one processor.
type getter interface {
	init(ctx *topology.Context) error
	// get is the value and its time; null where there is none.
	get(key *codec.Value) (value codec.Value, ts int64, err error)
	// at is get as of a time, for versioned tables.
	at(key *codec.Value, asOf int64) (value codec.Value, ts int64, err error)
	versioned() bool
}

// Stores as operators use them; *state.KeyValue and *state.Versioned are ones.
type (
	keyValueStore interface {
		Get(key []byte) (value []byte, ts int64, err error)
		Put(key, value []byte, ts int64)
	}
	versionedStore interface {
		Get(key []byte) (value []byte, ts int64, err error)
		At(key []byte, asOf int64) (value []byte, validFrom int64, err error)
		Put(key, value []byte, ts int64) (validTo int64, ok bool, err error)
	}
)

// storeOf finds a store of the shape wanted.
func storeOf[T any](ctx *topology.Context, name string) (T, error) {
	s, ok := ctx.Store(name).(T)
	if !ok {
		return s, fmt.Errorf("%w: node %s: store %s is a %T", ErrUsage, ctx.Node, name, ctx.Store(name))
	}
	return s, nil
}

// storeView reads a table from its store.
func storeView(name string, key, value codec.Codec) view {
	return view{
		stores: []string{name},
		make:   func() getter { return &storeGetter{name: name, key: key, value: value} },
	}
}

type storeGetter struct {
	name       string
	key, value codec.Codec
	plain      keyValueStore
	history    versionedStore
	ctx        *topology.Context
	held       *cache // of the table, which may begin after this one; nil as long as none is known
}

func (g *storeGetter) init(ctx *topology.Context) (err error) {
	g.ctx = ctx
	if v, ok := ctx.Store(g.name).(versionedStore); ok {
		g.history = v
		return nil
	}
	g.plain, err = storeOf[keyValueStore](ctx, g.name)
	return err
}

func (g *storeGetter) get(key *codec.Value) (codec.Value, int64, error) {
	k, err := key.Bytes(g.key)
	if err != nil {
		return codec.Value{}, 0, err
	}
	var b []byte
	var ts int64
	switch e := g.cached(k); {
	case e != nil:
		b, ts = e.value, e.ts
	case g.history != nil:
		b, ts, err = g.history.Get(k)
	default:
		b, ts, err = g.plain.Get(k)
	}
	return codec.Encoded(b, g.value), ts, err
}

// cached is what the table holds back of a key, nil for nothing.
func (g *storeGetter) cached(key []byte) *cached {
	if g.held == nil {
		g.held = heldOf(g.ctx, g.name)
	}
	return g.held.find(key)
}

func (g *storeGetter) at(key *codec.Value, asOf int64) (codec.Value, int64, error) {
	if g.history == nil {
		return g.get(key)
	}
	k, err := key.Bytes(g.key)
	if err != nil {
		return codec.Value{}, 0, err
	}
	b, ts, err := g.history.At(k, asOf)
	return codec.Encoded(b, g.value), ts, err
}

func (g *storeGetter) versioned() bool { return g.history != nil }

// logged are a record's headers for a changelog record: Kafka writes them for
// the stores of stream-stream joins and of subscriptions, and for no others.
func logged(headers []topology.Header) []state.Header {
	if len(headers) == 0 {
		return nil
	}
	out := make([]state.Header, len(headers))
	for i, h := range headers {
		out[i] = state.Header(h)
	}
	return out
}
