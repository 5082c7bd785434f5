package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// twoTurns is a part's result with two turns of each peer.
func twoTurns() *results {
	r := &partResult{
		Measured: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Runs: 2, Sizes: "1000 MB",
		Missing: map[string]string{}, Failed: map[string]string{}, Samples: map[string]map[string][]float64{},
	}
	for i, v := range []float64{100, 300} {
		r.add("kq", sample{"server.produce": v, "server.produce-cpu": 1, "server.memory": 70})
		r.add("kafka", sample{"server.produce": 100, "server.produce-cpu": 4, "server.memory": 800})
		r.add("kfake", sample{"server.produce": 50 + 250*float64(i), "server.produce-cpu": 1.5, "server.memory": 40})
	}
	return &results{Machine: "2 cores", Parts: map[string]*partResult{"server": r}}
}

func TestPage(t *testing.T) {
	res := twoTurns()
	got := resultsPage(res, "<!-- for whoever fills it -->\n## Explained\nBecause.\n")
	for _, want := range []string{
		"**3 aims are met.** Not met:",
		"- Start to ready: not measured\n",
		"- produce, server CPU s/GB: ≤ 0.5 of kfake: it is 0.67\n",
		"- resident memory after it, MB: ≤ 64: it is 70.00\n",
		"1000 MB; 2 runs, measured 2026-01-31 12:00 UTC.",
		"| produce, MB/s | 200 (100 to 300) | 100 | 175 (50 to 300) | 2.00 (1.00 to 3.00) | 1.50 (1.00 to 2.00) | ≥ 1 of Kafka: met; ≥ 1 of kfake: met |",
		"| produce, server CPU s/GB | 1.00 | 4.00 | 1.50 | 0.25 | 0.67 | ≤ 0.3 of Kafka: met; ≤ 0.5 of kfake: **not met** |",
		"| resident memory after it, MB | 70 | 800 | 40 | 0.087 | 1.75 | ≤ 64: **not met** |",
		"\n## Explained\nBecause.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "whoever") {
		t.Error("the comment of the notes is in the page")
	}
}

func TestPeerDropped(t *testing.T) {
	res := twoTurns()
	res.Parts["server"].drop("kafka", errors.New("start: it ended\nmore"))
	got := resultsPage(res, "")
	for _, want := range []string{
		"Without Apache Kafka 4.3.1: start: it ended.\n",
		"| produce, MB/s | 200 (100 to 300) | – | 175 (50 to 300) | – | 1.50 (1.00 to 2.00) | ≥ 1 of Kafka: not measured; ≥ 1 of kfake: met |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestQuote(t *testing.T) {
	got, err := quote("before "+markerBegin+"old"+markerEnd+" after", "new\n")
	if want := "before " + markerBegin + "\nnew\n" + markerEnd + " after"; err != nil || got != want {
		t.Errorf("quote = %q, %v, want %q", got, err, want)
	}
	if _, err := quote("no markers", "new"); err == nil {
		t.Error("no error without markers")
	}
}

// TestWritten keeps the page and the README what `go run . -render -o RESULTS.md` writes.
func TestWritten(t *testing.T) {
	o := outputs{table: "RESULTS.md", readme: "../README.md"}
	res, err := o.load()
	if err != nil {
		t.Fatal(err)
	}
	text := func(path string) string {
		t.Helper()
		p, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(p)
	}
	if text(o.table) != resultsPage(res, text(o.notes())) {
		t.Error("RESULTS.md is stale: go run . -render -o RESULTS.md")
	}
	readme := text(o.readme)
	if want, err := quote(readme, readmeTable(res)); err != nil || readme != want {
		t.Errorf("README.md is stale (%v): go run . -render -o RESULTS.md", err)
	}
}
