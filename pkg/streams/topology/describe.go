package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Describe is the text of Kafka's Topology#describe: sub-topologies by number,
// in each the nodes with the most descendants first, equals by name. Internal
// topics are shown without the application's prefix, as Kafka does.
func (t *Topology) Describe() string {
	var b strings.Builder
	b.WriteString("Topologies:\n ")
	type part struct {
		id   int32
		text string
	}
	var parts []part
	for _, s := range t.Subs {
		parts = append(parts, part{s.ID, describeSub(s)})
	}
	for _, g := range t.Globals {
		parts = append(parts, part{g.ID, describeGlobal(g)})
	}
	slices.SortFunc(parts, func(x, y part) int { return int(x.id - y.id) })
	for _, p := range parts {
		b.WriteString("  " + p.text)
	}
	return b.String()
}

func describeSub(s *SubTopology) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Sub-topology: %d\n", s.ID)
	nodes := connect(s)
	slices.SortFunc(nodes, (*placed).compare)
	for _, p := range nodes {
		b.WriteString("    " + describeNode(p.node, p.next.names(), p.prev.names()) + "\n")
	}
	b.WriteString("\n")
	return b.String()
}

func describeGlobal(g *Global) string {
	return fmt.Sprintf("Sub-topology: %d for global store (will not generate tasks)\n    %s\n    %s\n", g.ID,
		describeNode(g.Source, g.Processor.Name, "none"), describeNode(g.Processor, "none", g.Source.Name))
}

func describeNode(n *Node, next, prev string) string {
	switch n.Kind {
	case SourceKind:
		return fmt.Sprintf("Source: %s (topics: [%s])\n      --> %s", n.Name, set(n.Source.Topics), next)
	case SinkKind:
		if n.Sink.TopicOf != nil {
			return fmt.Sprintf("Sink: %s (extractor class: expression)\n      <-- %s", n.Name, prev)
		}
		return fmt.Sprintf("Sink: %s (topic: %s)\n      <-- %s", n.Name, n.Sink.Topic, prev)
	}
	return fmt.Sprintf("Processor: %s (stores: [%s])\n      --> %s\n      <-- %s", n.Name, set(n.Stores), next, prev)
}
