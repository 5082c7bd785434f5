package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Join is the table of the pairs of rows with one key in both tables. An
// update of either side makes a new result, with the later time of the two
// rows; one that deletes a row deletes the result. Of versioned tables only
// the latest versions are joined. Options that name a store keep the result;
// without one it is computed where it is read.
func (t *Table) Join(right *Table, j Joiner, m Materialized, o ...TableJoin) *Table {
	return t.joinTable(right, j, m, o, innerJoin)
}

// LeftJoin is Join; rows of this table that have none in the other are joined with null.
func (t *Table) LeftJoin(right *Table, j Joiner, m Materialized, o ...TableJoin) *Table {
	return t.joinTable(right, j, m, o, leftJoin)
}

// OuterJoin is Join; rows of either table that have none in the other are joined with null.
func (t *Table) OuterJoin(right *Table, j Joiner, m Materialized, o ...TableJoin) *Table {
	return t.joinTable(right, j, m, o, outerJoin)
}

// TableJoin describes a table-table join.
type TableJoin struct {
	Name        Named
	Copartition Copartition
}

func (t *Table) joinTable(right *Table, j Joiner, m Materialized, opt []TableJoin, kind joinKind) *Table {
	b := t.b
	if right.b != b {
		b.fail("join of tables of two builders")
		return t
	}
	var o TableJoin
	if len(opt) > 0 {
		o = opt[0]
	}
	left, right := b.balanceTables(t, right, o)
	out := *left
	out.Value, out.store, out.old = nil, "", false
	op := &tablePair{joiner: j, kind: kind, left: left, right: right}
	if m.Store != "" {
		op.kept = b.keep(m, "KTABLE-MERGE-", left.Key, nil)
		out.Key, out.Value, out.store = op.kept.key, op.kept.value, op.kept.queryName()
	}
	out.op, out.sources = op, union(left.sources, right.sources)
	merge := b.named(o.Name, "KTABLE-MERGE-")
	b.top.Copartition(out.sources...)
	if kind != innerJoin {
		left.sendOld(true)
	}
	if kind == outerJoin {
		right.sendOld(true)
	}
	names := [2]string{b.suffixed(o.Name, "-join-this", "KTABLE-JOINTHIS-"), b.suffixed(o.Name, "-join-other", "KTABLE-JOINOTHER-")}
	out.name, out.node = merge, op.add(b, names, merge)
	return &out
}

func (b *Builder) balanceTables(left, right *Table, o TableJoin) (l, r *Table) {
	n, moveLeft, moveRight := b.target(left.sources, right.sources, o.Copartition)
	if moveLeft {
		left = left.widen(string(o.Name), "-left", n)
	}
	if moveRight {
		right = right.widen(string(o.Name), "-right", n)
	}
	return left, right
}

// tablePair is a table joined from two others.
type tablePair struct {
	joiner      Joiner
	kind        joinKind
	left, right *Table
	kept        *kept // nil: no store of its own
	old         bool
	// versioned says that the inputs (this, other) are: updates of theirs that
	// are not the latest version are dropped (KIP-914).
	versioned [2]bool
}

func (c *tablePair) add(b *Builder, names [2]string, merge string) *node {
	views := [2]view{c.left.view(), c.right.view()}
	inputs := [2]*node{c.left.node, c.right.node}
	var sides [2]*node
	for side := range sides {
		sides[side] = b.process(names[side], func() topology.Processor {
			return &tableSide{tablePair: c, side: side, partner: views[1-side].make()}
		}, inputs[side])
		sides[side].onVersioned = func(v bool) { c.versioned[side] = v }
	}
	out := b.process(merge, func() topology.Processor { return &tableMerge{op: c, keeper: keeper{kept: c.kept, old: c.old}} }, sides[:]...)
	out.versioned = new(bool)
	for side := range sides {
		b.top.Connect(names[side], views[1-side].stores...)
	}
	if c.kept != nil {
		out.versioned = c.kept.versioned()
		b.addStore(c.kept.spec, merge)
	}
	return out
}

// sendOld makes both inputs send theirs too.
func (c *tablePair) sendOld(bool) bool {
	c.left.sendOld(true)
	c.right.sendOld(true)
	c.old = true
	return true
}

// view reads the result from its store, or joins what both tables have.
func (c *tablePair) view() view {
	if c.kept != nil {
		return c.kept.view()
	}
	l, r := c.left.view(), c.right.view()
	return view{stores: union(l.stores, r.stores), make: func() getter {
		return &pairGetter{op: c, left: l.make(), right: r.make()}
	}}
}

// pairGetter joins on demand. It is never versioned (KIP-914).
type pairGetter struct {
	op          *tablePair
	left, right getter
}

func (g *pairGetter) init(ctx *topology.Context) error {
	if err := g.left.init(ctx); err != nil {
		return err
	}
	return g.right.init(ctx)
}

func (g *pairGetter) get(key *codec.Value) (codec.Value, int64, error) {
	l, lts, err := g.left.get(key)
	if err != nil || l.Null() && g.op.kind != outerJoin {
		return codec.Value{}, 0, err
	}
	r, rts, err := g.right.get(key)
	if err != nil || r.Null() && (l.Null() || g.op.kind == innerJoin) {
		return codec.Value{}, 0, err
	}
	switch {
	case l.Null():
		lts = rts
	case r.Null():
		rts = lts
	}
	k := *key
	v, err := g.op.joiner(&k, &l, &r)
	return v, max(lts, rts), err
}

func (g *pairGetter) at(key *codec.Value, _ int64) (codec.Value, int64, error) { return g.get(key) }

func (g *pairGetter) versioned() bool { return false }

// tableSide takes the updates of one input and joins them with the other's
// current row (KTableKTableInnerJoin, LeftJoin, RightJoin and OuterJoin).
type tableSide struct {
	stateless
	*tablePair
	side    int
	partner getter
	// key and values are kept here so that they need not be allocated for every update.
	key    codec.Value
	values [2]codec.Value
	out    topology.Record
}

func (p *tableSide) Init(ctx *topology.Context) error {
	p.ctx = ctx
	return p.partner.init(ctx)
}

func (p *tableSide) Process(r *topology.Record) error {
	if r.Key.Null() {
		p.ctx.Drop("null key")
		return nil
	}
	if r.Stale && p.versioned[p.side] {
		p.ctx.Drop("out of order")
		return nil
	}
	row, ts, err := p.partner.get(&r.Key)
	if err != nil {
		return err
	}
	// alone says that rows of this side have a result without a partner.
	alone := p.kind == outerJoin || p.kind == leftJoin && p.side == this
	if row.Null() && (!alone || r.Value.Null() && r.Old.Null()) {
		return nil
	}
	// always says that the partner has a result without a row of this side.
	always := !row.Null() && (p.kind == outerJoin || p.kind == leftJoin && p.side == other)
	p.out = *r
	p.out.Value, p.out.Old = codec.Value{}, codec.Value{}
	if !row.Null() {
		p.out.Timestamp = max(r.Timestamp, ts)
	}
	if always || !r.Value.Null() {
		if p.out.Value, err = p.pair(&r.Key, r.Value, row); err != nil {
			return err
		}
	}
	if p.old && (always || !r.Old.Null()) {
		if p.out.Old, err = p.pair(&r.Key, r.Old, row); err != nil {
			return err
		}
	}
	return p.ctx.Forward(&p.out)
}

func (p *tableSide) pair(key *codec.Value, mine, theirs codec.Value) (codec.Value, error) {
	p.key, p.values[p.side], p.values[1-p.side] = *key, mine, theirs
	return p.joiner(&p.key, &p.values[this], &p.values[other])
}

// tableMerge is where the updates of both sides meet (KTableKTableJoinMerger).
type tableMerge struct {
	op *tablePair
	keeper
}

func (p *tableMerge) Init(ctx *topology.Context) error {
	p.ctx = ctx
	if p.op.kept == nil {
		return nil
	}
	return p.keeper.init(ctx)
}

func (p *tableMerge) Process(r *topology.Record) error {
	if p.op.kept == nil {
		if p.old || r.Old.Null() {
			return p.ctx.Forward(r)
		}
		p.out = *r
		p.out.Old = codec.Value{}
		return p.ctx.Forward(&p.out)
	}
	key, err := r.Key.Bytes(p.key)
	if err != nil {
		return err
	}
	return p.update(r, key, r.Value, r.Old, r.Timestamp)
}
