package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// JoinTable joins every record of the stream with the table's value of its
// key; records without one have no result. Updates of the table emit nothing
// (but see Joined.Retrigger). A versioned table is asked as of the record's time.
func (s *Stream) JoinTable(t *Table, j Joiner, o Joined) *Stream {
	return s.joinTable(t, j, o, innerJoin)
}

// LeftJoinTable is JoinTable; records without a value in the table, or without
// a key, are joined with null.
func (s *Stream) LeftJoinTable(t *Table, j Joiner, o Joined) *Stream {
	return s.joinTable(t, j, o, leftJoin)
}

// tableJoin is what the processors of one stream-table join have in common.
type tableJoin struct {
	joiner Joiner
	left   bool
	on     ValueMapper // the key in the table, nil for the record's own
	view   view
	// key and value are the codecs of buffered stream records.
	key, value codec.Codec
	grace      int64 // milliseconds
	buffer     string
	retrigger  int64 // milliseconds
	retained   string
}

func (s *Stream) joinTable(t *Table, j Joiner, o Joined, kind joinKind) *Stream {
	b := s.b
	if t.b != b {
		b.fail("join of a stream and a table of two builders")
		return s
	}
	c := &tableJoin{joiner: j, left: kind == leftJoin, key: b.keyCodec(first(o.Key, s.Key)), value: b.valueCodec(first(o.Left, s.Value))}
	left := s.forJoin(string(o.Name), "", first(o.Key, s.Key), first(o.Left, s.Value))
	n, moveLeft, moveRight := b.target(left.sources, t.sources, o.Copartition)
	if moveLeft {
		left = left.through(string(o.Name), "", Repartitioned{Key: c.key, Value: c.value, Partitions: n})
	}
	if moveRight {
		t = t.widen(string(o.Name), "-table", n)
	}
	sources := union(left.sources, t.sources)
	b.top.Copartition(sources...)
	name := b.named(o.Name, kind.prefix())
	c.view = t.view()
	if !b.checkHistory(t, name, o, c.view) {
		return s
	}
	node := b.process(name, func() topology.Processor { return newTableJoiner(c) }, left.node)
	node.relaxed = c.left
	b.top.Connect(name, c.view.stores...)
	out := &Stream{b: b, name: name, node: node, Key: first(o.Key, left.Key), sources: sources}
	if o.Grace != nil {
		c.grace, c.buffer = o.Grace.Milliseconds(), name+"-Buffer"
		b.addStore(bufferSpec(c.buffer, o), name)
	}
	if o.Retrigger > 0 {
		out.name, out.node = b.addRetrigger(c, t, node, o)
	}
	return out
}

// prefix is the prefix of the numbered name of a stream-table join.
func (k joinKind) prefix() string {
	if k == leftJoin {
		return "KSTREAM-LEFTJOIN-"
	}
	return "KSTREAM-JOIN-"
}

// checkHistory notes a grace or retrigger that the table does not remember enough for.
func (b *Builder) checkHistory(t *Table, name string, o Joined, v view) bool {
	if o.Grace == nil && o.Retrigger == 0 {
		return true
	}
	what, long := "retrigger", o.Retrigger
	if o.Grace != nil && (*o.Grace >= o.Retrigger || *o.Grace < 0) {
		what, long = "grace", *o.Grace
	}
	kept := b.history(v)
	switch {
	case long < 0:
		b.fail("join %s: %s of %s is negative", name, what, long)
	case kept == 0 || !isVersioned(t.node):
		b.fail("join %s: %s needs a versioned table, and %s is not", name, what, t.name)
	case long > kept:
		b.fail("join %s: %s of %s is longer than the table's history of %s", name, what, long, kept)
	default:
		return true
	}
	return false
}

// tableJoiner is KStreamKTableJoinProcessor, for tables and global tables.
type tableJoiner struct {
	stateless
	*tableJoin
	table   getter
	waiting *joinBuffer // nil: without grace
	again   *retainer   // nil: without retrigger
	// mapped, key and right are kept here so that they need not be allocated for every record.
	mapped, key, right codec.Value
	out                topology.Record
}

func newTableJoiner(c *tableJoin) *tableJoiner { return &tableJoiner{tableJoin: c} }

func (p *tableJoiner) Init(ctx *topology.Context) error {
	p.ctx, p.table = ctx, p.view.make()
	if err := p.table.init(ctx); err != nil {
		return err
	}
	if p.buffer != "" {
		w, err := openJoinBuffer(ctx, p.tableJoin)
		if err != nil {
			return err
		}
		p.waiting = w
	}
	if p.retained != "" {
		a, err := openRetainer(ctx, p.tableJoin)
		if err != nil {
			return err
		}
		p.again = a
	}
	return nil
}

func (p *tableJoiner) Process(r *topology.Record) error {
	if r.Value.Null() {
		p.ctx.Drop("null value")
		return nil
	}
	key, err := p.keyOf(r)
	if err != nil {
		return err
	}
	if key.Null() {
		if !p.left {
			p.ctx.Drop("null key")
			return nil
		}
		return p.emit(r, codec.Value{})
	}
	if p.waiting != nil {
		kept, err := p.waiting.put(r)
		if err != nil || kept {
			return p.evict(err)
		}
	}
	return p.lookUp(r, key)
}

// keyOf is the record's key in the table.
func (p *tableJoiner) keyOf(r *topology.Record) (*codec.Value, error) {
	if p.on == nil {
		return &r.Key, nil
	}
	var err error
	p.mapped, err = p.on(r)
	return &p.mapped, err
}

func (p *tableJoiner) evict(err error) error {
	if err != nil {
		return err
	}
	return p.waiting.evict(func(r *topology.Record) error { return p.lookUp(r, &r.Key) })
}

func (p *tableJoiner) lookUp(r *topology.Record, key *codec.Value) error {
	value, err := p.valueAt(key, r.Timestamp)
	if err != nil {
		return err
	}
	matched := !value.Null()
	if p.again != nil {
		if err := p.again.keep(r, matched); err != nil {
			return err
		}
	}
	if !matched && !p.left {
		return nil
	}
	return p.emit(r, value)
}

func (p *tableJoiner) valueAt(key *codec.Value, ts int64) (codec.Value, error) {
	if p.table.versioned() {
		v, _, err := p.table.at(key, ts)
		return v, err
	}
	v, _, err := p.table.get(key)
	return v, err
}

func (p *tableJoiner) emit(r *topology.Record, right codec.Value) error {
	p.out, p.key, p.right = *r, r.Key, right
	result, err := p.joiner(&p.key, &p.out.Value, &p.right)
	if err != nil {
		return err
	}
	p.out.Value = result
	return p.ctx.Forward(&p.out)
}
