package logstore

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"kq/pkg/broker/vfs"
)

// filled is a log of n batches of one record each, about 170 bytes.
func filled(t *testing.T, n int, c Config) (*Store, *Log) {
	t.Helper()
	s := openStore(t, vfs.NewMem(0))
	l := openLog(t, s, c)
	for i := range n {
		mustAppend(t, l, records(1, 100, int64(1000+i)), AppendOptions{})
	}
	l.SetHighWatermark(l.EndOffset())
	return s, l
}

func TestReadBounds(t *testing.T) {
	_, l := filled(t, 100, Config{SegmentBytes: 5000, IndexIntervalBytes: 500})
	size := len(readAll(t, l, 0)[0])
	for _, q := range []struct {
		what          string
		offset, limit int64
		max           int
		minOne        bool
		batches       int
		err           error
	}{
		{what: "at the end", offset: 100, limit: 100, max: 1000},
		{what: "beyond the end", offset: 101, limit: 100, max: 1000, err: ErrOffsetOutOfRange},
		{what: "before the start", offset: -1, limit: 100, max: 1000, err: ErrOffsetOutOfRange},
		{what: "at the limit", offset: 50, limit: 50, max: 1000},
		{what: "past the limit", offset: 60, limit: 50, max: 1000},
		{what: "up to the limit", offset: 48, limit: 50, max: 1 << 20, batches: 2},
		{what: "whole batches only", offset: 3, limit: 100, max: 3*size + 10, batches: 3},
		{what: "exactly", offset: 3, limit: 100, max: 3 * size, batches: 3},
		{what: "less than one", offset: 3, limit: 100, max: size - 1},
		{what: "at least one", offset: 3, limit: 100, max: size - 1, minOne: true, batches: 1},
		{what: "at least one, of nothing", offset: 3, limit: 100, max: 0, minOne: true, batches: 1},
		{what: "the tail", offset: 97, limit: 100, max: 1 << 20, minOne: true, batches: 3},
		{what: "several segments", offset: 0, limit: 100, max: 12_000, batches: 12_000 / size},
		{what: "a limit beyond the end", offset: 98, limit: 1 << 40, max: 1 << 20, batches: 2},
	} {
		f, err := l.Read(q.offset, q.max, q.limit, q.minOne)
		if !errors.Is(err, q.err) {
			t.Errorf("%s: %v", q.what, err)
			continue
		}
		if f.StartOffset != 0 || f.EndOffset != 100 {
			t.Errorf("%s: log is %d to %d", q.what, f.StartOffset, f.EndOffset)
		}
		p, err := fetchedBytes(f)
		if err != nil || len(p) != q.batches*size || f.Bytes != len(p) {
			t.Errorf("%s: %d bytes, %v, want %d batches of %d", q.what, len(p), err, q.batches, size)
		}
		if q.batches > 0 && f.FirstOffset != q.offset {
			t.Errorf("%s: first offset %d", q.what, f.FirstOffset)
		}
		if older := q.offset < 90; q.batches > 0 && f.OlderSegment != older {
			t.Errorf("%s: older segment: %v", q.what, f.OlderSegment)
		}
	}
}

// TestRegionsStay holds regions over everything that takes their bytes away.
func TestRegionsStay(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *Store, *Log){
		"truncation of a sealed segment": func(t *testing.T, _ *Store, l *Log) { must(t, l.TruncateTo(5)) },
		"truncation of the active one":   func(t *testing.T, _ *Store, l *Log) { must(t, l.TruncateTo(97)) },
		"emptying":                       func(t *testing.T, _ *Store, l *Log) { must(t, l.TruncateFullyAndStartAt(500)) },
		"retention": func(t *testing.T, s *Store, l *Log) {
			l.SetConfig(Config{RetentionMs: 1, SegmentBytes: 5000})
			s.Retain()
			if l.StartOffset() != 100 {
				t.Fatalf("log starts at %d", l.StartOffset())
			}
		},
		"deletion": func(t *testing.T, s *Store, l *Log) { must(t, s.Delete(l.TopicPartition())) },
		"shutdown": func(t *testing.T, s *Store, _ *Log) { must(t, s.Close(true)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, l := filled(t, 100, Config{SegmentBytes: 5000})
			var held []Fetched
			var want [][]byte
			for _, offset := range []int64{0, 7, 40, 95} {
				f, err := l.Read(offset, 1000, 100, true)
				must(t, err)
				p := make([]byte, f.Regions[0].Len())
				if _, err := f.Regions[0].ReadAt(p, 0); err != nil {
					t.Fatal(err)
				}
				held, want = append(held, f), append(want, p)
			}
			change(t, s, l)
			if l.view.Load().end < 200 && !l.isClosed() { // new bytes where the old ones were
				for range 20 {
					mustAppend(t, l, records(1, 130, 5), AppendOptions{LeaderEpoch: 9})
				}
			}
			for i, f := range held {
				got := make([]byte, len(want[i]))
				if _, err := f.Regions[0].ReadAt(got, 0); err != nil || !bytes.Equal(got, want[i]) {
					t.Errorf("region %d has changed, %v", i, err)
				}
				f.Release()
				f.Release() // does nothing
				if n, err := f.Regions[0].ReadAt(got, 0); n != 0 || err != io.EOF {
					t.Errorf("a released region reads %d, %v", n, err)
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadersAndWriter reads while segments come and go.
func TestReadersAndWriter(t *testing.T) {
	s := openStore(t, vfs.NewMem(0), func(o *Options) { o.OpenSegments, o.IndexCacheBytes = 3, 500 })
	l := openLog(t, s, Config{SegmentBytes: 3000, IndexIntervalBytes: 200, RetentionBytes: 30_000, FileDeleteDelayMs: 1})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			offset := int64(0)
			for {
				select {
				case <-done:
					return
				default:
				}
				end := l.HighWatermark()
				f, err := l.Read(offset, 2000, end, true)
				if errors.Is(err, ErrOffsetOutOfRange) {
					offset = l.StartOffset()
					continue
				}
				if err != nil {
					t.Errorf("read at %d: %v", offset, err)
					return
				}
				p, err := fetchedBytes(f)
				if err != nil {
					t.Errorf("read at %d: %v", offset, err)
					return
				}
				for len(p) > 0 {
					h, _, err := parseHead(p)
					if err != nil || h.last < offset {
						t.Errorf("batch at %d, %v, while reading at %d", h.base, err, offset)
						return
					}
					offset, p = h.last+1, p[h.size:]
				}
				if offset >= end-1 {
					offset = l.StartOffset()
				}
			}
		})
	}
	for i := range 1500 {
		a := mustAppend(t, l, records(1+i%3, 60, int64(i)), AppendOptions{})
		l.SetHighWatermark(a.LastOffset + 1)
		if i%100 == 99 {
			s.Retain()
		}
		if i%400 == 399 {
			must(t, l.TruncateTo(l.EndOffset()-5))
		}
	}
	close(done)
	wg.Wait()
	if files, _ := cacheCounts(s); files > 3+1 {
		t.Errorf("%d files are cached", files)
	}
}

func cacheCounts(s *Store) (files int, bytes int64) {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	return s.cache.files, s.cache.bytes
}

func TestTimeLookup(t *testing.T) {
	s := openStore(t, vfs.NewMem(0))
	l := openLog(t, s, Config{SegmentBytes: 4000, IndexIntervalBytes: 300, RetentionMs: Unlimited})
	var model []int64 // timestamp by offset
	for i := range 120 {
		ts := int64(10_000 + 10*i - (i%11)*35) // not sorted
		mustAppend(t, l, stamped(i, ts), AppendOptions{LeaderEpoch: int32(i / 50)})
		for j := range int64(3) {
			model = append(model, ts+j*7)
		}
	}
	for target := int64(9_500); target < 11_500; target += 13 {
		want := int64(-1)
		for o, ts := range model {
			if ts >= target {
				want = int64(o)
				break
			}
		}
		got, ok, err := l.OffsetForTime(target, int64(len(model)))
		if err != nil || ok != (want >= 0) || got.Offset != want {
			t.Fatalf("time %d: %+v %v %v, want offset %d", target, got, ok, err, want)
		}
		if ok && (got.Timestamp != model[want] || got.LeaderEpoch != int32(want/150)) {
			t.Fatalf("time %d: %+v, want %d", target, got, model[want])
		}
		if _, ok, _ := l.OffsetForTime(target, want); ok && want >= 0 {
			t.Fatalf("time %d was found below %d", target, want)
		}
	}
	most, at := int64(-1), 0
	for o, ts := range model {
		if ts > most {
			most, at = ts, o
		}
	}
	if got, ok, err := l.MaxTimestamp(); err != nil || !ok || got.Timestamp != most || got.Offset != int64(at) {
		t.Fatalf("max timestamp %+v %v %v, want %d at %d", got, ok, err, most, at)
	}
	empty := openLog(t, openStore(t, vfs.NewMem(0)), Config{})
	if _, ok, err := empty.MaxTimestamp(); ok || err != nil {
		t.Fatal("an empty log has a timestamp")
	}
	if _, ok, err := empty.OffsetForTime(0, 10); ok || err != nil {
		t.Fatal("an empty log has an offset for a time")
	}
}

func TestRollByTime(t *testing.T) {
	clock := newClock()
	s := openStore(t, vfs.NewMem(0), withClock(clock))
	l := openLog(t, s, Config{SegmentMs: 1000})
	segments := func() int { return len(l.view.Load().segs) }
	for _, ts := range []int64{100, 1100} {
		mustAppend(t, l, records(1, 1, ts), AppendOptions{})
	}
	if segments() != 1 {
		t.Fatal("rolled too early")
	}
	mustAppend(t, l, records(1, 1, 1101), AppendOptions{}) // by the records' own time
	if segments() != 2 {
		t.Fatal("did not roll")
	}
	l2, err := s.Create(LogSpec{Topic: "untimed", Config: Config{SegmentMs: 1000}})
	must(t, err)
	mustAppend(t, l2, records(1, 1, -1), AppendOptions{})
	clock.add(1001 * time.Millisecond)
	mustAppend(t, l2, records(1, 1, -1), AppendOptions{}) // without one, by ours
	if n := len(l2.view.Load().segs); n != 2 {
		t.Fatalf("%d segments", n)
	}
}
