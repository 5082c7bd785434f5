package interop

import "github.com/twmb/franz-go/pkg/kmsg"

// shareOtherAPIs sends what is of other groups to a share group.
func shareOtherAPIs(s *Session) {
	s.Coordinator(kindGroup, "so")
	s.Topic("so", 2)
	epoch := s.Sharing("so", "m", 2, "so")
	s.Send(joinGroup(5, "so", "", "range"))
	s.Send(joinGroup(5, "so", "m", "range"))
	s.Send(syncGroup(5, "so", "m", epoch))
	s.Send(heartbeat(4, "so", "m", epoch))
	s.Send(leaveGroup(5, "so", "m", "/inst"))
	s.Send(leaveGroup(1, "so", "m"))
	s.Note("offsets, of the member and from outside")
	for _, v := range []int16{7, 8, 9} {
		s.Send(commit(v, "so", "m", epoch, "so", 5))
		s.Send(commit(v, "so", "", -1, "so", 5))
	}
	for _, v := range []int16{7, 8, 9} {
		s.Send(offsetFetch(v, "so", "so", 0))
	}
	mine := offsetFetch(9, "so", "so", 0)
	mine.Groups[0].MemberID, mine.Groups[0].MemberEpoch = ptr("m"), epoch
	s.Send(mine)
	s.Send(offsetDelete("so", "so", 0))
	s.Note("descriptions")
	s.Send(describeGroups(5, "so"))
	s.Send(describeGroups(6, "so"))
	s.Send(consumerDescribe(1, "so"))
	s.Note("heartbeats of the consumer protocol")
	s.Send(consumerJoin(1, "so", "c", "so"))
	s.Send(consumerBeat(1, "so", "c", 3))
	s.Send(consumerBeat(1, "so", "c", -1))
	s.Note("offsets of a transaction")
	t := s.NewTxn("so")
	s.Do(t.addOffsets(4, "so"))
	s.Send(t.offsets(3, "so", "so", 5))
	t.End(false)
	s.Note("an empty share group is one still")
	s.Do(shareBeat("so", "m", -1))
	s.Send(joinGroup(5, "so", "", "range"))
	s.Send(consumerJoin(1, "so", "c", "so"))
	s.Send(commit(8, "so", "", -1, "so", 5))
	s.Send(offsetFetch(8, "so", "so", 0))
	s.Send(offsetDelete("so", "so", 0))
}

// shareOtherTypes sends what is of share groups to other groups.
func shareOtherTypes(s *Session) {
	s.Coordinator(kindGroup, "sy")
	s.Topic("sy", 2)
	s.Do(commit(8, "sysimple", "", -1, "sy", 1))
	c := s.NewConsumer("syconsumer", "m", "sy")
	s.Settle("syconsumer", c)
	for _, group := range []string{"sysimple", "syconsumer", "synone"} {
		s.Note("%s", group)
		if group != "synone" {
			s.Send(shareBeat(group, "m", 0, "sy"))
		}
		s.Send(shareBeat(group, "m", 1))
		s.Send(shareBeat(group, "m", -1))
		s.Send(shareDescribe(group))
		s.Send(shareOffsets(1, group, ""))
		s.Send(shareOffsets(1, group, "sy", 0))
		s.Send(deleteShareOffsets(group, "sy"))
		if group != "synone" {
			s.Send(alterShareOffsets(group, "sy", 1, 0))
		}
	}
}

// shareOffsetsRow sets, asks for and deletes start offsets.
func shareOffsetsRow(s *Session) {
	s.Coordinator(kindGroup, "sx")
	s.Topic("sx", 3)
	s.Topic("sx2", 1)
	s.Fill("sx", BatchSpec{Recs: []Rec{{Value: []byte("a")}, {Value: []byte("b")}, {Value: []byte("c")}}})
	s.Note("a group that is not there is made, but not for nothing")
	s.Send(alterShareOffsets("", "sx", 1, 0))
	s.Send(alterShareOffsets("sx", "none", 1, 0, 1))
	s.Send(shareDescribe("sx"))
	s.Send(alterShareOffsets("sx", "sx", 1, 0, 7))
	s.Send(shareDescribe("sx"))
	s.Send(shareOffsets(0, "sx", ""))
	s.Send(shareOffsets(1, "sx", ""))
	s.Send(shareOffsets(1, "sx", "sx", 0, 1))
	s.Send(shareOffsets(1, "sx", "none", 0))
	none := shareOffsets(1, "sx", "")
	none.Groups[0].Topics = []kmsg.DescribeShareGroupOffsetsRequestGroupTopic{}
	s.Send(none)
	s.Note("offsets beyond the end, below the start, of a topic without records")
	s.Send(alterShareOffsets("sx", "sx", 100, 0))
	s.Send(alterShareOffsets("sx", "sx", -1, 1))
	s.Send(alterShareOffsets("sx", "sx2", 0, 0))
	s.Send(shareOffsets(1, "sx", ""))
	s.Note("nothing to set")
	empty := alterShareOffsets("sx", "sx", 0)
	s.Send(empty)
	empty.Topics = nil
	s.Send(empty)
	s.Note("deletion: a topic without offsets, one that is not there, the same twice")
	s.Send(deleteShareOffsets("sx", "none", "sx2"))
	s.Send(deleteShareOffsets("sx", "sx2"))
	s.Send(deleteShareOffsets("", "sx"))
	s.Send(deleteShareOffsets("sx"))
	s.Send(shareOffsets(1, "sx", ""))
	s.Note("while the group has a member")
	s.Sharing("sx", "a", 3, "sx")
	s.Send(alterShareOffsets("sx", "sx", 1, 0))
	s.Send(deleteShareOffsets("sx", "sx"))
	s.Send(shareDescribe("sx"))
	s.Send(shareOffsets(1, "sx", ""))
}

// shareDeletes deletes groups with members, without, without states, and at the end.
func shareDeletes(s *Session) {
	s.Coordinator(kindGroup, "sd")
	s.Topic("sd", 2)
	s.Sharing("sd", "a", 2, "sd")
	s.Send(deleteGroups(2, "sd"))
	s.Do(shareBeat("sd", "a", -1))
	s.Send(shareDescribe("sd"))
	s.Send(deleteGroups(2, "sd", "sd", "sdnone"))
	s.Send(shareDescribe("sd"))
	s.Send(shareOffsets(1, "sd", ""))
	s.Note("a group that was only altered, and one of a topic that is not there")
	s.Do(alterShareOffsets("sdalter", "sd", 1, 0))
	s.Do(shareBeat("sdbare", "a", 0, "sdlater"))
	s.Do(shareBeat("sdbare", "a", -1))
	s.Send(deleteGroups(2, "sdalter", "sdbare"))
	s.Note("the name is free for a group of another kind")
	s.Send(commit(8, "sd", "", -1, "sd", 5))
	s.Send(shareDescribe("sd"))
}
