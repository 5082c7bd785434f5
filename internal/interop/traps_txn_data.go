package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func txnDataRows() []Row {
	return []Row{
		{Name: "h-produce", Traps: []int{51}, Run: txnProduce},
		{Name: "h-produce-mixed", Traps: []int{50, 51}, Run: txnProduceMixed},
		{Name: "h-markers", Traps: []int{58, 59, 105, 106}, Run: markers},
		{Name: "h-write-markers", Differs: "a marker of an older epoch is refused by its own code, 47, where Kafka says -1", Traps: []int{106}, Sort: unordered, Run: writtenMarkers},
		{Name: "h-lso", Traps: []int{57, 58, 69, 72, 107}, Run: lastStable},
		{Name: "h-describe-producers", Traps: []int{110}, Sort: unordered, Run: activeProducers},
		{Name: "h-offsets", Traps: []int{90, 108}, Sort: unordered, Edit: noOffsetsPartition, Run: txnOffsets},
		{Name: "h-offsets-member", Traps: []int{108}, Run: txnOffsetsMember},
		{Name: "h-offsets-errors", Traps: []int{89, 108}, Sort: unordered, Run: txnOffsetErrors},
	}
}

// txnProduce writes to partitions that the transaction does not have.
func txnProduce(s *Session) {
	s.Topic("tp", 3)
	t := s.NewTxn("tp")
	s.Note("a partition that was not added; v12 adds it")
	versions(3, 11, func(v int16) {
		s.Send(t.write(v, "tp", "a"))
		t.Seq["tp"]--
	})
	s.Send(describeTxns("tp"))
	s.Send(t.write(12, "tp", "a"))
	s.Send(describeTxns("tp"))
	s.Note("older versions then")
	versions(3, 11, func(v int16) { s.Send(t.write(v, "tp", "b")) })
	s.Note("a transactional batch without a transactional id in the request")
	req := t.write(9, "tp", "b")
	t.Seq["tp"]--
	req.TransactionID = nil
	s.Send(req)
	s.Note("after the commit, with the same epoch")
	t.End(true)
	for _, v := range []int16{9, 11, 12} {
		s.Send(t.write(v, "tp", "c"))
	}
	t.End(false)
	s.Note("a transactional id that is not there, one of another producer")
	for _, v := range []int16{9, 11, 12} {
		req := t.write(v, "tp", "d")
		t.Seq["tp"]--
		req.TransactionID = ptr("tpnone")
		s.Send(req)
	}
	s.NewTxn("tpother")
	for _, v := range []int16{9, 11, 12} {
		req := t.write(v, "tp", "d")
		t.Seq["tp"]--
		req.TransactionID = ptr("tpother")
		s.Send(req)
	}
	s.Note("a topic and a partition that are not there")
	s.Send(t.write(12, "tpnone", "d"))
	req = t.write(12, "tp", "d")
	req.Topics[0].Partitions[0].Partition = 9
	s.Send(req)
}

// txnProduceMixed mixes batches with and without the transactional bit.
func txnProduceMixed(s *Session) {
	s.Topic("mix", 1)
	t := s.NewTxn("mix")
	plain := func() *kmsg.ProduceRequest {
		b := recent("plain")
		b.Producer = &Producer{ID: t.PID, Epoch: t.Epoch, Seq: t.Seq["mix"]}
		return produce(9, "mix", 0, b.Bytes())
	}
	t.Write("mix", "a")
	s.Note("a batch without the bit while the transaction is open, by the same producer and by others")
	s.Send(plain())
	s.Send(produce(9, "mix", 0, recent("other").Bytes()))
	p := s.producer()
	b := recent("idempotent")
	b.Producer = &Producer{ID: p, Seq: 0}
	s.Send(produce(9, "mix", 0, b.Bytes()))
	s.Note("a transactional id in the request and a batch without the bit")
	req := produce(9, "mix", 0, recent("x").Bytes())
	req.TransactionID = &t.ID
	s.Send(req)
	s.Note("a wrong sequence, a duplicate")
	t.Seq["mix"] = 5
	s.Send(t.write(9, "mix", "b"))
	t.Seq["mix"] = 0
	s.Send(t.write(9, "mix", "a"))
	t.End(true)
	s.Note("after the commit")
	s.Send(plain())
}

func markers(s *Session) {
	s.Topic("mk", 1)
	t := s.NewTxn("mk")
	t.Write("mk", "a", "b")
	s.Send(fetch(12, "mk", 0, 0))
	s.Send(fetchCommitted("mk", 0))
	t.End(true)
	s.Send(fetchCommitted("mk", 0))
	s.Note("aborted")
	t.Write("mk", "c")
	t.Write("mk", "d")
	s.Send(fetchCommitted("mk", 0))
	t.End(false)
	for _, offset := range []int64{0, 2, 3, 4, 5, 6} {
		s.Note("read from %d", offset)
		s.Send(fetchCommitted("mk", offset))
	}
	s.Send(fetch(12, "mk", 0, 3))
	s.Note("the sequence goes on over the markers")
	t.Write("mk", "e")
	t.End(true)
	s.Send(fetch(12, "mk", 0, 6))
	s.Note("v4, which is the first that knows about it")
	old := fetchCommitted("mk", 3)
	old.Version = 4
	s.Send(old)
}

// writtenMarkers sends markers as a coordinator would.
func writtenMarkers(s *Session) {
	s.Topic("wm", 2)
	t := s.NewTxn("wm")
	t.Write("wm", "a")
	s.Note("another epoch of the producer, an unknown producer, partitions that are not there")
	for v := int16(1); v <= 2; v++ {
		s.Send(writeMarkers(v, t.PID, t.Epoch-1, 0, true, "wm", 0))
		s.Send(writeMarkers(v, 424242, 0, 0, true, "wm", 1))
		s.Send(writeMarkers(v, t.PID, t.Epoch, 0, true, "wm", 7))
		s.Send(writeMarkers(v, t.PID, t.Epoch, 0, true, "wmnone", 0))
	}
	s.Note("no partitions, no markers")
	s.Send(writeMarkers(1, t.PID, t.Epoch, 0, true, "wm"))
	none := writeMarkers(1, 0, 0, 0, true, "wm")
	none.Markers = nil
	s.Send(none)
	s.Send(fetch(12, "wm", 0, 0))
	s.Note("the right one with a coordinator epoch of 5, again, then one of 4")
	s.Send(writeMarkers(1, t.PID, t.Epoch, 5, true, "wm", 0))
	s.Send(writeMarkers(1, t.PID, t.Epoch, 5, true, "wm", 0))
	s.Send(writeMarkers(1, t.PID, t.Epoch, 4, true, "wm", 0))
	s.Send(describeProducers("wm", 0))
	s.Send(fetch(12, "wm", 0, 1))
	s.Note("a newer epoch of the producer")
	s.Send(writeMarkers(1, t.PID, t.Epoch+1, 5, false, "wm", 0))
	s.Send(describeProducers("wm", 0))
	s.Note("a hanging transaction ends by the marker of its start")
	p := s.producer()
	b := Records("hang")
	b.Attributes |= transactional
	b.Producer = &Producer{ID: p}
	s.Send(writeMarkers(2, p, 0, -1, false, "wm", 1))
}

// lastStable follows the last stable offset with two transactions.
func lastStable(s *Session) {
	s.Topic("lso", 1)
	a, b := s.NewTxn("lsoa"), s.NewTxn("lsob")
	show := func(what string) {
		s.Note("%s", what)
		s.Send(latest("lso", 0))
		s.Send(latest("lso", 1))
		s.Send(fetchCommitted("lso", 0))
	}
	s.Fill("lso", recent("plain"))
	show("no transaction")
	a.Write("lso", "a1")
	b.Write("lso", "b1")
	s.Fill("lso", recent("plain"))
	show("two are open")
	a.End(false)
	show("the first is aborted")
	s.Note("a fetch that waits for the second's end")
	parked := fetchCommitted("lso", 2)
	parked.MaxWaitMillis, parked.MinBytes = 15000, 1
	s.Note("what lies behind the stable offset: nothing to read, and later")
	s.Send(fetchCommitted("lso", 3))
	other := s.Fork()
	start := time.Now()
	p := other.Start(parked)
	b.End(true)
	p.Wait()
	s.took("it", start, 10*time.Second)
	show("both have ended")
	s.Note("by time, under read_committed")
	a.Write("lso", "a2")
	for _, ts := range []int64{0, 1000, 1 << 60, -2} {
		req := listOffsets(7, "lso", 0, ts)
		req.IsolationLevel = 1
		s.Send(req)
	}
	s.Note("an offset behind the stable one, within and beyond the log")
	for _, offset := range []int64{6, 7, 8, 9} {
		s.Send(fetchCommitted("lso", offset))
	}
	a.End(true)
}

func activeProducers(s *Session) {
	s.Topic("dp", 2)
	s.Note("none")
	s.Send(describeProducers("dp", 0, 1))
	s.Note("not there, twice, no partitions, no topics")
	s.Send(describeProducers("dp", 7, -1))
	s.Send(describeProducers("dpnone", 0))
	s.Send(describeProducers("bad name", 0))
	s.Send(describeProducers("dp", 0, 0))
	s.Send(describeProducers("dp"))
	none := describeProducers("dp")
	none.Topics = nil
	s.Send(none)
	t := s.NewTxn("dp")
	t.Write("dp", "a", "b")
	b := recent("x", "y", "z")
	b.Producer = &Producer{ID: s.producer()}
	s.Do(produce(9, "dp", 1, b.Bytes()))
	s.Note("a transaction, and an idempotent producer")
	s.Send(describeProducers("dp", 0, 1))
	t.End(true)
	s.Send(describeProducers("dp", 0))
}

// noOffsetsPartition hides which partition of __consumer_offsets a group has:
// brokers differ in how many there are.
func noOffsetsPartition(_ string, tree map[string]any) {
	for _, st := range asList(tree["TransactionStates"]) {
		m, _ := st.(map[string]any)
		for _, t := range asList(m["Topics"]) {
			if t, _ := t.(map[string]any); t["Topic"] == "__consumer_offsets" {
				t["Partitions"] = "one"
			}
		}
	}
}

// pendingOffset asks for offsets that must be stable, and for whatever there is.
func (s *Session) pendingOffset(group, topic string) {
	for _, v := range []int16{7, 9} {
		req := offsetFetch(v, group, topic, 0, 1)
		req.RequireStable = true
		s.Send(req)
		s.Send(offsetFetch(v, group, topic, 0, 1))
		req = offsetFetch(v, group, "")
		req.RequireStable = true
		s.Send(req)
	}
}

func txnOffsets(s *Session) {
	s.Topic("to", 2)
	s.Coordinator(kindGroup, "to")
	t := s.NewTxn("to")
	s.Do(commit(8, "to", "", -1, "to", 1))
	versions(0, 4, func(v int16) {
		s.Note("v%d, committed", v)
		s.Send(t.addOffsets(min(v, 4), "to"))
		s.Send(t.offsets(v, "to", "to", 10+int64(v)))
		if v == 4 {
			s.pendingOffset("to", "to")
		}
		t.End(true)
		s.Send(offsetFetch(7, "to", "to", 0))
	})
	s.pendingOffset("to", "to")
	s.Note("aborted")
	s.Do(t.addOffsets(4, "to"))
	s.Send(t.offsets(4, "to", "to", 99))
	s.Note("a plain commit while it is pending, and a delete")
	s.Send(commit(8, "to", "", -1, "to", 50))
	s.pendingOffset("to", "to")
	t.End(false)
	s.Send(offsetFetch(7, "to", ""))
	s.Note("v5 adds the group by itself")
	s.Send(t.offsets(5, "to", "to", 60))
	s.Send(describeTxns("to"))
	t.End(true)
	s.Send(offsetFetch(7, "to", "to", 0))
	s.Note("offsets, then the group, are deleted while a transaction has some of it")
	s.Send(t.offsets(5, "to", "to", 65))
	s.Send(offsetDelete("to", "to", 0))
	s.Send(deleteGroups(2, "to"))
	t.End(true)
	s.Send(offsetFetch(7, "to", "to", 0))
	s.Note("two transactions at the same partition")
	u := s.NewTxn("to2")
	s.Send(t.offsets(5, "to", "to", 70))
	s.Send(u.offsets(5, "to", "to", 71))
	t.End(true)
	stable := offsetFetch(7, "to", "to", 0)
	stable.RequireStable = true
	s.Send(stable)
	s.Send(offsetFetch(7, "to", "to", 0))
	u.End(false)
	s.Send(offsetFetch(7, "to", "to", 0))
}

// txnOffsetsMember commits as a member of a classic group.
func txnOffsetsMember(s *Session) {
	s.Topic("tom", 1)
	m := s.Sole("tom", "inst", "range")
	t := s.NewTxn("tom")
	s.Do(t.addOffsets(4, "tom"))
	try := func(member string, generation int32, instance *string) {
		for v := int16(3); v <= 5; v++ {
			req := t.offsets(v, "tom", "tom", 5)
			req.MemberID, req.Generation, req.InstanceID = member, generation, instance
			s.Send(req)
		}
	}
	s.Note("right, an old generation, a future one, none")
	for _, gen := range []int32{m.Gen, m.Gen - 1, m.Gen + 1, -1} {
		try(m.ID, gen, nil)
	}
	s.Note("an unknown member, no member with the generation, nothing at all")
	try("who", m.Gen, nil)
	try("", m.Gen, nil)
	try("", -1, nil)
	s.Note("the instance: right, another's id, unknown")
	try(m.ID, m.Gen, ptr("inst"))
	try("who", m.Gen, ptr("inst"))
	try(m.ID, m.Gen, ptr("nobody"))
	s.Note("up to v2 nothing is checked")
	s.Send(t.offsets(2, "tom", "tom", 5))
	s.Note("while the group rebalances")
	b, wb := s.NewMember("tom", "", "range")
	s.State("tom", "PreparingRebalance", 2)
	try(m.ID, m.Gen, nil)
	m.Rejoin("range")
	wb()
	try(m.ID, m.Gen, nil)
	try(b.ID, b.Gen-1, nil)
	t.End(false)
}

func txnOffsetErrors(s *Session) {
	s.Topic("toe", 1)
	s.Coordinator(kindGroup, "toe")
	t := s.NewTxn("toe")
	s.Note("the group was not added")
	versions(0, 4, func(v int16) { s.Send(t.offsets(v, "toe", "toe", 1)) })
	s.Send(describeTxns("toe"))
	s.Do(t.addOffsets(4, "toe"))
	s.Note("topics and partitions that are not there")
	req := t.offsets(4, "toe", "toenone", 1)
	req.Topics = append(req.Topics, t.offsets(4, "toe", "toe", 2).Topics[0])
	bad := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	bad.Partition = 9
	req.Topics[1].Partitions = append(req.Topics[1].Partitions, bad)
	s.Send(req)
	s.Note("no topics; metadata too large; an empty group")
	req = t.offsets(4, "toe", "toe", 1)
	req.Topics = nil
	s.Send(req)
	req = t.offsets(4, "toe", "toe", 1)
	big := make([]byte, 4097)
	for i := range big {
		big[i] = 'm'
	}
	req.Topics[0].Partitions[0].Metadata = ptr(string(big))
	s.Send(req)
	s.Send(t.offsets(4, "", "toe", 1))
	s.Note("a group that is not there, with a generation")
	s.Do(t.addOffsets(4, "toenone"))
	req = t.offsets(4, "toenone", "toe", 1)
	req.MemberID, req.Generation = "who", 3
	s.Send(req)
	s.Note("after the end of the transaction")
	t.End(true)
	s.Send(t.offsets(4, "toe", "toe", 3))
	s.Send(t.offsets(5, "toe", "toe", 3))
	t.End(true)
	s.Note("an old epoch")
	old := *t
	t.Init()
	versions(3, 5, func(v int16) { s.Send(old.offsets(v, "toe", "toe", 4)) })
}
