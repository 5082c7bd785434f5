package graph

import (
	"fmt"
	"strings"

	"kq/pkg/streams/topology"
)

// Mermaid is the topology as a Mermaid flowchart.
func Mermaid(t *topology.Topology) string {
	m := newModel(t)
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, p := range m.byPart() {
		fmt.Fprintf(&b, "  subgraph p%d[%s]\n", i, mermaidText(p.title))
		for _, v := range p.vertices {
			b.WriteString("    " + mermaidVertex(v) + "\n")
			for j, s := range v.stores {
				fmt.Fprintf(&b, "    %s_%d[(%s)]\n    %s -.- %s_%d\n", v.id, j, mermaidText(s), v.id, v.id, j)
			}
		}
		b.WriteString("  end\n")
	}
	for _, v := range m.vertices {
		for _, to := range v.out {
			fmt.Fprintf(&b, "  %s --> %s\n", v.id, to.id)
		}
	}
	return b.String()
}

func mermaidVertex(v *vertex) string {
	text := mermaidText(v.label)
	switch v.shape {
	case topic:
		return v.id + "([" + text + "])"
	case internalTopic:
		return v.id + "[/" + text + "/]"
	case dynamicTopic:
		return v.id + "{{" + text + "}}"
	}
	return v.id + "[" + text + "]"
}

func mermaidText(s string) string { return `"` + strings.ReplaceAll(s, `"`, "#quot;") + `"` }

// DOT is the topology as a graph of Graphviz.
func DOT(t *topology.Topology) string {
	m := newModel(t)
	var b strings.Builder
	b.WriteString("digraph topology {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=11];\n")
	for i, p := range m.byPart() {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", i, dotText(p.title))
		for _, v := range p.vertices {
			fmt.Fprintf(&b, "    %s [label=%s, tooltip=%s%s];\n", v.id, dotText(v.label), dotText(v.title), dotShape(v.shape))
			for j, s := range v.stores {
				fmt.Fprintf(&b, "    %s_%d [label=%s, shape=cylinder];\n    %s -> %s_%d [dir=none, style=dashed];\n", v.id, j, dotText(s), v.id, v.id, j)
			}
		}
		b.WriteString("  }\n")
	}
	for _, v := range m.vertices {
		for _, to := range v.out {
			fmt.Fprintf(&b, "  %s -> %s;\n", v.id, to.id)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func dotShape(s shape) string {
	switch s {
	case topic:
		return ", shape=oval"
	case internalTopic:
		return ", shape=parallelogram"
	case dynamicTopic:
		return ", shape=hexagon"
	}
	return ""
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
