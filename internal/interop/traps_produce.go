package interop

import (
	"encoding/binary"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func produceRows() []Row {
	return slices.Concat(produceAnswerRows(), produceFormRows(), produceCodecRows(), produceTopicRows())
}

func produceAnswerRows() []Row {
	return []Row{
		{Name: "c-acks", Traps: []int{35}, Run: func(s *Session) {
			s.Topic("acks", 2)
			for _, acks := range []int16{2, -2, 1, -1} {
				req := produce(9, "acks", 0, Records("a").Bytes())
				req.Acks = acks
				req.Topics[0].Partitions = append(req.Topics[0].Partitions, kmsg.ProduceRequestTopicPartition{Partition: 1, Records: Records("b").Bytes()})
				s.Note("acks=%d", acks)
				s.Send(req)
			}
		}},
		{Name: "c-versions", Traps: []int{42, 44}, Run: func(s *Session) {
			id := s.Topic("versions", 1)
			versions(3, 13, func(v int16) {
				req := produce(v, "versions", 0, Records("a").Bytes())
				req.Topics[0].TopicID = id
				s.Send(req)
			})
			s.Note("the client's epoch is overwritten, its base offset must be 0")
			odd := Records("x")
			odd.Edit = func(b *kmsg.RecordBatch) { b.PartitionLeaderEpoch = 99 }
			s.Send(produce(9, "versions", 0, odd.Bytes()))
			odd.FirstOffset = 4711
			s.Send(produce(9, "versions", 0, odd.Bytes()))
			s.Send(fetch(12, "versions", 0, 10))
		}},
		{Name: "c-old-versions", Traps: []int{7}, Run: oldProduce, Differs: "kq converts message sets of magic 0 and 1, as Kafka did until 3.9"},
		{Name: "c-unknown", Traps: []int{36}, Run: func(s *Session) {
			id := s.Topic("known", 1)
			for _, v := range []int16{3, 9, 12} {
				s.Send(produce(v, "unknown", 0, Records("a").Bytes()))
				s.Send(produce(v, "known", 7, Records("a").Bytes()))
				s.Send(produce(v, "known", -1, Records("a").Bytes()))
				s.Send(produce(v, "bad name", 0, Records("a").Bytes()))
			}
			byID := produce(13, "", 0, Records("a").Bytes())
			byID.Topics[0].TopicID = [16]byte{5}
			s.Send(byID)
			byID.Topics[0].TopicID = id
			byID.Topics[0].Partitions[0].Partition = 7
			s.Send(byID)
			byID.Topics[0].TopicID = [16]byte{}
			s.Send(byID)
		}},
	}
}

func produceFormRows() []Row {
	return []Row{
		{Name: "c-empty", Traps: []int{37}, Differs: "Kafka leaves null records without an answer; kq says 87", Run: func(s *Session) {
			s.Topic("empty", 1)
			for _, v := range []int16{3, 8, 9} {
				s.Try(produce(v, "empty", 0, nil))
				s.Try(produce(v, "empty", 0, []byte{}))
			}
			none := Records()
			s.Note("a batch without records")
			s.Send(produce(9, "empty", 0, none.Bytes()))
			s.Note("two batches")
			s.Send(produce(9, "empty", 0, append(Records("a").Bytes(), Records("b").Bytes()...)))
			s.Note("no topics, no partitions")
			req := produce(9, "empty", 0, nil)
			req.Topics[0].Partitions = nil
			s.Send(req)
			req.Topics = nil
			s.Send(req)
		}},
		{Name: "c-magic", Traps: []int{37}, Run: func(s *Session) {
			s.Topic("magic", 1)
			for _, v := range []int16{3, 9} {
				s.Send(produce(v, "magic", 0, Message(0, 0, 0, 0, nil, []byte("v0"))))
				s.Send(produce(v, "magic", 0, Message(1, 0, 0, 1000, nil, []byte("v1"))))
			}
			for _, magic := range []int8{3, -1} {
				b := Records("a")
				b.Edit = func(b *kmsg.RecordBatch) { b.Magic = magic }
				s.Send(produce(9, "magic", 0, b.Bytes()))
			}
		}},
		{Name: "c-corrupt", Traps: []int{38}, Run: corruptBatches},
		{Name: "c-counts", Traps: []int{40}, Run: countTraps},
		{Name: "c-offset-deltas", Traps: []int{40}, Differs: "kq numbers the records of such a batch anew: no record may take the offset of another", Run: offsetDeltas},
		{Name: "c-control", Traps: []int{40}, Run: func(s *Session) {
			s.Topic("control", 1)
			b := Records("a")
			b.Attributes = 0x20
			s.Send(produce(9, "control", 0, b.Bytes()))
			b.Attributes = 0x30
			b.Producer = &Producer{ID: 1, Epoch: 0, Seq: -1}
			s.Send(produce(9, "control", 0, b.Bytes()))
		}},
	}
}

func produceCodecRows() []Row {
	return []Row{
		{Name: "c-zstd", Traps: []int{37, 67}, Run: func(s *Session) {
			s.Topic("zstd", 1)
			b := Records("a")
			b.Attributes = 4
			s.Send(produce(6, "zstd", 0, b.Bytes()))
			s.Send(produce(7, "zstd", 0, b.Bytes()))
			versions(8, 11, func(v int16) { s.Send(fetch(v, "zstd", 0, 0)) })
		}},
		{Name: "c-codecs", Traps: []int{37}, Run: func(s *Session) {
			s.Topic("codecs", 1)
			for codec := int16(0); codec <= 4; codec++ {
				b := Records("a", "b", "c")
				b.Attributes = codec
				s.Send(produce(9, "codecs", 0, b.Bytes()))
			}
			s.Send(fetch(12, "codecs", 0, 0))
		}},
		{Name: "c-codec-garbage", Traps: []int{37}, Differs: "kq opens compressed batches only where the topic needs it", Run: func(s *Session) {
			s.Topic("garbage", 1)
			for codec := int16(1); codec <= 4; codec++ {
				b := Records("a", "b", "c")
				b.Edit = func(b *kmsg.RecordBatch) { b.Attributes = codec }
				s.Send(produce(9, "garbage", 0, b.Bytes()))
			}
		}},
		{Name: "c-codec-unknown", Traps: []int{37}, Run: func(s *Session) {
			s.Topic("codec5", 1)
			for codec := int16(5); codec <= 7; codec++ {
				b := Records("a")
				b.Attributes = codec
				s.Send(produce(9, "codec5", 0, b.Bytes()))
			}
		}},
	}
}

func produceTopicRows() []Row {
	return []Row{
		{Name: "c-too-large", Traps: []int{39}, Run: tooLarge},
		{Name: "c-compacted", Traps: []int{41}, Run: func(s *Session) {
			s.Topic("compacted", 1, "cleanup.policy=compact")
			b := Records("a", "b", "c")
			b.Recs[1].Key = []byte("k")
			for _, v := range []int16{7, 8, 9} {
				s.Send(produce(v, "compacted", 0, b.Bytes()))
			}
			b.Attributes = 1
			s.Note("compressed")
			s.Send(produce(9, "compacted", 0, b.Bytes()))
			for i := range b.Recs {
				b.Recs[i].Key = []byte{}
			}
			s.Note("empty keys are keys")
			s.Send(produce(9, "compacted", 0, b.Bytes()))
		}},
		{Name: "c-min-isr", Traps: []int{43}, Run: func(s *Session) {
			s.Topic("minisr", 1, "min.insync.replicas=2")
			s.Send(produce(9, "minisr", 0, Records("a").Bytes()))
			one := produce(9, "minisr", 0, Records("a").Bytes())
			one.Acks = 1
			s.Send(one)
		}},
		{Name: "c-partial", Traps: []int{49}, Run: func(s *Session) {
			s.Topic("partial", 3)
			bad := Records("x")
			bad.BreakCRC = true
			req := produce(9, "partial", 0, Records("a").Bytes())
			req.Topics[0].Partitions = append(req.Topics[0].Partitions,
				kmsg.ProduceRequestTopicPartition{Partition: 1, Records: bad.Bytes()},
				kmsg.ProduceRequestTopicPartition{Partition: 9, Records: Records("z").Bytes()},
				kmsg.ProduceRequestTopicPartition{Partition: 2, Records: Records("b", "c").Bytes()})
			s.Send(req)
			s.Note("the same partition twice")
			twice := produce(9, "partial", 0, Records("d").Bytes())
			twice.Topics[0].Partitions = append(twice.Topics[0].Partitions, kmsg.ProduceRequestTopicPartition{Partition: 0, Records: Records("e").Bytes()})
			s.Send(twice)
			s.Send(fetch(12, "partial", 0, 0))
		}},
		{Name: "c-transactional-id", Traps: []int{51}, Run: func(s *Session) {
			s.Topic("txnless", 1)
			b := Records("a")
			b.Attributes = 0x10
			b.Producer = &Producer{ID: 4000, Epoch: 0, Seq: 0}
			s.Note("transactional batch, no transactional id")
			s.Send(produce(9, "txnless", 0, b.Bytes()))
		}},
	}
}

// oldProduce sends versions 0-2, which Kafka 4 advertises and refuses.
func oldProduce(s *Session) {
	s.Topic("old", 1)
	versions(0, 2, func(v int16) {
		set := append(Message(0, 0, 0, 0, []byte("k"), []byte("v0")), Message(0, 0, 1, 0, nil, []byte("v0b"))...)
		if v == 2 {
			set = append(Message(1, 0, 0, 1234, []byte("k"), []byte("v1")), Message(1, 0, 1, 1235, nil, nil)...)
		}
		s.Send(produce(v, "old", 0, set))
	})
	s.Send(fetch(12, "old", 0, 0))
}

func corruptBatches(s *Session) {
	s.Topic("corrupt", 1)
	b := Records("a", "b")
	b.BreakCRC = true
	s.Note("wrong CRC")
	s.Send(produce(3, "corrupt", 0, b.Bytes()))
	s.Send(produce(9, "corrupt", 0, b.Bytes()))
	good := Records("a", "b").Bytes()
	s.Note("last byte missing")
	s.Send(produce(9, "corrupt", 0, good[:len(good)-1]))
	s.Note("one byte more")
	s.Send(produce(9, "corrupt", 0, append(append([]byte{}, good...), 0)))
	s.Note("three bytes in all")
	s.Send(produce(9, "corrupt", 0, good[:3]))
	s.Note("sixty bytes")
	s.Send(produce(9, "corrupt", 0, good[:60]))
	for _, n := range []int32{0, -1, 10, 48, 1 << 30} {
		p := append([]byte{}, good...)
		binary.BigEndian.PutUint32(p[8:], uint32(n))
		s.Note("length field %d", n)
		s.Send(produce(9, "corrupt", 0, p))
	}
}

// countTraps bends the numbers of a batch header.
func countTraps(s *Session) {
	s.Topic("counts", 1)
	for _, c := range []struct {
		what string
		edit func(b *kmsg.RecordBatch)
	}{
		{"last offset delta 5, count 2", func(b *kmsg.RecordBatch) { b.LastOffsetDelta = 5 }},
		{"last offset delta 0, count 2", func(b *kmsg.RecordBatch) { b.LastOffsetDelta = 0 }},
		{"last offset delta -1", func(b *kmsg.RecordBatch) { b.LastOffsetDelta = -1 }},
		{"count 0", func(b *kmsg.RecordBatch) { b.NumRecords = 0 }},
		{"count -1", func(b *kmsg.RecordBatch) { b.NumRecords = -1 }},
		{"count 3 of 2", func(b *kmsg.RecordBatch) { b.NumRecords, b.LastOffsetDelta = 3, 2 }},
		{"count 1 of 2", func(b *kmsg.RecordBatch) { b.NumRecords, b.LastOffsetDelta = 1, 0 }},
		{"producer id without a sequence", func(b *kmsg.RecordBatch) { b.ProducerID, b.ProducerEpoch = 5, 0 }},
		{"producer id without an epoch", func(b *kmsg.RecordBatch) { b.ProducerID, b.FirstSequence = 5, 0 }},
		{"sequence without a producer id", func(b *kmsg.RecordBatch) { b.FirstSequence = 0 }},
		{"max timestamp below the records'", func(b *kmsg.RecordBatch) { b.MaxTimestamp = 5 }},
		{"max timestamp above the records'", func(b *kmsg.RecordBatch) { b.MaxTimestamp = 5000 }},
	} {
		b := Records("a", "b")
		b.Edit = c.edit
		s.Note("%s", c.what)
		s.Send(produce(9, "counts", 0, b.Bytes()))
	}
	s.Note("batch attributes with the unused bits")
	b := Records("a")
	b.Attributes = 0x40
	s.Send(produce(9, "counts", 0, b.Bytes()))
	s.Note("what is in the log")
	s.Send(fetch(12, "counts", 0, 0))
}

// offsetDeltas sends records whose numbers are not 0, 1.
func offsetDeltas(s *Session) {
	s.Topic("deltas", 1)
	s.Note("offset deltas 0, 5, then 1, 1, then 1, 0, then 1, 2")
	b := Records("a", "b")
	for _, deltas := range [][2]int32{{0, 5}, {1, 1}, {1, 0}, {1, 2}} {
		b.Recs[0].OffsetDelta, b.Recs[1].OffsetDelta = deltas[0], deltas[1]
		b.Edit = func(b *kmsg.RecordBatch) { b.LastOffsetDelta = 1 }
		s.Send(produce(9, "deltas", 0, b.Bytes()))
	}
	s.Send(fetch(12, "deltas", 0, 0))
}

func tooLarge(s *Session) {
	s.Topic("large", 1, "max.message.bytes=200")
	s.Topic("segment", 1, "segment.bytes=1048576", "max.message.bytes=2000000")
	big := func(n int) []byte {
		return BatchSpec{FirstTimestamp: 1000, Recs: []Rec{{Value: make([]byte, n)}}}.Bytes()
	}
	s.Note("batch of %d bytes, limit 200", len(big(130)))
	s.Send(produce(9, "large", 0, big(130)))
	s.Note("batch of %d bytes, limit 200", len(big(131)))
	s.Send(produce(9, "large", 0, big(131)))
	s.Note("batch of %d bytes, limit 200", len(big(132)))
	s.Send(produce(9, "large", 0, big(132)))
	s.Note("batch larger than a segment")
	s.Send(produce(9, "segment", 0, big(1100000)))
}
