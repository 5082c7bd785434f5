package interop

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func offsetRows() []Row {
	return slices.Concat(listOffsetRows(), offsetErrorRows(), epochAndDeleteRows())
}

func listOffsetRows() []Row {
	return []Row{
		{Name: "e-specials", Traps: []int{69}, Run: func(s *Session) {
			s.Topic("sp", 1)
			specials := func() {
				for _, ts := range []int64{-1, -2, -3, -4, -5, -6, -7, -99} {
					s.Note("timestamp %d", ts)
					for _, v := range []int16{1, 6, 7, 8, 9, 10, 11} {
						s.Send(listOffsets(v, "sp", 0, ts))
					}
				}
			}
			specials()
			s.Note("with records 0 to 3")
			b := Records("a", "b", "c", "d")
			b.Recs[2].Timestamp = 50
			s.Fill("sp", b)
			s.Do(deleteRecords(2, "sp", 0, 1))
			specials()
		}},
		{Name: "e-by-time", Traps: []int{70}, Run: offsetsByTime},
		{Name: "e-max-timestamp", Traps: []int{69}, Run: func(s *Session) {
			s.Topic("maxts", 1)
			for _, ts := range [][]int64{{1, 5, 3}, {9, 2}, {9}, {4}} {
				b := Records()
				for _, d := range ts {
					b.Recs = append(b.Recs, Rec{Value: []byte("v"), Timestamp: d})
				}
				b.FirstTimestamp = 1000
				s.Fill("maxts", b)
				s.Send(listOffsets(7, "maxts", 0, -3))
			}
			z := Records("x", "y")
			z.Attributes, z.Recs[0].Timestamp, z.Recs[1].Timestamp = 1, 70, 60
			s.Note("in a compressed batch")
			s.Fill("maxts", z)
			s.Send(listOffsets(7, "maxts", 0, -3))
			s.Topic("maxlat", 1, "message.timestamp.type=LogAppendTime")
			s.Fill("maxlat", Records("a", "b", "c"))
			s.Note("LogAppendTime: the last record of the batch")
			s.Send(listOffsets(7, "maxlat", 0, -3))
		}},
	}
}

func offsetErrorRows() []Row {
	return []Row{
		{Name: "e-errors", Traps: []int{71}, Run: func(s *Session) {
			s.Topic("le", 1)
			for _, v := range []int16{1, 7, 11} {
				s.Send(listOffsets(v, "none", 0, -1))
				s.Send(listOffsets(v, "le", 7, -1))
				s.Send(listOffsets(v, "le", -1, -1))
			}
			twice := listOffsets(7, "le", 0, -1)
			twice.Topics[0].Partitions = append(twice.Topics[0].Partitions, twice.Topics[0].Partitions[0])
			s.Note("a partition twice")
			s.Send(twice)
			for _, epoch := range []int32{-1, 0, 1, -2} {
				req := listOffsets(7, "le", 0, -1)
				req.Topics[0].Partitions[0].CurrentLeaderEpoch = epoch
				s.Note("current leader epoch %d", epoch)
				s.Send(req)
			}
			for _, replica := range []int32{-2, -3, 0, 99} {
				req := listOffsets(7, "le", 0, -1)
				req.ReplicaID = replica
				s.Note("replica id %d", replica)
				s.Send(req)
			}
			iso := listOffsets(7, "le", 0, -1)
			iso.IsolationLevel = 1
			s.Send(iso)
			iso.IsolationLevel = 2
			s.Note("isolation level 2")
			s.Send(iso)
		}},
	}
}

func epochAndDeleteRows() []Row {
	return []Row{
		{Name: "e-leader-epoch", Traps: []int{73}, Run: func(s *Session) {
			s.Topic("ofle", 1)
			ask := func(v int16, topic string, partition, current, epoch int32) {
				req := kmsg.NewPtrOffsetForLeaderEpochRequest()
				req.Version, req.ReplicaID = v, -1
				p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
				p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = partition, current, epoch
				req.Topics = []kmsg.OffsetForLeaderEpochRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{p}}}
				s.Note("%s-%d, current epoch %d, asked epoch %d", topic, partition, current, epoch)
				s.Send(req)
			}
			ask(4, "ofle", 0, -1, 0)
			s.Fill("ofle", Records("a", "b"))
			for v := int16(2); v <= 4; v++ {
				ask(v, "ofle", 0, -1, 0)
			}
			ask(4, "ofle", 0, 0, 0)
			ask(4, "ofle", 0, 1, 0)
			ask(4, "ofle", 0, -1, 1)
			ask(4, "ofle", 0, -1, -1)
			ask(4, "ofle", 0, -1, -5)
			ask(4, "ofle", 0, -2, 0)
			ask(4, "ofle", 5, -1, 0)
			ask(4, "none", 0, -1, 0)
		}},
		{Name: "e-delete-records", Traps: []int{74}, Run: func(s *Session) {
			s.Topic("dr", 1)
			s.Topic("drc", 1, "cleanup.policy=compact")
			s.Topic("drcd", 1, "cleanup.policy=compact,delete")
			keyed := BatchSpec{FirstTimestamp: 1000, Recs: []Rec{{Key: []byte("k"), Value: []byte("v")}}}
			s.Fill("drc", keyed)
			s.Fill("drcd", keyed)
			s.Note("an empty log")
			s.Send(deleteRecords(2, "dr", 0, -1))
			s.Send(deleteRecords(2, "dr", 0, 1))
			s.Fill("dr", Records("a", "b", "c"), Records("d"))
			for _, offset := range []int64{0, 2, 1, 5, -2, -1} {
				s.Note("offset %d", offset)
				s.Send(deleteRecords(2, "dr", 0, offset))
			}
			versions(0, 1, func(v int16) { s.Send(deleteRecords(v, "dr", 0, -1)) })
			s.Note("compacted, compacted and deleted")
			s.Send(deleteRecords(2, "drc", 0, 1))
			s.Send(deleteRecords(2, "drcd", 0, 1))
			s.Note("unknown")
			s.Send(deleteRecords(2, "dr", 4, 0))
			s.Send(deleteRecords(2, "none", 0, 0))
			s.Send(listOffsets(7, "dr", 0, -2))
			s.Send(listOffsets(7, "drcd", 0, -2))
		}},
	}
}

// offsetsByTime looks records up in batches whose times do not rise.
func offsetsByTime(s *Session) {
	s.Topic("bytime", 1)
	for _, b := range []struct {
		base   int64
		deltas []int64
		codec  int16
	}{
		{1000, []int64{0, 500, 100}, 0}, // offsets 0-2: 1000 1500 1100
		{900, []int64{0, 50}, 0},        // 3-4: 900 950
		{2000, []int64{0, 0, 1000}, 1},  // 5-7: 2000 2000 3000
		{1500, []int64{0}, 0},           // 8
		{3000, []int64{0, 1}, 0},        // 9-10: 3000 3001
	} {
		spec := BatchSpec{FirstTimestamp: b.base, Attributes: b.codec}
		for _, d := range b.deltas {
			spec.Recs = append(spec.Recs, Rec{Value: []byte("v"), Timestamp: d})
		}
		s.Fill("bytime", spec)
	}
	for _, ts := range []int64{0, 900, 1000, 1001, 1101, 1500, 1501, 2000, 2001, 3000, 3001, 3002, 1 << 60} {
		s.Note("time %d", ts)
		s.Send(listOffsets(7, "bytime", 0, ts))
	}
	s.Do(deleteRecords(2, "bytime", 0, 6))
	for _, ts := range []int64{0, 1000, 2000, 3000} {
		s.Note("log starts at 6, time %d", ts)
		s.Send(listOffsets(7, "bytime", 0, ts))
	}
	s.Topic("bylat", 1, "message.timestamp.type=LogAppendTime")
	s.Fill("bylat", Records("a", "b", "c"))
	s.Note("LogAppendTime, time 5000: the first record of the batch")
	s.Send(listOffsets(7, "bylat", 0, 5000))
}
