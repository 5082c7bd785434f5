package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// Join pairs every record of the stream with the records of the other stream
// that have its key and are within its window. A result has the later time of the two.
func (s *Stream) Join(other *Stream, j Joiner, w JoinWindows, o StreamJoined) *Stream {
	return s.joinStream(other, j, w, o, innerJoin)
}

// LeftJoin is Join; a record of this stream that meets no other one is joined
// with null when its window and the grace have passed.
func (s *Stream) LeftJoin(other *Stream, j Joiner, w JoinWindows, o StreamJoined) *Stream {
	return s.joinStream(other, j, w, o, leftJoin)
}

// OuterJoin is LeftJoin for the records of both streams.
func (s *Stream) OuterJoin(other *Stream, j Joiner, w JoinWindows, o StreamJoined) *Stream {
	return s.joinStream(other, j, w, o, outerJoin)
}

// windowJoin is what the two sides of a stream-stream join have in common.
type windowJoin struct {
	joiner               Joiner
	before, after, grace int64 // milliseconds
	stores               [2]*state.Spec
	shared               *state.Spec // nil for an inner join
	clocks               *joinClocks
	key                  codec.Codec
	values               [2]codec.Codec
}

// The sides of a windowJoin index its stores and codecs.
const (
	this  = 0
	other = 1
)

func (s *Stream) joinStream(right *Stream, j Joiner, w JoinWindows, o StreamJoined, kind joinKind) *Stream {
	b := s.b
	if right.b != b {
		b.fail("join of streams of two builders")
		return s
	}
	size := w.Before + w.After
	if size < 0 || w.Grace < 0 {
		b.fail("join windows of %s before, %s after and %s of grace: neither their size nor the grace can be negative", w.Before, w.After, w.Grace)
		return s
	}
	c := &windowJoin{
		joiner: j, before: w.Before.Milliseconds(), after: w.After.Milliseconds(), grace: w.Grace.Milliseconds(),
		key: b.keyCodec(first(o.Key, s.Key, right.Key)), values: [2]codec.Codec{first(o.Left, s.Value), first(o.Right, right.Value)},
		clocks: newJoinClocks(),
	}
	left := s.forJoin(string(o.Name), "-left", c.key, c.values[this])
	right = right.forJoin(string(o.Name), "-right", c.key, c.values[other])
	left, right = b.balance(left, right, o.Copartition, string(o.Name))
	c.values = [2]codec.Codec{b.valueCodec(first(c.values[this], left.Value)), b.valueCodec(first(c.values[other], right.Value))}
	sources := union(left.sources, right.sources)
	b.top.Copartition(sources...)
	n := b.windowJoinNames(o, kind)
	c.describe(n, size, size+w.Grace, o)
	merge := b.addWindowJoin(c, n, kind, left, right)
	return &Stream{b: b, name: n.merge, node: merge, Key: c.key, sources: sources}
}

// windowJoinNames are the names of a stream-stream join's nodes and stores.
type windowJoinNames struct {
	windowed, join, store [2]string
	shared, merge         string
}

// windowJoinNames takes them as KStreamImplJoin does: five numbers, whether they are used or not.
func (b *Builder) windowJoinNames(o StreamJoined, kind joinKind) *windowJoinNames {
	thisPrefix, thisSuffix := "KSTREAM-JOINTHIS-", "-this-join"
	otherPrefix, otherSuffix := "KSTREAM-JOINOTHER-", "-other-join"
	sharedSuffix := "-left-shared-join-store"
	if kind == outerJoin {
		thisPrefix, thisSuffix, sharedSuffix = "KSTREAM-OUTERTHIS-", "-outer-this-join", "-outer-shared-join-store"
	}
	if kind != innerJoin {
		otherPrefix, otherSuffix = "KSTREAM-OUTEROTHER-", "-outer-other-join"
	}
	n := &windowJoinNames{}
	n.windowed[this] = b.suffixed(o.Name, "-this-windowed", "KSTREAM-WINDOWED-")
	n.windowed[other] = b.suffixed(o.Name, "-other-windowed", "KSTREAM-WINDOWED-")
	generated := [2]string{b.number(thisPrefix), b.number(otherPrefix)}
	n.merge = b.suffixed(o.Name, "-merge", "KSTREAM-MERGE-")
	n.join, n.store = generated, [2]string{generated[this] + "-store", generated[other] + "-store"}
	n.shared = "KSTREAM-OUTERSHARED-" + generated[this][len(thisPrefix):] + "-store"
	if o.Name != "" {
		n.join = [2]string{string(o.Name) + thisSuffix, string(o.Name) + otherSuffix}
	}
	if o.Store != "" {
		n.store = [2]string{o.Store + thisSuffix + "-store", o.Store + otherSuffix + "-store"}
		n.shared = o.Store + sharedSuffix
	}
	return n
}

// describe makes the stores. Those of the two sides keep every record, so
// their changelogs are not compacted.
func (c *windowJoin) describe(n *windowJoinNames, size, retention time.Duration, o StreamJoined) {
	config := map[string]string{}
	for k, v := range o.Config {
		config[k] = v
	}
	config["cleanup.policy"] = "delete"
	for side := range c.stores {
		c.stores[side] = &state.Spec{
			Name: n.store[side], Kind: state.WindowKind, Retention: retention, WindowSize: size,
			Duplicates: true, Memory: o.Memory, Unlogged: o.Unlogged, Config: config,
		}
	}
	c.shared = &state.Spec{Name: n.shared, Kind: state.RawKind, Memory: o.Memory, Unlogged: o.Unlogged, Config: o.Config}
}

// addWindowJoin adds the nodes and gives them their stores.
func (b *Builder) addWindowJoin(c *windowJoin, n *windowJoinNames, kind joinKind, left, right *Stream) *node {
	inputs := [2]*node{left.node, right.node}
	var joins [2]*node
	var windowed [2]*node
	for side := range inputs {
		windowed[side] = b.process(n.windowed[side], func() topology.Processor { return &joinWindow{join: c, side: side} }, inputs[side])
	}
	for side := range inputs {
		unmatched := side == this && kind != innerJoin || side == other && kind == outerJoin
		joins[side] = b.process(n.join[side], func() topology.Processor {
			return newJoinSide(c, side, unmatched, kind != innerJoin)
		}, windowed[side])
	}
	merge := b.process(n.merge, func() topology.Processor { return &passThrough{} }, joins[this], joins[other])
	merge.relaxed = kind != innerJoin
	b.addStore(c.stores[this], n.windowed[this], n.join[other])
	b.addStore(c.stores[other], n.windowed[other], n.join[this])
	if kind != innerJoin {
		b.addStore(c.shared, n.join[this], n.join[other])
	}
	return merge
}

// pairStore is what a stream-stream join needs of a *state.Window.
type pairStore interface {
	Put(key []byte, start int64, value []byte, ts int64) bool
	PutWith(key []byte, start int64, value []byte, ts int64, headers []state.Header) bool
	Fetch(key []byte, from, to int64, reverse bool, f func(start int64, value []byte, ts int64) bool) error
}

// joinWindow forwards the records of one side and then keeps them for those of
// the other (KStreamJoinWindow).
type joinWindow struct {
	stateless
	join  *windowJoin
	side  int
	store pairStore
}

func (p *joinWindow) Init(ctx *topology.Context) (err error) {
	p.ctx = ctx
	p.store, err = storeOf[pairStore](ctx, p.join.stores[p.side].Name)
	return err
}

func (p *joinWindow) Process(r *topology.Record) error {
	if err := p.ctx.Forward(r); err != nil || r.Key.Null() {
		return err
	}
	key, err := r.Key.Bytes(p.join.key)
	if err != nil {
		return err
	}
	value, err := r.Value.Bytes(p.join.values[p.side])
	if err != nil {
		return err
	}
	if !p.store.PutWith(key, r.Timestamp, value, r.Timestamp, logged(r.Headers)) && value != nil {
		p.ctx.Drop("late")
	}
	return nil
}
