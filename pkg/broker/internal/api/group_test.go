package api

import (
	"net/netip"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// groups is a coordinator that answers what a test wants.
type groups struct {
	GroupMembers
	GroupOffsets
	left    *kmsg.LeaveGroupRequest
	leave   kmsg.LeaveGroupResponse
	fetched *kmsg.OffsetFetchRequest
	fetch   kmsg.OffsetFetchResponseGroup
}

// LeaveGroup implements GroupMembers.
func (g *groups) LeaveGroup(q *kmsg.LeaveGroupRequest, reply func(*kmsg.LeaveGroupResponse)) {
	g.left = q
	r := g.leave
	reply(&r)
}

// OffsetFetch implements GroupOffsets.
func (g *groups) OffsetFetch(q *kmsg.OffsetFetchRequest, reply func(*kmsg.OffsetFetchResponse)) {
	g.fetched = q
	reply(&kmsg.OffsetFetchResponse{Groups: []kmsg.OffsetFetchResponseGroup{g.fetch}})
}

func newGroups(t *testing.T) (*node, *groups) {
	n, g := newNode(t, nil), &groups{}
	n.Members, n.Offsets = g, g
	return n, g
}

// Before version 3 the answer of LeaveGroup has the code of its one member.
func TestLeaveGroupOfOldVersions(t *testing.T) {
	n, g := newGroups(t)
	unknown := kmsg.LeaveGroupResponse{Members: []kmsg.LeaveGroupResponseMember{{MemberID: "m", ErrorCode: kerr.UnknownMemberID.Code}}}
	for _, c := range []struct {
		version int16
		given   kmsg.LeaveGroupResponse
		want    int16
		members int
	}{
		{0, unknown, kerr.UnknownMemberID.Code, 0},
		{2, unknown, kerr.UnknownMemberID.Code, 0},
		{3, unknown, 0, 1},
		{2, kmsg.LeaveGroupResponse{ErrorCode: kerr.NotCoordinator.Code}, kerr.NotCoordinator.Code, 0},
		{2, kmsg.LeaveGroupResponse{Members: []kmsg.LeaveGroupResponseMember{{MemberID: "m"}}}, 0, 0},
	} {
		g.leave = c.given
		q := kmsg.NewPtrLeaveGroupRequest()
		q.Version, q.Group, q.MemberID = c.version, "g", "m"
		r := ask(t, n.Service, q).(*kmsg.LeaveGroupResponse)
		if r.ErrorCode != c.want || len(r.Members) != c.members {
			t.Errorf("version %d: %+v", c.version, r)
		}
	}
}

// Before version 8 OffsetFetch is for one group, and version 1 has no place for an
// error but the partitions.
func TestOffsetFetchOfOldVersions(t *testing.T) {
	n, g := newGroups(t)
	meta := "mine"
	for version := int16(1); version < 8; version++ {
		q := kmsg.NewPtrOffsetFetchRequest()
		q.Version, q.Group = version, "g"
		q.Topics = []kmsg.OffsetFetchRequestTopic{{Topic: "in", Partitions: []int32{3, 4}}}
		g.fetch = kmsg.OffsetFetchResponseGroup{Group: "g", Topics: []kmsg.OffsetFetchResponseGroupTopic{{
			Topic: "in", Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{{Partition: 3, Offset: 7, Metadata: &meta}},
		}}}
		r := ask(t, n.Service, q).(*kmsg.OffsetFetchResponse)
		if len(r.Topics) != 1 || r.Topics[0].Partitions[0].Offset != 7 || *r.Topics[0].Partitions[0].Metadata != meta || r.ErrorCode != 0 {
			t.Errorf("version %d: %+v", version, r)
		}
		if f := g.fetched.Groups; len(f) != 1 || f[0].Group != "g" || len(f[0].Topics[0].Partitions) != 2 {
			t.Errorf("version %d asked for %+v", version, f)
		}
		g.fetch = kmsg.OffsetFetchResponseGroup{Group: "g", ErrorCode: kerr.NotCoordinator.Code}
		r = ask(t, n.Service, q).(*kmsg.OffsetFetchResponse)
		if version >= 2 && r.ErrorCode != kerr.NotCoordinator.Code {
			t.Errorf("version %d: %+v", version, r)
		}
		if version == 1 && (len(r.Topics) != 1 || len(r.Topics[0].Partitions) != 2 || r.Topics[0].Partitions[1].ErrorCode != kerr.NotCoordinator.Code) {
			t.Errorf("version 1: %+v", r)
		}
	}
	all := kmsg.NewPtrOffsetFetchRequest()
	all.Version, all.Group, all.Topics = 7, "g", nil
	ask(t, n.Service, all)
	if g.fetched.Groups[0].Topics != nil {
		t.Error("all topics became none")
	}
	all.Topics = []kmsg.OffsetFetchRequestTopic{}
	ask(t, n.Service, all)
	if g.fetched.Groups[0].Topics == nil {
		t.Error("no topics became all")
	}
}

func TestJavaAddress(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "::1": "0:0:0:0:0:0:0:1", "::ffff:10.0.0.7": "10.0.0.7",
		"2001:db8::ff00:42:8329": "2001:db8:0:0:0:ff00:42:8329",
	} {
		if got := javaAddress(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s is %s, in Java %s", in, got, want)
		}
	}
	if got := javaAddress(netip.Addr{}); got != "127.0.0.1" {
		t.Errorf("a connection in memory is from %s", got)
	}
}
