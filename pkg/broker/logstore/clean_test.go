package logstore

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// cleanNow cleans a log once, however little there is to clean. It reports
// whether there was anything.
func cleanNow(t testing.TB, l *Log, o CleanerOptions) (CleanStats, bool) {
	t.Helper()
	stats, ok, err := tryClean(l, o)
	if err != nil {
		t.Fatal(err)
	}
	return stats, ok
}

func tryClean(l *Log, o CleanerOptions) (CleanStats, bool, error) {
	if err := l.Flush(); err != nil {
		return CleanStats{}, false, err
	}
	now := l.store.nowMs()
	d, ok, err := l.dirtiness(now)
	if err != nil || !ok {
		return CleanStats{}, false, err
	}
	o.Threads = 1
	limit := &throttle{rate: math.MaxFloat64}
	end, stats, err := d.clean(o.withDefaults(), now, limit, nil)
	if err != nil {
		return stats, true, err
	}
	return stats, true, l.store.files.setCleaned(l.tp, end)
}

func pairs(ts int64, kv ...string) batch.Batch {
	b := batch.NewBuilder(batch.BuilderOptions{})
	for i := 0; i < len(kv); i += 2 {
		var value []byte
		if kv[i+1] != "" {
			value = []byte(kv[i+1])
		}
		b.Add(ts, []byte(kv[i]), value, nil)
	}
	return b.Build()
}

// recordsOf lists a log's records, an offset, key and value each; "-" is null.
func recordsOf(t testing.TB, l *Log) (out []string) {
	t.Helper()
	text := func(p []byte) string {
		if p == nil {
			return "-"
		}
		return string(p)
	}
	for _, b := range readAll(t, l, l.StartOffset()) {
		for r, err := range b.Records(nil) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%d %s=%s", b.BaseOffset()+int64(r.OffsetDelta), text(r.Key), text(r.Value)))
		}
	}
	return out
}

func TestCleanKeepsLastOfEachKey(t *testing.T) {
	clock := newClock()
	s := openStore(t, vfs.NewMem(0), withClock(clock))
	l := openLog(t, s, Config{Compact: true, SegmentBytes: 200})
	for i := range 8 {
		mustAppend(t, l, pairs(clock.ms, fmt.Sprintf("k%d", i%3), fmt.Sprintf("v%d", i), fmt.Sprintf("once%d", i), "x"), AppendOptions{})
	}
	mustAppend(t, l, pairs(clock.ms, "k0", "", "k2", "last"), AppendOptions{})
	seal := func() {
		t.Helper()
		if err := l.Roll(); err != nil {
			t.Fatal(err)
		}
		l.SetHighWatermark(l.EndOffset())
	}
	seal()
	mustAppend(t, l, pairs(clock.ms, "k1", "active"), AppendOptions{})
	l.SetHighWatermark(l.EndOffset())
	cleaned := func(want ...string) {
		t.Helper()
		if _, ok := cleanNow(t, l, CleanerOptions{}); !ok {
			t.Fatal("there was nothing to clean")
		}
		if got := recordsOf(t, l); !slices.Equal(got, want) {
			t.Fatalf("after cleaning: %q", got)
		}
	}
	once := []string{"1 once0=x", "3 once1=x", "5 once2=x", "7 once3=x", "9 once4=x", "11 once5=x", "13 once6=x"}
	cleaned(append(slices.Clone(once), "14 k1=v7", "15 once7=x", "16 k0=-", "17 k2=last", "18 k1=active")...)
	if _, ok := cleanNow(t, l, CleanerOptions{}); ok {
		t.Fatal("a clean log was cleaned again")
	}
	seal()
	cleaned(append(slices.Clone(once), "15 once7=x", "16 k0=-", "17 k2=last", "18 k1=active")...)
	clock.add(25 * time.Hour) // past the horizon of the tombstone
	mustAppend(t, l, pairs(clock.ms, "k9", "v"), AppendOptions{})
	seal()
	cleaned(append(slices.Clone(once), "15 once7=x", "17 k2=last", "18 k1=active", "19 k9=v")...)
}
