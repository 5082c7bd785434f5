package txn

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// A decision that is found when the coordinator starts is carried out; what was
// open goes on, with the rest of its time.
func TestRestartInEachState(t *testing.T) {
	for state, txn := range states() {
		if txn.Epoch == none {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.topic = meta.ID{9}
			txn.UpdateMs = time.Now().UnixMilli()
			if txn.StartMs != none {
				txn.StartMs = time.Now().Add(-20 * time.Second).UnixMilli()
			}
			r := record("id", &txn)
			w.state[0] = []statelog.Entry{{Key: r.Key, Value: r.Value}}
			c := w.coordinator()
			defer c.Close()
			synctest.Wait()
			want := map[string]string{
				"PrepareCommit": "CompleteCommit 5", "PrepareAbort": "CompleteAbort 5", "PrepareCommit last": "CompleteCommit 0",
			}[state]
			if want == "" {
				want = fmt.Sprintf("%s %d", txn.State, txn.Epoch)
			}
			if got := stateOf(c, "id"); got != want {
				t.Errorf("%s: %s, want %s", state, got, want)
			}
			if got := w.kinds(t0); txn.State.prepared() != (len(got) == 1) {
				t.Errorf("%s: markers %v", state, got)
			}
			elapse(39 * time.Second)
			if got := w.kinds(t0); txn.State == Ongoing && len(got) > 0 {
				t.Errorf("%s: aborted before its time", state)
			}
			elapse(2 * time.Second)
			if got := w.kinds(t0); txn.State == Ongoing && len(got) != 1 {
				t.Errorf("%s: not aborted in time: %v", state, got)
			}
		})
	}
}

// While the state is read back, clients are told so; a record that cannot be read
// takes its id with it and no other.
func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic, w.loadGate = meta.ID{9}, make(chan struct{})
		put := func(key, value []byte) { w.state[0] = append(w.state[0], statelog.Entry{Key: key, Value: value}) }
		good := record("id", &Txn{ProducerID: 7, Epoch: 5, StartMs: none})
		put(good.Key, good.Value)
		put(staterec.TxnKey{TransactionalID: "broken"}.Append(nil), good.Value)
		put(staterec.TxnKey{TransactionalID: "broken"}.Append(nil), good.Value[:5])
		put(staterec.TxnKey{TransactionalID: "gone"}.Append(nil), good.Value)
		put(staterec.TxnKey{TransactionalID: "gone"}.Append(nil), nil)
		put([]byte{0, 9, 1}, good.Value)
		put([]byte{0, 0, 0, 9}, good.Value)
		put(nil, good.Value)
		c := w.coordinator()
		defer c.Close()
		if r := initProducer(c, "id", -1, -1); r.ErrorCode != 14 || stateOf(c, "id") != "14" {
			t.Errorf("while loading: %+v, %s", r, stateOf(c, "id"))
		}
		if r := c.ListTransactions(kmsg.NewPtrListTransactionsRequest()); r.ErrorCode != 14 {
			t.Errorf("list while loading: %+v", r)
		}
		close(w.loadGate)
		synctest.Wait()
		for id, want := range map[string]string{"id": "Empty 5", "broken": "105", "gone": "105", "": "42"} {
			if got := stateOf(c, id); got != want {
				t.Errorf("%q: %s, want %s", id, got, want)
			}
		}
	})
}

// Without __transaction_state nobody coordinates; FindCoordinator makes it. When
// the leader epoch is another one, or the topic, everything is read anew.
func TestHomes(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		if r := initProducer(c, "id", -1, -1); r.ErrorCode != 16 {
			t.Errorf("without the topic: %+v", r)
		}
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0)
		w.mu.Lock()
		w.epoch++
		w.mu.Unlock()
		if got := stateOf(c, "id"); got != "14" {
			t.Errorf("in a new epoch: %s", got)
		}
		synctest.Wait()
		if r := endTxn(c, 5, "id", id, epoch, true); r.ErrorCode != 0 || len(w.kinds(t0)) != 1 {
			t.Errorf("in a new epoch: %+v, %v", r, w.kinds(t0))
		}
		w.mu.Lock()
		w.topic, w.state[0] = meta.ID{8}, nil
		w.mu.Unlock()
		stateOf(c, "id")
		synctest.Wait()
		if got := stateOf(c, "id"); got != "105" {
			t.Errorf("in a new topic: %s", got)
		}
	})
}

// An answer that comes after the partition has moved is not taken for one of the
// new home, and who waits is told to look elsewhere.
func TestMoveWhilePending(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		w.slow = true
		codes := make(chan int16, 2)
		go func() { codes <- addParts(c, 5, "id", id, epoch, t0) }()
		synctest.Wait()
		go func() { codes <- endTxn(c, 5, "id", id, epoch, true).ErrorCode }()
		synctest.Wait()
		w.mu.Lock()
		w.epoch++
		w.mu.Unlock()
		stateOf(c, "id")
		if a, b := <-codes, <-codes; a != 16 || b != 16 {
			t.Errorf("codes %d, %d", a, b)
		}
		w.release(nil)
		synctest.Wait()
		if got := stateOf(c, "id"); got != "Ongoing 0" { // it was written
			t.Error(got)
		}
	})
}

// After Close nobody waits, and nothing is done any more.
func TestClose(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		addParts(c, 5, "id", id, epoch, t0)
		w.hold = true
		endTxn(c, 5, "id", id, epoch, true)
		codes := make(chan int16, 1)
		go func() { codes <- addParts(c, 5, "id", id, 1, t0) }()
		synctest.Wait()
		c.Close()
		if code := <-codes; code != 16 {
			t.Errorf("waiting: %d", code)
		}
		w.releaseMarkers()
		if r := initProducer(c, "id", -1, -1); r.ErrorCode != 16 || stateOf(c, "id") != "16" {
			t.Errorf("closed: %+v, %s", r, stateOf(c, "id"))
		}
		elapse(time.Hour)
	})
}

// Ids that are not used are forgotten, but for those in a transaction.
func TestExpiry(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		begin(t, c, "idle")
		elapse(7*24*time.Hour - 30*time.Minute)
		addParts(c, 5, "id", id, epoch, t0)
		elapse(2 * time.Hour)
		if a, b := stateOf(c, "id"), stateOf(c, "idle"); a != "CompleteAbort 1" || b != "105" {
			t.Errorf("%s, %s", a, b)
		}
		last := w.state[0][len(w.state[0])-1]
		if key, _ := staterec.ParseTxnKey(last.Key); key.TransactionalID == "idle" && last.Value != nil {
			t.Error("no tombstone")
		}
		if r := initProducer(c, "idle", -1, -1); r.ErrorCode != 0 || r.ProducerEpoch != 0 {
			t.Errorf("again: %+v", r)
		}
	})
}

// A producer id that cannot be had is the client's to ask for again; epochs that
// are used up bring a new one.
func TestProducerIDs(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		if _, err := c.Find(t.Context(), "id"); err != nil {
			t.Fatal(err)
		}
		w.noIDs = 14
		if r := initProducer(c, "id", -1, -1); r.ErrorCode != 14 || stateOf(c, "id") != "105" || len(c.shards.Of(0).ids) != 0 {
			t.Errorf("%+v, %s", r, stateOf(c, "id"))
		}
		w.noIDs = 0
		id, epoch := begin(t, c, "id")
		lastEpoch(c)
		addParts(c, 5, "id", id, maxEpoch, t0)
		r := endTxn(c, 5, "id", id, maxEpoch, true)
		if r.ErrorCode != 0 || r.ProducerID == id || r.ProducerEpoch != 0 || epoch != 0 {
			t.Errorf("%+v", r)
		}
		if again := endTxn(c, 5, "id", id, maxEpoch, true); again.ProducerID != r.ProducerID || again.ProducerEpoch != 0 {
			t.Errorf("retry: %+v, want %+v", again, r)
		}
		if got := w.kinds(t0); !slices.Equal(got, []string{"commit 32767"}) {
			t.Errorf("markers %v", got)
		}
		if code := addParts(c, 5, "id", r.ProducerID, 0, t0); code != 0 {
			t.Errorf("the next transaction: %d", code)
		}
		// A timeout of the last epoch brings a new id, too.
		lastEpoch(c)
		elapse(61 * time.Second)
		if got := stateOf(c, "id"); got != "CompleteAbort 0" {
			t.Error(got)
		}
	})
}

// lastEpoch lets the producer of "id" have used up its epochs.
func lastEpoch(c *Coordinator) {
	sh := c.shards.Of(0)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.ids["id"].machine.txn.Epoch = maxEpoch
}

// Thousands of ids without a transaction cost some memory and nothing else.
func TestIdleIDsCostNothing(t *testing.T) {
	const n = 5000
	w := newWorld(t)
	w.topic = meta.ID{9}
	for i := range n {
		id := "transactional-id-" + string(rune('a'+i%26)) + time.Duration(i).String()
		r := record(id, &Txn{ProducerID: int64(i), Epoch: 5, StartMs: none, UpdateMs: time.Now().UnixMilli()})
		w.state[len(id)%2] = append(w.state[len(id)%2], statelog.Entry{Key: r.Key, Value: r.Value})
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	goroutines, before := runtime.NumGoroutine(), heap()
	c := w.coordinator()
	defer c.Close()
	loaded := 0
	for p := range int32(2) {
		sh := c.shards.Of(p)
		<-sh.ready
		loaded += len(sh.ids)
		if len(sh.due) != 0 || sh.timer != nil {
			t.Errorf("%d timers", len(sh.due))
		}
	}
	if each := (heap() - before) / n; loaded != n || each > 450 {
		t.Errorf("%d ids take %d bytes each", loaded, each)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 2 {
		t.Errorf("%d more goroutines", more)
	}
}

// Options are checked, and FindCoordinator reports a topic that cannot be made.
func TestOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no error without options")
	}
	w := newWorld(t)
	c := w.coordinator(func(o *Options) { o.Log = brokenLog{w} })
	defer c.Close()
	if node, err := c.Find(t.Context(), "id"); err == nil || node != none {
		t.Errorf("%d, %v", node, err)
	}
}

type brokenLog struct{ *world }

func (brokenLog) Ensure(context.Context) error { return errors.New("no brokers") }
