package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func idempotenceRows() []Row {
	return []Row{
		{Name: "c-init-producer-id", Traps: []int{46}, Run: func(s *Session) {
			s.producer()
			versions(0, 5, func(v int16) { s.Send(initProducerID(v, -1, -1)) })
			s.Note("an id without an epoch, an epoch without an id, both")
			s.Send(initProducerID(5, 7, -1))
			s.Send(initProducerID(5, -1, 3))
			s.Send(initProducerID(5, 7, 3))
			s.Note("empty transactional id")
			req := initProducerID(4, -1, -1)
			req.TransactionalID = ptr("")
			s.Send(req)
			s.Note("timeouts do not matter without a transactional id")
			req = initProducerID(4, -1, -1)
			req.TransactionTimeoutMillis = -1
			s.Send(req)
		}},
		{Name: "c-sequences", Traps: []int{46, 47, 48}, Run: sequences},
		{Name: "c-duplicate-window", Traps: []int{47}, Run: duplicateWindow},
		{Name: "c-sequence-wrap", Traps: []int{46}, Run: func(s *Session) {
			s.Topic("wrap", 1)
			p := s.producer()
			send := func(seq int32, values ...string) {
				b := Records(values...)
				b.Producer = &Producer{ID: p, Epoch: 0, Seq: seq}
				s.Note("sequence %d, %d records", seq, len(values))
				s.Send(produce(9, "wrap", 0, b.Bytes()))
			}
			s.Note("the first sequence of an unknown producer may be anything")
			send(2147483645, "a", "b")
			send(2147483647, "c", "d")
			send(1, "e")
			send(1, "e")
			send(2147483647, "c", "d")
			send(0, "z")
		}},
		{Name: "c-epochs", Traps: []int{46, 48}, Run: producerEpochs},
		{Name: "c-idempotent-errors", Traps: []int{46, 49}, Run: func(s *Session) {
			s.Topic("iderr", 2)
			p := s.producer()
			send := func(what string, partition int32, b BatchSpec) {
				s.Note("%s", what)
				s.Send(produce(9, "iderr", partition, b.Bytes()))
			}
			b := Records("a")
			b.Producer = &Producer{ID: p, Epoch: 0, Seq: 0}
			send("first", 0, b)
			bad := b
			bad.Producer, bad.BreakCRC = &Producer{ID: p, Epoch: 0, Seq: 1}, true
			send("wrong CRC does not move the sequence", 0, bad)
			b.Producer = &Producer{ID: p, Epoch: 0, Seq: 1}
			send("the same sequence, right", 0, b)
			b.Producer = &Producer{ID: p, Epoch: 0, Seq: 0}
			send("another partition has its own sequence", 1, b)
			b.Producer = &Producer{ID: 999999, Epoch: 5, Seq: 77}
			send("a producer id nobody gave out", 0, b)
			b.Producer = &Producer{ID: p, Epoch: -1, Seq: 3}
			send("epoch -1", 0, b)
		}},
		{Name: "c-producer-expiry", Traps: []int{52}, Run: producerExpiry, Config: map[string]string{
			"producer.id.expiration.ms": "1000", "producer.id.expiration.check.interval.ms": "100", "log.retention.check.interval.ms": "100",
		}},
	}
}

func initProducerID(version int16, id int64, epoch int16) *kmsg.InitProducerIDRequest {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.Version, req.ProducerID, req.ProducerEpoch = version, id, epoch
	req.TransactionTimeoutMillis = 60000
	return req
}

// producer asks for a fresh producer id, unrecorded.
func (s *Session) producer() int64 {
	s.TB.Helper()
	resp := s.Until(initProducerID(4, -1, -1), func(r kmsg.Response) bool {
		return r.(*kmsg.InitProducerIDResponse).ErrorCode == 0
	})
	return resp.(*kmsg.InitProducerIDResponse).ProducerID
}

func sequences(s *Session) {
	s.Topic("seq", 1)
	p := s.producer()
	send := func(what string, epoch int16, seq int32, values ...string) {
		b := Records(values...)
		b.Producer = &Producer{ID: p, Epoch: epoch, Seq: seq}
		s.Note("%s: epoch %d sequence %d, %d records", what, epoch, seq, len(values))
		for _, v := range []int16{7, 9} {
			s.Send(produce(v, "seq", 0, b.Bytes()))
		}
	}
	send("first, then its duplicate", 0, 0, "a", "b")
	send("next, then its duplicate", 0, 2, "c")
	send("gap", 0, 5, "d")
	send("overlap", 0, 2, "c", "d")
	send("inside the first", 0, 1, "b")
	send("next again", 0, 3, "e")
	s.Send(fetch(12, "seq", 0, 0))
}

// duplicateWindow resends batches that are one to six batches old.
func duplicateWindow(s *Session) {
	s.Topic("window", 1, "message.timestamp.type=LogAppendTime")
	p := s.producer()
	for seq := range int32(6) {
		b := Records("v")
		b.Producer = &Producer{ID: p, Epoch: 0, Seq: seq}
		s.Send(produce(9, "window", 0, b.Bytes()))
	}
	for seq := int32(5); seq >= 0; seq-- {
		b := Records("v")
		b.Producer = &Producer{ID: p, Epoch: 0, Seq: seq}
		s.Note("again sequence %d", seq)
		s.Send(produce(9, "window", 0, b.Bytes()))
	}
}

func producerEpochs(s *Session) {
	s.Topic("epochs", 1)
	p := s.producer()
	send := func(epoch int16, seq int32) {
		b := Records("v")
		b.Producer = &Producer{ID: p, Epoch: epoch, Seq: seq}
		s.Note("epoch %d sequence %d", epoch, seq)
		s.Send(produce(9, "epochs", 0, b.Bytes()))
	}
	send(0, 0)
	send(1, 5)
	send(1, 0)
	send(0, 1)
	send(1, 1)
	send(5, 0)
	send(4, 0)
	send(5, 0)
	send(32767, 0)
}

// producerExpiry waits until the broker has forgotten an idle producer: then
// any first sequence is taken, as from an unknown one.
func producerExpiry(s *Session) {
	s.Topic("expiry", 1)
	p := s.producer()
	batch := func(seq int32) *kmsg.ProduceRequest {
		b := Records("v")
		b.FirstTimestamp = time.Now().UnixMilli()
		b.Producer = &Producer{ID: p, Epoch: 0, Seq: seq}
		return produce(9, "expiry", 0, b.Bytes())
	}
	s.Do(batch(0))
	s.Note("a gap while the producer is known")
	s.Send(batch(7))
	s.Until(batch(7), func(r kmsg.Response) bool { return r.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode == 0 })
	s.Note("the same gap is accepted when the producer has expired")
	s.Send(batch(8))
}
