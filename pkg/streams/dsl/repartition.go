package dsl

import (
	"strings"

	"kq/pkg/streams/topology"
)

const repartitionSuffix = "-repartition"

// Repartition writes the stream to a topic of the application and reads it
// again, so that records of one key are together and in as many partitions as asked for.
func (s *Stream) Repartition(o Repartitioned) *Stream {
	name := string(o.Name)
	if name == "" {
		name = s.b.number("KSTREAM-REPARTITION-")
	}
	key, value := first(o.Key, s.Key), first(o.Value, s.Value)
	o.Key, o.Value = key, value
	n := s.b.repartition(s.node, name, o)
	return &Stream{b: s.b, name: n.name, node: n, Key: key, Value: value, sources: []string{n.name}}
}

// repartition adds the filter, the sink and the source of a topic between two
// parts (KStreamImpl.createRepartitionedSource); the result stands for the
// source. Three numbers are taken whether they are used or not.
func (b *Builder) repartition(parent *node, prefix string, o Repartitioned) *node {
	topic := strings.TrimSuffix(prefix, repartitionSuffix) + repartitionSuffix
	sink, filter, source := b.number("KSTREAM-SINK-"), b.number("KSTREAM-FILTER-"), b.number("KSTREAM-SOURCE-")
	if !generated(prefix) {
		sink, filter, source = topic+"-sink", topic+"-filter", topic+"-source"
	}
	nullKeys := new(bool)
	b.top.AddProcessor(filter, func() topology.Processor { return &nullKeyFilter{pass: nullKeys} }, parent.name)
	b.internalTopic(topic, sink, source, filter, o)
	n := b.addNode(source, parent)
	n.nullKeys = nullKeys
	return n
}

// internalTopic adds a sink below a processor and a source on a topic of the application.
func (b *Builder) internalTopic(topic, sink, source, parent string, o Repartitioned) {
	key, value := b.keyCodec(o.Key), b.valueCodec(o.Value)
	b.top.AddRepartition(&topology.Repartition{Topic: topic, Partitions: o.Partitions})
	b.top.AddSink(sink, &topology.Sink{Topic: topic, Key: key, Value: value, Partition: o.Partition, Internal: true}, parent)
	b.top.AddSource(source, &topology.Source{Topics: []string{topic}, Key: key, Value: value, Internal: true})
}

// generated says that a name is one of the JVM's numbered ones
// (KSTREAM.*-[0-9]{10}); such topics have numbered sinks and sources.
func generated(prefix string) bool {
	if !strings.HasPrefix(prefix, "KSTREAM") || len(prefix) < len("KSTREAM")+11 {
		return false
	}
	digits := prefix[len(prefix)-10:]
	return prefix[len(prefix)-11] == '-' && strings.Trim(digits, "0123456789") == ""
}

// nullKeyFilter keeps records without a key away from a repartition topic,
// unless a join below wants them.
type nullKeyFilter struct {
	stateless
	pass *bool
}

func (p *nullKeyFilter) Process(r *topology.Record) error {
	if r.Key.Null() && !*p.pass {
		return nil
	}
	return p.ctx.Forward(r)
}
