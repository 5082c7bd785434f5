package fetcher

import (
	"encoding/binary"
	"hash/crc32"
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
		_, _, _ = d.decode(nil, b, 0, nil)
		if len(b) < headerSize {
			return
		}
		b = append([]byte(nil), b...)
		b[16], b[22] = 2, b[22]&^7
		binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
		binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], d.table))
		records, next, err := d.decode(nil, b, 0, nil)
		if err == nil && next < 0 {
			t.Fatalf("%d records, next %d", len(records), next)
		}
	})
}
