package graph

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Measures of the drawing, in pixels.
const (
	rowGap     = 24
	boxHeight  = 30
	storeLine  = 14
	columnGap  = 44
	charWidth  = 6.6
	partMargin = 14
	partHead   = 22
	partGap    = 18
	edge       = 12 // around the drawing
)

// cell is a vertex in the grid, or, without one, a bend of an edge that passes a column.
type cell struct {
	v           *vertex
	part        int
	column, row int
	x, y, w, h  float64
	out, in     []*cell
}

// layout places vertices in columns, from the inputs to the outputs, and each
// part in a band of its own.
type layout struct {
	m       *model
	cells   []*cell
	columns [][]*cell
	bands   []band
	width   float64
	height  float64
}

// band is the place of a part.
type band struct{ x, y, w, h float64 }

func newLayout(m *model) *layout {
	l := &layout{m: m}
	depth := depths(m)
	of := map[*vertex]*cell{}
	for _, v := range m.vertices {
		of[v] = &cell{v: v, part: v.sub, column: depth[v], w: width(v), h: boxHeight + storeLine*float64(len(v.stores))}
		l.cells = append(l.cells, of[v])
	}
	for _, v := range m.vertices {
		for _, to := range v.out {
			l.link(of[v], of[to])
		}
	}
	for _, c := range l.cells {
		for len(l.columns) <= c.column {
			l.columns = append(l.columns, nil)
		}
		l.columns[c.column] = append(l.columns[c.column], c)
	}
	for range 4 {
		l.order(func(c *cell) []*cell { return c.in }, false)
		l.order(func(c *cell) []*cell { return c.out }, true)
	}
	l.place()
	return l
}

// depths are the columns: one more than the deepest vertex before.
func depths(m *model) map[*vertex]int {
	depth := map[*vertex]int{}
	open := map[*vertex]bool{}
	var of func(v *vertex) int
	of = func(v *vertex) int {
		if d, ok := depth[v]; ok || open[v] {
			return d
		}
		open[v] = true
		d := 0
		for _, from := range v.in {
			if !open[from] { // a topic that is written and read by the job closes a ring
				d = max(d, of(from)+1)
			}
		}
		open[v] = false
		depth[v] = d
		return d
	}
	for _, v := range m.vertices {
		of(v)
	}
	return depth
}

func width(v *vertex) float64 {
	n := utf8.RuneCountInString(v.label)
	for _, s := range v.stores {
		n = max(n, utf8.RuneCountInString(s)+3)
	}
	return max(60, float64(n)*charWidth+24)
}

// link joins two cells, with a bend in every column between.
func (l *layout) link(from, to *cell) {
	for at := from.column + 1; at < to.column; at++ {
		bend := &cell{part: from.part, column: at, h: 4}
		if from.part != to.part && at > (from.column+to.column)/2 {
			bend.part = to.part
		}
		l.cells = append(l.cells, bend)
		join(from, bend)
		from = bend
	}
	join(from, to)
}

func join(from, to *cell) {
	from.out = append(from.out, to)
	to.in = append(to.in, from)
}

// order sorts each column by the mean row of what its cells are joined with.
func (l *layout) order(next func(*cell) []*cell, backwards bool) {
	for i := range l.columns {
		col := l.columns[i]
		if backwards {
			col = l.columns[len(l.columns)-1-i]
		}
		mean := map[*cell]float64{}
		for _, c := range col {
			sum, n := 0.0, 0
			for _, x := range next(c) {
				sum, n = sum+float64(x.row), n+1
			}
			mean[c] = float64(c.row)
			if n > 0 {
				mean[c] = sum / float64(n)
			}
		}
		slices.SortStableFunc(col, func(a, b *cell) int {
			return cmp.Or(a.part-b.part, cmp.Compare(mean[a], mean[b]))
		})
		rows := map[int]int{}
		for _, c := range col {
			c.row = rows[c.part]
			rows[c.part]++
		}
	}
}

// place gives coordinates.
func (l *layout) place() {
	rows, heights := make([]int, len(l.m.parts)), make([]float64, len(l.m.parts))
	x := float64(edge + partMargin)
	for _, col := range l.columns {
		w := 0.0
		for _, c := range col {
			w = max(w, c.w)
			rows[c.part], heights[c.part] = max(rows[c.part], c.row+1), max(heights[c.part], c.h+rowGap)
		}
		for _, c := range col {
			c.x = x + (w-c.w)/2
		}
		x += w + columnGap
	}
	l.width = x - columnGap + partMargin + edge
	l.bands = make([]band, len(l.m.parts))
	y := float64(edge)
	for i := range l.bands {
		l.bands[i] = band{x: l.width, y: y, h: partHead + float64(rows[i])*heights[i] + partMargin/2}
		y += l.bands[i].h + partGap
	}
	l.height = y - partGap + edge
	for _, col := range l.columns {
		used := map[int]int{}
		for _, c := range col {
			used[c.part]++
		}
		for _, c := range col {
			b, row := &l.bands[c.part], heights[c.part]
			free := float64(rows[c.part]-used[c.part]) * row / 2
			c.y = b.y + partHead + free + float64(c.row)*row + (row-c.h)/2
			b.x = min(b.x, c.x-partMargin)
			b.w = max(b.w, c.x+c.w+partMargin)
		}
	}
	for i := range l.bands {
		l.bands[i].w -= l.bands[i].x
	}
}
