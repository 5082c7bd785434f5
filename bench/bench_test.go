package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets this program be the processes that keep the processors awake.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "spin" {
		_ = spin() // it is ended by a signal
		return
	}
	m.Run()
}

// TestAllPartsOnKq runs every part, tiny and with kq alone: each row of the
// table gets its value.
func TestAllPartsOnKq(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := config{
		runs: 1, megabytes: 2, warmup: 1, recordSize: 1000, partitions: 3, trips: 20,
		manyParts: 20, lines: 500, starts: 2, fsyncTime: 40 * time.Millisecond,
		members: 40, beatTime: 200 * time.Millisecond, commitTime: 40 * time.Millisecond, offsets: 2000, txnTime: 60 * time.Millisecond, idleIDs: 20,
		streamLines: 80, restoreKeys: 50, quiet: 300 * time.Millisecond, compactKeys: 60_000,
	}
	b, err := newBench(ctx, c, t.TempDir(), []string{"kq"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts() {
		if p.name == "streams-kafka" { // it is the part before it on a broker that this test has not
			continue
		}
		r, err := b.part(ctx, p)
		if err != nil || len(r.Failed) > 0 {
			t.Fatalf("%s: %v, failed %v", p.name, err, r.Failed)
		}
		for _, row := range rows(p.name) {
			if _, ok := r.value(row.key, "kq"); !ok && !onKafka(row.key) {
				t.Errorf("%s: no value for %s", p.name, row.key)
			}
		}
	}
}

// onKafka reports whether a row is of the command line against Kafka.
func onKafka(key string) bool {
	return strings.HasPrefix(key, "cli.") && strings.Contains(key, "-kafka")
}

// TestPercentiles pins which values they are.
func TestPercentiles(t *testing.T) {
	took := make([]time.Duration, 1000)
	for i := range took {
		took[i] = time.Duration(1000-i) * time.Millisecond
	}
	if p50, p99 := percentiles(took); p50 != 501 || p99 != 991 {
		t.Errorf("percentiles = %v, %v, want 501, 991", p50, p99)
	}
}

// TestLineCount: the check that a tool read everything counts across writes.
func TestLineCount(t *testing.T) {
	var l lineCount
	for _, p := range []string{"a\nb", "\n", "c"} {
		if _, err := l.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if l != 2 {
		t.Errorf("%d lines, want 2", l)
	}
}
