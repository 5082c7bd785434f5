package interop

import (
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// Groups are in every state that they have when the broker is killed, and
// transactions open: members go on with their generations and epochs, silent
// ones are put out in time, and offsets of open transactions stay pending.
func TestGroupsAcrossCrash(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Set("group.min.session.timeout.ms", "100"))
	s := drill(t, b)
	s.Topic("t", 2)
	sub := "range=" + string(subscription("t"))

	stable := s.Sole("stable", "", sub)
	instance := s.Sole("static", "inst", sub)
	preparing := s.Sole("preparing", "", sub)
	joiner, _ := s.NewMember("preparing", "", sub)
	s.State("preparing", "PreparingRebalance", 2)
	completing, wait := s.NewMember("completing", "", sub)
	wait()
	s.Do(commit(8, "empty", "", -1, "t", 3))
	silent := joinGroup(3, "silent", "", sub)
	silent.SessionTimeoutMillis = 800
	r := s.Do(silent).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "silent", r.MemberID, r.Generation, r.MemberID+"=a"))

	reconciling := s.NewConsumer("reconciling", "a", "t")
	s.Do(consumerJoin(1, "reconciling", "b", "t"))
	consumer := s.NewConsumer("consumer", "m", "t")
	s.Settle("consumer", consumer)
	txn := s.NewTxn("txn")
	s.Do(txn.addOffsets(4, "empty"))
	s.Do(txn.offsets(4, "empty", "t", 9))
	txn.Write("t", "a")

	describe := func() (any, any) {
		classic := s.Do(describeGroups(6, "stable", "static", "empty"))
		c := s.Do(consumerDescribe(1, "consumer", "reconciling"))
		return classic.(*kmsg.DescribeGroupsResponse).Groups, c.(*kmsg.ConsumerGroupDescribeResponse).Groups
	}
	classic, consumers := describe()
	for range 2 { // the second time from what the first restart wrote
		b.Crash()
		b.Restart()
		s.restarted([]string{"stable", "static", "preparing", "completing", "empty", "silent", "reconciling", "consumer"}, txn.ID)
		for _, m := range []*Member{stable, instance, preparing, completing, joiner} {
			m.hangUp()
		}
		again, consumersAgain := describe()
		if !reflect.DeepEqual(classic, again) {
			t.Errorf("classic groups were %+v, and are %+v", classic, again)
		}
		if !reflect.DeepEqual(consumers, consumersAgain) {
			t.Errorf("consumer groups were %+v, and are %+v", consumers, consumersAgain)
		}
		stable.wantBeat(0)
		instance.wantBeat(0)
		preparing.wantBeat(0)   // the rebalance of before has left no trace
		joiner.wantBeat(25)     // it had not joined yet
		completing.wantBeat(25) // no assignment was written
		consumer.wantBeat()
		if got := stable.Do(stable.sync()).(*kmsg.SyncGroupResponse); got.ErrorCode != 0 {
			t.Errorf("sync after the restart: %+v", got)
		}
		s.wantCommitted("empty", "t", 3)
		if _, code := s.committed("empty", "t", true); code != 88 {
			t.Errorf("a stable offset while a transaction has one: code %d, want 88", code)
		}
		if got := s.end("t", 1); got != 0 {
			t.Errorf("the last stable offset is %d, want 0", got)
		}
		s.State("silent", "Empty", 0)
	}
	reconciling.take(s.Do(reconciling.beat()))
	stable.Rejoin(sub)
	if stable.Gen != 2 {
		t.Errorf("the next generation is %d, want 2", stable.Gen)
	}
	txn.End(true)
	s.wantCommitted("empty", "t", 9)
	s.wantEnd("t", 2)
}

// The broker is killed right after it has decided a transaction, again and
// again: what it answered is what comes of it.
func TestDecidedAcrossCrash(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk())
	s := drill(t, b)
	s.Topic("t", 1)
	s.Coordinator(kindGroup, "g")
	want := int64(0)
	for i := range 8 {
		commits := i%3 != 2
		txn := s.NewTxn("txn" + itoa(int32(i%2)))
		s.Do(txn.addOffsets(4, "g"))
		s.Do(txn.offsets(4, "g", "t", int64(i+1)))
		txn.Write("t", "v")
		if code := s.Do(txn.end(4, commits)).(*kmsg.EndTxnResponse).ErrorCode; code != 0 {
			t.Fatalf("end: code %d", code)
		}
		b.Crash()
		b.Restart()
		s.restarted([]string{"g"}, txn.ID)
		txn.Complete()
		state := s.Do(describeTxns(txn.ID)).(*kmsg.DescribeTransactionsResponse).TransactionStates[0].State
		if state != map[bool]string{true: "CompleteCommit", false: "CompleteAbort"}[commits] {
			t.Fatalf("transaction %d is in state %s", i, state)
		}
		if commits {
			want = int64(i + 1)
		}
		s.wantEnd("t", int64(2*(i+1)))
		if offset, code := s.committed("g", "t", true); code != 0 || offset != max(want, -1) {
			t.Errorf("after transaction %d the group has committed %d (code %d), want %d", i, offset, code, want)
		}
	}
	aborted := s.Do(fetchCommitted("t", 0)).(*kmsg.FetchResponse).Topics[0].Partitions[0].AbortedTransactions
	if len(aborted) != 2 {
		t.Errorf("aborted transactions %+v, want 2", aborted)
	}
}
