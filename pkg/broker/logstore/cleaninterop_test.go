//go:build interop

package logstore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// TestCleanAsKafka cleans random histories with Apache Kafka's cleaner and with
// ours, at the same time and with as much memory: what is left is the same, byte
// for byte where nothing is compressed. Each then goes on with what the other
// has cleaned.
func TestCleanAsKafka(t *testing.T) {
	jars := os.Getenv("KQ_KAFKA_JARS")
	if jars == "" {
		t.Fatal("KQ_KAFKA_JARS must name the directory of Apache Kafka's jars")
	}
	classes := t.TempDir()
	if out, err := exec.Command("javac", "-nowarn", "-cp", filepath.Join(jars, "*"), "-d", classes, "testdata/CleanOnce.java").CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	seed := testSeed(t)
	p := &cleanPlayer{
		t: t, r: rand.New(rand.NewPCG(seed, 9)), clock: newClock(), fs: vfs.OS(), seqs: map[int64]producerSeq{},
		c: Config{Compact: true, SegmentBytes: 20_000, DeleteRetentionMs: 5000, IndexIntervalBytes: 300},
	}
	p.dir = t.TempDir()
	p.open()
	for round := range 4 {
		for range 250 {
			p.step()
		}
		if err := p.l.Roll(); err != nil {
			t.Fatal(err)
		}
		p.append(p.data(batch.BuilderOptions{}), AppendOptions{})
		o := CleanerOptions{LoadFactor: 0.9, DedupeBytes: 1 << 20}
		if round%2 == 1 {
			o.LoadFactor, o.DedupeBytes = 0.01, minKeySlots*keySlot
		}
		other := cleanWithKafka(t, p, o, []string{"-cp", classes + string(filepath.ListSeparator) + filepath.Join(jars, "*"), "-XX:TieredStopAtLevel=1", "CleanOnce"})
		if round%2 == 0 { // go on with what Kafka has left
			p.dir = other
		}
		p.open()
		p.m.batches, _, _ = looseBatches(t, p.l)
	}
	if err := p.s.Close(true); err != nil {
		t.Fatal(err)
	}
	checkDumpBut(t, p.dir, " is followed by")
}

// cleanWithKafka cleans a copy with Kafka and the log itself, and compares. It
// leaves the store closed, and gives the copy.
func cleanWithKafka(t *testing.T, p *cleanPlayer, o CleanerOptions, java []string) (other string) {
	t.Helper()
	if err := p.l.Flush(); err != nil {
		t.Fatal(err)
	}
	p.settleSyncs()
	d, ok, err := p.l.dirtiness(p.clock.ms)
	if err != nil || !ok {
		t.Fatalf("nothing is dirty: %v", err)
	}
	table := p.committed()
	if err := p.s.Close(true); err != nil {
		t.Fatal(err)
	}
	other = t.TempDir()
	if err := os.CopyFS(other, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	args := []string{filepath.Join(other, testTP.String())}
	for _, n := range []any{p.clock.ms, d.from, d.to, d.v.end, o.DedupeBytes, o.LoadFactor, p.c.SegmentBytes, p.c.DeleteRetentionMs} {
		args = append(args, fmt.Sprint(n))
	}
	out, err := exec.Command("java", append(java, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("Kafka's cleaner: %v\n%s", err, out)
	}
	p.open()
	cleanNow(t, p.l, o)
	ours := p.l.firstDirty(p.l.view.Load())
	if want := fmt.Sprintf("clean to %d\n", ours); !strings.HasSuffix(string(out), want) {
		t.Fatalf("we have cleaned up to %d, Kafka: %s", ours, out)
	}
	got, lastOf, _ := looseBatches(t, p.l)
	gotRaw, gotTxns := rawBatches(t, p.l), allAborted(t, p.l)
	p.checkCommitted(table)
	if err := p.s.Close(true); err != nil {
		t.Fatal(err)
	}

	q := *p
	q.dir = other
	q.open()
	if err := q.s.files.setCleaned(testTP, ours); err != nil {
		t.Fatal(err)
	}
	want, _, _ := looseBatches(t, q.l)
	if err := compareClean(got, want, lastOf); err != nil {
		t.Fatalf("Kafka has left other batches: %v", err)
	}
	for base, raw := range rawBatches(t, q.l) {
		if b := batch.Batch(raw); b.Codec() == batch.CodecNone && !bytes.Equal(raw, gotRaw[base]) {
			t.Fatalf("the batch at %d\nis       %x\nKafka's: %x", base, gotRaw[base], raw)
		}
	}
	if txns := allAborted(t, q.l); !slices.Equal(txns, gotTxns) {
		t.Fatalf("aborted transactions are\n%v\nand with Kafka\n%v", gotTxns, txns)
	}
	q.checkCommitted(table)
	if err := q.s.Close(true); err != nil {
		t.Fatal(err)
	}
	return other
}

func rawBatches(t *testing.T, l *Log) map[int64][]byte {
	out := map[int64][]byte{}
	for _, b := range readAll(t, l, l.StartOffset()) {
		out[b.BaseOffset()] = b
	}
	return out
}

func allAborted(t *testing.T, l *Log) []AbortedTxn {
	t.Helper()
	txns, err := l.AbortedTxns(0, l.EndOffset())
	if err != nil {
		t.Fatal(err)
	}
	return txns
}
