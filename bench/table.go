package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// metric is one line of the table.
type metric struct {
	name   string
	format string
	value  func(result) float64
	less   bool // less is better
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func metrics() []metric {
	return []metric{
		{"start to ready, empty directory, ms", "%.1f", func(r result) float64 { return ms(r.ready) }, true},
		{"start to ready, full directory, ms", "%.1f", func(r result) float64 { return ms(r.readyAgain) }, true},
		{"produce, MB/s", "%.0f", func(r result) float64 { return r.produceMBs }, false},
		{"produce, server CPU s/GB", "%.2f", func(r result) float64 { return r.produceCPU }, true},
		{"consume, MB/s", "%.0f", func(r result) float64 { return r.consumeMBs }, false},
		{"consume, server CPU s/GB", "%.2f", func(r result) float64 { return r.consumeCPU }, true},
		{"one record, acks=all, p50 ms", "%.3f", func(r result) float64 { return ms(r.tripP50) }, true},
		{"one record, acks=all, p99 ms", "%.3f", func(r result) float64 { return ms(r.tripP99) }, true},
		{"resident memory when ready, MB", "%.0f", func(r result) float64 { return r.memoryEmpty }, true},
		{"resident memory after, MB", "%.0f", func(r result) float64 { return r.memoryFull }, true},
	}
}

// spread is the median, minimum and maximum of a metric over the runs.
func spread(m metric, runs []result) (median, low, high float64) {
	v := make([]float64, len(runs))
	for i, r := range runs {
		v[i] = m.value(r)
	}
	slices.Sort(v)
	median = v[len(v)/2]
	if len(v)%2 == 0 {
		median = (v[len(v)/2-1] + v[len(v)/2]) / 2
	}
	return median, v[0], v[len(v)-1]
}

// render writes the table as Markdown: medians with the spread, then how many
// times better the first peer is than each other one.
func render(c config, results map[string][]result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Measurements\n\n`go run . -runs %d -mb %d -record %d -partitions %d -peers %s`, %s, on %d cores (%s/%s, %s).\n",
		c.runs, c.megabytes, c.recordSize, c.partitions, strings.Join(c.peers, ","), time.Now().UTC().Format("2006-01-02"),
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	b.WriteString("Client and server share the cores. Median (minimum to maximum) of the runs; figures drift from machine to machine, ratios less.\n\n|  |")
	for _, p := range c.peers {
		fmt.Fprintf(&b, " %s |", p)
	}
	for _, p := range c.peers[1:] {
		fmt.Fprintf(&b, " %s better than %s by |", c.peers[0], p)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", 2*len(c.peers)-1) + "\n")
	for _, m := range metrics() {
		first, _, _ := spread(m, results[c.peers[0]])
		fmt.Fprintf(&b, "| %s |", m.name)
		for _, p := range c.peers {
			mid, low, high := spread(m, results[p])
			fmt.Fprintf(&b, " "+m.format+" ("+m.format+" to "+m.format+") |", mid, low, high)
		}
		for _, p := range c.peers[1:] {
			mid, _, _ := spread(m, results[p])
			ratio := first / mid
			if m.less {
				ratio = mid / first
			}
			fmt.Fprintf(&b, " %.1f× |", ratio)
		}
		b.WriteString("\n")
	}
	return b.String()
}
