package logstore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNames(t *testing.T) {
	if got := segmentName(42, logSuffix); got != "00000000000000000042.log" {
		t.Errorf("segment name %s", got)
	}
	names := []struct {
		name   string
		base   int64
		suffix string
		ok     bool
	}{
		{"00000000000000000042.log", 42, ".log", true},
		{"00000000000000000042.log.deleted", 42, ".log.deleted", true},
		{"09223372036854775807.index", math.MaxInt64, ".index", true},
		{"99999999999999999999.log", 0, "", false},
		{"00000000000000000005-0000000001.checkpoint", 0, "", false},
		{"-0000000000000000005.log", 0, "", false},
		{"leader-epoch-checkpoint", 0, "", false},
		{"00000000000000000042", 0, "", false},
	}
	for _, n := range names {
		if base, suffix, ok := parseSegmentName(n.name); base != n.base || suffix != n.suffix || ok != n.ok {
			t.Errorf("parse %s: %d %s %v", n.name, base, suffix, ok)
		}
	}
	dirs := []struct {
		name string
		tp   TopicPartition
		mark string
		ok   bool
	}{
		{"a-0", TopicPartition{"a", 0}, "", true},
		{"a-b.c-12", TopicPartition{"a-b.c", 12}, "", true},
		{"__cluster_metadata-0", TopicPartition{"__cluster_metadata", 0}, "", true},
		{"a-3.0123456789abcdef0123456789abcdef-delete", TopicPartition{"a", 3}, "-delete", true},
		{"a.b-3.0123456789abcdef0123456789abcdef-stray", TopicPartition{"a.b", 3}, "-stray", true},
		{"a-01", TopicPartition{}, "", false},
		{"a--1", TopicPartition{"a-", 1}, "", true},
		{"-1", TopicPartition{}, "", false},
		{"a", TopicPartition{}, "", false},
		{"a-delete", TopicPartition{}, "", false},
	}
	for _, d := range dirs {
		if tp, mark, ok := ParseDirName(d.name); ok != d.ok || ok && (tp != d.tp || mark != d.mark) {
			t.Errorf("parse %s: %v %q %v", d.name, tp, mark, ok)
		}
	}
	long := TopicPartition{strings.Repeat("x", 249), 7}
	if name := markedDirName(long, deleteDirSuffix); len(name) != maxDirName {
		t.Errorf("name of a deleted directory has %d bytes", len(name))
	}
}

func TestOffsetIndex(t *testing.T) {
	var x offsetIndex
	for i := range 100 {
		x = x.add(uint32(10*i+9), uint32(100*i+100))
	}
	for rel, want := range map[int64]int64{0: 0, 8: 0, 9: 100, 18: 100, 19: 200, 998: 9900, 999: 10000, 5000: 10000} {
		if got := x.lookup(rel); got != want {
			t.Errorf("lookup %d: %d, want %d", rel, got, want)
		}
	}
	for pos, want := range map[int64]int64{0: 0, 99: 0, 100: 100, 250: 200, 1 << 30: 10000} {
		if got := x.floor(pos); got != want {
			t.Errorf("floor %d: %d, want %d", pos, got, want)
		}
	}
	if cut := x.cutAt(19, 1<<30); cut.entries() != 1 {
		t.Errorf("cut at offset 19 keeps %d entries", cut.entries())
	}
	if cut := x.cutAt(1<<30, 300); cut.entries() != 2 {
		t.Errorf("cut at position 300 keeps %d entries", cut.entries())
	}
	if y, whole := parseOffsetIndex(x, 1<<30); !whole || !bytes.Equal(y, x) {
		t.Error("index does not parse")
	}
	padded := append(slices.Clone(x), make([]byte, 800)...) // as Kafka leaves it behind a kill -9
	if y, whole := parseOffsetIndex(padded, 1<<30); whole || !bytes.Equal(y, x) {
		t.Errorf("padded index has %d entries", y.entries())
	}
	if y, whole := parseOffsetIndex(x, 5000); whole || y.entries() != 49 {
		t.Errorf("index of a shorter log has %d entries", y.entries())
	}
	if _, whole := parseOffsetIndex(x[:len(x)-3], 1<<30); whole {
		t.Error("torn index is whole")
	}
}

func TestTimeIndex(t *testing.T) {
	var x timeIndex
	for i := range 100 {
		x = x.add(int64(1000+10*i), uint32(i))
	}
	if y := x.add(1990, 200); y.entries() != 100 {
		t.Error("a timestamp that is no news got an entry")
	}
	for ts, want := range map[int64]int64{0: 0, 1000: 0, 1001: 0, 1010: 0, 1011: 1, 5000: 99} {
		if got := x.lookup(ts); got != want {
			t.Errorf("lookup %d: %d, want %d", ts, got, want)
		}
	}
	if last := x.last(500); last.Timestamp != 1990 || last.Offset != 599 {
		t.Errorf("last entry %+v", last)
	}
	if last := timeIndex(nil).last(7); last.Timestamp != -1 || last.Offset != 7 {
		t.Errorf("last entry of nothing %+v", last)
	}
	if y, whole := parseTimeIndex(append(slices.Clone(x), make([]byte, 120)...)); whole || !bytes.Equal(y, x) {
		t.Errorf("padded time index has %d entries", y.entries())
	}
	if y, whole := parseTimeIndex(make([]byte, 120)); whole || y.entries() != 0 {
		t.Errorf("time index of zeros has %d entries", y.entries())
	}
	if cut := x.cutAt(50); cut.entries() != 50 {
		t.Errorf("cut time index has %d entries", cut.entries())
	}
}

func TestTxnIndex(t *testing.T) {
	txns := []AbortedTxn{{ProducerID: 1, FirstOffset: 5, LastOffset: 20, LastStableOffset: 10}, {ProducerID: 2, FirstOffset: 10, LastOffset: 30, LastStableOffset: 31}}
	var p []byte
	for _, x := range txns {
		p = x.encode(p)
	}
	if want := "0000" + "0000000000000001" + "0000000000000005" + "0000000000000014" + "000000000000000a"; hex.EncodeToString(p[:34]) != want {
		t.Errorf("entry is %x", p[:34])
	}
	got, whole := parseTxnIndex(p, 0)
	if !whole || !slices.Equal(got, txns) {
		t.Errorf("parsed %v", got)
	}
	if got, whole := parseTxnIndex(append(p, 1, 2), 0); whole || len(got) != 2 {
		t.Error("torn index is whole")
	}
	for _, q := range []struct {
		from, to int64
		want     int
		done     bool
	}{{0, 5, 0, true}, {0, 6, 1, true}, {0, 11, 2, true}, {21, 40, 1, false}, {31, 40, 0, false}, {20, 21, 2, true}} {
		if out, done := overlapping(txns, q.from, q.to, 0, nil); len(out) != q.want || done != q.done {
			t.Errorf("%d to %d: %d transactions, done: %v", q.from, q.to, len(out), done)
		}
	}
}

func TestEpochs(t *testing.T) {
	var e epochs
	for _, x := range []epochEntry{{0, 0}, {2, 10}, {2, 12}, {5, 30}} {
		e, _ = e.assign(x.epoch, x.start)
	}
	if got := string(e.encode()); got != "0\n3\n0 0\n2 10\n5 30\n" {
		t.Errorf("file is %q", got)
	}
	for _, q := range []struct {
		epoch, found int32
		end          int64
		ok           bool
	}{{5, 5, 99, true}, {6, -1, -1, false}, {4, 2, 30, true}, {2, 2, 30, true}, {1, 0, 10, true}, {0, 0, 10, true}, {-1, -1, -1, false}} {
		if found, end, ok := e.endOffset(q.epoch, 99); found != q.found || end != q.end || ok != q.ok {
			t.Errorf("epoch %d: %d %d %v", q.epoch, found, end, ok)
		}
	}
	if f, _ := e.assign(4, 20); string(f.encode()) != "0\n3\n0 0\n2 10\n4 20\n" {
		t.Errorf("an epoch that contradicts: %q", f.encode())
	}
	if f := e.cutFrom(30); len(f) != 2 {
		t.Errorf("cut from 30: %v", f)
	}
	if f := e.cutBefore(11); string(f.encode()) != "0\n2\n2 11\n5 30\n" {
		t.Errorf("cut before 11: %q", f.encode())
	}
	if f := e.cutBefore(1).cutFrom(5); string(f.encode()) != "0\n1\n0 1\n" {
		t.Errorf("cut on both sides: %q", f.encode())
	}
	late := epochs{{3, 7}}
	if found, end, ok := late.endOffset(1, 99); found != 1 || end != 7 || !ok {
		t.Errorf("an epoch older than the log: %d %d %v", found, end, ok)
	}
	for _, bad := range []string{"0\n1\n0 0", "1\n0\n", "0\n2\n0 0\n", "0\n1\n0 0 0\n", "0\n1\n-1 0\n", "0\n2\n1 5\n0 9\n", "0\n2\n1 5\n2 5\n", "\x00\x00\n", "x"} {
		if _, err := parseEpochs([]byte(bad)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestOffsetsFile(t *testing.T) {
	o := offsets{{"b", 0}: 5, {"a", 10}: 7, {"a", 2}: 0}
	want := "0\n3\na 2 0\na 10 7\nb 0 5\n"
	if got := string(o.encode()); got != want {
		t.Errorf("file is %q", got)
	}
	got, err := parseOffsets([]byte(want))
	if err != nil || len(got) != 3 || got[TopicPartition{"a", 10}] != 7 {
		t.Errorf("parsed %v, %v", got, err)
	}
	if got, err := parseOffsets(nil); err != nil || len(got) != 0 {
		t.Errorf("empty file: %v, %v", got, err)
	}
}

func TestMetaProperties(t *testing.T) {
	m := MetaProperties{ClusterID: "4L6g3nShT-eMCtK--X86sw", NodeID: 1, DirectoryID: "FkeJ1bW1TzQVrbLqDlMMCw"}
	at := time.Date(2026, 11, 2, 17, 38, 13, 0, time.UTC)
	want := "#\n#Mon Nov 02 17:38:13 UTC 2026\nnode.id=1\ndirectory.id=FkeJ1bW1TzQVrbLqDlMMCw\nversion=1\ncluster.id=4L6g3nShT-eMCtK--X86sw\n"
	if got := string(m.encode(at)); got != want {
		t.Errorf("file is\n%s", got)
	}
	if got, err := parseMetaProperties([]byte(want)); err != nil || got != m {
		t.Errorf("parsed %+v, %v", got, err)
	}
	odd := MetaProperties{ClusterID: ` a=b:c#d!e\f` + "\t\n", NodeID: -3}
	if got, err := parseMetaProperties(odd.encode(at)); err != nil || got != odd {
		t.Errorf("parsed %+v, %v", got, err)
	}
	if got, err := parseMetaProperties([]byte("version=0\nbroker.id = 7\ncluster.id: \\u0061bc\r\n")); err != nil || got.NodeID != 7 || got.ClusterID != "abc" {
		t.Errorf("version 0: %+v, %v", got, err)
	}
	for _, bad := range []string{"", "version=2\nnode.id=1\ncluster.id=x\n", "version=1\ncluster.id=x\n", "version=1\nnode.id=1\n", "version=1\nnode.id=1\ncluster.id=\\u00g0\n"} {
		if _, err := parseMetaProperties([]byte(bad)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSmallFiles(t *testing.T) {
	id := [16]byte{0xe0, 0xbe, 0xa0, 0xde, 0x74, 0xa1, 0x4f, 0xe7, 0x8c, 0x0a, 0xd2, 0xbe, 0xf9, 0x7f, 0x3a, 0xb3}
	want := "version: 0\ntopic_id: " + uuidString(id)
	if got := string(encodePartitionMetadata(id)); got != want || len(uuidString(id)) != 22 {
		t.Errorf("partition.metadata is %q", got)
	}
	if got, err := parsePartitionMetadata([]byte(want)); err != nil || got != id {
		t.Errorf("parsed %x, %v", got, err)
	}
	for _, bad := range []string{"", "version: 0", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA", "version: -1\n" + want[11:], want[:30], "\x00\x00"} {
		if _, err := parsePartitionMetadata([]byte(bad)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got := string(encodeCleanShutdown(-1)); got != `{"version":0,"brokerEpoch":-1}` {
		t.Errorf("clean shutdown file is %s", got)
	}
	if parseCleanShutdown([]byte(`{"version":0,"brokerEpoch":17,"more":1}`)) != 17 || parseCleanShutdown(nil) != -1 {
		t.Error("clean shutdown file is misread")
	}
}

// What Kafka 4.3.1 wrote for a producer with one batch (ProducerStateManager).
const kafkaSnapshot = "0001" + "00000000" + "00000001" + // version, crc (filled in below), count
	"00000000000003e8" + "0007" + "00000004" + "0000000000000063" + "00000004" + "0000018bcfe56800" + "00000002" + "ffffffffffffffff"

func TestSnapshot(t *testing.T) {
	e := newProducerEntry(1000)
	e.epoch, e.coordinatorEpoch, e.lastTimestamp = 7, 2, 0x18bcfe56800
	e.push(batchMeta{lastSeq: 4, delta: 4, lastOffset: 99, timestamp: e.lastTimestamp})
	p := encodeSnapshot([]producerEntry{e})
	want, _ := hex.DecodeString(kafkaSnapshot)
	copy(want[2:6], p[2:6])
	if !bytes.Equal(p, want) {
		t.Errorf("snapshot is\n%x, want\n%x", p, want)
	}
	full := newProducerEntry(2000)
	full.epoch, full.txnFirst, full.lastTimestamp = 1, 50, 7
	for i := range int32(9) {
		full.push(batchMeta{lastSeq: 10 * i, delta: i, lastOffset: int64(100 + i), timestamp: int64(i)})
	}
	full.lastTimestamp = 8
	empty := newProducerEntry(3000) // only a marker was seen of it
	in := []producerEntry{e, full, empty}
	got, err := parseSnapshot(encodeSnapshot(in))
	if err != nil || !slices.Equal(got, in) {
		t.Errorf("parsed %+v, %v", got, err)
	}
	p = encodeSnapshot(in)
	for i := range p {
		q := bytes.Clone(p)
		q[i] ^= 0x40
		if _, err := parseSnapshot(q); err == nil {
			t.Errorf("a flipped bit in byte %d is not noticed", i)
		}
	}
	if _, err := parseSnapshot(encodeSnapshot(nil)); err != nil {
		t.Error(err)
	}
}

func TestSequenceWraps(t *testing.T) {
	m := batchMeta{lastSeq: 1, delta: 3}
	if m.firstSeq() != math.MaxInt32-1 {
		t.Errorf("first sequence %d", m.firstSeq())
	}
}
