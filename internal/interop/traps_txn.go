package interop

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func txnRows() []Row {
	return slices.Concat(initRows(), txnStateRows(), txnDataRows())
}

func initRows() []Row {
	return []Row{
		{Name: "h-init", Traps: []int{101}, Run: inits},
		{Name: "h-init-epochs", Traps: []int{102}, Run: initEpochs},
		{Name: "h-init-ongoing", Traps: []int{101, 109}, Run: initOngoing, Differs: "the open transaction is aborted before the answer, where Kafka has the client ask again"},
		{Name: "h-epoch-exhaustion", Traps: []int{102}, Alone: true, Run: epochExhaustion},
		{Name: "h-fenced", Traps: []int{101, 103}, Run: fencedProducer},
	}
}

func inits(s *Session) {
	s.Coordinator(kindTxn, "init")
	versions(0, 5, func(v int16) { s.Send(initTxn(v, "initv"+itoa(int32(v)))) })
	s.Note("again: the next epoch")
	versions(0, 5, func(v int16) { s.Send(initTxn(v, "initv"+itoa(int32(v)))) })
	s.Note("an empty id")
	versions(0, 5, func(v int16) { s.Send(initTxn(v, "")) })
	for _, ms := range []int32{0, -1, 1, 900000, 900001} {
		s.Note("timeout %d ms", ms)
		req := initTxn(4, "timeout"+itoa(ms))
		req.TransactionTimeoutMillis = ms
		s.Send(req)
	}
	s.Note("a timeout that is none on an id that is there")
	req := initTxn(4, "timeout1")
	req.TransactionTimeoutMillis = 0
	s.Send(req)
	s.Note("a producer id without an epoch, an epoch without an id")
	for _, c := range []struct {
		pid   int64
		epoch int16
	}{{7, -1}, {-1, 3}} {
		req := initTxn(4, "initv4")
		req.ProducerID, req.ProducerEpoch = c.pid, c.epoch
		s.Send(req)
	}
	s.Note("both, on an id that is not there")
	req = initTxn(4, "initnew")
	req.ProducerID, req.ProducerEpoch = 7777, 3
	s.Send(req)
}

// initEpochs passes the producer id and epoch that a client had.
func initEpochs(s *Session) {
	t := s.NewTxn("epochs")
	ask := func(version int16, pid int64, epoch int16) {
		req := initTxn(version, t.ID)
		req.ProducerID, req.ProducerEpoch = pid, epoch
		s.Send(req)
	}
	s.Note("the current epoch: the next one")
	ask(3, t.PID, 0)
	s.Note("the last epoch again (a retry): the current one")
	ask(3, t.PID, 0)
	ask(4, t.PID, 0)
	ask(5, t.PID, 1)
	s.Note("older, newer, another id")
	for v := int16(3); v <= 5; v++ {
		ask(v, t.PID, 0)
		ask(v, t.PID, 9)
		ask(v, t.PID+1, 2)
	}
	s.Note("nothing of it moved the epoch")
	ask(4, t.PID, 2)
	s.Note("without: the next one, and the one before is fenced")
	s.Send(initTxn(4, t.ID))
	ask(4, t.PID, 3)
	ask(3, t.PID, 3)
	ask(4, t.PID, 4)
}

// initOngoing initializes an id whose transaction is open: it is aborted first.
func initOngoing(s *Session) {
	s.Topic("ongoing", 1)
	t := s.NewTxn("ongoing")
	t.Write("ongoing", "a")
	s.Note("with the epoch of the open transaction, then without")
	req := initTxn(4, t.ID)
	req.ProducerID, req.ProducerEpoch = t.PID, t.Epoch
	s.Send(req)
	s.Until(req, func(r kmsg.Response) bool { return r.(*kmsg.InitProducerIDResponse).ErrorCode != 51 })
	s.Send(describeTxns(t.ID))
	s.Send(fetchCommitted("ongoing", 0))
	s.Note("what the producer of before gets")
	s.Send(t.write(9, "ongoing", "b"))
	s.Send(t.add(3, "ongoing", 0))
	s.Send(t.end(3, true))
	t.Init()
	t.Write("ongoing", "c")
	s.Send(initTxn(4, t.ID))
	s.Until(initTxn(4, t.ID), func(r kmsg.Response) bool { return r.(*kmsg.InitProducerIDResponse).ErrorCode != 51 })
	s.Send(describeTxns(t.ID))
	s.Send(latest("ongoing", 1))
}

// epochExhaustion bumps an epoch to its end: a new producer id follows.
func epochExhaustion(s *Session) {
	t := s.NewTxn("exhaust")
	last := int16(0)
	for last < 32765 {
		n := min(500, 32765-int(last))
		var waiting []*Pending
		for range n {
			waiting = append(waiting, s.Start(initTxn(4, t.ID)))
		}
		for _, p := range waiting {
			r, err := p.read()
			if err != nil {
				s.TB.Fatal(err)
			}
			last = r.(*kmsg.InitProducerIDResponse).ProducerEpoch
		}
	}
	first := t.PID
	s.Send(initTxn(4, t.ID))
	s.Note("the end")
	r := s.Send(initTxn(4, t.ID)).(*kmsg.InitProducerIDResponse)
	s.Note("another producer id: %t", r.ProducerID != first)
	s.Note("the old id, by the rules of epochs")
	for _, epoch := range []int16{32766, 32767, 32765} {
		req := initTxn(4, t.ID)
		req.ProducerID, req.ProducerEpoch = first, epoch
		s.Send(req)
	}
	s.Topic("exhaust", 1)
	t.Epoch = 32766
	s.Send(t.add(3, "exhaust", 0))
	s.Send(t.end(4, true))
}

// fencedProducer lets a producer go on whose id was initialized again.
func fencedProducer(s *Session) {
	s.Topic("zombie", 1)
	s.Coordinator(kindGroup, "zombie")
	t := s.NewTxn("zombie")
	t.Write("zombie", "a")
	t.End(true)
	old := *t
	old.Seq = map[string]int32{"zombie": 1}
	t.Init()
	s.Note("an old epoch")
	versions(0, 3, func(v int16) { s.Send(old.add(v, "zombie", 0)) })
	versions(4, 5, func(v int16) { s.Send(old.add(v, "zombie", 0)) })
	versions(0, 4, func(v int16) { s.Send(old.addOffsets(v, "zombie")) })
	versions(0, 5, func(v int16) { s.Send(old.end(v, true)) })
	versions(0, 5, func(v int16) { s.Send(old.offsets(v, "zombie", "zombie", 3)) })
	versions(9, 12, func(v int16) { s.Send(old.write(v, "zombie", "b")); old.Seq["zombie"]-- })
	s.Note("the new producer writes; the old epoch to the partition then")
	t.Write("zombie", "c")
	versions(9, 12, func(v int16) { s.Send(old.write(v, "zombie", "b")); old.Seq["zombie"]-- })
	versions(0, 5, func(v int16) { s.Send(old.end(v, false)) })
	s.Note("a newer epoch than the coordinator's")
	next := *t
	next.Epoch++
	s.Send(next.add(3, "zombie", 0))
	s.Send(next.end(4, true))
	s.Send(next.end(5, true))
	s.Note("another producer id; an id that is not there; an empty one")
	other := *t
	other.PID += 1000
	s.each(&other)
	other = *t
	other.ID = "nobody"
	s.each(&other)
	other.ID = ""
	s.each(&other)
	s.Note("the transaction of the new one is untouched")
	s.Send(t.end(4, true))
}

// each sends one request of every kind that names a transaction.
func (s *Session) each(t *Txn) {
	s.Send(t.add(3, "zombie", 0))
	s.Send(t.add(5, "zombie", 0))
	s.Send(t.addOffsets(3, "zombie"))
	s.Send(t.end(3, true))
	s.Send(t.end(5, true))
	s.Send(t.offsets(3, "zombie", "zombie", 3))
	s.Send(t.offsets(5, "zombie", "zombie", 3))
	s.Send(t.write(11, "zombie", "b"))
	s.Send(t.write(12, "zombie", "b"))
}
