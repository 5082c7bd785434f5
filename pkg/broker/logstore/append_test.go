package logstore

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// produceStep is one append of a producer and what must come of it.
type produceStep struct {
	what    string
	epoch   int16
	seq     int32
	n       int
	txn     bool
	marker  int // 0: data; 1: commit; 2: abort
	coord   int32
	version int16
	err     error
	dup     int64 // offset of the batch that this repeats; 0: it is new
}

func TestProducerRules(t *testing.T) {
	const maxInt = math.MaxInt32
	tables := map[string][]produceStep{
		"sequences": {
			{what: "an unknown producer may begin anywhere", seq: 7, n: 3},
			{what: "next", seq: 10, n: 1},
			{what: "gap", seq: 12, n: 1, err: ErrOutOfOrderSequence},
			{what: "partial overlap", seq: 9, n: 2, err: ErrOutOfOrderSequence},
			{what: "same start, other length", seq: 10, n: 2, err: ErrOutOfOrderSequence},
			{what: "still next", seq: 11, n: 2},
		},
		"epochs": {
			{what: "first", epoch: 3, seq: 0, n: 2},
			{what: "older epoch", epoch: 2, seq: 2, n: 1, err: ErrInvalidProducerEpoch},
			{what: "newer epoch must begin at 0", epoch: 4, seq: 2, n: 1, err: ErrOutOfOrderSequence},
			{what: "newer epoch", epoch: 4, seq: 0, n: 1},
			{what: "a repeat of the old epoch is fenced", epoch: 3, seq: 0, n: 2, err: ErrInvalidProducerEpoch},
			{what: "next", epoch: 4, seq: 1, n: 1},
		},
		"wrap": {
			{what: "up to the end", seq: maxInt - 2, n: 3},
			{what: "gap after the end", seq: 1, n: 1, err: ErrOutOfOrderSequence},
			{what: "from 0 again", seq: 0, n: 2},
		},
		"wrap inside a batch": {
			{what: "across the end", seq: maxInt - 1, n: 4},
			{what: "repeat", seq: maxInt - 1, n: 4, dup: 1},
			{what: "next", seq: 2, n: 1},
		},
		"transactions": {
			{what: "begin", seq: 0, n: 2, txn: true},
			{what: "plain batch inside", seq: 2, n: 1, err: ErrInvalidTxnState},
			{what: "more", seq: 2, n: 1, txn: true},
			{what: "commit", marker: 1, coord: 5},
			{what: "marker of an older coordinator", marker: 1, coord: 4, err: ErrCoordinatorFenced},
			{what: "plain again", seq: 3, n: 1},
			{what: "repeat across the marker", seq: 2, n: 1, txn: true, dup: 3},
			{what: "empty transaction ends", marker: 2, coord: 5},
		},
		"markers fence": {
			{what: "begin", epoch: 1, seq: 0, n: 1, txn: true},
			{what: "abort with a raised epoch", epoch: 2, marker: 2},
			{what: "the zombie", epoch: 1, seq: 1, n: 1, txn: true, err: ErrInvalidProducerEpoch},
			{what: "marker of an older epoch", epoch: 1, marker: 1, err: ErrInvalidProducerEpoch},
			{what: "must begin at 0", epoch: 2, seq: 1, n: 1, txn: true, err: ErrOutOfOrderSequence},
			{what: "begins at 0", epoch: 2, seq: 0, n: 1, txn: true},
		},
		"transaction version 2": {
			{what: "begin", epoch: 1, seq: 0, n: 1, txn: true},
			{what: "marker without a raised epoch", epoch: 1, marker: 1, version: 2, err: ErrInvalidProducerEpoch},
			{what: "commit", epoch: 2, marker: 1, version: 2},
			{what: "retried marker", epoch: 2, marker: 1, version: 2},
		},
	}
	for name, steps := range tables {
		t.Run(name, func(t *testing.T) {
			l := openLog(t, openStore(t, vfs.NewMem(0)), Config{})
			mustAppend(t, l, records(1, 1, 1), AppendOptions{}) // so that no batch is at 0
			for _, s := range steps {
				a, err := l.Append(s.batch(), s.options())
				if !errors.Is(err, s.err) {
					t.Fatalf("%s: %v, want %v", s.what, err, s.err)
				}
				if err == nil && (a.Duplicate != (s.dup > 0) || s.dup > 0 && a.FirstOffset != s.dup) {
					t.Fatalf("%s: %+v", s.what, a)
				}
			}
		})
	}
}

func (s produceStep) batch() batch.Batch {
	if s.marker > 0 {
		kind := batch.MarkerCommit
		if s.marker == 2 {
			kind = batch.MarkerAbort
		}
		return batch.EndTxnMarker(batch.MarkerOptions{Type: kind, ProducerID: 5, ProducerEpoch: s.epoch, CoordinatorEpoch: s.coord})
	}
	edit := []func(*batch.BuilderOptions){idempotent(5, s.epoch, s.seq)}
	if s.txn {
		edit = append(edit, transactional)
	}
	return records(s.n, 1, 100, edit...)
}

func (s produceStep) options() AppendOptions {
	if s.marker > 0 {
		return AppendOptions{Origin: OriginCoordinator, TxnVersion: s.version}
	}
	return AppendOptions{}
}

// TestWindowOfFive repeats each of a producer's last batches, also after both
// kinds of restart; the sixth is out of order.
func TestWindowOfFive(t *testing.T) {
	for _, restart := range []string{"none", "clean", "kill"} {
		t.Run(restart, func(t *testing.T) {
			mem := vfs.NewMem(0)
			s := openStore(t, mem)
			l := openLog(t, s, Config{})
			var sent []batch.Batch
			for i := range int32(8) {
				b := records(2, 5, 1000+int64(i), idempotent(9, 0, 2*i))
				sent = append(sent, bytes.Clone(b))
				mustAppend(t, l, b, AppendOptions{})
			}
			if restart != "none" {
				if err := s.Close(restart == "clean"); err != nil {
					t.Fatal(err)
				}
				l = openLog(t, openStore(t, mem), Config{})
			}
			for i := 7; i >= 3; i-- {
				a := mustAppend(t, l, bytes.Clone(sent[i]), AppendOptions{})
				if !a.Duplicate || a.FirstOffset != int64(2*i) || a.LastOffset != int64(2*i+1) || a.MaxTimestamp != int64(1000+i) {
					t.Fatalf("repeat of batch %d: %+v", i, a)
				}
			}
			if _, err := l.Append(bytes.Clone(sent[2]), AppendOptions{}); !errors.Is(err, ErrOutOfOrderSequence) {
				t.Fatalf("repeat of batch 2: %v", err)
			}
			if l.EndOffset() != 16 {
				t.Fatalf("log ends at %d", l.EndOffset())
			}
		})
	}
}

func TestFollowerAppend(t *testing.T) {
	leader := openLog(t, openStore(t, vfs.NewMem(0)), Config{})
	for i := range 10 {
		mustAppend(t, leader, records(2, 20, int64(i)), AppendOptions{LeaderEpoch: int32(i / 4)})
	}
	var all []byte
	for _, b := range readAll(t, leader, 0) {
		all = append(all, b...)
	}
	follow := AppendOptions{Follower: true}

	l := openLog(t, openStore(t, vfs.NewMem(0)), Config{})
	a := mustAppend(t, l, bytes.Clone(all[:len(all)-5]), follow)
	if a.FirstOffset != 0 || a.LastOffset != 17 { // the torn batch is left out
		t.Fatalf("%+v", a)
	}
	if _, err := l.Append(bytes.Clone(all), follow); !errors.Is(err, ErrOffsetsNotMonotonic) {
		t.Fatalf("append of what is there: %v", err)
	}
	bad := bytes.Clone(all[len(all)*9/10:])
	bad[len(bad)-1] ^= 1
	if _, err := l.Append(bad, follow); !errors.Is(err, ErrCorrupt) && !errors.Is(err, batch.ErrCorrupt) {
		t.Fatalf("append of a bad crc: %v", err)
	}
	mustAppend(t, l, bytes.Clone(all[len(all)*9/10:]), follow)
	if err := sameBatches(readAll(t, l, 0), readAll(t, leader, 0)); err != nil {
		t.Fatal(err)
	}
	if e, end, _ := l.EndOffsetForEpoch(1); e != 1 || end != 16 {
		t.Fatalf("epoch %d ends at %d", e, end)
	}
	if end, err := l.TruncateToEpoch(1); err != nil || end != 16 || l.EndOffset() != 16 {
		t.Fatalf("truncated to %d, %v", end, err)
	}
	if end, err := l.TruncateToEpoch(9); err != nil || end != 16 {
		t.Fatalf("truncated to %d, %v", end, err)
	}
	twice := append(bytes.Clone(all[:len(all)/10]), all[:len(all)/10]...)
	if _, err := openLog(t, openStore(t, vfs.NewMem(0)), Config{}).Append(twice, follow); !errors.Is(err, ErrOffsetsNotMonotonic) {
		t.Fatalf("append of a batch twice: %v", err)
	}
	far := records(1, 1, 1)
	far.SetBaseOffset(5_000_000_000) // further than one segment reaches
	if a := mustAppend(t, l, far, follow); a.FirstOffset != 5_000_000_000 {
		t.Fatalf("%+v", a)
	}
	empty := openLog(t, openStore(t, vfs.NewMem(0)), Config{})
	mustAppend(t, empty, bytes.Clone(far), follow)
	if n := len(readAll(t, empty, 5_000_000_000)); n != 1 {
		t.Fatalf("%d batches", n)
	}
}

func TestAppendLimits(t *testing.T) {
	l := openLog(t, openStore(t, vfs.NewMem(0)), Config{SegmentBytes: 1000})
	if _, err := l.Append(records(1, 2000, 1), AppendOptions{}); !errors.Is(err, ErrSegmentTooSmall) {
		t.Fatalf("a batch larger than a segment: %v", err)
	}
	if a := mustAppend(t, l, nil, AppendOptions{}); a.LastOffset != -1 || a.FirstOffset != 0 {
		t.Fatalf("nothing: %+v", a)
	}
	if _, err := l.Append([]byte("garbage that is longer than a header of twelve bytes"), AppendOptions{}); err == nil {
		t.Fatal("garbage was appended")
	}
	two := append(records(2, 5, 1), records(3, 5, 2)...)
	if a := mustAppend(t, l, two, AppendOptions{LeaderEpoch: 4}); a.FirstOffset != 0 || a.LastOffset != 4 || a.MaxTimestamp != 2 {
		t.Fatalf("two batches: %+v", a)
	}
	if b := readAll(t, l, 0); len(b) != 2 || b[1].BaseOffset() != 2 || b[1].LeaderEpoch() != 4 {
		t.Fatalf("two batches were read as %d", len(b))
	}
}
