package logstore

import (
	"encoding/binary"
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// BenchmarkClean cleans a log in which each key comes twice, in records of about
// 50 bytes.
func BenchmarkClean(b *testing.B) {
	const records, size = 400_000, 250
	for b.Loop() {
		b.StopTimer()
		s := openStore(b, vfs.NewMem(0))
		l := openLog(b, s, Config{Compact: true, SegmentBytes: 4 << 20})
		key, value := make([]byte, 8), make([]byte, 34)
		for i := 0; i < records; {
			w := batch.NewBuilder(batch.BuilderOptions{})
			for range size {
				binary.BigEndian.PutUint64(key, uint64(i)*15485863%(records/2))
				w.Add(int64(i), key, value, nil)
				i++
			}
			mustAppend(b, l, w.Build(), AppendOptions{})
		}
		l.SetHighWatermark(l.EndOffset())
		if err := l.Flush(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		stats, _ := cleanNow(b, l, CleanerOptions{})
		b.SetBytes(stats.BytesRead)
		b.StopTimer()
		if err := s.Close(false); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
