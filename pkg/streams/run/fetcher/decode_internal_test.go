package fetcher

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// FuzzDecode gives hostile bytes, with and without a right checksum.
func FuzzDecode(f *testing.F) {
	d := decoder{decompress: kgo.DefaultDecompressor(), committed: true, table: crc32.MakeTable(crc32.Castagnoli)}
	good := make([]byte, headerSize)
	good[16] = 2
	good = append(good, 14, 0, 0, 0, 1, 1, 0, 0)
	binary.BigEndian.PutUint32(good[57:], 1)
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = d.decode(b, 0, nil)
		for i, e := range epochsOf(b, 7) {
			if e.Offset < 7 {
				t.Fatalf("epoch %d: %+v", i, e)
			}
		}
		if len(b) < headerSize {
			return
		}
		b = append([]byte(nil), b...)
		b[16], b[22] = 2, b[22]&^7
		binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
		binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], d.table))
		records, next, err := d.decode(b, 0, nil)
		if err == nil && next < 0 {
			t.Fatalf("%d batches, next %d", len(records), next)
		}
		for i, r := range inputs(nil, records) {
			if r.Offset < 0 {
				t.Fatalf("record %d has offset %d", i, r.Offset)
			}
		}
	})
}

// TestEpochs finds the leader epochs of batches, and those of offsets.
func TestEpochs(t *testing.T) {
	batch := func(base int64, records int32, epoch int32) []byte {
		b := make([]byte, headerSize)
		binary.BigEndian.PutUint64(b, uint64(base))
		binary.BigEndian.PutUint32(b[8:], headerSize-12)
		binary.BigEndian.PutUint32(b[12:], uint32(epoch))
		b[16] = 2
		binary.BigEndian.PutUint32(b[23:], uint32(records-1))
		return b
	}
	var all []byte
	for _, b := range [][]byte{batch(0, 5, 1), batch(5, 5, 1), batch(20, 10, 4), batch(30, 1, 4), batch(31, 1, 9)[:40]} {
		all = append(all, b...)
	}
	c := Chunk{Epochs: epochsOf(all, 3)}
	if want := []Epoch{{3, 1}, {20, 4}}; !slices.Equal(c.Epochs, want) {
		t.Fatalf("%v, want %v", c.Epochs, want)
	}
	for offset, want := range map[int64]int32{2: -1, 3: 1, 9: 1, 15: 1, 20: 4, 99: 4} {
		if got := c.EpochAt(offset); got != want {
			t.Errorf("the epoch at %d is %d, want %d", offset, got, want)
		}
	}
}
