package topic

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// parked is a wait on one partition that counts its runs.
type parked struct {
	*Wait
	runs atomic.Int32
}

func park(t *testing.T, p *Partition, isolation Isolation, target, room int64) *parked {
	t.Helper()
	w := &parked{}
	w.Wait = NewWait(1, func() { w.runs.Add(1) })
	r, err := p.Read(ReadOptions{Offset: p.limit(isolation), MaxBytes: 1, LeaderEpoch: -1, LastFetchedEpoch: -1, Isolation: isolation})
	if err != nil {
		t.Fatal(err)
	}
	if !w.Watch(p, isolation, r.View, room) {
		t.Fatal("nothing changed since the read, but Watch says so")
	}
	if !w.Park(target) {
		t.Fatal("not parked")
	}
	return w
}

func (w *parked) expect(t *testing.T, runs int32, forced bool) {
	t.Helper()
	if got := w.runs.Load(); got != runs || w.Forced() != forced {
		t.Errorf("%d runs, forced %v; want %d, %v", got, w.Forced(), runs, forced)
	}
}

func TestWaitCountsBytes(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 2)
	p := f.partition("a", 0)
	size := int64(len(records(1)))

	w := park(t, p, HighWatermark, 2*size, math.MaxInt64)
	stable := park(t, p, LastStable, 1, math.MaxInt64)
	end := park(t, p, LogEnd, 3*size, math.MaxInt64)
	small := park(t, p, HighWatermark, 2*size, size)
	f.append(f.partition("a", 1), 1)
	w.expect(t, 0, false)
	f.append(p, 1)
	w.expect(t, 0, false)
	stable.expect(t, 1, false)
	f.append(p, 1)
	w.expect(t, 1, false)
	f.append(p, 1)
	w.expect(t, 1, false) // running: not claimed again
	end.expect(t, 1, false)
	small.expect(t, 0, false) // its limit leaves no room for a second batch
	if w.Mark() != 3*size {
		t.Errorf("counted %d bytes, want %d", w.Mark(), 3*size)
	}
	if w.Park(w.Mark()) {
		t.Error("parked though the count is reached")
	}
	if !w.Park(w.Mark() + 1) {
		t.Error("not parked")
	}
	for _, x := range []*parked{w, stable, end, small} {
		x.End()
	}
	f.append(p, 1)
	w.expect(t, 1, false)
	for i := range p.watchers {
		if p.watchers[i].head != nil || p.watchers[i].tail != nil {
			t.Errorf("list %d is not empty after End", i)
		}
	}
}

func TestWatchAfterChange(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	p := f.partition("a", 0)
	r, err := read(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.append(p, 1)
	w := NewWait(1, func() {})
	if w.Watch(p, HighWatermark, r.View, 1) {
		t.Error("an append after the read went unnoticed")
	}
	w.End()
	if r, err = read(p, 0); err != nil {
		t.Fatal(err)
	}
	f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: self, ISR: []int32{self}, LeaderRecoveryState: -1})
	w = NewWait(1, func() {})
	if w.Watch(p, HighWatermark, r.View, 1) {
		t.Error("a new leader epoch after the read went unnoticed")
	}
	w.End()
}

func TestWaitForced(t *testing.T) {
	for name, change := range map[string]func(f *fixture){
		"new epoch": func(f *fixture) {
			f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: self, ISR: []int32{self}, LeaderRecoveryState: -1})
		},
		"no leader": func(f *fixture) {
			f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: -1, LeaderRecoveryState: -1})
		},
		"deleted": func(f *fixture) { f.apply(&meta.RemoveTopic{TopicID: topicID(1)}) },
		"closed":  func(f *fixture) { f.catalog.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, logstore.SyncNone)
			f.topic("a", 1, 1)
			p := f.partition("a", 0)
			w := park(t, p, HighWatermark, math.MaxInt64, math.MaxInt64)
			change(f)
			w.expect(t, 1, true)
			if w.Park(math.MaxInt64) {
				t.Error("parked again")
			}
			w.End()
		})
	}
}

// A wait that begins to watch a partition that has ended is not left alone.
func TestWatchAfterEnd(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	p := f.partition("a", 0)
	f.catalog.Close()
	r, err := read(p, 0)
	if err != nil {
		t.Fatalf("read while the broker stops: %v", err)
	}
	w := NewWait(1, func() {})
	defer w.End()
	w.Watch(p, HighWatermark, r.View, 1)
	if w.Park(1) {
		t.Error("parked on a partition that has ended")
	}
	if _, err := p.Append(records(1), AppendOptions{}); !errors.Is(err, ErrNotLeader) {
		t.Errorf("append while the broker stops: %v", err)
	}
}

func TestWaitDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, logstore.SyncNone)
		f.topic("a", 1, 1)
		w := park(t, f.partition("a", 0), HighWatermark, 1, math.MaxInt64)
		w.ForceAfter(time.Second)
		time.Sleep(time.Second - 1)
		synctest.Wait()
		w.expect(t, 0, false)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		w.expect(t, 1, true)
		w.End()
	})
}

// Every append is seen by a reader that reads, watches and parks in turn, while
// others append; each wake-up has one owner.
func TestWaitNeverMisses(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	p := f.partition("a", 0)
	const appenders, each = 4, 200
	done := make(chan int64)
	var owners atomic.Int32
	var w *Wait
	run := func() {
		if owners.Add(1) != 1 {
			t.Error("two owners at once")
		}
		for {
			mark := w.Mark()
			hw := p.Log().HighWatermark()
			if hw == appenders*each {
				done <- hw
				return
			}
			owners.Add(-1)
			if w.Park(mark + 1) {
				return
			}
			owners.Add(1)
		}
	}
	w = NewWait(1, run)
	r, err := read(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.Watch(p, HighWatermark, r.View, math.MaxInt64)
	var wg sync.WaitGroup
	for range appenders {
		wg.Go(func() {
			for range each {
				if _, err := p.Append(records(1), AppendOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go run()
	<-done
	wg.Wait()
	w.End()
}
