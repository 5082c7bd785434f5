package group_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// beat is a heartbeat of the consumer protocol.
func (s *script) beat(member string, epoch int32, change func(q *kmsg.ConsumerGroupHeartbeatRequest)) *kmsg.ConsumerGroupHeartbeatResponse {
	s.t.Helper()
	q := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	q.Group, q.MemberID, q.MemberEpoch, q.RebalanceTimeoutMillis = s.group, member, epoch, -1
	if change != nil {
		change(q)
	}
	return s.ask(fmt.Sprintf("%s epoch %d", member, epoch), q).(*kmsg.ConsumerGroupHeartbeatResponse)
}

// joins says all about a member.
func joins(topics ...string) func(q *kmsg.ConsumerGroupHeartbeatRequest) {
	return func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		q.RebalanceTimeoutMillis, q.SubscribedTopicNames, q.Topics = 60_000, topics, []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	}
}

func as(instance string, then func(q *kmsg.ConsumerGroupHeartbeatRequest)) func(q *kmsg.ConsumerGroupHeartbeatRequest) {
	return func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		q.InstanceID = &instance
		if then != nil {
			then(q)
		}
	}
}

// owns says what a member has.
func (s *script) owns(topic string, partitions ...int32) func(q *kmsg.ConsumerGroupHeartbeatRequest) {
	return func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		q.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
		if len(partitions) > 0 {
			q.Topics = append(q.Topics, kmsg.ConsumerGroupHeartbeatRequestTopic{TopicID: s.ids[topic], Partitions: partitions})
		}
	}
}

func (s *script) describe() *kmsg.ConsumerGroupDescribeResponse {
	q := kmsg.NewPtrConsumerGroupDescribeRequest()
	q.Groups = []string{s.group}
	return s.ask("describe", q).(*kmsg.ConsumerGroupDescribeResponse)
}

// sorted puts what is in the order of a hash table, which goes by ids that the broker
// made, into an order of its own.
func (s *script) sorted(resp kmsg.Response) {
	name := func(id [16]byte) string { return s.names[fmt.Sprintf("%x", id)] }
	byTopic := func(a *kmsg.Assignment) {
		slices.SortFunc(a.TopicPartitions, func(x, y kmsg.AssignmentTopicPartition) int {
			return strings.Compare(x.Topic, y.Topic)
		})
	}
	switch r := resp.(type) {
	case *kmsg.ConsumerGroupHeartbeatResponse:
		if r.Assignment != nil {
			slices.SortFunc(r.Assignment.Topics, func(a, b kmsg.ConsumerGroupHeartbeatResponseAssignmentTopic) int {
				return strings.Compare(name(a.TopicID), name(b.TopicID))
			})
		}
	case *kmsg.ConsumerGroupDescribeResponse:
		for _, g := range r.Groups {
			slices.SortFunc(g.Members, func(a, b kmsg.ConsumerGroupDescribeResponseGroupMember) int {
				return strings.Compare(s.plain(a.MemberID), s.plain(b.MemberID))
			})
			for i := range g.Members {
				byTopic(&g.Members[i].Assignment)
				byTopic(&g.Members[i].TargetAssignment)
			}
		}
	}
}

// sortedRecords does the same with target assignments and tombstones of one kind that
// follow each other.
func sortedRecords(lines []string) []string {
	sortable := func(line string) (kind string) {
		kind, _, _ = strings.Cut(line, " ")
		if kind == "ConsumerGroupTargetAssignmentMember" || strings.HasSuffix(line, " deleted") {
			return kind
		}
		return ""
	}
	for i := range lines {
		for j := i; j > 0 && sortable(lines[j]) != "" && sortable(lines[j]) == sortable(lines[j-1]) && lines[j] < lines[j-1]; j-- {
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
	return lines
}

// commit commits one offset by name and version 9, or by id and version 10.
func (s *script) commit(member string, epoch int32, topic string, partition int32, byID bool) {
	q := kmsg.NewPtrOffsetCommitRequest()
	q.Group, q.MemberID, q.Generation = s.group, member, epoch
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic, t.TopicID = topic, s.ids[topic]
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset = partition, 5
	t.Partitions = append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	version := int16(9)
	if byID {
		version = 10
	}
	s.ask(fmt.Sprintf("%s commits %s/%d with epoch %d, version %d", member, topic, partition, epoch, version), &versioned{q, version})
}

// versioned is a request of one version.
type versioned struct {
	kmsg.Request
	version int16
}

func (v *versioned) MaxVersion() int16 { return v.version }

func (s *script) fetch(member string, epoch int32) {
	q := kmsg.NewPtrOffsetFetchRequest()
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group, g.MemberEpoch = s.group, epoch
	if member != "" {
		g.MemberID = &member
	}
	g.Topics = append(g.Topics, kmsg.OffsetFetchRequestGroupTopic{Topic: "t", Partitions: []int32{0}})
	q.Groups = append(q.Groups, g)
	s.ask(fmt.Sprintf("%s fetches offsets with epoch %d", member, epoch), &versioned{q, 9})
}

func (s *script) delete() {
	q := kmsg.NewPtrDeleteGroupsRequest()
	q.Groups = []string{s.group}
	s.ask("delete", q)
}

func (s *script) run() {
	s.twoMembers()
	s.refusals()
	s.statics()
	s.patterns()
	s.ranges()
	s.upgrade()
	s.classicFirst()
	s.staticDowngrade()
	s.staticLeave()
	s.noUpgrade()
	s.mixed()
	s.odds()
}

func (s *script) twoMembers() {
	s.begin("two")
	s.beat("a", 0, joins("t"))
	s.beat("b", 0, joins("t"))
	s.beat("a", 2, nil)
	s.describe()
	s.commit("a", 2, "t", 0, false)
	s.commit("b", 3, "t", 0, false)
	s.beat("a", 2, s.owns("t", 0))
	s.beat("b", 3, nil)
	s.describe()
	s.commit("a", 2, "t", 0, true)
	s.commit("a", 2, "t", 0, false)
	s.commit("a", 2, "t", 1, true)
	s.commit("a", 4, "t", 0, true)
	s.commit("x", 3, "t", 0, true)
	s.commit("", -1, "t", 0, true)
	s.fetch("a", 3)
	s.fetch("a", 2)
	s.fetch("x", 3)
	s.fetch("", -1)
	s.delete()
	s.beat("a", 3, joins("t", "u"))
	s.beat("a", 4, nil)
	s.beat("b", 3, nil)
	s.describe()
	s.beat("b", 4, joins())
	s.beat("a", -1, nil)
	s.beat("b", -1, nil)
	s.describe()
	s.commit("", -1, "t", 1, true)
	s.beat("b", 0, joins("none"))
	s.beat("b", -1, nil)
	s.delete()
	s.beat("b", 5, nil)
	s.beat("b", -1, nil)
	s.describe()
}

func (s *script) refusals() {
	s.begin("refusals")
	s.beat("a", 0, joins("t"))
	s.beat("a", 0, nil)
	s.beat("", 0, joins("t"))
	s.beat(" ", 0, joins("t"))
	s.beat("a", -3, nil)
	s.beat("a", -2, nil)
	s.beat("a", 3, nil)
	s.beat("a", 1, nil)
	s.beat("a", 1, s.owns("t", 0))
	s.beat("b", 2, nil)
	s.beat("b", -1, nil)
	s.beat("a", 2, as("i", nil))
	s.beat("a", 2, as("", nil))
	s.beat("a", -2, as("i", nil))
	s.beat("b", 0, func(q *kmsg.ConsumerGroupHeartbeatRequest) { joins("t")(q); q.Topics = nil })
	s.beat("b", 0, func(q *kmsg.ConsumerGroupHeartbeatRequest) { joins("t")(q); q.SubscribedTopicNames = nil })
	s.beat("b", 0, func(q *kmsg.ConsumerGroupHeartbeatRequest) { joins("t")(q); q.RackID = new(string) })
	s.beat("b", 0, func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		joins("t")(q)
		sticky := "sticky"
		q.ServerAssignor = &sticky
	})
	s.beat("b", 0, func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		joins()(q)
		bad := "a("
		q.SubscribedTopicNames, q.SubscribedTopicRegex = nil, &bad
	})
	s.group = ""
	s.beat("a", 0, joins("t"))
	s.describe()
	s.group = "refusals"
	s.beat("a", -1, nil)
}

func (s *script) statics() {
	s.begin("statics")
	s.beat("a", 0, as("i", joins("t")))
	s.beat("b", 0, as("j", joins("t")))
	s.beat("c", 0, as("i", joins("t")))
	s.beat("a", 0, as("i", joins("t")))
	s.beat("a", 2, as("i", nil))
	s.beat("a", 2, as("i", s.owns("t", 0)))
	s.beat("b", 3, as("j", nil))
	s.beat("c", -2, as("i", nil))
	s.beat("a", -2, as("i", nil))
	s.describe()
	s.beat("c", 0, as("i", joins("t")))
	s.beat("a", 3, as("i", nil))
	s.beat("c", -2, as("i", nil))
	s.beat("d", 0, as("i", joins("t", "u")))
	s.beat("d", -1, as("i", nil))
	s.beat("b", -1, as("j", nil))
}

func (s *script) patterns() {
	s.begin("patterns")
	pattern := func(p string) func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		return func(q *kmsg.ConsumerGroupHeartbeatRequest) {
			joins()(q)
			q.SubscribedTopicNames, q.SubscribedTopicRegex = nil, &p
		}
	}
	s.beat("a", 0, pattern("logs-a.*"))
	q := kmsg.NewPtrConsumerGroupDescribeRequest()
	q.Groups = []string{s.group}
	wait(s.t, "pattern resolved", func() bool {
		r, err := q.RequestWith(ctx(s.t), s.cl)
		return err == nil && len(r.Groups) == 1 && r.Groups[0].Epoch == 2
	})
	s.beat("a", 1, nil)
	s.beat("b", 0, pattern("logs-a.*"))
	s.describe()
	s.beat("b", 3, pattern("other"))
	s.beat("b", -1, nil)
	s.beat("a", 2, func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		none := ""
		q.SubscribedTopicRegex, q.SubscribedTopicNames = &none, []string{"t"}
	})
	s.beat("a", -1, nil)
}

func (s *script) ranges() {
	s.begin("ranges")
	ranged := func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		joins("t", "u")(q)
		name := "range"
		q.ServerAssignor = &name
	}
	s.beat("a", 0, ranged)
	s.beat("b", 0, joins("t", "u"))
	s.beat("a", 2, nil)
	s.beat("a", 2, s.owns("t"))
	s.beat("b", 3, nil)
	s.describe()
	s.beat("a", -1, nil)
	s.beat("b", -1, nil)
}
