package group

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
)

// place of a share partition.
type sharePlace struct {
	group     string
	topic     meta.ID
	partition int32
}

// persister is a share coordinator of a map.
type persister struct {
	mu     sync.Mutex
	starts map[sharePlace]int64 // guarded by mu
	fail   int16                // guarded by mu: code of every answer
}

func (p *persister) InitializeShareGroupState(q *kmsg.InitializeShareGroupStateRequest, reply func(*kmsg.InitializeShareGroupStateResponse)) {
	p.mu.Lock()
	r := kmsg.NewPtrInitializeShareGroupStateResponse()
	for _, t := range q.Topics {
		rt := kmsg.InitializeShareGroupStateResponseTopic{TopicID: t.TopicID}
		for _, tp := range t.Partitions {
			if p.fail == 0 {
				p.starts[sharePlace{q.GroupID, t.TopicID, tp.Partition}] = tp.StartOffset
			}
			rt.Partitions = append(rt.Partitions, kmsg.InitializeShareGroupStateResponseTopicPartition{Partition: tp.Partition, ErrorCode: p.fail})
		}
		r.Topics = append(r.Topics, rt)
	}
	p.mu.Unlock()
	reply(r)
}

func (p *persister) ReadShareGroupStateSummary(q *kmsg.ReadShareGroupStateSummaryRequest, reply func(*kmsg.ReadShareGroupStateSummaryResponse)) {
	p.mu.Lock()
	r := kmsg.NewPtrReadShareGroupStateSummaryResponse()
	for _, t := range q.Topics {
		rt := kmsg.ReadShareGroupStateSummaryResponseTopic{TopicID: t.TopicID}
		for _, tp := range t.Partitions {
			start, ok := p.starts[sharePlace{q.GroupID, t.TopicID, tp.Partition}]
			if !ok {
				start = -1
			}
			rt.Partitions = append(rt.Partitions, kmsg.ReadShareGroupStateSummaryResponseTopicPartition{Partition: tp.Partition, StartOffset: start})
		}
		r.Topics = append(r.Topics, rt)
	}
	p.mu.Unlock()
	reply(r)
}

func (p *persister) DeleteShareGroupState(q *kmsg.DeleteShareGroupStateRequest, reply func(*kmsg.DeleteShareGroupStateResponse)) {
	p.mu.Lock()
	r := kmsg.NewPtrDeleteShareGroupStateResponse()
	for _, t := range q.Topics {
		rt := kmsg.DeleteShareGroupStateResponseTopic{TopicID: t.TopicID}
		for _, tp := range t.Partitions {
			if p.fail == 0 {
				delete(p.starts, sharePlace{q.GroupID, t.TopicID, tp.Partition})
			}
			rt.Partitions = append(rt.Partitions, kmsg.DeleteShareGroupStateResponseTopicPartition{Partition: tp.Partition, ErrorCode: p.fail})
		}
		r.Topics = append(r.Topics, rt)
	}
	p.mu.Unlock()
	reply(r)
}

func shareFixture(t *testing.T) (*fixture, *persister) {
	p := &persister{starts: make(map[sharePlace]int64)}
	f := newFixture(t, func(f *fixture) {
		f.share = p
		f.configs["group.share.assignment.interval.ms"] = "0"
	}).ready()
	f.topic("in", 3)
	f.apply(&meta.FeatureLevel{Name: "share.version", Level: 1})
	return f, p
}

func (f *fixture) shareBeat(group, member string, epoch int32, topics ...string) *kmsg.ShareGroupHeartbeatResponse {
	f.Helper()
	q := kmsg.NewPtrShareGroupHeartbeatRequest()
	q.Version, q.GroupID, q.MemberID, q.MemberEpoch, q.SubscribedTopicNames = 1, group, member, epoch, topics
	return ask(func(reply func(*kmsg.ShareGroupHeartbeatResponse)) {
		f.c.ShareGroupHeartbeat(machine.Client{ID: "c", Host: "/127.0.0.1"}, q, reply)
	}).now(f)
}

func (f *fixture) deleteGroup(group string) int16 {
	f.Helper()
	q := kmsg.NewPtrDeleteGroupsRequest()
	q.Groups = []string{group}
	return ask(func(reply func(*kmsg.DeleteGroupsResponse)) { f.c.DeleteGroups(q, reply) }).now(f).Groups[0].ErrorCode
}

func (f *fixture) shareOffsets(group string) map[int32]int64 {
	f.Helper()
	q := kmsg.NewPtrDescribeShareGroupOffsetsRequest()
	q.Version, q.Groups = 1, []kmsg.DescribeShareGroupOffsetsRequestGroup{{GroupID: group}}
	r := ask(func(reply func(*kmsg.DescribeShareGroupOffsetsResponse)) { f.c.DescribeShareGroupOffsets(q, reply) }).now(f)
	out := make(map[int32]int64)
	for _, t := range r.Groups[0].Topics {
		for _, p := range t.Partitions {
			out[p.Partition] = p.StartOffset
		}
	}
	return out
}

// TestShareGroup goes through the coordinator: a group from its first member to its
// deletion, over a restart.
func TestShareGroup(t *testing.T) {
	f, p := shareFixture(t)
	if r := f.shareBeat("s", "a", 0, "in"); r.ErrorCode != 0 || r.MemberEpoch != 2 || len(r.Assignment.TopicPartitions) != 0 {
		t.Fatalf("join: %+v", r)
	}
	if r := f.shareBeat("s", "a", 2); r.MemberEpoch != 3 || len(r.Assignment.TopicPartitions) != 1 || !slices.Equal(r.Assignment.TopicPartitions[0].Partitions, []int32{0, 1, 2}) {
		t.Fatalf("assigned: %+v", r)
	}
	f.restart()
	if r := f.shareBeat("s", "a", 3); r.ErrorCode != 0 || r.MemberEpoch != 3 {
		t.Fatalf("after a restart: %+v", r)
	}
	list := f.c.ListGroups(kmsg.NewPtrListGroupsRequest()).Groups
	if len(list) != 1 || list[0].GroupType != "share" || list[0].ProtocolType != "share" || list[0].GroupState != "Stable" {
		t.Errorf("listed as %+v", list)
	}
	q := kmsg.NewPtrShareGroupDescribeRequest()
	q.GroupIDs = []string{"s", "", "none"}
	d := f.c.ShareGroupDescribe(q).Groups
	if d[0].Assignor != "simple" || d[0].GroupEpoch != 3 || len(d[0].Members) != 1 || d[0].Members[0].Assignment.TopicPartitions[0].Topic != "in" ||
		d[1].ErrorCode != kerr.InvalidGroupID.Code || d[2].ErrorCode != kerr.GroupIDNotFound.Code || *d[2].ErrorMessage != "Group none not found." {
		t.Errorf("described as %+v", d)
	}
	if code := f.deleteGroup("s"); code != kerr.NonEmptyGroup.Code {
		t.Errorf("deleted with a member: %d", code)
	}
	f.c.expireOffsets()
	f.shareBeat("s", "a", -1)
	f.c.expireOffsets()
	if f.state("s") != "Empty" {
		t.Fatalf("state %q without members", f.state("s"))
	}
	p.fail = kerr.CoordinatorNotAvailable.Code
	if code := f.deleteGroup("s"); code != kerr.CoordinatorNotAvailable.Code || f.state("s") != "Empty" {
		t.Errorf("deleted without its states: %d", code)
	}
	p.fail = 0
	if code := f.deleteGroup("s"); code != 0 || f.state("s") != "" || len(p.starts) != 0 {
		t.Errorf("deleted: %d, state %q, %d states left", code, f.state("s"), len(p.starts))
	}
	f.restart()
	if f.state("s") != "" {
		t.Error("it came back")
	}
}

// TestShareOffsets sets, tells and deletes start offsets through the coordinator.
func TestShareOffsets(t *testing.T) {
	f, p := shareFixture(t)
	q := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	q.GroupID = "s"
	q.Topics = []kmsg.AlterShareGroupOffsetsRequestTopic{{Topic: "in", Partitions: []kmsg.AlterShareGroupOffsetsRequestTopicPartition{{Partition: 1, StartOffset: 4}}}}
	alter := func() *kmsg.AlterShareGroupOffsetsResponse {
		return ask(func(reply func(*kmsg.AlterShareGroupOffsetsResponse)) { f.c.AlterShareGroupOffsets(q, reply) }).now(f)
	}
	p.fail = kerr.CoordinatorLoadInProgress.Code
	if r := alter(); r.ErrorCode != 0 || r.Topics[0].Partitions[0].ErrorCode != p.fail {
		t.Errorf("refused: %+v", r)
	}
	p.fail = 0
	if r := alter(); r.ErrorCode != 0 || r.Topics[0].Partitions[0].ErrorCode != 0 || r.Topics[0].TopicID == (meta.ID{}) {
		t.Errorf("altered: %+v", r)
	}
	if got := f.shareOffsets("s"); len(got) != 1 || got[1] != 4 {
		t.Errorf("offsets %v", got)
	}
	if got := f.shareOffsets("none"); len(got) != 0 {
		t.Errorf("offsets of no group: %v", got)
	}
	dq := kmsg.NewPtrDeleteShareGroupOffsetsRequest()
	dq.GroupID, dq.Topics = "s", []kmsg.DeleteShareGroupOffsetsRequestTopic{{Topic: "in"}, {Topic: "none"}}
	r := ask(func(reply func(*kmsg.DeleteShareGroupOffsetsResponse)) { f.c.DeleteShareGroupOffsets(dq, reply) }).now(f)
	if len(r.Topics) != 2 || r.Topics[0].Topic != "in" || r.Topics[0].ErrorCode != 0 || r.Topics[1].ErrorCode != kerr.UnknownTopicOrPartition.Code {
		t.Errorf("deleted: %+v", r)
	}
	if got := f.shareOffsets("s"); len(got) != 0 || len(p.starts) != 0 {
		t.Errorf("offsets %v, states %v", got, p.starts)
	}
	alter()
	f.dropTopic("in")
	f.c.work.Wait()
	f.restart()
	if got := f.shareOffsets("s"); len(got) != 0 || f.state("s") != "Empty" {
		t.Errorf("of a topic that is no more: %v, %s", got, f.state("s"))
	}
}

// TestShareOtherTypes asks of each kind of group what is of another.
func TestShareOtherTypes(t *testing.T) {
	f, _ := shareFixture(t)
	f.apply(&meta.FeatureLevel{Name: "group.version", Level: 1})
	f.stable("classic")
	if r := f.shareBeat("classic", "a", 0, "in"); r.ErrorCode != kerr.GroupIDNotFound.Code || *r.ErrorMessage != "Group classic is not a share group." {
		t.Errorf("heartbeat to a classic group: %+v", r)
	}
	f.shareBeat("s", "a", 0, "in")
	if r := f.member("s").join().now(f); r.ErrorCode != kerr.InconsistentGroupProtocol.Code {
		t.Errorf("join: %+v", r)
	}
	if code := f.commit(commitReq("s", "in", 1)); code != kerr.GroupIDNotFound.Code {
		t.Errorf("commit: %d", code)
	}
	q := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	q.Group, q.MemberID, q.RebalanceTimeoutMillis, q.SubscribedTopicNames, q.Topics = "s", "a", 1000, []string{"in"}, []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	r := ask(func(reply func(*kmsg.ConsumerGroupHeartbeatResponse)) {
		f.c.ConsumerGroupHeartbeat(machine.Client{}, q, reply)
	}).now(f)
	if r.ErrorCode != kerr.GroupIDNotFound.Code || *r.ErrorMessage != "Group s is not a consumer group." {
		t.Errorf("consumer heartbeat: %+v", r)
	}
	f.apply(&meta.FeatureLevel{Name: "share.version", Level: 0})
	if r := f.shareBeat("s", "a", 2); r.ErrorCode != kerr.UnsupportedVersion.Code {
		t.Errorf("without the feature: %+v", r)
	}
}

// TestLongGroupName has names that no record can hold.
func TestLongGroupName(t *testing.T) {
	f, _ := shareFixture(t)
	for n, want := range map[int]*kerr.Error{maxGroupID: nil, maxGroupID + 1: kerr.InvalidGroupID} {
		group := strings.Repeat("g", n)
		r := f.shareBeat(group, "a", 0, "in")
		if code := errorCode(want); r.ErrorCode != code {
			t.Errorf("%d bytes: %d, want %d", n, r.ErrorCode, code)
		}
		if code := f.commit(commitReq(group+"!", "in", 1)); code != kerr.InvalidGroupID.Code {
			t.Errorf("commit for %d bytes: %d", n+1, code)
		}
	}
	f.restart()
	if len(f.c.ListGroups(kmsg.NewPtrListGroupsRequest()).Groups) != 1 {
		t.Error("the group is not there after a restart")
	}
}

func errorCode(err *kerr.Error) int16 {
	if err == nil {
		return 0
	}
	return err.Code
}
