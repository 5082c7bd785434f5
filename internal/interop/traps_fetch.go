package interop

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func fetchRows() []Row {
	return slices.Concat(fetchDataRows(), fetchEpochRows(), fetchSessionRows())
}

func fetchDataRows() []Row {
	return []Row{
		{Name: "d-versions", Traps: []int{54, 56, 58, 59}, Run: func(s *Session) {
			id := s.Topic("fv", 1)
			s.Fill("fv", Records("a", "b"), Records("c"))
			versions(4, 18, func(v int16) {
				for _, isolation := range []int8{0, 1} {
					req := fetch(v, "fv", 0, 1)
					req.Topics[0].TopicID, req.IsolationLevel = id, isolation
					s.Send(req)
				}
			})
		}},
		{Name: "d-ranges", Traps: []int{54, 55, 56}, Run: func(s *Session) {
			s.Topic("ranges", 1)
			for _, offset := range []int64{0, 1, -1, -2} {
				s.Note("empty log, offset %d", offset)
				s.Send(fetch(12, "ranges", 0, offset))
			}
			s.Fill("ranges", Records("a", "b", "c"), Records("d"))
			for _, offset := range []int64{0, 1, 2, 3, 4, 5, 100, -1} {
				s.Note("offset %d of 4", offset)
				s.Send(fetch(12, "ranges", 0, offset))
			}
			s.Do(deleteRecords(2, "ranges", 0, 3))
			for _, offset := range []int64{0, 2, 3} {
				s.Note("log starts at 3, offset %d", offset)
				s.Send(fetch(12, "ranges", 0, offset))
			}
		}},
		{Name: "d-start-inside-batch", Traps: []int{54}, Run: func(s *Session) {
			s.Topic("inside", 1)
			s.Fill("inside", Records("a", "b", "c", "d"), Records("e"))
			s.Do(deleteRecords(2, "inside", 0, 2))
			s.Note("log start inside a batch: the whole batch comes")
			s.Send(fetch(12, "inside", 0, 2))
		}},
		{Name: "d-max-bytes", Traps: []int{53}, Run: maxBytes},
		{Name: "d-unknown", Traps: []int{57, 64}, Run: fetchUnknown},
		{Name: "d-long-poll", Traps: []int{57}, Drop: racing, Run: longPoll},
	}
}

func fetchEpochRows() []Row {
	return []Row{
		{Name: "d-epochs", Traps: []int{60, 61}, Run: func(s *Session) {
			s.Topic("fe", 1)
			s.Fill("fe", Records("a"), Records("b"))
			for _, epoch := range []int32{-1, 0, 1, 5, -2} {
				req := fetch(12, "fe", 0, 0)
				req.Topics[0].Partitions[0].CurrentLeaderEpoch = epoch
				s.Note("current leader epoch %d", epoch)
				s.Send(req)
			}
			for _, last := range []int32{-1, 0, 1, 7} {
				for _, offset := range []int64{1, 2} {
					req := fetch(12, "fe", 0, offset)
					req.Topics[0].Partitions[0].LastFetchedEpoch = last
					s.Note("last fetched epoch %d at offset %d", last, offset)
					s.Send(req)
				}
			}
			id := s.Topic("fe2", 1)
			req := fetch(16, "", 0, 0)
			req.Topics[0].TopicID = id
			req.Topics[0].Partitions[0].CurrentLeaderEpoch = 3
			s.Note("v16, unknown epoch")
			s.Send(req)
		}},
		{Name: "d-isolation", Traps: []int{58}, Run: func(s *Session) {
			s.Topic("iso", 1)
			s.Fill("iso", Records("a"))
			for _, level := range []int8{0, 1, 2, -1} {
				req := fetch(12, "iso", 0, 0)
				req.IsolationLevel = level
				s.Note("isolation level %d", level)
				s.Send(req)
			}
		}},
		{Name: "d-replica-id", Traps: []int{65}, Run: func(s *Session) {
			s.Topic("replica", 1)
			s.Fill("replica", Records("a"))
			for _, id := range []int32{-2, 0, 99} {
				req := fetch(12, "replica", 0, 0)
				req.ReplicaID = id
				s.Note("replica id %d", id)
				s.Send(req)
			}
			rack := fetch(12, "replica", 0, 0)
			rack.Rack = "somewhere"
			s.Note("a rack")
			s.Send(rack)
		}},
	}
}

func fetchSessionRows() []Row {
	return []Row{
		{Name: "d-session", Traps: []int{62, 63}, Run: fetchSession},
		{Name: "d-session-errors", Traps: []int{62}, Run: fetchSessionErrors},
		{Name: "d-session-ids", Traps: []int{62, 64}, Run: fetchSessionIDs},
		{Name: "d-session-cache", Traps: []int{62}, Config: map[string]string{"max.incremental.fetch.session.cache.slots": "0"}, Run: func(s *Session) {
			s.Topic("slots", 1)
			open := fetch(12, "slots", 0, 0)
			open.SessionEpoch = 0
			s.Send(open)
			s.Note("no room for sessions: id 0")
		}},
		{Name: "d-session-starvation", Traps: []int{63}, Run: func(s *Session) {
			s.Topic("fair", 3)
			for p := range int32(3) {
				for range 3 {
					s.Do(produce(9, "fair", p, Records("0123456789").Bytes()))
				}
			}
			req := fetch(12, "fair", 0, 0)
			req.SessionEpoch, req.MaxBytes = 0, 100
			for p := range int32(2) {
				part := req.Topics[0].Partitions[0]
				part.Partition = p + 1
				req.Topics[0].Partitions = append(req.Topics[0].Partitions, part)
			}
			s.Note("request limit of one batch: one partition at a time, in turn")
			first := s.Send(req).(*kmsg.FetchResponse)
			next := fetch(12, "", 0, 0)
			next.Topics, next.MaxBytes = nil, 100
			next.SessionID = first.SessionID
			for epoch := range int32(4) {
				next.SessionEpoch = epoch + 1
				s.Send(next)
			}
		}},
	}
}

func maxBytes(s *Session) {
	s.Topic("mb", 2)
	for p := range int32(2) {
		for range 3 {
			s.Do(produce(9, "mb", p, Records("0123456789").Bytes()))
		}
	}
	size := int32(len(Records("0123456789").Bytes()))
	both := func(max, p0, p1 int32) {
		req := fetch(12, "mb", 0, 0)
		second := req.Topics[0].Partitions[0]
		second.Partition = 1
		req.Topics[0].Partitions = append(req.Topics[0].Partitions, second)
		req.MaxBytes = max
		req.Topics[0].Partitions[0].PartitionMaxBytes = p0
		req.Topics[0].Partitions[1].PartitionMaxBytes = p1
		s.Note("request limit %d, partition limits %d and %d (a batch has %d bytes)", max, p0, p1, size)
		s.Send(req)
	}
	both(1<<20, 1<<20, 1<<20)
	both(1, 1<<20, 1<<20)
	both(0, 1<<20, 1<<20)
	both(1<<20, 1, 1)
	both(1<<20, 0, 0)
	both(1<<20, size, size+10)
	both(size*2, 1<<20, 1<<20)
	both(size*4+7, 1<<20, 1<<20)
}

func fetchUnknown(s *Session) {
	id := s.Topic("fknown", 1)
	for _, v := range []int16{4, 11, 12} {
		s.Send(fetch(v, "fnone", 0, 0))
		s.Send(fetch(v, "fknown", 7, 0))
		s.Send(fetch(v, "fknown", -1, 0))
	}
	for _, v := range []int16{13, 18} {
		byID := fetch(v, "", 0, 0)
		byID.Topics[0].TopicID = [16]byte{5}
		s.Send(byID)
		byID.Topics[0].TopicID = [16]byte{}
		s.Send(byID)
		byID.Topics[0].TopicID, byID.Topics[0].Partitions[0].Partition = id, 7
		s.Send(byID)
	}
	for _, what := range []string{"unknown topic", "unknown partition", "past the end"} {
		req := fetch(12, "fknown", 0, 50)
		req.MaxWaitMillis, req.MinBytes = 6000, 1
		switch what {
		case "unknown topic":
			req.Topics[0].Topic = "fnone"
		case "unknown partition":
			req.Topics[0].Partitions[0].Partition = 9
		}
		start := time.Now()
		s.Send(req)
		s.Note("%s, max wait 6 s: %s", what, early(time.Since(start), 6*time.Second))
	}
	s.Note("no topics at all")
	none := fetch(12, "", 0, 0)
	none.Topics, none.MaxWaitMillis, none.MinBytes = nil, 6000, 1
	start := time.Now()
	s.Send(none)
	s.Note("%s", early(time.Since(start), 6*time.Second))
}

func longPoll(s *Session) {
	s.Topic("poll", 2)
	req := fetch(12, "poll", 0, 0)
	req.MaxWaitMillis, req.MinBytes = 300, 1
	start := time.Now()
	s.Send(req)
	s.Note("nothing there, max wait 300 ms: %s", early(time.Since(start), 300*time.Millisecond))
	req.MinBytes = 0
	start = time.Now()
	s.Send(req)
	s.Note("min bytes 0: %s", early(time.Since(start), 300*time.Millisecond))
	req.MinBytes = -1
	s.Send(req)
	req.MaxWaitMillis, req.MinBytes = -1, 1
	s.Note("max wait -1")
	s.Send(req)
	other := s.Fork()
	req.MaxWaitMillis, req.MinBytes = 15000, 1
	start = time.Now()
	p := s.Start(req)
	other.Fill("poll", Records("a"))
	p.Wait()
	s.Note("a record comes while it waits: %s", early(time.Since(start), 15*time.Second))
	req.Topics[0].Partitions[0].FetchOffset, req.MinBytes, req.MaxWaitMillis = 1, 150, 8000
	start = time.Now()
	p = s.Start(req)
	other.Fill("poll", Records("b"), Records("c"), Records("d"))
	p.Wait()
	other.Fill("poll", Records("e"))
	s.Note("min bytes 150, batches of %d bytes one by one: %s", len(Records("b").Bytes()), early(time.Since(start), 8*time.Second))
	req.Topics[0].Partitions[0].FetchOffset, req.MinBytes = 0, 1<<20
	missing := fetch(12, "poll", 8, 0).Topics[0].Partitions[0]
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, missing)
	req.MaxWaitMillis = 600
	start = time.Now()
	s.Send(req)
	s.Note("one partition does not exist: %s", early(time.Since(start), 600*time.Millisecond))
	missing.Partition, missing.FetchOffset = 1, 50
	req.Topics[0].Partitions[1], req.MaxWaitMillis = missing, 6000
	start = time.Now()
	s.Send(req)
	s.Note("one partition is past its end: %s", early(time.Since(start), 6*time.Second))
}

func fetchSession(s *Session) {
	s.Topic("sess", 3)
	open := fetch(12, "sess", 0, 0)
	open.SessionEpoch = 0
	for p := range int32(2) {
		part := open.Topics[0].Partitions[0]
		part.Partition = p + 1
		open.Topics[0].Partitions = append(open.Topics[0].Partitions, part)
	}
	s.Note("open: full answer with a session id")
	id := s.Send(open).(*kmsg.FetchResponse).SessionID
	next := func(epoch int32) *kmsg.FetchRequest {
		req := fetch(12, "", 0, 0)
		req.Topics, req.SessionID, req.SessionEpoch = nil, id, epoch
		return req
	}
	s.Note("nothing new")
	s.Send(next(1))
	s.Fill("sess", Records("a"))
	s.Note("one partition has data")
	s.Send(next(2))
	s.Note("asked again without moving on: the same data")
	s.Send(next(3))
	moved := next(4)
	moved.Topics = fetch(12, "sess", 0, 1).Topics
	s.Note("moved on")
	s.Send(moved)
	s.Do(produce(9, "sess", 1, Records("b").Bytes()))
	forget := next(5)
	forget.ForgottenTopics = []kmsg.FetchRequestForgottenTopic{{Topic: "sess", Partitions: []int32{1}}}
	s.Note("forgotten partition 1 has data")
	s.Send(forget)
	add := next(6)
	add.Topics = fetch(12, "sess", 1, 0).Topics
	s.Note("added again")
	s.Send(add)
	bad := next(7)
	bad.Topics = fetch(12, "sess", 9, 0).Topics
	s.Note("an unknown partition added, then asked again")
	s.Send(bad)
	s.Send(next(8))
	past := next(9)
	past.Topics = fetch(12, "sess", 0, 77).Topics
	s.Note("a partition past its end, then asked again, then set right")
	s.Send(past)
	s.Send(next(10))
	past = next(11)
	past.Topics = fetch(12, "sess", 0, 1).Topics
	s.Send(past)
	s.Note("log start moves: the partition is told")
	s.Do(deleteRecords(2, "sess", 0, 1))
	s.Send(next(12))
	s.Note("closed with epoch -1, then used")
	s.Send(next(-1))
	s.Send(next(13))
}

func fetchSessionErrors(s *Session) {
	s.Topic("serr", 1)
	req := fetch(12, "serr", 0, 0)
	req.SessionID, req.SessionEpoch = 123456, 1
	s.Note("unknown session id")
	s.Send(req)
	req.SessionID, req.SessionEpoch = 0, 1
	s.Note("id 0 with epoch 1")
	s.Send(req)
	req.SessionID, req.SessionEpoch = 123456, 0
	s.Note("unknown id with epoch 0 opens a session")
	s.Send(req)
	req.SessionID, req.SessionEpoch = 123456, -1
	s.Note("unknown id with epoch -1: no session")
	s.Send(req)
	req.SessionID, req.SessionEpoch = 0, 0
	id := s.Send(req).(*kmsg.FetchResponse).SessionID
	for _, epoch := range []int32{2, 3, 1, 1, 2} {
		req.SessionID, req.SessionEpoch = id, epoch
		s.Note("epoch %d", epoch)
		s.Send(req)
	}
	req.SessionEpoch = 0
	s.Note("epoch 0 with the id: closed and opened anew")
	s.Send(req)
	s.Note("the old id")
	req.SessionEpoch = 3
	s.Send(req)
	s.Note("a session that forgets everything")
	req.SessionID, req.SessionEpoch = 0, 0
	id = s.Send(req).(*kmsg.FetchResponse).SessionID
	last := fetch(12, "", 0, 0)
	last.Topics, last.SessionID, last.SessionEpoch = nil, id, 1
	last.ForgottenTopics = []kmsg.FetchRequestForgottenTopic{{Topic: "serr", Partitions: []int32{0}}}
	s.Send(last)
	last.SessionEpoch, last.ForgottenTopics = 2, nil
	s.Send(last)
	s.Note("epoch 0 without partitions")
	last.SessionID, last.SessionEpoch = 0, 0
	s.Send(last)
}

func fetchSessionIDs(s *Session) {
	id := s.Topic("sid", 1)
	open := fetch(13, "", 0, 0)
	open.Topics[0].TopicID, open.SessionEpoch = id, 0
	session := s.Send(open).(*kmsg.FetchResponse).SessionID
	named := fetch(12, "sid", 0, 0)
	named.SessionID, named.SessionEpoch = session, 1
	s.Note("names in a session of ids")
	s.Send(named)
	s.Note("a session of names, then ids")
	named.SessionID, named.SessionEpoch = 0, 0
	session = s.Send(named).(*kmsg.FetchResponse).SessionID
	byID := fetch(13, "", 0, 0)
	byID.Topics[0].TopicID, byID.SessionID, byID.SessionEpoch = id, session, 1
	s.Send(byID)
	s.Note("an unknown id in a session")
	open.Topics[0].TopicID = [16]byte{7}
	session = s.Send(open).(*kmsg.FetchResponse).SessionID
	again := fetch(13, "", 0, 0)
	again.Topics, again.SessionID, again.SessionEpoch = nil, session, 1
	s.Send(again)
	s.Note("a topic deleted and created again under a session of ids")
	open.Topics[0].TopicID = id
	session = s.Send(open).(*kmsg.FetchResponse).SessionID
	s.deleteTopic("sid")
	s.Topic("sid", 1)
	again.SessionID, again.SessionEpoch = session, 1
	s.Send(again)
}
