package logstore

import (
	"errors"
	"testing"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// A transaction whose marker lies below the high watermark of the checkpoint is
// over, also when recovery finds it anew and the high watermark stays where it is.
func TestRecoveredMarkersAreCommitted(t *testing.T) {
	fs := vfs.NewMem(0)
	s := openStore(t, fs)
	l := openLog(t, s, Config{})
	mustAppend(t, l, records(2, 10, 1, idempotent(7, 0, 0), transactional), AppendOptions{})
	mustAppend(t, l, batch.EndTxnMarker(batch.MarkerOptions{Type: batch.MarkerCommit, ProducerID: 7}), AppendOptions{Origin: OriginCoordinator})
	l.SetHighWatermark(3)
	for _, clean := range []bool{true, false, false} {
		if err := s.Close(clean); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, fs)
		l = openLog(t, s, Config{})
		if stable, hw := l.LastStableOffset(), l.HighWatermark(); stable != 3 || hw != 3 {
			t.Errorf("after a stop (clean: %v) the last stable offset is %d, the high watermark %d; want 3", clean, stable, hw)
		}
	}
}

// A producer with an open transaction is remembered for as long as it is open;
// what was to be verified is not.
func TestOpenTransactionsDoNotExpire(t *testing.T) {
	clock := newClock()
	s := openStore(t, vfs.NewMem(0), withClock(clock), func(o *Options) { o.ProducerIDExpiration = time.Hour })
	l := openLog(t, s, Config{RetentionMs: Unlimited})
	now := clock.now().UnixMilli()
	mustAppend(t, l, records(1, 10, now, idempotent(7, 0, 0), transactional), AppendOptions{})
	mustAppend(t, l, records(1, 10, now, idempotent(8, 0, 0)), AppendOptions{})
	guard, err := l.StartVerification(9, 0, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Hour)
	s.Retain()
	if p := l.ActiveProducers(); len(p) != 1 || p[0].ProducerID != 7 || p[0].TxnStartOffset != 0 {
		t.Errorf("producers %+v, want 7 with its transaction", p)
	}
	late := records(1, 10, now, idempotent(9, 0, 0), transactional)
	if _, err := l.Append(late, AppendOptions{Verify: true, Guard: guard}); !errors.Is(err, ErrInvalidTxnState) {
		t.Errorf("append with a guard of two hours ago: %v", err)
	}
	mustAppend(t, l, batch.EndTxnMarker(batch.MarkerOptions{ProducerID: 7, TimestampMs: clock.now().UnixMilli()}), AppendOptions{Origin: OriginCoordinator})
	clock.add(2 * time.Hour)
	s.Retain()
	if p := l.ActiveProducers(); len(p) != 0 {
		t.Errorf("producers %+v after the end of the transaction", p)
	}
}

// One aborted transaction is found as fast among many.
func TestAnyAborted(t *testing.T) {
	txns := make([]AbortedTxn, 1000)
	for i := range txns {
		at := int64(10 * i)
		txns[i] = AbortedTxn{ProducerID: 1, FirstOffset: at, LastOffset: at + 5, LastStableOffset: at + 6}
	}
	for _, c := range []struct {
		from, to, first int64
		want            bool
	}{{0, 1, 0, true}, {5, 6, 0, true}, {6, 10, 0, false}, {6, 11, 10, true}, {9994, 99999, 9990, true}, {9996, 99999, 0, false}} {
		one, _ := overlapping(txns, c.from, c.to, 1, nil)
		all, _ := overlapping(txns, c.from, c.to, 0, nil)
		if (len(one) == 1) != c.want || (len(all) > 0) != c.want || c.want && (one[0].FirstOffset != c.first || all[0] != one[0]) {
			t.Errorf("from %d to %d: %v of %d, want one: %v", c.from, c.to, one, len(all), c.want)
		}
	}
}
