package topic

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// inTxn is a transactional batch of n records.
func inTxn(producer int64, seq int32, n int) []byte {
	b := batch.NewBuilder(batch.BuilderOptions{Idempotent: true, Transactional: true, ProducerID: producer, BaseSequence: seq})
	for range n {
		b.Add(1000, nil, []byte("x"), nil)
	}
	return b.Build()
}

func (f *fixture) appendTxn(p *Partition, records []byte, origin logstore.Origin) {
	f.Helper()
	if _, err := p.Append(records, AppendOptions{Acks: -1, Origin: origin}); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) endTxn(p *Partition, producer int64, how batch.MarkerType) {
	f.Helper()
	f.appendTxn(p, batch.EndTxnMarker(batch.MarkerOptions{Type: how, ProducerID: producer, TimestampMs: 1000}), logstore.OriginCoordinator)
}

func readStable(t *testing.T, p *Partition, offset int64, maxBytes int) Read {
	t.Helper()
	r, err := p.Read(ReadOptions{Offset: offset, MaxBytes: maxBytes, MinOne: true, LeaderEpoch: -1, LastFetchedEpoch: -1, Isolation: LastStable})
	if err != nil {
		t.Fatal(err)
	}
	r.Release()
	return r
}

// Traps 58 and 107: what read_committed consumers see, and when they are woken.
func TestReadCommitted(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	p := f.partition("a", 0)
	f.appendTxn(p, inTxn(7, 0, 2), logstore.OriginClient) // 0, 1
	stable := park(t, p, LastStable, 1, math.MaxInt64)
	plain := park(t, p, HighWatermark, 1, math.MaxInt64)
	f.append(p, 3) // 2 to 4
	plain.expect(t, 1, false)
	stable.expect(t, 0, false)
	if r := readStable(t, p, 0, 1<<20); r.Bytes != 0 || r.LastStable != 0 || r.HighWatermark != 5 {
		t.Errorf("open transaction at 0: %d bytes, last stable %d, high watermark %d", r.Bytes, r.LastStable, r.HighWatermark)
	}
	f.endTxn(p, 7, batch.MarkerAbort) // 5
	stable.expect(t, 1, false)
	stable.End()
	plain.End()
	f.appendTxn(p, inTxn(8, 0, 1), logstore.OriginClient) // 6
	f.endTxn(p, 8, batch.MarkerCommit)                    // 7
	f.appendTxn(p, inTxn(9, 0, 1), logstore.OriginClient) // 8
	f.endTxn(p, 9, batch.MarkerAbort)                     // 9
	f.appendTxn(p, inTxn(10, 0, 1), logstore.OriginClient)
	all := readStable(t, p, 0, 1<<20)
	if len(all.Aborted) != 2 || all.Aborted[0].ProducerID != 7 || all.Aborted[0].FirstOffset != 0 || all.Aborted[1].FirstOffset != 8 || all.LastStable != 10 {
		t.Errorf("aborted %+v, last stable %d", all.Aborted, all.LastStable)
	}
	if r := readStable(t, p, 0, 1); len(r.Aborted) != 1 {
		t.Errorf("aborted in the first batch alone: %+v", r.Aborted)
	}
	if r := readStable(t, p, 6, 1<<20); len(r.Aborted) != 1 || r.Aborted[0].ProducerID != 9 {
		t.Errorf("aborted from 6 on: %+v", r.Aborted)
	}
	found, err := p.OffsetFor(LatestTimestamp, ListOptions{LeaderEpoch: -1, Isolation: LastStable})
	if err != nil || found.Offset != 10 {
		t.Errorf("latest stable offset: %+v, %v", found, err)
	}
}

// Waits of read_committed consumers count bytes; after a marker they look for
// themselves, as often as there is one.
func TestReadCommittedMinBytes(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	p := f.partition("a", 0)
	size := int64(len(records(1)))
	w := park(t, p, LastStable, 2*size, 4*size)
	f.append(p, 1)
	w.expect(t, 0, false)
	f.append(p, 1)
	w.expect(t, 1, false)
	f.appendTxn(p, inTxn(7, 0, 1), logstore.OriginClient)
	if !w.Park(w.Mark() + size) {
		t.Fatal("not parked")
	}
	f.append(p, 1)
	w.expect(t, 1, false)
	f.endTxn(p, 7, batch.MarkerCommit)
	w.expect(t, 2, false)
	for i := range int32(3) { // as often as the last stable offset moves
		f.appendTxn(p, inTxn(7, i+1, 1), logstore.OriginClient)
		if !w.Park(w.Mark() + size) {
			t.Fatal("not parked")
		}
		f.endTxn(p, 7, batch.MarkerAbort)
		w.expect(t, i+3, false)
	}
	w.End()
}

// A failed sync takes the partition offline: appends that wait for it hear so, as
// do parked fetches and all that comes later.
func TestCommitModeSyncFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("disk is gone")
		fs := vfs.NewErr(vfs.NewMem(0))
		f := openFixture(t, fs, logstore.SyncCommit, nil)
		f.topic("a", 1, 1)
		f.topic("b", 2, 1)
		p := f.partition("a", 0)
		f.append(p, 1)
		time.Sleep(time.Second)
		w := park(t, p, HighWatermark, math.MaxInt64, math.MaxInt64)
		fs.Add(vfs.Rule{Ops: vfs.OpSync, Match: func(name string) bool { return strings.Contains(name, "a-0") && strings.HasSuffix(name, ".log") }, Err: broken})
		a := newAck()
		got, err := p.Append(records(1), AppendOptions{Acks: -1, Ack: &a.Ack})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !got.Waiting {
			t.Fatal("the append did not wait for its sync")
		}
		a.expect(t, logstore.ErrOffline)
		w.expect(t, 1, true)
		w.End()
		if _, err := p.Append(records(1), AppendOptions{Acks: 1}); !errors.Is(err, logstore.ErrOffline) {
			t.Errorf("append: %v", err)
		}
		if _, err := read(p, 0); !errors.Is(err, logstore.ErrOffline) {
			t.Errorf("read: %v", err)
		}
		f.append(f.partition("b", 0), 1) // the rest serves
		_ = f.store.Close(false)
	})
}
