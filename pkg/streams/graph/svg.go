package graph

import (
	"fmt"
	"html"
	"strings"

	"kq/pkg/streams/topology"
)

// SVG is the topology as a drawing, from left to right.
func SVG(t *topology.Topology) string {
	l := newLayout(newModel(t))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="11">`+"\n", l.width, l.height, l.width, l.height)
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#666"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="#fff"/>`+"\n", l.width, l.height)
	for i, p := range l.bands {
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="8" fill="#f6f7f9" stroke="#d5d9e0"/>`+"\n", p.x, p.y, p.w, p.h)
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" fill="#667">%s</text>`+"\n", p.x+8, p.y+15, html.EscapeString(l.m.parts[i].title))
	}
	for _, c := range l.cells {
		if c.v != nil {
			for _, to := range c.out {
				b.WriteString(path(c, to))
			}
		}
	}
	for _, c := range l.cells {
		if c.v != nil {
			draw(&b, c)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// path is an edge, through its bends, to the next vertex.
func path(from, to *cell) string {
	x, y := from.x+from.w, from.y+from.h/2
	d := fmt.Sprintf("M%.1f,%.1f", x, y)
	for {
		tx, ty := to.x, to.y+to.h/2
		half := (tx - x) / 2
		d += fmt.Sprintf(" C%.1f,%.1f %.1f,%.1f %.1f,%.1f", x+half, y, tx-half, ty, tx, ty)
		if to.v != nil {
			break
		}
		x, y = tx, ty
		to = to.out[0]
	}
	return `<path d="` + d + `" fill="none" stroke="#666" marker-end="url(#arrow)"/>` + "\n"
}

func draw(b *strings.Builder, c *cell) {
	fmt.Fprintf(b, "<g><title>%s</title>", html.EscapeString(c.v.title))
	switch c.v.shape {
	case operator:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="3" fill="#fff" stroke="#4a6fa5"/>`, c.x, c.y, c.w, c.h)
	case topic:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="15" fill="#e3f1e5" stroke="#3b8046"/>`, c.x, c.y, c.w, c.h)
	case internalTopic:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="15" fill="#fdf3dd" stroke="#b5832a" stroke-dasharray="4 2"/>`, c.x, c.y, c.w, c.h)
	case dynamicTopic:
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="15" fill="#fff" stroke="#3b8046" stroke-dasharray="4 2"/>`, c.x, c.y, c.w, c.h)
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, c.x+c.w/2, c.y+boxHeight/2+4, html.EscapeString(c.v.label))
	for i, s := range c.v.stores {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#4a6fa5" font-size="10">⛁ %s</text>`, c.x+c.w/2, c.y+boxHeight+storeLine*float64(i)+6, html.EscapeString(s))
	}
	b.WriteString("</g>\n")
}
