package task

import (
	"fmt"
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// node is a processor of this task.
type node struct {
	name      string
	processor topology.Processor
}

// sourceNode begins the way of a record.
type sourceNode struct {
	name   string
	source *topology.Source
	next   []topology.Next
}

func (s *sourceNode) forward(r *topology.Record) error {
	for i := range s.next {
		if err := s.next[i].Process(r); err != nil {
			return err
		}
	}
	return nil
}

// wire makes the nodes, children before parents so that each knows where to forward.
func (t *Task) wire() error {
	made := map[*topology.Node]func(*topology.Record) error{}
	var inits []func() error
	var build func(n *topology.Node) (func(*topology.Record) error, error)
	build = func(n *topology.Node) (func(*topology.Record) error, error) {
		if f := made[n]; f != nil {
			return f, nil
		}
		next, err := t.children(n, build)
		if err != nil {
			return nil, err
		}
		if n.Kind == topology.SinkKind {
			made[n] = t.sink(n)
			return made[n], nil
		}
		for _, s := range n.Stores {
			if t.cfg.Store(s) == nil {
				return nil, fmt.Errorf("node %s: store %s was not opened", n.Name, s)
			}
		}
		p := n.New()
		t.nodes = append(t.nodes, &node{n.Name, p})
		inits = append(inits, func() error {
			ctx := topology.NewContext(n.Name, t.cfg.ID.String(), t.cfg.ID.Partition, t, next)
			if err := p.Init(ctx); err != nil {
				return fmt.Errorf("init %s: %w", n.Name, err)
			}
			return nil
		})
		made[n] = t.guard(n.Name, p)
		return made[n], nil
	}
	for _, n := range t.cfg.Sub.Sources() {
		next, err := t.children(n, build)
		if err != nil {
			return err
		}
		s := &sourceNode{name: n.Name, source: n.Source, next: next}
		for _, topic := range n.Source.Topics {
			t.queues = append(t.queues, newQueue(TopicName(t.cfg.App, topic, n.Source.Internal), t.cfg.ID.Partition, s))
		}
	}
	slices.Reverse(t.nodes) // made below first
	slices.Reverse(inits)
	for _, init := range inits {
		if err := init(); err != nil {
			return err
		}
	}
	return nil
}

func (t *Task) children(n *topology.Node, build func(*topology.Node) (func(*topology.Record) error, error)) ([]topology.Next, error) {
	var next []topology.Next
	for _, c := range n.Children {
		f, err := build(c)
		if err != nil {
			return nil, err
		}
		next = append(next, topology.Next{Name: c.Name, Process: f})
	}
	return next, nil
}

// guard notes which node failed.
func (t *Task) guard(name string, p topology.Processor) func(*topology.Record) error {
	return func(r *topology.Record) error {
		err := p.Process(r)
		if err != nil && t.failed.err == nil {
			t.failed = failure{node: name, err: err}
		}
		return err
	}
}

// sink encodes and sends.
func (t *Task) sink(n *topology.Node) func(*topology.Record) error {
	s := n.Sink
	fixed := TopicName(t.cfg.App, s.Topic, s.Internal)
	fail := func(err error, produce bool) error {
		if t.failed.err == nil {
			t.failed = failure{node: n.Name, produce: produce, err: err}
		}
		return err
	}
	var o Output // Send has done with it when it returns
	return func(r *topology.Record) error {
		topic := fixed
		if s.TopicOf != nil {
			var err error
			if topic, err = s.TopicOf(r, &t.origin); err != nil {
				return fail(err, false)
			}
		}
		if err := encode(r, s, &o); err != nil {
			return fail(fmt.Errorf("to %s: %w", topic, err), true)
		}
		o.Topic = topic
		if err := t.cfg.Send(&o); err != nil {
			return fail(fmt.Errorf("send to %s: %w", topic, err), true)
		}
		return nil
	}
}

func encode(r *topology.Record, s *topology.Sink, o *Output) error {
	key, err := r.Key.Bytes(s.Key)
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	value, err := r.Value.Bytes(s.Value)
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	*o = Output{Partition: -1, Key: key, Value: value, Timestamp: r.Timestamp, Headers: r.Headers}
	if s.Partition != nil {
		kept := *r
		o.Choose = func(n int32) (int32, error) { return s.Partition(&kept, n) }
		return nil
	}
	if o.PartitionKey, err = codec.PartitionBytes(&r.Key, s.Key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	return nil
}
