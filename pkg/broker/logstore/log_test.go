package logstore

import (
	"testing"

	"kq/pkg/broker/vfs"
)

func TestAppendReadReopen(t *testing.T) {
	for _, clean := range []bool{true, false} {
		fsys := vfs.NewMem(0)
		s := openStore(t, fsys)
		l := openLog(t, s, Config{SegmentBytes: 4000})
		for i := range 50 {
			a := mustAppend(t, l, records(3, 100, int64(1000+i)), AppendOptions{LeaderEpoch: int32(i / 10)})
			if a.FirstOffset != int64(3*i) || a.LastOffset != int64(3*i+2) {
				t.Fatalf("append %d got offsets %d to %d", i, a.FirstOffset, a.LastOffset)
			}
		}
		l.SetHighWatermark(150)
		for range 2 {
			if n := len(readAll(t, l, 0)); n != 50 {
				t.Fatalf("read %d batches, want 50", n)
			}
			if err := s.Close(clean); err != nil {
				t.Fatal(err)
			}
			s = openStore(t, fsys)
			if s.CleanShutdown() != clean {
				t.Fatalf("clean shutdown is %v", s.CleanShutdown())
			}
			l = openLog(t, s, Config{SegmentBytes: 4000})
			if l.EndOffset() != 150 || l.StartOffset() != 0 {
				t.Fatalf("log is %d to %d after reopening (clean: %v)", l.StartOffset(), l.EndOffset(), clean)
			}
			if e, _ := l.LatestEpoch(); e != 4 {
				t.Fatalf("latest epoch is %d", e)
			}
			if e, end, ok := l.EndOffsetForEpoch(2); e != 2 || end != 90 || !ok {
				t.Fatalf("epoch 2 ends at %d", end)
			}
		}
	}
}
