package logstore

import (
	"errors"
	"testing"
)

// A segment whose .log is gone while its indexes are there is missed, after a
// clean shutdown too, and can be skipped.
func TestMissingSegment(t *testing.T) {
	for _, clean := range []bool{false, true} {
		mem := beforeWreck(t, 50, Config{})
		c := Config{SegmentBytes: 2100, IndexIntervalBytes: 400}
		if clean {
			s := openStore(t, mem)
			openLog(t, s, c)
			must(t, s.Close(true))
		}
		w := &wrecker{t, mem}
		w.remove(w.path(20, logSuffix))
		s := openStore(t, mem)
		l := loadLog(t, s, c)
		if _, err := l.opened(); !errors.Is(err, ErrOffline) || !errors.Is(err, ErrCorrupt) {
			t.Fatalf("clean %v: log is %v", clean, err)
		}
		if s.Close(true) == nil {
			t.Error("closed without a word")
		}
		report, err := Repair(mem, "/data", testTP, RepairSkip, true)
		must(t, err)
		if p := report.Problems; len(p) != 1 || p[0].Offset != 20 || p[0].SkipOffsets != 10 {
			t.Errorf("clean %v: problems %+v", clean, p)
		}
		s = openStore(t, mem)
		l = openLog(t, s, c)
		if n := len(readAll(t, l, 0)); n != 51 { // one stands for those that are lost
			t.Errorf("clean %v: %d batches, want 51", clean, n)
		}
		must(t, s.Close(true))
	}
}
