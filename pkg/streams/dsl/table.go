package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Table is a table of the latest values by key (Kafka's KTable). Its updates
// flow as records whose Value is the new value, null for a deleted key.
type Table struct {
	// Key and Value are the codecs as far as they are known; see Stream.
	Key, Value codec.Codec

	b       *Builder
	name    string
	node    *node
	sources []string
	// store is the name under which the table can be queried, "" where it was not given one.
	store string
	op    tableOp
	old   bool // op was asked to send old values
}

// tableOp is the operator that makes a table.
type tableOp interface {
	// sendOld asks for the old value in every update. Without force it does
	// so only where a store is there anyway; false says that it is not.
	sendOld(force bool) bool
	// view is how a join below reads the table; it makes sure of a store.
	view() view
}

// As is the same table with these codecs; nil keeps the one there is.
func (t *Table) As(key, value codec.Codec) *Table {
	out := *t
	out.Key, out.Value = first(key, t.Key), first(value, t.Value)
	return &out
}

// Name is the name of the table's node.
func (t *Table) Name() string { return t.name }

// Store is the name of the table's store, "" where it has none that was named.
func (t *Table) Store() string { return t.store }

// sendOld asks the table for old values (KTableImpl.enableSendingOldValues).
func (t *Table) sendOld(force bool) bool {
	if !t.old {
		t.old = t.op.sendOld(force)
	}
	return t.old
}

// view reads the table from a processor of the same part of the graph.
func (t *Table) view() view { return t.op.view() }

// ToStream is the stream of the table's updates.
func (t *Table) ToStream(n ...Named) *Stream {
	name := t.b.named(one(n), "KTABLE-TOSTREAM-")
	node := t.b.process(name, func() topology.Processor { return &toStream{} }, t.node)
	return &Stream{b: t.b, name: name, node: node, Key: t.Key, Value: t.Value, sources: t.sources}
}

type toStream struct {
	stateless
	out topology.Record
}

func (p *toStream) Process(r *topology.Record) error {
	if r.Old.Null() && !r.Stale {
		return p.ctx.Forward(r)
	}
	p.out = *r
	p.out.Old, p.out.Stale = codec.Value{}, false
	return p.ctx.Forward(&p.out)
}
