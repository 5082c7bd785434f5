package interop

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func txnStateRows() []Row {
	return []Row{
		{Name: "h-add-partitions", Traps: []int{103}, Sort: unordered, Run: addPartitions},
		{Name: "h-add-batched", Traps: []int{103}, Sort: append(slices.Clone(unordered), "Transactions"), Run: addBatched},
		{Name: "h-add-offsets", Traps: []int{103}, Run: addOffsets},
		{Name: "h-end", Traps: []int{104}, Run: endTxns},
		{Name: "h-end-v2", Traps: []int{104}, Run: endTxnsV2},
		{Name: "h-describe", Traps: []int{110}, Sort: unordered, Run: describeTransactions},
		{Name: "h-list", Traps: []int{110}, Sort: []string{"TransactionStates", "UnknownStateFilters"}, Edit: onlyTxns("list"), Run: listTransactions},
		{Name: "h-timeout", Traps: []int{109}, Run: txnTimeout, Config: map[string]string{"transaction.abort.timed.out.transaction.cleanup.interval.ms": "100"}},
		{Name: "h-timeout-v2", Traps: []int{109}, Run: txnTimeoutV2, Config: map[string]string{"transaction.abort.timed.out.transaction.cleanup.interval.ms": "100"}},
		{Name: "h-deleted-topic", Differs: "a topic made again has nothing of the old one; Kafka writes the marker to it", Traps: []int{103, 105}, Run: txnDeletedTopic},
	}
}

// onlyTxns cuts a list of transactions down to the ids that begin with prefix.
func onlyTxns(prefix string) func(string, map[string]any) {
	return func(api string, tree map[string]any) {
		if api != "ListTransactions" {
			return
		}
		tree["TransactionStates"] = slices.DeleteFunc(append([]any{}, asList(tree["TransactionStates"])...), func(e any) bool {
			m, _ := e.(map[string]any)
			id, _ := m["TransactionalID"].(string)
			return !strings.HasPrefix(id, prefix)
		})
	}
}

func addPartitions(s *Session) {
	s.Coordinator(kindGroup, "add")
	s.Topic("add", 2)
	t := s.NewTxn("add")
	versions(0, 3, func(v int16) { s.Send(t.add(v, "add", 0)) })
	s.Note("unknown ones: the others are not attempted")
	req := t.add(3, "add", 0, 1, 7, -1)
	more := t.add(3, "nothere", 0).Topics
	req.Topics = append(req.Topics, more[0], t.add(3, "bad name", 0).Topics[0], t.add(3, "__consumer_offsets", 0).Topics[0])
	s.Send(req)
	s.Send(describeTxns(t.ID))
	s.Note("nothing to add; a partition twice")
	req.Topics = nil
	s.Send(req)
	req.Topics = t.add(3, "add").Topics
	s.Send(req)
	s.Send(t.add(3, "add", 1, 1))
	s.Send(describeTxns(t.ID))
	t.End(false)
	s.Note("again after the end: a new transaction")
	s.Send(t.add(3, "add", 1))
	s.Send(describeTxns(t.ID))
	t.End(false)
}

// addBatched sends the form that brokers send: many transactions, verify only.
func addBatched(s *Session) {
	s.Topic("batched", 2)
	a, b := s.NewTxn("batch1"), s.NewTxn("batch2")
	for v := int16(4); v <= 5; v++ {
		s.Note("verify before anything was added, and of one that is")
		req := a.add(v, "batched", 0)
		req.Transactions[0].VerifyOnly = true
		s.Send(req)
		s.Do(b.add(3, "batched", 1))
		req = b.add(v, "batched", 0, 1)
		req.Transactions[0].VerifyOnly = true
		s.Send(req)
		s.Note("two transactions, one of an old epoch, an unknown topic")
		req = a.add(v, "batched", 0)
		old := b.add(v, "batched", 0)
		old.Transactions[0].ProducerEpoch--
		unknown := s.NewTxn("batch3").add(v, "nothere", 0)
		req.Transactions = append(req.Transactions, old.Transactions[0], unknown.Transactions[0])
		s.Send(req)
		s.Send(describeTxns("batch1", "batch2", "batch3"))
		a.End(false)
		b.End(false)
	}
}

func addOffsets(s *Session) {
	s.Coordinator(kindGroup, "ao")
	t := s.NewTxn("ao")
	versions(0, 4, func(v int16) { s.Send(t.addOffsets(v, "ao")) })
	s.Note("an empty group")
	s.Send(t.addOffsets(3, ""))
	r := s.Do(describeTxns(t.ID)).(*kmsg.DescribeTransactionsResponse).TransactionStates[0]
	s.Note("%s, topics %d", r.State, len(r.Topics))
	t.End(true)
}

func endTxns(s *Session) {
	s.Topic("end", 1)
	t := s.NewTxn("end")
	s.Note("nothing was ever begun")
	versions(0, 4, func(v int16) {
		s.Send(t.end(v, true))
		s.Send(t.end(v, false))
	})
	s.Note("committed, and again, and the other way round")
	t.Write("end", "a")
	s.Send(t.end(4, true))
	t.Complete()
	versions(0, 4, func(v int16) {
		s.Send(t.end(v, true))
		s.Send(t.end(v, false))
	})
	s.Send(describeTxns(t.ID))
	s.Note("aborted, and again, and the other way round")
	t.Write("end", "a")
	s.Send(t.end(4, false))
	t.Complete()
	versions(0, 4, func(v int16) {
		s.Send(t.end(v, false))
		s.Send(t.end(v, true))
	})
	s.Note("partitions added, nothing written")
	s.Do(t.add(3, "end", 0))
	s.Send(t.end(4, true))
	t.Complete()
	s.Send(fetch(12, "end", 0, 0))
}

// endTxnsV2 ends transactions as clients of transaction.version 2 do: every end
// gives the next epoch.
func endTxnsV2(s *Session) {
	s.Topic("end2", 1)
	t := s.NewTxn("end2")
	next := func(r kmsg.Response) {
		if r := r.(*kmsg.EndTxnResponse); r.ErrorCode == 0 {
			t.PID, t.Epoch, t.Seq = r.ProducerID, r.ProducerEpoch, map[string]int32{}
		}
		t.Complete()
	}
	s.Note("nothing was ever begun: commit, abort")
	next(s.Send(t.end(5, true)))
	next(s.Send(t.end(5, false)))
	s.Note("the partition is added by the write")
	s.Send(t.write(12, "end2", "a"))
	s.Send(describeTxns(t.ID))
	old := *t
	next(s.Send(t.end(5, true)))
	s.Note("the same end again, the other way round, as an older client")
	s.Send(old.end(5, true))
	s.Send(old.end(5, false))
	s.Send(old.end(4, true))
	s.Send(describeTxns(t.ID))
	s.Note("empty transactions after that")
	next(s.Send(t.end(5, false)))
	next(s.Send(t.end(5, true)))
	s.Note("abort")
	s.Send(t.write(12, "end2", "b"))
	old = *t
	next(s.Send(t.end(5, false)))
	s.Send(old.end(5, false))
	s.Send(old.end(5, true))
	s.Note("the old epoch writes")
	s.Send(old.write(12, "end2", "c"))
	s.Send(describeTxns(t.ID))
	s.Send(fetch(12, "end2", 0, 0))
}

func describeTransactions(s *Session) {
	s.Topic("dt", 3)
	t := s.NewTxn("dt")
	s.Note("not there, empty, one twice, none")
	s.Send(describeTxns("dtnone", ""))
	s.Send(describeTxns("dt", "dt"))
	s.Send(describeTxns())
	s.Note("its states")
	s.Send(describeTxns("dt"))
	s.Do(t.add(3, "dt", 0, 2))
	s.Send(describeTxns("dt"))
	t.End(true)
	s.Send(describeTxns("dt"))
	s.Do(t.add(3, "dt", 0, 2))
	t.End(false)
	s.Send(describeTxns("dt"))
}

func listTransactions(s *Session) {
	s.Topic("lt", 1)
	s.NewTxn("list1")
	two := s.NewTxn("list2")
	s.Do(two.add(3, "lt", 0))
	three := s.NewTxn("list3")
	s.Do(three.add(3, "lt", 0))
	three.End(true)
	four := s.NewTxn("list4")
	s.Do(four.add(3, "lt", 0))
	four.End(false)
	versions(0, 2, func(v int16) { s.Send(listTxns(v)) })
	s.Note("states")
	for _, states := range [][]string{{"Ongoing"}, {"ongoing"}, {"Empty", "CompleteCommit"}, {"nonsense"}, {"nonsense", "Empty", "other"}, {""}, {"Dead"}, {"PrepareEpochFence"}, {"PrepareAbort"}} {
		s.Note("%q", states)
		s.Send(listTxns(0, states...))
	}
	s.Note("producer ids")
	req := listTxns(0)
	req.ProducerIDFilters = []int64{two.PID, 999999}
	s.Send(req)
	req.ProducerIDFilters = []int64{999999}
	s.Send(req)
	s.Note("durations")
	for _, ms := range []int64{-1, -2, 3600000} {
		req = listTxns(1)
		req.DurationFilterMillis = ms
		s.Note("%d ms", ms)
		s.Send(req)
	}
	s.Note("patterns")
	for _, p := range []*string{nil, ptr(""), ptr("list[12]"), ptr("ist1"), ptr("list.*"), ptr("LIST1"), ptr("["), ptr("(?=l)list1")} {
		req = listTxns(2)
		req.TransactionalIDPattern = p
		s.Note("%q", deref(p))
		s.Send(req)
	}
	two.End(false)
}

// txnTimeout lets a transaction of an older client run out.
func txnTimeout(s *Session) {
	s.Topic("tt", 1)
	s.Coordinator(kindTxn, "tt")
	t := s.NewTxn("tt")
	req := initTxn(4, "tt")
	req.TransactionTimeoutMillis = 500
	t.Epoch = s.Do(req).(*kmsg.InitProducerIDResponse).ProducerEpoch
	t.Write("tt", "a")
	s.Until(describeTxns("tt"), func(r kmsg.Response) bool {
		return r.(*kmsg.DescribeTransactionsResponse).TransactionStates[0].State == "CompleteAbort"
	})
	s.Note("aborted")
	s.Send(describeTxns("tt"))
	s.Send(fetchCommitted("tt", 0))
	s.Note("what its producer gets")
	s.Send(t.write(9, "tt", "b"))
	t.Seq["tt"]--
	s.Send(t.write(11, "tt", "b"))
	t.Seq["tt"]--
	s.Send(t.write(12, "tt", "b"))
	s.Send(t.add(1, "tt", 0))
	s.Send(t.add(3, "tt", 0))
	s.Send(t.addOffsets(3, "tt"))
	versions(0, 5, func(v int16) {
		s.Send(t.end(v, true))
		s.Send(t.end(v, false))
	})
	s.Note("it asks for the next epoch with the one it had")
	again := initTxn(4, "tt")
	again.ProducerID, again.ProducerEpoch = t.PID, t.Epoch
	s.Send(again)
	s.Send(again)
}

// txnTimeoutV2 is txnTimeout for a client of transaction.version 2.
func txnTimeoutV2(s *Session) {
	s.Topic("tv2", 1)
	t := s.NewTxn("tv2")
	req := initTxn(5, "tv2")
	req.TransactionTimeoutMillis = 500
	t.Epoch = s.Do(req).(*kmsg.InitProducerIDResponse).ProducerEpoch
	s.Send(t.write(12, "tv2", "a"))
	s.Until(describeTxns("tv2"), func(r kmsg.Response) bool {
		return r.(*kmsg.DescribeTransactionsResponse).TransactionStates[0].State == "CompleteAbort"
	})
	s.Send(describeTxns("tv2"))
	s.Send(fetch(12, "tv2", 0, 0))
	s.Note("what its producer gets")
	s.Send(t.write(12, "tv2", "b"))
	s.Send(t.end(5, true))
	s.Send(t.end(5, false))
	s.Note("it asks for the next epoch with the one it had")
	again := initTxn(5, "tv2")
	again.ProducerID, again.ProducerEpoch = t.PID, t.Epoch
	s.Send(again)
	s.Send(again)
}

// txnDeletedTopic deletes a topic that an open transaction has written to.
func txnDeletedTopic(s *Session) {
	s.Topic("gone", 1)
	s.Topic("stays", 1)
	t := s.NewTxn("gone")
	t.Write("gone", "a")
	t.Write("stays", "b")
	del := kmsg.NewPtrDeleteTopicsRequest()
	del.Version, del.TimeoutMillis, del.TopicNames = 5, 15000, []string{"gone"}
	s.Do(del)
	s.Until(metadataOf(12, "gone"), func(r kmsg.Response) bool { return r.(*kmsg.MetadataResponse).Topics[0].ErrorCode == 3 })
	s.Send(t.write(9, "gone", "c"))
	s.Note("made again before the commit: the new topic has nothing of it")
	s.Topic("gone", 1)
	s.Send(t.end(4, true))
	t.Complete()
	s.Send(fetch(12, "stays", 0, 0))
	r := s.Do(latest("gone", 0)).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
	s.Note("the new topic ends at %d", r.Offset)
	s.Send(describeProducers("gone", 0))
}
