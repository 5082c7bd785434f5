package interop

import (
	"maps"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// shareGroupRows are about the group side of share groups (KIP-932).
func shareGroupRows() []Row {
	rows := []Row{
		{Name: "s-join-fields", Traps: []int{96}, Sort: unordered, Run: shareFields},
		{Name: "s-join", Traps: []int{96, 98}, Sort: unordered, Edit: countPartitions, Run: shareJoins},
		{Name: "s-epochs", Traps: []int{97}, Sort: unordered, Run: shareEpochs},
		{Name: "s-topics", Traps: []int{99}, Sort: unordered, Edit: countPartitions, Run: shareTopics},
		{Name: "s-other-apis", Traps: []int{96}, Sort: unordered, Run: shareOtherAPIs},
		{Name: "s-other-types", Traps: []int{96}, Sort: unordered, Run: shareOtherTypes},
		{Name: "s-offsets", Traps: []int{94}, Sort: unordered, Run: shareOffsetsRow},
		{Name: "s-delete", Traps: []int{94}, Sort: unordered, Run: shareDeletes},
		{Name: "s-session", Traps: []int{98}, Run: shareSession, Config: map[string]string{
			"group.share.min.session.timeout.ms": "500", "group.share.session.timeout.ms": "1200",
			"group.share.min.heartbeat.interval.ms": "100", "group.share.heartbeat.interval.ms": "300",
		}},
		{Name: "s-max-size", Traps: []int{96}, Config: map[string]string{"group.share.max.size": "2"}, Run: func(s *Session) {
			s.Coordinator(kindGroup, "sm")
			s.Do(shareBeat("sm", "a", 0, "later"))
			s.Do(shareBeat("sm", "b", 0, "later"))
			s.Send(shareBeat("sm", "c", 0, "later"))
			s.Send(shareBeat("sm", "c", 4))
			s.Note("one that is in joins again; one that is not leaves")
			s.Send(shareBeat("sm", "a", 0, "later"))
			s.Send(shareBeat("sm", "c", -1))
		}},
	}
	for i := range rows { // assignments follow at once
		config := map[string]string{"group.share.assignment.interval.ms": "0"}
		maps.Copy(config, rows[i].Config)
		rows[i].Config = config
	}
	return rows
}

// countPartitions leaves out which partitions members have, which follows from the
// ids of topics: these are made at random.
func countPartitions(_ string, tree map[string]any) {
	count := func(assignment any) {
		if a, ok := assignment.(map[string]any); ok {
			for _, t := range asList(a["TopicPartitions"]) {
				if t, ok := t.(map[string]any); ok {
					t["Partitions"] = len(asList(t["Partitions"]))
				}
			}
		}
	}
	count(tree["Assignment"])
	for _, g := range asList(tree["Groups"]) {
		if g, ok := g.(map[string]any); ok {
			for _, m := range asList(g["Members"]) {
				if m, ok := m.(map[string]any); ok {
					count(m["Assignment"])
				}
			}
		}
	}
}

func shareFields(s *Session) {
	s.Coordinator(kindGroup, "sf")
	s.Topic("sf", 2)
	try := func(what string, edit func(r *kmsg.ShareGroupHeartbeatRequest)) {
		s.Note("%s", what)
		req := shareBeat("sf", "m", 0, "sf")
		edit(req)
		s.Send(req)
	}
	try("an empty group", func(r *kmsg.ShareGroupHeartbeatRequest) { r.GroupID = "" })
	try("a blank group", func(r *kmsg.ShareGroupHeartbeatRequest) { r.GroupID = "  " })
	try("no member id", func(r *kmsg.ShareGroupHeartbeatRequest) { r.MemberID = "" })
	try("a blank member id", func(r *kmsg.ShareGroupHeartbeatRequest) { r.MemberID = " " })
	try("a member id of 37", func(r *kmsg.ShareGroupHeartbeatRequest) { r.MemberID = strings.Repeat("m", 37) })
	try("no subscription", func(r *kmsg.ShareGroupHeartbeatRequest) { r.SubscribedTopicNames = nil })
	try("an empty subscription", func(r *kmsg.ShareGroupHeartbeatRequest) { r.SubscribedTopicNames = []string{} })
	try("an empty rack", func(r *kmsg.ShareGroupHeartbeatRequest) { r.RackID = ptr("") })
	try("epoch -2", func(r *kmsg.ShareGroupHeartbeatRequest) { r.MemberEpoch = -2 })
	try("epoch -1 of nobody", func(r *kmsg.ShareGroupHeartbeatRequest) { r.MemberEpoch = -1 })
	try("epoch 1 of nobody", func(r *kmsg.ShareGroupHeartbeatRequest) { r.MemberEpoch = 1 })
	s.Note("the group is not there after all of this")
	s.Send(shareDescribe("sf", ""))
	try("a member id of 36, a rack", func(r *kmsg.ShareGroupHeartbeatRequest) {
		r.GroupID, r.MemberID, r.RackID = "sf36", strings.Repeat("m", 36), ptr("r")
	})
	try("a topic name that cannot be, one that is not there, one twice", func(r *kmsg.ShareGroupHeartbeatRequest) {
		r.GroupID, r.SubscribedTopicNames = "sfn", []string{"no/topic", "none", "none"}
	})
	try("a group with a long name", func(r *kmsg.ShareGroupHeartbeatRequest) { r.GroupID = strings.Repeat("g", 300) })
}

func shareJoins(s *Session) {
	s.Coordinator(kindGroup, "sj")
	s.Topic("sj", 3)
	s.Note("nothing is assigned before there is a state")
	s.Send(shareBeat("sj", "a", 0, "sj"))
	epoch := s.Shared("sj", "a", 2, 3)
	s.Send(shareBeat("sj", "a", epoch))
	s.Send(shareBeat("sj", "a", epoch, "sj"))
	s.Send(shareDescribe("sj"))
	s.Note("two more members")
	s.Send(shareBeat("sj", "b", 0, "sj"))
	s.Send(shareBeat("sj", "a", epoch))
	s.Send(shareBeat("sj", "c", 0, "sj"))
	s.Send(shareDescribe("sj"))
	s.Send(shareBeat("sj", "a", epoch+1))
	s.Send(shareBeat("sj", "b", epoch+1))
	s.Note("more members than partitions")
	s.Send(shareBeat("sj", "d", 0, "sj"))
	s.Send(shareBeat("sj", "a", epoch+2))
	s.Send(shareBeat("sj", "b", epoch+2))
	s.Send(shareBeat("sj", "c", epoch+2))
	s.Note("a rack and another client are news of a member, not of the group")
	rack := shareBeat("sj", "a", epoch+3)
	rack.RackID = ptr("r1")
	s.Send(rack)
	s.Note("one leaves")
	s.Send(shareBeat("sj", "b", -1))
	s.Send(shareBeat("sj", "b", -1))
	s.Send(shareDescribe("sj"))
	s.Send(shareBeat("sj", "a", epoch+3))
	s.Send(shareBeat("sj", "c", epoch+3))
	s.Send(shareBeat("sj", "d", epoch+3))
	s.Send(shareDescribe("sj"))
}

func shareEpochs(s *Session) {
	s.Coordinator(kindGroup, "se")
	s.Topic("se", 2)
	epoch := s.Sharing("se", "a", 2, "se")
	for _, e := range []int32{epoch + 1, epoch, epoch - 1, epoch - 2, 1} {
		s.Note("epoch %d from its own", e-epoch)
		s.Send(shareBeat("se", "a", e))
	}
	s.Note("nobody; a member that joins again; one that subscribes to nothing any more")
	s.Send(shareBeat("se", "x", epoch))
	s.Send(shareBeat("se", "a", 0, "se"))
	none := shareBeat("se", "a", epoch)
	none.SubscribedTopicNames = []string{}
	s.Send(none)
	s.Send(shareDescribe("se"))
	s.Note("a member that has left, or was never there")
	s.Send(shareBeat("se", "a", -1))
	s.Send(shareBeat("se", "a", epoch+1))
	s.Send(shareBeat("se", "a", -1))
	s.Send(shareDescribe("se"))
	s.Note("the epochs go on")
	s.Send(shareBeat("se", "a", 0, "se"))
}

func shareTopics(s *Session) {
	s.Coordinator(kindGroup, "st")
	s.TopicKnown("st1", 1)
	s.Note("a topic that comes later, partitions that come later, a topic that goes")
	epoch := s.Sharing("st", "a", 1, "st1", "st2")
	s.TopicKnown("st2", 2)
	epoch = s.Shared("st", "a", epoch, 3)
	s.Send(shareDescribe("st"))
	more := kmsg.NewPtrCreatePartitionsRequest()
	more.Version, more.TimeoutMillis = 3, 10000
	mt := kmsg.NewCreatePartitionsRequestTopic()
	mt.Topic, mt.Count = "st1", 2
	more.Topics = append(more.Topics, mt)
	s.Do(more)
	epoch = s.Shared("st", "a", epoch, 4)
	s.Send(shareDescribe("st"))
	s.Note("others subscribe to other topics")
	s.Send(shareBeat("st", "b", 0, "st2"))
	s.Send(shareBeat("st", "a", epoch))
	s.Send(shareBeat("st", "a", epoch+1, "st1"))
	s.Send(shareBeat("st", "b", epoch+1))
	s.Send(shareDescribe("st"))
	s.deleteTopic("st2")
	s.Until(shareBeat("st", "b", epoch+2), func(r kmsg.Response) bool {
		return r.(*kmsg.ShareGroupHeartbeatResponse).MemberEpoch == epoch+3
	})
	s.Send(shareBeat("st", "a", epoch+2))
	s.Send(shareDescribe("st"))
	s.Send(shareOffsets(1, "st", ""))
}

func shareSession(s *Session) {
	s.Coordinator(kindGroup, "ss")
	s.Topic("ss", 2)
	s.Send(shareBeat("ss", "a", 0, "ss"))
	s.ShareState("ss", "Empty")
	s.Note("expired")
	s.Send(shareBeat("ss", "a", 2))
	s.Send(shareDescribe("ss"))
}
