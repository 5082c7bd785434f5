package graph

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kq/pkg/streams/topology"
)

// shape is what a vertex stands for.
type shape uint8

const (
	operator shape = iota
	topic
	internalTopic
	dynamicTopic
)

// vertex is an operator or a topic.
type vertex struct {
	id     string // v0, v1, …
	label  string
	title  string // the full name
	shape  shape
	sub    int // the index of its part
	stores []string
	out    []*vertex
	in     []*vertex
}

// part is a sub-topology, or a global store and what feeds it.
type part struct {
	title    string
	vertices []*vertex
}

// model is a topology as it is drawn.
type model struct {
	parts    []*part
	vertices []*vertex
	topics   map[string]*vertex // by kind and name
}

func newModel(t *topology.Topology) *model {
	m := &model{topics: map[string]*vertex{}}
	made := map[*topology.Node]*vertex{}
	for _, s := range t.Subs {
		m.parts = append(m.parts, &part{title: fmt.Sprintf("sub-topology %d", s.ID)})
		for _, n := range s.Nodes {
			m.node(n, made)
		}
	}
	for _, g := range t.Globals {
		m.parts = append(m.parts, &part{title: "global " + g.Store.Name})
		m.node(g.Source, made)
		m.node(g.Processor, made)
	}
	for _, s := range t.Subs {
		for _, n := range s.Nodes {
			m.edges(n, made)
		}
	}
	for _, g := range t.Globals {
		m.edges(g.Source, made)
	}
	return m
}

// node adds an operator; sources and sinks are their topics.
func (m *model) node(n *topology.Node, made map[*topology.Node]*vertex) {
	switch n.Kind {
	case topology.SourceKind:
		for _, name := range n.Source.Topics {
			v := m.topic(name, n.Source.Internal)
			v.sub = len(m.parts) - 1 // a topic stands where it is read
			made[n] = v
		}
	case topology.SinkKind:
		if n.Sink.TopicOf != nil {
			made[n] = m.add(&vertex{label: "topic by record", title: n.Name, shape: dynamicTopic})
			return
		}
		made[n] = m.topic(n.Sink.Topic, n.Sink.Internal)
	default:
		made[n] = m.add(&vertex{label: short(n.Name), title: n.Name, stores: slices.Clone(n.Stores)})
	}
}

func (m *model) topic(name string, internal bool) *vertex {
	key, s := "topic "+name, topic
	if internal {
		key, s = "internal "+name, internalTopic
	}
	if v := m.topics[key]; v != nil {
		return v
	}
	m.topics[key] = m.add(&vertex{label: name, title: name, shape: s})
	return m.topics[key]
}

func (m *model) add(v *vertex) *vertex {
	v.id, v.sub = "v"+strconv.Itoa(len(m.vertices)), len(m.parts)-1
	m.vertices = append(m.vertices, v)
	return v
}

func (m *model) edges(n *topology.Node, made map[*topology.Node]*vertex) {
	from := []*vertex{made[n]}
	if n.Kind == topology.SourceKind {
		from = nil
		for _, name := range n.Source.Topics {
			from = append(from, m.topic(name, n.Source.Internal))
		}
	}
	for _, c := range n.Children {
		for _, v := range from {
			if to := made[c]; to != v && !slices.Contains(v.out, to) {
				v.out = append(v.out, to)
				to.in = append(to.in, v)
			}
		}
	}
}

// byPart are the vertices of each part.
func (m *model) byPart() []*part {
	for _, p := range m.parts {
		p.vertices = nil
	}
	for _, v := range m.vertices {
		m.parts[v.sub].vertices = append(m.parts[v.sub].vertices, v)
	}
	return m.parts
}

// numbered are the names that the DSL counts.
var numbered = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:KSTREAM|KTABLE|COGROUPKSTREAM)-([A-Z-]+?)-?0*(\d{1,10})(\d*)$`)
})

// short is the name of an operator without what all have: KSTREAM-FILTER-0000000001 is filter 1.
func short(name string) string {
	m := numbered().FindStringSubmatch(name)
	if m == nil {
		return name
	}
	digits := name[strings.LastIndex(name, "-")+1:]
	if len(digits) > 10 { // a branch: its place stands behind the number
		n, _ := strconv.Atoi(digits[:10])
		return strings.ToLower(m[1]) + " " + strconv.Itoa(n) + "." + digits[10:]
	}
	n, _ := strconv.Atoi(digits)
	return strings.ToLower(m[1]) + " " + strconv.Itoa(n)
}
