package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// Table reads a topic as a table. It has a store where the options name one or
// an operator below needs one.
func (b *Builder) Table(topic string, c Consumed, m Materialized) *Table {
	c.Key, c.Value = b.keyCodec(c.Key), b.valueCodec(c.Value)
	k := b.keep(m, topic+"-", c.Key, c.Value)
	if m.ReuseSource {
		k.spec.SourceTopic = topic
	}
	source := b.suffixed(c.Name, "-source", "KSTREAM-SOURCE-")
	name := b.named(c.Name, "KTABLE-SOURCE-")
	b.top.AddSource(source, &topology.Source{Topics: []string{topic}, Key: c.Key, Value: c.Value, Timestamp: c.Timestamp, Processing: c.Processing, OffsetReset: c.OffsetReset})
	b.addNode(source)
	return b.source(name, k, source, b.nodes[len(b.nodes)-1], []string{source})
}

// source adds the processor that turns records into updates of a table.
func (b *Builder) source(name string, k *kept, parent string, above *node, sources []string) *Table {
	op := &tableSource{b: b, kept: k, node: name}
	b.top.AddProcessor(name, func() topology.Processor {
		return &source{op: op, keeper: keeper{kept: k, old: op.old}}
	}, parent)
	n := b.addNode(name, above)
	n.versioned = k.versioned()
	if k.named {
		op.materialize()
	}
	return &Table{b: b, name: name, node: n, Key: k.key, Value: k.value, sources: sources, store: k.queryName(), op: op}
}

// tableSource is a table that gets its store when somebody needs one (KTableSource).
type tableSource struct {
	*kept
	b      *Builder
	node   string
	stored bool
	old    bool
}

func (t *tableSource) materialize() {
	if !t.stored {
		t.stored = true
		t.b.addStore(t.spec, t.node)
	}
}

func (t *tableSource) sendOld(force bool) bool {
	if !force && !t.stored {
		return false
	}
	t.materialize()
	t.old = true
	return true
}

func (t *tableSource) view() view {
	t.materialize()
	return t.kept.view()
}

type source struct {
	op *tableSource
	keeper
}

func (p *source) Init(ctx *topology.Context) error {
	p.ctx = ctx
	if !p.op.stored {
		return nil
	}
	return p.keeper.init(ctx)
}

func (p *source) Process(r *topology.Record) error {
	if r.Key.Null() {
		p.ctx.Drop("null key")
		return nil
	}
	if !p.op.stored {
		return p.ctx.Forward(r)
	}
	key, err := r.Key.Bytes(p.key)
	if err != nil {
		return err
	}
	var old codec.Value
	if p.old {
		if old, _, err = p.get(key); err != nil {
			return err
		}
	}
	return p.update(r, key, r.Value, old, r.Timestamp)
}

// ToTable keeps the latest value of every key of the stream. Where the key has
// changed, a repartition topic called after the node comes first.
func (s *Stream) ToTable(m Materialized, n ...Named) *Table {
	name := s.b.named(one(n), "KSTREAM-TOTABLE-")
	k := s.b.keep(m, "KSTREAM-TOTABLE-", s.Key, s.Value)
	parent, sources := s.node, s.sources
	if s.moved {
		parent = s.b.repartition(s.node, name, Repartitioned{Key: k.key, Value: k.value})
		sources = []string{parent.name}
	}
	return s.b.source(name, k, parent.name, parent, sources)
}

// GlobalTable is a table that every instance keeps whole (Kafka's GlobalKTable).
type GlobalTable struct {
	Key, Value codec.Codec
	b          *Builder
	store      string
}

// Store is the name of the table's store.
func (g *GlobalTable) Store() string { return g.store }

// view reads the table; its store needs no connection.
func (g *GlobalTable) view() view {
	v := storeView(g.store, g.Key, g.Value)
	v.stores = nil
	return v
}

// GlobalTable reads a topic as a table that every instance keeps whole; the
// topic is its changelog.
func (b *Builder) GlobalTable(topic string, c Consumed, m Materialized) *GlobalTable {
	c.Key, c.Value = b.keyCodec(c.Key), b.valueCodec(c.Value)
	if m.History > 0 {
		b.fail("global table %s is versioned", topic)
	}
	m.Cached = false // no task commits it
	k := b.keep(m, topic+"-", c.Key, c.Value)
	k.spec.SourceTopic = topic
	src := b.suffixed(c.Name, "-source", "KSTREAM-SOURCE-")
	name := b.named(c.Name, "KTABLE-SOURCE-")
	op := &tableSource{kept: k, node: name, stored: true}
	b.top.AddGlobal(k.spec, src,
		&topology.Source{Topics: []string{topic}, Key: c.Key, Value: c.Value, Timestamp: c.Timestamp}, name,
		func() topology.Processor { return &source{op: op, keeper: keeper{kept: k}} })
	return &GlobalTable{Key: c.Key, Value: c.Value, b: b, store: k.spec.Name}
}

var _ tableOp = (*tableSource)(nil)

// AddGlobalStore adds a store that every instance keeps whole and fills with a processor of its own.
func (b *Builder) AddGlobalStore(spec *state.Spec, topic string, c Consumed, make func() topology.Processor) {
	src := b.suffixed(c.Name, "-source", "KSTREAM-SOURCE-")
	name := b.named(c.Name, "KTABLE-SOURCE-")
	spec.SourceTopic = topic
	b.top.AddGlobal(spec, src, &topology.Source{Topics: []string{topic}, Key: b.keyCodec(c.Key), Value: b.valueCodec(c.Value), Timestamp: c.Timestamp}, name, make)
}
