package topology

import (
	"errors"
	"fmt"
	"slices"

	"kq/pkg/streams/state"
)

// ErrTopology is matched by every mistake in a graph.
var ErrTopology = errors.New("topology")

// Builder collects nodes. Its methods note the first mistake, which Build returns.
type Builder struct {
	err      error
	order    []*Node
	nodes    map[string]*Node
	stores   map[string]*state.Spec
	users    map[string][]*Node // of a store
	globals  []*Global
	copart   [][]string
	repart   map[string]*Repartition
	storeSeq []string
}

// NewBuilder is an empty graph.
func NewBuilder() *Builder {
	return &Builder{
		nodes: map[string]*Node{}, stores: map[string]*state.Spec{},
		users: map[string][]*Node{}, repart: map[string]*Repartition{},
	}
}

func (b *Builder) fail(format string, a ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("%w: "+format, append([]any{ErrTopology}, a...)...)
	}
}

func (b *Builder) add(n *Node, parents []string) *Node {
	if n.Name == "" {
		b.fail("a node has no name")
	}
	if b.nodes[n.Name] != nil {
		b.fail("two nodes are called %s", n.Name)
	}
	for _, name := range parents {
		p := b.nodes[name]
		switch {
		case p == nil:
			b.fail("node %s has an unknown parent %s", n.Name, name)
			continue
		case p.Kind == SinkKind:
			b.fail("the sink %s has a child %s", name, n.Name)
			continue
		}
		p.Children = append(p.Children, n)
		n.Parents = append(n.Parents, p)
	}
	if n.Kind != SourceKind && len(parents) == 0 {
		b.fail("node %s has no parent", n.Name)
	}
	b.nodes[n.Name] = n
	b.order = append(b.order, n)
	return n
}

// Node is the node of that name so far, nil where there is none.
func (b *Builder) Node(name string) *Node { return b.nodes[name] }

// Store is the store of that name so far, nil where there is none.
func (b *Builder) Store(name string) *state.Spec { return b.stores[name] }

// RepartitionOf is the repartition topic of that name so far, nil where there is none.
func (b *Builder) RepartitionOf(topic string) *Repartition { return b.repart[topic] }

// AddSource adds a node that reads topics.
func (b *Builder) AddSource(name string, s *Source) {
	if len(s.Topics) == 0 {
		b.fail("source %s has no topic", name)
	}
	for _, n := range b.order {
		for _, t := range s.Topics {
			if n.Kind == SourceKind && n.Source.Internal == s.Internal && slices.Contains(n.Source.Topics, t) {
				b.fail("topic %s is read by the sources %s and %s", t, n.Name, name)
			}
		}
	}
	b.add(&Node{Name: name, Kind: SourceKind, Source: s}, nil)
}

// AddProcessor adds a node below its parents.
func (b *Builder) AddProcessor(name string, make func() Processor, parents ...string) {
	b.add(&Node{Name: name, Kind: ProcessorKind, New: make}, parents)
}

// AddSink adds a node that writes a topic.
func (b *Builder) AddSink(name string, s *Sink, parents ...string) {
	b.add(&Node{Name: name, Kind: SinkKind, Sink: s}, parents)
}

// AddStore adds a store for the processors named. Adding the very same spec again only connects.
func (b *Builder) AddStore(spec *state.Spec, processors ...string) {
	switch have := b.stores[spec.Name]; {
	case spec.Name == "":
		b.fail("a store has no name")
	case have == nil:
		b.stores[spec.Name] = spec
		b.storeSeq = append(b.storeSeq, spec.Name)
	case have != spec:
		b.fail("two stores are called %s", spec.Name)
	}
	for _, p := range processors {
		b.Connect(p, spec.Name)
	}
}

// Connect gives a processor stores that were added.
func (b *Builder) Connect(processor string, stores ...string) {
	n := b.nodes[processor]
	if n == nil || n.Kind != ProcessorKind {
		b.fail("store %v is connected to %s, which is no processor", stores, processor)
		return
	}
	for _, s := range stores {
		if b.stores[s] == nil {
			b.fail("processor %s uses an unknown store %s", processor, s)
			continue
		}
		if !slices.Contains(n.Stores, s) {
			n.Stores = append(n.Stores, s)
			b.users[s] = append(b.users[s], n)
		}
	}
}

// AddGlobal adds a store that every instance keeps whole. Any processor may read it without Connect.
func (b *Builder) AddGlobal(spec *state.Spec, source string, s *Source, processor string, make func() Processor) {
	if b.stores[spec.Name] != nil {
		b.fail("two stores are called %s", spec.Name)
	}
	src := b.add(&Node{Name: source, Kind: SourceKind, Source: s}, nil)
	p := b.add(&Node{Name: processor, Kind: ProcessorKind, New: make, Stores: []string{spec.Name}}, []string{source})
	b.stores[spec.Name] = spec
	b.globals = append(b.globals, &Global{Store: spec, Source: src, Processor: p})
}

// AddRepartition declares a topic that the application makes between two of its parts.
func (b *Builder) AddRepartition(r *Repartition) {
	if b.repart[r.Topic] != nil {
		b.fail("two repartition topics are called %s", r.Topic)
	}
	b.repart[r.Topic] = r
}

// Copartition says that the topics of these sources must have equal partition counts.
func (b *Builder) Copartition(sources ...string) {
	b.copart = append(b.copart, slices.Clone(sources))
}

// Build checks the graph and cuts it into sub-topologies, numbered as Kafka
// does: in the order in which their first node was added.
func (b *Builder) Build() (*Topology, error) {
	t := &Topology{Globals: b.globals, Repartitions: b.repart, nodes: b.nodes, stores: b.stores}
	for _, group := range b.copart {
		var nodes []*Node
		for _, name := range group {
			n := b.nodes[name]
			if n == nil || n.Kind != SourceKind {
				b.fail("%s is copartitioned but is no source", name)
				continue
			}
			nodes = append(nodes, n)
		}
		t.Copartitioned = append(t.Copartitioned, nodes)
	}
	if b.err != nil {
		return nil, b.err
	}
	t.Subs = b.cut()
	return t, nil
}

// forest tells which nodes belong together.
type forest map[*Node]*Node

func (f forest) find(n *Node) *Node {
	if f[n] == nil || f[n] == n {
		return n
	}
	r := f.find(f[n])
	f[n] = r
	return r
}

func (f forest) join(a, b *Node) {
	if ra, rb := f.find(a), f.find(b); ra != rb {
		f[ra] = rb
	}
}

// cut joins nodes that are connected by edges or by a store.
func (b *Builder) cut() []*SubTopology {
	f := forest{}
	var sources []*Node
	for _, n := range b.order {
		for _, p := range n.Parents {
			f.join(n, p)
		}
		if n.Kind == SourceKind {
			sources = append(sources, n)
		}
	}
	for _, users := range b.users {
		for _, n := range users[1:] {
			f.join(n, users[0])
		}
	}
	byRoot := map[*Node]*SubTopology{}
	var subs []*SubTopology
	next := int32(0)
	for _, n := range sources {
		r := f.find(n)
		if byRoot[r] != nil {
			continue
		}
		byRoot[r] = &SubTopology{ID: next}
		if g := b.globalOf(n); g != nil {
			g.ID = next
		} else {
			subs = append(subs, byRoot[r])
		}
		next++
	}
	for _, n := range b.order {
		s := byRoot[f.find(n)]
		s.Nodes = append(s.Nodes, n)
	}
	for _, name := range b.storeSeq {
		if u := b.users[name]; len(u) > 0 {
			s := byRoot[f.find(u[0])]
			s.Stores = append(s.Stores, b.stores[name])
		}
	}
	return subs
}

func (b *Builder) globalOf(source *Node) *Global {
	for _, g := range b.globals {
		if g.Source == source {
			return g
		}
	}
	return nil
}
