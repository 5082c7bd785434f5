package logstore

import (
	"errors"
	"fmt"
	"strings"
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

// Base offset and leader epoch are outside the checksum. A batch that has others
// than what follows it lets us believe is bad, not everything behind it.
func TestMisplacedBatch(t *testing.T) {
	const at, size = 4 * 209, 209 // of offset 54
	for name, set := range map[string]struct {
		pos   int64
		bytes string
		off   int64
	}{
		"base offset": {at + 5, "\x01", 54},
		"low bits":    {at + 7, "\x39", 54},
		"epoch":       {at + 12, "\x01", 54},
		"last one":    {at + 5*size + 5, "\x01", 59},
	} {
		for _, rp := range []int64{40, 60} {
			if rp < set.off && set.off == 59 {
				continue // it could be so
			}
			mem := beforeWreck(t, rp, Config{})
			w := &wrecker{t, mem}
			f := w.open(w.path(50, logSuffix))
			_, err := f.WriteAt([]byte(set.bytes), set.pos)
			must(t, err)
			must(t, f.Close())
			s := openStore(t, mem)
			l := loadLog(t, s, Config{SegmentBytes: 2100, IndexIntervalBytes: 400})
			below := fmt.Sprintf("position %d, offset %d, below the recovery point 60", (set.off-50)*size, set.off)
			if err := l.Err(); rp > 54 && (err == nil || !strings.Contains(err.Error(), below)) ||
				rp < 54 && (err != nil || l.EndOffset() != 54) {
				t.Errorf("%s, recovery point %d: %v, ends at %d", name, rp, err, l.EndOffset())
			}
			_ = s.Close(true) // an offline log is an error
			if rp < 54 {
				continue
			}
			_, err = Repair(mem, "/data", testTP, RepairSkip, true)
			must(t, err)
			l = openLog(t, openStore(t, mem), Config{})
			want := 60 // an empty batch has taken the place of the bad one
			if set.off == 59 {
				want = 59
			}
			if n := len(readAll(t, l, 0)); n != want {
				t.Errorf("%s: %d batches after the repair, want %d", name, n, want)
			}
		}
	}
}
