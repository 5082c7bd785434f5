package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func peerTitle(peer string) string {
	switch peer {
	case "kafka":
		return "Apache Kafka " + kafkaVersion
	case "kcat":
		return "kcat 1.7.1"
	}
	return peer
}

func shortTitle(peer string) string {
	if peer == "kafka" {
		return "Kafka"
	}
	return peer
}

// resultsPage is RESULTS.md.
func resultsPage(res *results, notes string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Measurements\n\n`cd bench && go run . -o RESULTS.md` writes this page from what it measures: %s; client and server share the cores.\n", res.Machine)
	b.WriteString("A cell is the median (least to greatest) of the runs. `kq ÷ X` divides the values of one turn, and then takes the median:\n" +
		"the machine drifts, ratios less. Aims are of that ratio where they name a peer.\n" +
		"Where milliseconds are measured, processes that run when nothing else wants to (SCHED_IDLE) keep the processors from halting: to wake one of a\n" +
		"virtual machine takes as long as an answer does.\n\n")
	met, unmet := judge(res)
	fmt.Fprintf(&b, "**%s met.**", plural(met, "aim is", "aims are"))
	if len(unmet) > 0 {
		b.WriteString(" Not met:\n\n- " + strings.Join(unmet, "\n- "))
	}
	b.WriteString("\n")
	for _, p := range parts() {
		r := res.Parts[p.name]
		if r == nil {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n%s\n%s; %s, measured %s.\n", p.title, p.about, r.Sizes, plural(r.Runs, "run", "runs"), r.Measured.Format("2006-01-02 15:04 UTC"))
		for _, left := range []map[string]string{r.Missing, r.Failed} {
			for _, peer := range slices.Sorted(maps.Keys(left)) {
				fmt.Fprintf(&b, "Without %s: %s.\n", peerTitle(peer), left[peer])
			}
		}
		b.WriteString("\n")
		table(&b, []part{p}, res, false)
	}
	if notes = strings.TrimSpace(comment.ReplaceAllString(notes, "")); notes != "" {
		b.WriteString("\n" + notes + "\n")
	}
	return b.String()
}

// comment is what NOTES.md says to its author.
var comment = regexp.MustCompile(`(?s)<!--.*?-->`)

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// readmeTable is what the README quotes.
func readmeTable(res *results) string {
	var servers, tools []part
	var day string
	var sizes []string
	for _, p := range parts() {
		r := res.Parts[p.name]
		if r == nil {
			continue
		}
		day = max(day, r.Measured.Format("2006-01-02"))
		sizes = append(sizes, fmt.Sprintf("%s: %s, %s", strings.ToLower(p.title), r.Sizes, plural(r.Runs, "run", "runs")))
		if slices.Contains(p.peers, "kcat") {
			tools = append(tools, p)
		} else {
			servers = append(servers, p)
		}
	}
	if len(servers)+len(tools) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s; client and server share the cores. Median (least to greatest), ratios of the same turn.\n", res.Machine, day)
	for _, group := range [][]part{servers, tools} {
		if len(group) > 0 {
			b.WriteString("\n")
			table(&b, group, res, true)
		}
	}
	fmt.Fprintf(&b, "\nSizes: %s.\n\n", strings.Join(sizes, "; "))
	return b.String()
}

// table writes the rows of parts that have the same peers.
func table(b *strings.Builder, group []part, res *results, quoted bool) {
	peers := group[0].peers
	b.WriteString("|  |")
	for _, p := range peers {
		fmt.Fprintf(b, " %s |", peerTitle(p))
	}
	for _, p := range peers[1:] {
		fmt.Fprintf(b, " kq ÷ %s |", shortTitle(p))
	}
	columns := 2 * len(peers)
	if !quoted {
		b.WriteString(" aim |")
		columns++
	}
	b.WriteString("\n" + strings.Repeat("|---", columns) + "|\n")
	for _, p := range group {
		r, first := res.Parts[p.name], quoted
		for _, row := range rows(p.name) {
			if r.Samples[row.key] == nil || quoted && !row.quoted {
				continue
			}
			if first { // where parts share a table, each says what its rows are of
				fmt.Fprintf(b, "| **%s** |%s\n", p.title, strings.Repeat("  |", columns-1))
				first = false
			}
			fmt.Fprintf(b, "| %s |", row.name)
			for _, peer := range peers {
				v, ok := r.value(row.key, peer)
				fmt.Fprintf(b, " %s |", v.cell(row.format, ok))
			}
			for _, peer := range peers[1:] {
				v, ok := r.ratio(row.key, peer)
				fmt.Fprintf(b, " %s |", v.cell(ratioFormat(v.mid), ok))
			}
			if !quoted {
				var aims []string
				for _, l := range row.reach {
					aims = append(aims, l.String()+": "+l.verdict(r, row))
				}
				fmt.Fprintf(b, " %s |", strings.Join(aims, "; "))
			}
			b.WriteString("\n")
		}
	}
}

func (s spread) cell(format string, ok bool) string {
	if !ok {
		return "–"
	}
	if s.mid >= 100 {
		format = "%.0f"
	}
	mid, low, high := fmt.Sprintf(format, s.mid), fmt.Sprintf(format, s.low), fmt.Sprintf(format, s.high)
	if low == high {
		return mid
	}
	return fmt.Sprintf("%s (%s to %s)", mid, low, high)
}

// ratioFormat gives small ratios two digits that say something.
func ratioFormat(ratio float64) string {
	switch {
	case ratio >= 0.1:
		return "%.2f"
	case ratio >= 0.01:
		return "%.3f"
	}
	return "%.4f"
}

func (l limit) String() string {
	sign := map[bool]string{true: "≥", false: "≤"}[l.least]
	number := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", l.value), "0"), ".")
	if l.peer == "" {
		return sign + " " + number
	}
	return fmt.Sprintf("%s %s of %s", sign, number, shortTitle(l.peer))
}

// reached is the value that an aim is about, and whether it is good.
func (l limit) reached(r *partResult, row row) (v spread, good, ok bool) {
	if l.peer == "" {
		v, ok = r.value(row.key, "kq")
	} else {
		v, ok = r.ratio(row.key, l.peer)
	}
	return v, ok && (l.least && v.mid >= l.value || !l.least && v.mid <= l.value), ok
}

func (l limit) verdict(r *partResult, row row) string {
	_, good, ok := l.reached(r, row)
	switch {
	case !ok:
		return "not measured"
	case good:
		return "met"
	}
	return "**not met**"
}

// judge counts the aims that are met and tells the others.
func judge(res *results) (met int, unmet []string) {
	for _, p := range parts() {
		r := res.Parts[p.name]
		if r == nil {
			unmet = append(unmet, p.title+": not measured")
			continue
		}
		for _, row := range rows(p.name) {
			for _, l := range row.reach {
				v, good, ok := l.reached(r, row)
				switch {
				case good:
					met++
				case !ok:
					unmet = append(unmet, fmt.Sprintf("%s: %s: not measured", row.name, l))
				default:
					unmet = append(unmet, fmt.Sprintf("%s: %s: it is %.2f", row.name, l, v.mid))
				}
			}
		}
	}
	return met, unmet
}
