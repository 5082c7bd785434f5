package txn

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
)

var t0, t1, u0 = Partition{"t", 0}, Partition{"t", 1}, Partition{"u", 0}

// inBubble runs f with a coordinator in virtual time.
func inBubble(t *testing.T, f func(t *testing.T, w *world, c *Coordinator), change ...func(*Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.coordinator(change...)
		defer c.Close()
		f(t, w, c)
	})
}

func TestCommitAndAbort(t *testing.T) {
	for _, version := range []int16{4, 5} {
		inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
			id, epoch := begin(t, c, "id")
			add := version - 1
			if code := addParts(c, add, "id", id, epoch, t0, t1); code != 0 {
				t.Fatal(code)
			}
			r := endTxn(c, version, "id", id, epoch, true)
			if r.ErrorCode != 0 {
				t.Fatal(r.ErrorCode)
			}
			want, next := []string{"commit 0"}, epoch
			if version == 5 {
				want, next = []string{"commit 1"}, 1
				if r.ProducerID != id || r.ProducerEpoch != 1 {
					t.Errorf("answer %+v", r)
				}
			}
			if got := w.kinds(t0); !slices.Equal(got, want) {
				t.Errorf("markers %v, want %v", got, want)
			}
			// At once the next one, which does not meet the end of the first.
			if code := addParts(c, add, "id", id, next, t0); code != 0 {
				t.Fatal(code)
			}
			if r := endTxn(c, version, "id", id, next, false); r.ErrorCode != 0 {
				t.Fatal(r.ErrorCode)
			}
			if got := w.kinds(t0); len(got) != 2 || got[1][:5] != "abort" {
				t.Errorf("markers %v", got)
			}
			if got := w.kinds(t1); len(got) != 1 {
				t.Errorf("a partition that had no part in it has markers %v", got)
			}
		})
	}
}

// A request that meets the end of a transaction waits for it instead of being
// told to come again; but not for ever.
func TestRequestsWait(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0)
		w.hold = true
		if r := endTxn(c, 5, "id", id, epoch, true); r.ErrorCode != 0 { // answered before the markers
			t.Fatal(r.ErrorCode)
		}
		start := time.Now()
		if code := addParts(c, 5, "id", id, 1, t0); code != 51 || time.Since(start) != c.o.Patience {
			t.Errorf("code %d after %v", code, time.Since(start))
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if r := endTxn(c, 5, "id", id, 0, true); r.ErrorCode != 0 || r.ProducerEpoch != 1 { // a retry
				t.Errorf("retry %+v", r)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if code := addParts(c, 5, "id", id, 1, t0); code != 0 {
				t.Errorf("code %d", code)
			}
		})
		synctest.Wait()
		w.releaseMarkers()
		wg.Wait()
		if got := stateOf(c, "id"); got != "Ongoing 1" {
			t.Error(got)
		}
	})
}

// InitProducerId aborts the transaction that it finds and is answered after that.
func TestInitAborts(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0)
		r := initProducer(c, "id", -1, -1)
		if r.ErrorCode != 0 || r.ProducerID != id || r.ProducerEpoch != 2 {
			t.Errorf("answer %+v", r)
		}
		if got := w.kinds(t0); !slices.Equal(got, []string{"abort 1"}) {
			t.Errorf("markers %v", got)
		}
		if code := endTxn(c, 5, "id", id, epoch, true).ErrorCode; code != 90 {
			t.Errorf("the zombie's commit: %d", code)
		}
		if code := endTxn(c, 1, "id", id, epoch, true).ErrorCode; code != 47 {
			t.Errorf("the zombie's commit of version 1: %d", code)
		}
	})
}

// A transaction is aborted when its time is up, not before, and only then are
// there timers.
func TestTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		sh := c.shards.Of(0)
		if len(sh.due) != 0 {
			t.Error("an idle id has a timer")
		}
		addParts(c, 5, "id", id, epoch, t0)
		elapse(30 * time.Second)
		addParts(c, 5, "id", id, epoch, t1) // does not give it more time
		elapse(30*time.Second - time.Millisecond)
		if got := stateOf(c, "id"); got != "Ongoing 0" {
			t.Error(got)
		}
		elapse(2 * time.Millisecond)
		synctest.Wait()
		if got := stateOf(c, "id"); got != "CompleteAbort 1" {
			t.Error(got)
		}
		if got := w.kinds(t1); !slices.Equal(got, []string{"abort 1"}) {
			t.Errorf("markers %v", got)
		}
		if len(sh.due) != 0 || len(sh.ids["id"].machine.txn.Partitions) != 0 || sh.ids["id"].busy != nil {
			t.Error("something is left of the transaction")
		}
		// The producer goes on with what it knows (KIP-360).
		if r := initProducer(c, "id", id, 0); r.ErrorCode != 0 || r.ProducerEpoch != 1 {
			t.Errorf("init: %+v", r)
		}
	})
}

// Steps of the wall clock change nothing but the times in the records.
func TestWallClockSteps(t *testing.T) {
	var step time.Duration
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0)
		for _, step = range []time.Duration{time.Hour, -time.Hour} {
			elapse(25 * time.Second)
			if got := stateOf(c, "id"); got != "Ongoing 0" {
				t.Error(got)
			}
		}
		elapse(11 * time.Second)
		if got := stateOf(c, "id"); got != "CompleteAbort 1" {
			t.Error(got)
		}
	}, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(step) } })
}

// A partition that is offline is tried again, the others are not; a topic that
// was deleted does not hold up anything, and its name may belong to another one.
func TestMarkersAreTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0, t1, u0)
		w.mu.Lock()
		w.markers[t1] = 56
		delete(w.topics, "u")
		w.mu.Unlock()
		endTxn(c, 5, "id", id, epoch, true)
		elapse(time.Minute)
		q := kmsg.NewPtrDescribeTransactionsRequest()
		q.TransactionalIDs = []string{"id"}
		s := c.DescribeTransactions(q).TransactionStates[0]
		if s.State != "PrepareCommit" || len(s.Topics) != 1 || !slices.Equal(s.Topics[0].Partitions, []int32{1}) {
			t.Errorf("state %+v", s)
		}
		w.mu.Lock()
		delete(w.markers, t1)
		w.mu.Unlock()
		elapse(3 * time.Second)
		if got := stateOf(c, "id"); got != "CompleteCommit 1" {
			t.Error(got)
		}
		if a, b, u := w.kinds(t0), w.kinds(t1), w.kinds(u0); len(a) != 1 || len(b) != 1 || len(u) != 0 {
			t.Errorf("markers %v, %v, %v", a, b, u)
		}
	})
}

// A topic that has taken the name of one that was deleted has no part in the
// transaction, unless the producer writes to it.
func TestTopicMadeAgain(t *testing.T) {
	for _, goesOn := range []bool{false, true} {
		inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
			id, epoch := begin(t, c, "id")
			addParts(c, 5, "id", id, epoch, t0, u0)
			w.mu.Lock()
			w.topics["u"] = meta.ID{77}
			w.mu.Unlock()
			want := 0
			if goesOn {
				addParts(c, 5, "id", id, epoch, u0)
				want = 1
			}
			endTxn(c, 5, "id", id, epoch, true)
			if got := w.kinds(u0); len(got) != want {
				t.Errorf("markers %v, want %d", got, want)
			}
		})
	}
}

// When the state cannot be written, nothing has happened and the client is told
// to come again; what is decided is carried out when it can.
func TestFullDisk(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0)
		fail := func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failing = err
		}
		fail(topic.ErrNotEnoughReplicas)
		if r := endTxn(c, 5, "id", id, epoch, true); r.ErrorCode != 15 || stateOf(c, "id") != "Ongoing 0" {
			t.Errorf("commit: %+v, %s", r, stateOf(c, "id"))
		}
		if r := initProducer(c, "ie", -1, -1); r.ErrorCode != 15 || stateOf(c, "ie") != "105" {
			t.Errorf("init: %+v, %s", r, stateOf(c, "ie"))
		}
		fail(nil)
		w.hold = true
		if r := endTxn(c, 5, "id", id, epoch, true); r.ErrorCode != 0 {
			t.Errorf("commit: %+v", r)
		}
		fail(topic.ErrNotLeader)
		w.releaseMarkers()
		elapse(time.Minute)
		if got := stateOf(c, "id"); got != "PrepareCommit 1" {
			t.Error(got)
		}
		fail(nil)
		elapse(3 * time.Second)
		if got := stateOf(c, "id"); got != "CompleteCommit 1" || len(w.kinds(t0)) != 1 {
			t.Error(got, w.kinds(t0))
		}
	})
}

// Answers wait for the high watermark; one that never comes is an error.
func TestSlowAppends(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		w.slow = true
		for _, row := range []struct {
			err  error
			want int16
		}{{topic.ErrNotLeader, 16}, {nil, 0}} {
			done := make(chan int16, 1)
			go func() { done <- addParts(c, 5, "id", id, epoch, t0) }()
			synctest.Wait()
			select {
			case code := <-done:
				t.Fatalf("answered %d before it is committed", code)
			default:
			}
			w.release(row.err)
			if code := <-done; code != row.want {
				t.Errorf("code %d, want %d", code, row.want)
			}
		}
	})
}
