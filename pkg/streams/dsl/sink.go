package dsl

import "kq/pkg/streams/topology"

// To writes the stream to a topic.
func (s *Stream) To(topic string, p Produced) {
	if topic == "" {
		s.b.fail("a sink has no topic")
	}
	s.sink(p, &topology.Sink{Topic: topic})
}

// ToDynamic writes every record to the topic that the function chooses.
func (s *Stream) ToDynamic(topic TopicNamer, p Produced) {
	s.sink(p, &topology.Sink{TopicOf: topic})
}

// Through writes the stream to a topic and reads it again.
func (s *Stream) Through(topic string, p Produced) *Stream {
	key, value := first(p.Key, s.Key), first(p.Value, s.Value)
	s.To(topic, p)
	return s.b.Stream([]string{topic}, Consumed{Key: key, Value: value})
}

func (s *Stream) sink(p Produced, sink *topology.Sink) {
	name := s.b.named(p.Name, "KSTREAM-SINK-")
	sink.Key, sink.Value = s.b.keyCodec(first(p.Key, s.Key)), s.b.valueCodec(first(p.Value, s.Value))
	sink.Partition = p.Partition
	s.b.top.AddSink(name, sink, s.node.name)
	s.b.addNode(name, s.node)
}
