package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// sharePartitionRows are about the partition side of share groups (KIP-932).
func sharePartitionRows() []Row {
	return []Row{
		{Name: "j-state", Traps: []int{94}, Run: shareStateRow},
		{Name: "j-fetch", Traps: []int{94}, Run: shareFetchRow},
		{Name: "j-unknown", Traps: []int{94}, Differs: "Kafka fails over the id of a topic that it does not have", Run: shareUnknown},
		{Name: "j-sessions", Traps: []int{94}, Run: shareSessions},
		{Name: "j-acknowledge", Traps: []int{94}, Run: shareAcknowledges},
		{Name: "j-bad-acknowledge", Traps: []int{94}, Sort: []string{"Topics"}, Run: shareBadAcks},
		{Name: "j-batches", Traps: []int{94}, Run: shareBatches},
		{Name: "j-renew", Traps: []int{94}, Run: shareRenews},
		{Name: "j-log-start", Traps: []int{94}, Run: shareLogStart},
		{Name: "j-reset", Traps: []int{94}, Run: shareResets},
		{Name: "j-transactions", Traps: []int{94}, Drop: racing, Run: shareTransactions},
		{Name: "j-limit", Traps: []int{94}, Config: map[string]string{"group.share.max.share.sessions": "1", "group.share.max.size": "1"}, Run: shareSessionLimit},
		{Name: "j-locks", Traps: []int{94}, Config: map[string]string{
			"group.share.min.record.lock.duration.ms": "1000", "group.share.record.lock.duration.ms": "1000",
		}, Run: shareLocks},
	}
}

func shareStateRow(s *Session) {
	id := s.Topic("jst", 2)
	s.ShareCoordinator("jst", id)
	none := [16]byte{1}
	s.Note("of nothing")
	s.Send(readShare("jst", id, 0, 0))
	s.Send(writeShare(1, "jst", id, 0, 0, 0, 0))
	versions(0, 1, func(v int16) { s.Send(summarizeShare(v, "jst", id, 0)) })
	s.Send(deleteShare("jst", id, 0))
	for what, p := range map[string]int32{"negative": -1} {
		s.Note("a partition that is %s", what)
		s.Send(initShare("jst", id, p, 0, 0))
		s.Send(readShare("jst", id, p, 0))
		s.Send(writeShare(1, "jst", id, p, 0, 0, 0))
		s.Send(summarizeShare(1, "jst", id, p))
		s.Send(deleteShare("jst", id, p))
	}
	s.Note("a partition and a topic that are not there")
	s.Send(initShare("jst", id, 2, 0, 0))
	s.Send(initShare("jst", none, 0, 0, 0))
	s.Send(summarizeShare(1, "jst", id, 2))
	s.Send(deleteShare("jst", id, 2))
	s.Note("an empty group, no topics")
	s.Send(initShare("", id, 0, 0, 0))
	s.Send(readShare("", id, 0, 0))
	q := readShare("jst", id, 0, 0)
	q.Topics = nil
	s.Send(q)
	s.Note("begin")
	s.Send(initShare("jst", id, 0, 2, 10))
	s.Send(readShare("jst", id, 0, 3))
	versions(0, 1, func(v int16) { s.Send(summarizeShare(v, "jst", id, 0)) })
	s.Note("fenced")
	s.Send(initShare("jst", id, 0, 1, 0))
	s.Send(readShare("jst", id, 0, 2))
	s.Send(writeShare(1, "jst", id, 0, 2, 2, 10))
	s.Send(writeShare(1, "jst", id, 0, 3, 1, 10))
	s.Note("write")
	s.Send(writeShare(1, "jst", id, 0, 3, 2, 10, shareStates{12, 15, 2, 1}, shareStates{16, 19, 0, 1}))
	s.Send(writeShare(0, "jst", id, 0, -1, -1, 11, shareStates{14, 17, 0, 2}, shareStates{25, 26, 4, 1}))
	s.Send(readShare("jst", id, 0, -1))
	s.Send(summarizeShare(1, "jst", id, 0))
	s.Send(writeShare(1, "jst", id, 0, 9, 9, -1, shareStates{26, 27, 4, 1}))
	s.Send(readShare("jst", id, 0, 9))
	s.Note("begin anew")
	s.Send(initShare("jst", id, 0, 5, -1))
	s.Send(readShare("jst", id, 0, -1))
	s.Send(summarizeShare(1, "jst", id, 0))
	s.Send(deleteShare("jst", id, 0))
	s.Send(readShare("jst", id, 0, -1))
}

func shareFetchRow(s *Session) {
	id := s.Topic("jf", 1)
	s.Fill("jf", Records("a", "b", "c"), Records("d"))
	s.ShareCoordinator("jf", id)
	a := s.NewSharer("jf", "a", id)
	s.Note("a group that the coordinator does not know")
	a.Fetch()
	s.Shares("jf", id, 0)
	a.Epoch = 0
	s.Note("all")
	a.Fetch()
	s.Note("nothing is left: a session that goes on, one that begins")
	a.Fetch()
	b := s.NewSharer("jf", "b", id)
	b.Fetch()
	s.Note("accepted, and more")
	a.Fetch(ackBatch(0, 3, 1))
	s.Fill("jf", Records("e"))
	b.Fetch()
	s.Note("version 1")
	b.Version = 1
	b.Fetch(ackBatch(4, 4, 2))
	b.Fetch()
	s.Note("no records, no bytes")
	b.Edit = func(q *kmsg.ShareFetchRequest) { q.MaxRecords = 0 }
	b.Fetch(ackBatch(4, 4, 2))
	b.Edit = func(q *kmsg.ShareFetchRequest) { q.MaxBytes = 0 }
	b.Fetch()
	b.Edit = nil
}

func shareUnknown(s *Session) {
	id := s.Topic("ju", 1)
	s.Fill("ju", Records("a"))
	s.Shares("ju", id, 0)
	a := s.NewSharer("ju", "a", id)
	a.Edit = func(q *kmsg.ShareFetchRequest) { q.Topics[0].Partitions[0].Partition = 7 }
	s.Note("a partition that is not there")
	a.Fetch()
	a.Edit = func(q *kmsg.ShareFetchRequest) { q.Topics[0].TopicID = [16]byte{1} }
	s.Note("a topic that is not there")
	a.Fetch()
	s.Note("they are forgotten")
	a.Edit = func(q *kmsg.ShareFetchRequest) {
		q.ForgottenTopicsData = []kmsg.ShareFetchRequestForgottenTopicsData{{TopicID: [16]byte{1}, Partitions: []int32{0}}, {TopicID: id, Partitions: []int32{7}}}
	}
	a.Fetch()
}

func shareSessions(s *Session) {
	id := s.Topic("jse", 1)
	s.Fill("jse", Records("a", "b"))
	s.Shares("jse", id, 0)
	a := s.NewSharer("jse", "a", id)
	try := func(what string, epoch int32, acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) {
		s.Note("%s", what)
		a.Epoch = epoch
		a.Fetch(acks...)
		a.Epoch = epoch
		a.Ack(acks...)
	}
	try("no session", 1)
	try("no session to end", -1)
	try("acknowledgements without a session", 0, ackBatch(0, 0, 1))
	a.Epoch = 0
	a.Do(a.Ask())
	a.Epoch = 5
	s.Note("epochs out of order")
	a.Fetch()
	a.Ack()
	a.Epoch = -2
	a.Fetch()
	a.Ack()
	s.Note("the second, twice")
	a.Epoch = 1
	a.Ack(ackBatch(0, 0, 1))
	a.Epoch = 1
	a.Ack(ackBatch(0, 0, 1))
	a.Epoch = 1
	a.Fetch()
	s.Note("the first once more: what was acquired stays")
	a.Epoch = 0
	a.Fetch()
	b := s.NewSharer("jse", "b", id)
	b.Fetch()
	s.Note("the end, with an acknowledgement: what is left is released")
	a.Epoch = -1
	a.Fetch(ackBatch(1, 1, 3))
	a.Epoch = 1
	a.Fetch()
	a.Epoch = -1
	a.Ack()
	b.Fetch()
	s.Note("no group, no member, a long member")
	for _, member := range []string{"", "0123456789012345678901234567890123456", "012345678901234567890123456789012345"} {
		c := s.NewSharer("jse", member, id)
		c.Fetch()
		c.Epoch = 0
		c.Ack()
	}
	c := s.NewSharer("", "c", id)
	c.Fetch()
	q := c.Acks()
	q.GroupID = nil
	s.Send(q)
	q = c.Acks()
	q.MemberID = nil
	s.Send(q)
}

func shareAcknowledges(s *Session) {
	id := s.Topic("ja", 1)
	s.Fill("ja", Records("a", "b", "c", "d", "e", "f"), Records("g", "h", "i"))
	s.Shares("ja", id, 0)
	a, b := s.NewSharer("ja", "a", id), s.NewSharer("ja", "b", id)
	a.Fetch()
	s.Note("accept, release, reject, a gap")
	a.Ack(ackBatch(0, 1, 1), ackBatch(2, 5, 2, 3, 0, 1))
	b.Fetch()
	s.Note("what is another's, what is done, what is released")
	a.Ack(ackBatch(2, 2, 1))
	a.Ack(ackBatch(0, 0, 1))
	a.Ack(ackBatch(3, 3, 1))
	s.Note("held and not held: all or nothing")
	a.Ack(ackBatch(5, 7, 1))
	a.Ack(ackBatch(6, 8, 1))
	s.Note("what was never acquired")
	a.Ack(ackBatch(9, 9, 1))
	a.Ack(ackBatch(8, 12, 1))
	a.Ack(ackBatch(20, 22, 1))
	s.Note("all is done")
	b.Ack(ackBatch(2, 2, 1))
	b.Ack(ackBatch(2, 2, 1))
	s.Fill("ja", Records("j"))
	b.Fetch()
	s.Send(summarizeShare(1, "ja", id, 0))
	s.Note("deliveries")
	for range 5 {
		b.Ack(ackBatch(9, 9, 2))
		b.Fetch()
	}
	s.Fill("ja", Records("k"))
	b.Fetch()
	s.Send(readShare("ja", id, 0, -1))
}

func shareBadAcks(s *Session) {
	id := s.Topic("jb", 1)
	s.Fill("jb", Records("a", "b", "c", "d"))
	s.Shares("jb", id, 0)
	a := s.NewSharer("jb", "a", id)
	a.Fetch()
	for _, bad := range [][]kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch{
		{ackBatch(1, 0, 1)},
		{ackBatch(0, 1)},
		{ackBatch(0, 2, 1, 1)},
		{ackBatch(0, 0, 5)},
		{ackBatch(0, 0, -1)},
		{ackBatch(2, 3, 1), ackBatch(0, 1, 1)},
		{ackBatch(0, 2, 1), ackBatch(1, 3, 1)},
		{ackBatch(0, 1, 1), ackBatch(2, 2, 7)},
		{},
	} {
		s.Note("%d batches, the first %d-%d with %v", len(bad), first(bad).FirstOffset, first(bad).LastOffset, first(bad).AcknowledgeTypes)
		a.Ack(bad...)
		a.Fetch(bad...)
	}
	s.Note("to renew without saying so, in version 1")
	q := a.Acks(ackBatch(0, 0, 4))
	q.IsRenewAck = false
	s.Note("%v", q.IsRenewAck)
	a.Send(q)
	a.Version = 1
	a.Ack(ackBatch(0, 0, 4))
	a.Version = 2
	s.Note("a topic and a partition that are not there")
	q = a.Acks(ackBatch(0, 0, 1))
	q.Topics[0].TopicID = [16]byte{1}
	a.Send(q)
	q = a.Acks(ackBatch(0, 0, 1))
	q.Topics[0].Partitions[0].Partition = 3
	a.Send(q)
	s.Note("a group that has nothing here")
	other := s.Topic("jb2", 1)
	q = a.Acks(ackBatch(0, 0, 1))
	q.Topics[0].TopicID = other
	a.Send(q)
	s.Note("all are held still")
	a.Ack(ackBatch(0, 3, 1))
}

func first(b []kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) (out kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) {
	if len(b) > 0 {
		out = b[0]
	}
	return out
}

func shareBatches(s *Session) {
	id := s.Topic("jba", 1)
	for range 4 {
		s.Fill("jba", Records("a", "b", "c"))
	}
	for i, edit := range []func(q *kmsg.ShareFetchRequest){
		func(q *kmsg.ShareFetchRequest) { q.BatchSize = 1 },
		func(q *kmsg.ShareFetchRequest) { q.BatchSize = 4 },
		func(q *kmsg.ShareFetchRequest) { q.MaxRecords = 1 },
		func(q *kmsg.ShareFetchRequest) { q.MaxRecords = 4 },
		func(q *kmsg.ShareFetchRequest) { q.MaxRecords, q.BatchSize = 7, 2 },
		func(q *kmsg.ShareFetchRequest) { q.MaxRecords, q.ShareAcquireMode = 1, 1 },
		func(q *kmsg.ShareFetchRequest) { q.MaxRecords, q.ShareAcquireMode = 5, 1 },
		func(q *kmsg.ShareFetchRequest) { q.MaxBytes = 1 },
	} {
		group := "jba" + string(rune('0'+i))
		s.Shares(group, id, int64(i%3))
		a := s.NewSharer(group, "a", id)
		a.Edit = edit
		s.Note("%d bytes", a.Ask().MaxBytes)
		a.Epoch = 0
		for range 4 {
			a.Fetch()
		}
	}
}

func shareRenews(s *Session) {
	id := s.Topic("jr", 1)
	s.Fill("jr", Records("a", "b", "c"))
	s.Shares("jr", id, 0)
	a := s.NewSharer("jr", "a", id)
	a.Fetch()
	a.Ack(ackBatch(0, 2, 4))
	a.Ack(ackBatch(0, 2, 4, 1, 4))
	a.Ack(ackBatch(1, 1, 4))
	s.Note("in a fetch, which must ask for nothing")
	a.Edit = func(q *kmsg.ShareFetchRequest) { q.IsRenewAck = true }
	a.Fetch(ackBatch(0, 0, 4))
	a.Epoch--
	a.Edit = func(q *kmsg.ShareFetchRequest) {
		q.IsRenewAck, q.MaxBytes, q.MinBytes, q.MaxRecords, q.MaxWaitMillis = true, 0, 0, 0, 0
	}
	a.Fetch(ackBatch(0, 0, 4))
	s.Note("not in this group")
	s.Do(incremental(kmsg.ConfigResourceTypeGroupConfig, "jr", "set share.renew.acknowledge.enable=false"))
	s.Until(describeConfigs(4, kmsg.ConfigResourceTypeGroupConfig, "jr"), func(r kmsg.Response) bool {
		for _, c := range r.(*kmsg.DescribeConfigsResponse).Resources[0].Configs {
			if c.Name == "share.renew.acknowledge.enable" {
				return deref(c.Value) == "false"
			}
		}
		return false
	})
	a.Ack(ackBatch(0, 0, 4))
}

func shareLogStart(s *Session) {
	id := s.Topic("jl", 1)
	s.Fill("jl", Records("a", "b"), Records("c", "d", "e", "f"), Records("g"))
	s.Shares("jl", id, 0)
	a := s.NewSharer("jl", "a", id)
	a.Edit = func(q *kmsg.ShareFetchRequest) { q.MaxRecords, q.ShareAcquireMode = 3, 1 }
	a.Fetch()
	s.Note("the log begins behind what is held")
	s.Do(deleteRecords(2, "jl", 0, 5))
	a.Got()
	a.Ack(ackBatch(0, 2, 1))
	a.Ack(ackBatch(5, 6, 1))
	s.Send(readShare("jl", id, 0, -1))
}

func shareResets(s *Session) {
	id := s.Topic("jre", 1)
	s.Fill("jre", recent("a", "b"))
	for _, reset := range []string{"", "earliest", "latest", "by_duration:PT1H"} {
		group := "jre" + reset[:min(2, len(reset))]
		if reset != "" {
			s.Do(incremental(kmsg.ConfigResourceTypeGroupConfig, group, "set share.auto.offset.reset="+reset))
			s.Until(describeConfigs(4, kmsg.ConfigResourceTypeGroupConfig, group), func(r kmsg.Response) bool {
				for _, c := range r.(*kmsg.DescribeConfigsResponse).Resources[0].Configs {
					if c.Name == "share.auto.offset.reset" {
						return deref(c.Value) == reset
					}
				}
				return false
			})
		}
		s.Shares(group, id, -1)
		s.Note("reset %q", reset)
		a := s.NewSharer(group, "a", id)
		a.Do(a.Ask()) // what is younger than an hour follows the clock
		s.Fill("jre", recent("c"))
		a.Got()
		s.Send(summarizeShare(1, group, id, 0))
		a.End()
	}
}

func shareTransactions(s *Session) {
	id := s.Topic("jt", 1)
	t := s.NewTxn("jt")
	t.Write("jt", "a", "b")
	t.End(false)
	t.Complete()
	t.Write("jt", "c")
	t.End(true)
	t.Complete()
	s.Do(incremental(kmsg.ConfigResourceTypeGroupConfig, "jtc", "set share.isolation.level=read_committed"))
	for _, group := range []string{"jtu", "jtc"} {
		s.Shares(group, id, 0)
		s.Note("%s", group)
		a := s.NewSharer(group, "a", id)
		a.Got()
		a.Ack(ackBatch(3, 4, 1, 0))
		a.Ack(ackBatch(0, 2, 1))
		s.Send(readShare(group, id, 0, -1))
	}
}

func shareSessionLimit(s *Session) {
	id := s.Topic("jli", 1)
	s.Shares("jli", id, 0)
	a, b := s.NewSharer("jli", "a", id), s.NewSharer("jli", "b", id)
	a.Fetch()
	start := time.Now()
	b.Fetch()
	s.took("to be refused", start, 400*time.Millisecond)
	a.End()
	b.Epoch = 0
	b.Fetch()
}

func shareLocks(s *Session) {
	id := s.Topic("jlo", 1)
	s.Fill("jlo", Records("a", "b", "c", "d"))
	s.Shares("jlo", id, 0)
	a, b := s.NewSharer("jlo", "a", id), s.NewSharer("jlo", "b", id)
	a.Fetch()
	b.Edit = func(q *kmsg.ShareFetchRequest) { q.MaxWaitMillis = 5000 }
	b.Fetch()
	s.Note("too late")
	a.Ack(ackBatch(0, 0, 1))
	b.Ack(ackBatch(0, 3, 1))
	s.Send(summarizeShare(1, "jlo", id, 0))
}
