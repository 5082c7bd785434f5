package topic

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

func TestAckListOrder(t *testing.T) {
	var l ackList
	for range 100 {
		ends := rand.Perm(20)
		acks := make([]*Ack, len(ends))
		for i, end := range ends {
			acks[i] = new(Ack)
			l.add(acks[i], int64(end))
		}
		l.remove(acks[3])
		l.remove(acks[0])
		var got []int64
		for _, d := range l.reached(9, nil, nil) {
			got = append(got, d.a.end)
		}
		rest := l.fail(ErrNotLeader, nil)
		for _, d := range rest {
			got = append(got, d.a.end)
		}
		if len(got) != 18 || !slices.IsSorted(got) || l.head != nil || l.tail != nil {
			t.Fatalf("of %v came %v", ends, got)
		}
	}
}

// ack is an Ack that keeps how it ended.
type ack struct {
	Ack
	ended []error
}

func newAck() *ack {
	a := &ack{}
	a.Done = func(err error) { a.ended = append(a.ended, err) }
	return a
}

func (a *ack) expect(t *testing.T, want ...error) {
	t.Helper()
	if len(a.ended) != len(want) {
		t.Fatalf("ended %v, want %v", a.ended, want)
	}
	for i := range want {
		if !errors.Is(a.ended[i], want[i]) {
			t.Errorf("ended with %v, want %v", a.ended[i], want[i])
		}
	}
}

// replicated makes a topic of two replicas in sync, led by this broker.
func (f *fixture) replicated(id byte, isr ...int32) *Partition {
	f.Helper()
	f.apply(&meta.RegisterBroker{BrokerID: 2, BrokerEpoch: 7},
		&meta.TopicRecord{Name: "r", TopicID: topicID(id)},
		&meta.PartitionRecord{TopicID: topicID(id), Replicas: []int32{self, 2}, ISR: isr, Leader: self})
	return f.partition("r", 0)
}

func (f *fixture) appendAck(p *Partition, n int) *ack {
	f.Helper()
	a := newAck()
	got, err := p.Append(records(n), AppendOptions{Acks: -1, Ack: &a.Ack})
	if err != nil || !got.Waiting {
		f.Fatalf("append: waiting %v, %v", got.Waiting, err)
	}
	return a
}

func TestFollowersMoveHighWatermark(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	p := f.replicated(1, self, 2)
	a := f.appendAck(p, 3)
	w := park(t, p, HighWatermark, 1, 1<<20)
	b := f.appendAck(p, 2)
	if hw := p.Log().HighWatermark(); hw != 0 {
		t.Fatalf("high watermark %d before a follower fetched", hw)
	}
	follow := func(end int64) {
		t.Helper()
		if err := p.RecordFollower(Follower{ID: 2, EndOffset: end}); err != nil {
			t.Fatal(err)
		}
	}
	follow(2)
	a.expect(t)
	w.expect(t, 0, false) // no whole batch is visible
	follow(3)
	a.expect(t, nil)
	w.expect(t, 1, false)
	b.expect(t)
	w.End()
	// The follower leaves the ISR.
	f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: -2, ISR: []int32{self}, LeaderRecoveryState: -1})
	b.expect(t, nil)
	if hw := p.Log().HighWatermark(); hw != 5 {
		t.Errorf("high watermark %d with one replica in sync", hw)
	}
}

func TestAcksEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(f *fixture)
		want   error
	}{
		{"leader moved", func(f *fixture) {
			f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: 2, LeaderRecoveryState: -1})
		}, ErrNotLeader},
		{"deleted", func(f *fixture) { f.apply(&meta.RemoveTopic{TopicID: topicID(1)}) }, ErrUnknownPartition},
		{"closed", func(f *fixture) { f.catalog.Close() }, ErrNotLeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, logstore.SyncNone)
			p := f.replicated(1, self, 2)
			a := f.appendAck(p, 1)
			c.change(f)
			a.expect(t, c.want)
			if p.Cancel(&a.Ack) {
				t.Error("cancelled after it ended")
			}
		})
	}
}

func TestCancelAck(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	p := f.replicated(1, self, 2)
	a, b := f.appendAck(p, 1), f.appendAck(p, 1)
	if !p.Cancel(&a.Ack) || p.Cancel(&a.Ack) {
		t.Error("an ack is cancelled once")
	}
	if err := p.RecordFollower(Follower{ID: 2, EndOffset: 2}); err != nil {
		t.Fatal(err)
	}
	a.expect(t)
	b.expect(t, nil)
}

func TestMinInsyncReplicas(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	p := f.replicated(1, self, 2)
	f.apply(config("r", "min.insync.replicas", "2"))
	a := f.appendAck(p, 1)
	f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: -2, ISR: []int32{self}, LeaderRecoveryState: -1})
	a.expect(t)
	if _, err := p.Append(records(1), AppendOptions{Acks: -1}); !errors.Is(err, ErrNotEnoughReplicas) {
		t.Errorf("acks=all with one of two replicas in sync: %v", err)
	}
	if end := p.Log().EndOffset(); end != 1 {
		t.Errorf("end offset %d after a refused append", end)
	}
	if _, err := p.Append(records(1), AppendOptions{Acks: 1}); err != nil {
		t.Errorf("acks=1: %v", err)
	}
	if hw := p.Log().HighWatermark(); hw != 0 {
		t.Errorf("high watermark %d below min.insync.replicas", hw)
	}
	f.apply(config("r", "min.insync.replicas", "5"))
	f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: -2, ISR: []int32{self, 2}, LeaderRecoveryState: -1})
	if err := p.RecordFollower(Follower{ID: 2, EndOffset: 2}); err != nil {
		t.Fatal(err)
	}
	a.expect(t, nil) // a topic of two replicas cannot ask for five
}

// Acknowledgements of the group commit mode wait for the disk, and readers do too.
func TestCommitMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, logstore.SyncCommit)
		f.topic("a", 1, 1)
		p := f.partition("a", 0)
		a := newAck()
		got, err := p.Append(records(3), AppendOptions{Acks: -1, Ack: &a.Ack})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got.Waiting {
			a.expect(t, nil)
		}
		if hw, synced := p.Log().HighWatermark(), p.Log().SyncedOffset(); hw != 3 || synced != 3 {
			t.Errorf("high watermark %d, synced offset %d", hw, synced)
		}
		if err := f.store.Close(true); err != nil {
			t.Error(err)
		}
	})
}

func TestDeleteRecords(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	f.topic("c", 2, 1, "cleanup.policy", "compact")
	p := f.partition("a", 0)
	f.append(p, 5)
	for _, c := range []struct {
		offset, low int64
		err         error
	}{
		{2, 2, nil},
		{1, 2, nil},
		{6, -1, logstore.ErrOffsetOutOfRange},
		{-2, -1, logstore.ErrOffsetOutOfRange},
		{ToHighWatermark, 5, nil},
	} {
		d, err := p.DeleteRecords(c.offset, new(Ack))
		if !errors.Is(err, c.err) || d.LowWatermark != c.low || d.Waiting {
			t.Errorf("delete up to %d: %+v, %v", c.offset, d, err)
		}
	}
	if _, err := f.partition("c", 0).DeleteRecords(0, new(Ack)); !errors.Is(err, ErrPolicy) {
		t.Errorf("delete of a compacted topic: %v", err)
	}
}

func TestDeleteRecordsWaitsForReplicas(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	p := f.replicated(1, self, 2)
	if err := p.RecordFollower(Follower{ID: 2}); err != nil {
		t.Fatal(err)
	}
	a := f.appendAck(p, 5)
	if err := p.RecordFollower(Follower{ID: 2, EndOffset: 5}); err != nil {
		t.Fatal(err)
	}
	a.expect(t, nil)
	del := newAck()
	d, err := p.DeleteRecords(4, &del.Ack)
	if err != nil || !d.Waiting || d.LowWatermark != 0 {
		t.Fatalf("delete: %+v, %v", d, err)
	}
	if err := p.RecordFollower(Follower{ID: 2, EndOffset: 5, StartOffset: 4}); err != nil {
		t.Fatal(err)
	}
	del.expect(t, nil)
	if low := p.LowWatermark(); low != 4 {
		t.Errorf("low watermark %d", low)
	}
}
