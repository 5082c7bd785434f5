package logstore

import (
	"testing"
	"time"

	"kq/pkg/broker/vfs"
)

// A wall clock that is set an hour ahead or back while the broker runs makes
// nothing look old that is not, and nothing young that is old.
func TestRetentionWhenTheClockIsSet(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		var elapsed, set time.Duration
		begin := time.UnixMilli(1_700_000_000_000)
		wall := func() time.Time { return begin.Add(elapsed + set) }
		s := openStore(t, vfs.NewMem(0), func(o *Options) {
			o.Now, o.Elapsed = wall, func() time.Duration { return elapsed }
			o.ProducerIDExpiration = 30 * time.Minute
		})
		l := openLog(t, s, Config{RetentionMs: 600_000, SegmentMs: 1 << 40})
		add := func(pid int64) {
			t.Helper()
			mustAppend(t, l, records(1, 10, wall().UnixMilli(), idempotent(pid, 0, 0)), AppendOptions{})
			must(t, l.Roll())
			l.SetHighWatermark(l.EndOffset())
		}
		left := func(what string, start int64, producers int) {
			t.Helper()
			s.Retain()
			if l.StartOffset() != start || len(l.ActiveProducers()) != producers {
				t.Errorf("set by %v, %s: the log starts at %d with %d producers, want %d with %d", step, what, l.StartOffset(), len(l.ActiveProducers()), start, producers)
			}
		}
		add(1)
		elapsed += 5 * time.Minute
		set = step
		left("five minutes old", 0, 1)
		add(2)
		elapsed += 4 * time.Minute
		left("nine and four minutes old", 0, 2)
		elapsed += 2 * time.Minute
		left("eleven and six minutes old", 1, 2)
		set = 0
		add(3)
		left("set right again", 1, 3)
		elapsed += 5 * time.Minute
		left("eleven and five minutes old", 2, 3)
		elapsed += 6 * time.Minute
		left("eleven minutes old", 3, 3)
		must(t, s.Close(true))
	}
}

// Records that say they are old are old, however late they came.
func TestRetentionOfOldRecords(t *testing.T) {
	clock := newClock()
	s := openStore(t, vfs.NewMem(0), withClock(clock))
	l := openLog(t, s, Config{RetentionMs: 600_000})
	mustAppend(t, l, records(1, 10, clock.now().Add(-time.Hour).UnixMilli()), AppendOptions{})
	l.SetHighWatermark(1)
	s.Retain()
	if l.StartOffset() != 1 {
		t.Errorf("the log starts at %d, want 1", l.StartOffset())
	}
}
