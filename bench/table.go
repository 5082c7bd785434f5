package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// spread holds the values of one figure, sorted.
type spread struct {
	values []float64
	median float64
}

func spreadOf(v []float64) spread {
	v = slices.Sorted(slices.Values(v))
	return spread{values: v, median: v[len(v)/2]}
}

// at gives the value at a share of the way from the smallest to the largest.
func (s spread) at(share float64) float64 {
	return s.values[min(int(share*float64(len(s.values))), len(s.values)-1)]
}

func (s spread) String() string {
	digits := 0
	if s.median < 10 {
		digits = 2
	}
	return fmt.Sprintf("%.*f (%.*f-%.*f)", digits, s.median, digits, s.values[0], digits, s.values[len(s.values)-1])
}

// rows are the lines of the table.
var rows = []struct {
	name string
	of   func(figures) float64
}{
	{"start to ready, ms", func(f figures) float64 { return f.readyMs }},
	{"produce, MB/s", func(f figures) float64 { return f.produceMBs }},
	{"produce, server CPU s a GB", func(f figures) float64 { return f.produceCPU }},
	{"consume, MB/s", func(f figures) float64 { return f.consumeMBs }},
	{"consume, server CPU s a GB", func(f figures) float64 { return f.consumeCPU }},
	{"one record, acks=all, p50 ms", func(f figures) float64 { return f.roundTripMs }},
	{"one record, acks=all, p99 ms", func(f figures) float64 { return f.roundTripP99 }},
	{"resident memory after it, MB", func(f figures) float64 { return f.residentMB }},
}

// printTable prints medians with their range, and the first peer's median over
// the others'.
func printTable(out io.Writer, peers []peer, results map[string][]figures, w work) {
	fmt.Fprintf(out, "%d MB of %d-byte records, %d partitions, acks=all, %d runs; median (smallest-largest)\n\n",
		w.megabytes, w.recordBytes, w.partitions, len(results[peers[0].name]))
	var head, rule strings.Builder
	for _, p := range peers {
		fmt.Fprintf(&head, " %s |", p.name)
		rule.WriteString("---|")
	}
	for _, p := range peers[1:] {
		fmt.Fprintf(&head, " %s/%s |", peers[0].name, p.name)
		rule.WriteString("---|")
	}
	fmt.Fprintf(out, "| |%s\n|---|%s\n", head.String(), rule.String())
	for _, r := range rows {
		fmt.Fprintf(out, "| %s |", r.name)
		var medians []float64
		for _, p := range peers {
			var v []float64
			for _, f := range results[p.name] {
				v = append(v, r.of(f))
			}
			s := spreadOf(v)
			medians = append(medians, s.median)
			fmt.Fprintf(out, " %v |", s)
		}
		for _, m := range medians[1:] {
			fmt.Fprintf(out, " %.2f |", medians[0]/m)
		}
		fmt.Fprintln(out)
	}
}
