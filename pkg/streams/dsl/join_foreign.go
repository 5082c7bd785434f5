package dsl

import (
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// JoinForeign joins every row of this table with the row of the other whose
// key it names. An update of either side makes new results, keyed as this
// table. The rows travel to the other table's partitions and back through two
// internal topics. Options that name a store keep the result.
func (t *Table) JoinForeign(right *Table, on ForeignKey, j Joiner, o TableJoined, m Materialized) *Table {
	return t.joinForeign(right, on, j, o, m, false)
}

// LeftJoinForeign is JoinForeign; rows that name no key, or one that the other
// table has not, are joined with null.
func (t *Table) LeftJoinForeign(right *Table, on ForeignKey, j Joiner, o TableJoined, m Materialized) *Table {
	return t.joinForeign(right, on, j, o, m, true)
}

// foreignJoin is what the processors of one foreign-key join have in common.
type foreignJoin struct {
	on     ForeignKey
	joiner Joiner
	left   bool
	// key and value are the codecs of this table, foreign is that of the other's keys, row that of its values.
	key, value, foreign, row codec.Codec
	store                    string
	mine, theirs             view
	// versionedLeft and versionedRight say that updates which are not the
	// latest version of their key are dropped (KIP-914).
	versionedLeft, versionedRight bool
}

// foreignNames are the names of a foreign-key join's parts, by the suffix of a given name.
type foreignNames struct {
	b *Builder
	n Named
}

const foreignPrefixName = "KTABLE-FK-JOIN-"

func (f foreignNames) take(suffix, prefix string) string { return f.b.suffixed(f.n, suffix, prefix) }

func (t *Table) joinForeign(right *Table, on ForeignKey, j Joiner, o TableJoined, m Materialized, left bool) *Table {
	b := t.b
	if right.b != b {
		b.fail("join of tables of two builders")
		return t
	}
	right.sendOld(true)
	t.sendOld(true)
	c := &foreignJoin{
		on: on, joiner: j, left: left, key: b.keyCodec(t.Key), value: b.valueCodec(t.Value),
		foreign: b.keyCodec(right.Key), row: b.valueCodec(right.Value),
	}
	names := foreignNames{b, o.Name}
	subscribe := c.addSubscribe(b, names, t, right, o)
	answer := c.addAnswer(b, names, right, subscribe)
	return c.addResult(b, names, t, answer, o, m)
}

// addSubscribe adds the way from this table to the other's partitions; the
// result is the source of the subscriptions there.
func (c *foreignJoin) addSubscribe(b *Builder, names foreignNames, t, right *Table, o TableJoined) *node {
	topic := names.take("-subscription-registration", foreignPrefixName+"SUBSCRIPTION-REGISTRATION-") + "-topic"
	b.top.AddRepartition(&topology.Repartition{Topic: topic})
	name := names.take("-subscription-registration-processor", foreignPrefixName+"SUBSCRIPTION-REGISTRATION-")
	send := b.process(name, func() topology.Processor { return &foreignSend{foreignJoin: c} }, t.node)
	send.onVersioned = func(v bool) { c.versionedLeft = v }
	sink := names.take("-subscription-registration-sink", "KTABLE-SINK-")
	b.top.AddSink(sink, &topology.Sink{Topic: topic, Key: c.foreign, Value: subscriptionCodec{}, Partition: withoutValue(o.ForeignPartition), Internal: true}, name)
	source := names.take("-subscription-registration-source", "KTABLE-SOURCE-")
	b.top.AddSource(source, &topology.Source{Topics: []string{topic}, Key: c.foreign, Value: subscriptionCodec{}, Internal: true})
	b.top.Copartition(union(right.sources, []string{source})...)
	return b.addNode(source, send)
}

// addAnswer adds the two processors beside the other table; the result is
// their nodes, from which answers go back.
func (c *foreignJoin) addAnswer(b *Builder, names foreignNames, right *Table, source *node) [2]*node {
	c.store = names.take("-subscription-store", foreignPrefixName+"SUBSCRIPTION-STATE-STORE-")
	const prefix = foreignPrefixName + "SUBSCRIPTION-PROCESSOR-"
	receive := b.process(names.take("-subscription-receive", prefix), func() topology.Processor { return &foreignReceive{foreignJoin: c} }, source)
	c.theirs = right.view()
	look := b.process(names.take("-subscription-join-foreign", prefix), func() topology.Processor { return &foreignLook{foreignJoin: c} }, receive)
	b.top.Connect(look.name, c.theirs.stores...)
	spread := b.process(names.take("-foreign-join-subscription", prefix), func() topology.Processor { return &foreignSpread{foreignJoin: c} }, right.node)
	spread.onVersioned = func(v bool) { c.versionedRight = v }
	b.addStore(&state.Spec{Name: c.store, Kind: state.KeyValueKind}, receive.name, spread.name)
	return [2]*node{look, spread}
}

// addResult adds the way back and the table of the results.
func (c *foreignJoin) addResult(b *Builder, names foreignNames, t *Table, answers [2]*node, o TableJoined, m Materialized) *Table {
	topic := names.take("-subscription-response", foreignPrefixName+"SUBSCRIPTION-RESPONSE-") + "-topic"
	b.top.AddRepartition(&topology.Repartition{Topic: topic})
	back := withoutValue(o.Partition)
	if back == nil {
		back = backToPrimary(c.key)
	}
	values := responseCodec{c.row}
	b.top.AddSink(names.take("-subscription-response-sink", "KTABLE-SINK-"),
		&topology.Sink{Topic: topic, Key: c.key, Value: values, Partition: back, Internal: true}, answers[0].name, answers[1].name)
	source := names.take("-subscription-response-source", "KTABLE-SOURCE-")
	b.top.AddSource(source, &topology.Source{Topics: []string{topic}, Key: c.key, Value: values, Internal: true})
	sources := union(t.sources, []string{source})
	b.top.Copartition(sources...)
	above := b.addNode(source, answers[:]...)
	c.mine = t.view()
	resolve := b.process(names.take("-subscription-response-resolver", foreignPrefixName+"SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-"),
		func() topology.Processor { return &foreignResolve{foreignJoin: c} }, above)
	b.top.Connect(resolve.name, c.mine.stores...)
	name := names.take("-result", foreignPrefixName+"OUTPUT-")
	k := b.keep(m, foreignPrefixName+"OUTPUT-", c.key, nil)
	return b.source(name, k, resolve.name, resolve, sources)
}

// withoutValue gives a partitioner records without their value, which is the join's own.
func withoutValue(f Partitioner) func(r *topology.Record, n int32) (int32, error) {
	if f == nil {
		return nil
	}
	return func(r *topology.Record, n int32) (int32, error) {
		return f(&topology.Record{Key: r.Key, Timestamp: r.Timestamp, Headers: r.Headers}, n)
	}
}

// backToPrimary sends an answer to the partition that the subscription came
// from. Subscriptions of version 0 do not tell it: the key does.
func backToPrimary(key codec.Codec) func(r *topology.Record, n int32) (int32, error) {
	return func(r *topology.Record, n int32) (int32, error) {
		v, err := r.Value.Any()
		if err != nil {
			return 0, err
		}
		a, ok := v.(response)
		switch {
		case !ok:
			return 0, fmt.Errorf("%w: %T", errForeign, v)
		case a.partition >= n:
			return 0, fmt.Errorf("%w: from partition %d, and the topic of the answers has %d", errForeign, a.partition, n)
		case a.partition >= 0:
			return a.partition, nil
		}
		b, err := codec.PartitionBytes(&r.Key, key)
		return codec.Partition(b, n), err
	}
}
