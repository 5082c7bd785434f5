package consume

import (
	"encoding/binary"
	"testing"
)

// rawBatch is the head of a batch, as far as nextOffset reads it, and a rest.
func rawBatch(first int64, lastDelta int32, magic byte, rest int) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(first))
	b = binary.BigEndian.AppendUint32(b, uint32(15+rest))
	b = append(b, 0, 0, 0, 0, magic, 0, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(lastDelta))
	return append(b, make([]byte, rest)...)
}

func TestNextOffset(t *testing.T) {
	two := append(rawBatch(10, 4, 2, 7), rawBatch(20, 0, 2, 0)...)
	for _, tt := range []struct {
		name string
		raw  []byte
		at   int64
		want int64
	}{
		{"nothing", nil, 3, 3},
		{"one", rawBatch(10, 4, 2, 0), 12, 15},
		{"two", two, 10, 21},
		{"the second torn", two[:len(two)-1], 10, 15},
		{"only a head", two[:16], 10, 10},
		{"an old message", rawBatch(10, 4, 1, 0), 10, 11},
		{"a length below zero", append(rawBatch(10, 0, 2, 0)[:8], 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0, 2, 0), 10, 10},
		{"an offset below", rawBatch(1, 1, 2, 0), 10, 10},
	} {
		if got := nextOffset(tt.raw, tt.at); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// FuzzNextOffset: hostile bytes end the walk, and never take it back.
func FuzzNextOffset(f *testing.F) {
	f.Add(rawBatch(10, 4, 2, 3), int64(0))
	f.Add(rawBatch(-1, -1, 1, 0)[:20], int64(7))
	f.Fuzz(func(t *testing.T, raw []byte, at int64) {
		if got := nextOffset(raw, at); got < at {
			t.Errorf("from %d to %d", at, got)
		}
	})
}

// TestPoolKeepsWhatRepeats: large batches share memory, small ones do not fill it.
func TestPoolKeepsWhatRepeats(t *testing.T) {
	var p pool
	first := p.GetRecords(1000)
	p.PutRecords(first)
	p.PutRecords(p.GetRecords(1))
	if again := p.GetRecords(900); cap(again) != 1000 || &again[:1][0] != &first[:1][0] {
		t.Error("memory of 1000 records was not used for 900")
	}
	if more := p.GetRecords(900); cap(more) != 900 {
		t.Errorf("capacity %d", cap(more))
	}
	for range 3 * mostKept {
		p.PutRecords(p.GetRecords(mostPooled + 1))
		p.PutDecompressBytes(make([]byte, 0, 10))
	}
	if len(p.records) > 0 || len(p.bytes) != mostKept {
		t.Errorf("keeps %d and %d", len(p.records), len(p.bytes))
	}
	if b := p.GetDecompressBytes(nil, 0); cap(b) != 10 {
		t.Errorf("capacity %d", cap(b))
	}
}
