package spec

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
)

// sink writes a stream, or the updates of a table, to a topic.
func (c *compiler) sink(f *flow, s *Sink) {
	if f.group != nil || f.rows != nil {
		return // said already
	}
	if (s.Topic == "") == (s.TopicExpr == "") {
		c.f.wrong(s.node, "", "to: has either topic: or topicExpr:")
		return
	}
	key, value := c.codec(s.Key, f.key, f.key), c.codec(s.Value, f.value, nil)
	c.writable(f, s, key, value)
	stream := f.stream
	if stream == nil {
		stream = f.table.ToStream()
	}
	p := dsl.Produced{Key: key, Value: value}
	if s.Partition != "" {
		p.Partition = c.bind(&s.Where, "partition", s.Partition, recordScope(f, variable{"partitions", expr.Int}), expr.Int).partitioner
	}
	if s.TopicExpr != "" {
		c.dynamic = true
		stream.ToDynamic(c.bind(&s.Where, "topicExpr", s.TopicExpr, recordScope(f, originVars()...), expr.String).topicOf, p)
		return
	}
	if !legalTopic(s.Topic) {
		c.f.wrong(s.valueNode("topic"), "letters, digits, dots, underscores and dashes, at most 249", "%q is no name of a topic", clip(s.Topic))
	}
	if _, ok := c.out.Topics[s.Topic]; !ok {
		c.out.Topics[s.Topic] = Types{key, value}
	}
	stream.To(s.Topic, p)
}

// writable checks that what there is can be written as what is asked for.
func (c *compiler) writable(f *flow, s *Sink, key, value codec.Codec) {
	n := s.valueNode("key")
	_, in := innerOf(f.key)
	inner, out := innerOf(key)
	switch {
	case out && !in:
		c.f.wrong(n, "leave key: out, or write the type of the key alone", "keys have no windows here")
	case in && !out && s.Key != nil:
		if _, ok := key.(codec.JSON); !ok {
			c.f.wrong(n, "write {timeWindowed: "+s.Key.Name+"} or {windowedJson: "+s.Key.Name+"}, or map the key before", "keys have windows here, a %s key has none", key.Name())
		}
	case in:
		c.fits(n, "keys", f.keyType, inner)
		_, session := f.key.(codec.SessionWindowed)
		if _, same := key.(codec.SessionWindowed); s.Key != nil && same != session && key.Name()[:4] != "wind" {
			c.f.wrong(n, "", "keys are %s here, not %s", f.key.Name(), key.Name())
		}
	case s.Key != nil:
		c.fits(n, "keys", f.keyType, key)
	}
	if s.Value != nil {
		c.fits(s.valueNode("value"), "values", f.valueType, value)
	}
}
