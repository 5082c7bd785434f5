package consumer

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// joinRequest is the JoinGroup of a cooperative consumer.
func (d *driver) joinRequest(id string, topics []string, has assign.Assignment) *kmsg.JoinGroupRequest {
	sub := kmsg.ConsumerMemberMetadata{Version: 3, Topics: topics, Generation: -1}
	for _, t := range has.Topics() {
		if name := d.topics.TopicName(t); name != "" {
			sub.OwnedPartitions = append(sub.OwnedPartitions, kmsg.ConsumerMemberMetadataOwnedPartition{Topic: name, Partitions: has[t]})
		}
	}
	q := kmsg.NewPtrJoinGroupRequest()
	q.Version, q.Group, q.MemberID, q.ProtocolType = 9, "g", id, "consumer"
	q.SessionTimeoutMillis, q.RebalanceTimeoutMillis = 30_000, 60_000
	q.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "cooperative-sticky", Metadata: sub.AppendTo(nil)}}
	return q
}

func (d *driver) join(q *kmsg.JoinGroupRequest) *kmsg.JoinGroupResponse {
	resp, _ := d.call(func(n int) any {
		return machine.Join{Call: n, Client: machine.Client{ID: "c", Host: "/127.0.0.1"}, NewMemberID: fmt.Sprintf("c-%d", n), Request: q}
	}).(*kmsg.JoinGroupResponse)
	return resp
}

// syncOf is the SyncGroup of a member that does not lead.
func syncOf(id string, generation int32) *kmsg.SyncGroupRequest {
	q := kmsg.NewPtrSyncGroupRequest()
	protocol, kind := "cooperative-sticky", "consumer"
	q.Version, q.Group, q.MemberID, q.Generation, q.Protocol, q.ProtocolType = 5, "g", id, generation, &protocol, &kind
	return q
}

func (d *driver) sync(id string, generation int32, assignments ...kmsg.SyncGroupRequestGroupAssignment) *kmsg.SyncGroupResponse {
	q := syncOf(id, generation)
	q.GroupAssignment = assignments
	resp, _ := d.call(func(n int) any { return machine.Sync{Call: n, Request: q} }).(*kmsg.SyncGroupResponse)
	return resp
}

func heartbeatOf(id string, generation int32) *kmsg.HeartbeatRequest {
	q := kmsg.NewPtrHeartbeatRequest()
	q.Group, q.MemberID, q.Generation = "g", id, generation
	return q
}

func (d *driver) heartbeat(id string, generation int32) int16 {
	q := heartbeatOf(id, generation)
	return d.call(func(n int) any { return machine.Heartbeat{Call: n, Request: q} }).(*kmsg.HeartbeatResponse).ErrorCode
}

// synced reads the assignment of a SyncGroup.
func (d *driver) synced(r *kmsg.SyncGroupResponse) assign.Assignment {
	var a kmsg.ConsumerMemberAssignment
	if err := a.ReadFrom(r.MemberAssignment); err != nil {
		d.t.Fatal(err)
	}
	out := assign.Assignment{}
	for _, tp := range a.Topics {
		for _, p := range tp.Partitions {
			out.Add(d.topics.ID(tp.Topic), p)
		}
	}
	return out
}

// joinClassic joins with the classic protocol. It takes part only while the group is
// one of the consumer protocol: nobody leads here.
func (s *sim) joinClassic(c *simClient) {
	if g, ok := s.m.(*Group); !ok || len(g.members) == 0 {
		return
	}
	r := s.join(s.joinRequest("", c.topics, assign.Assignment{}))
	if r == nil || r.ErrorCode != kerr.MemberIDRequired.Code {
		return
	}
	c.id = r.MemberID
	s.clients[c.id] = c
	s.rejoinClassic(c)
}

func (s *sim) rejoinClassic(c *simClient) {
	r := s.join(s.joinRequest(c.id, c.topics, c.has))
	if r == nil || r.ErrorCode != 0 {
		delete(s.clients, c.id)
		return
	}
	c.generation = r.Generation
	sync := s.sync(c.id, c.generation)
	switch {
	case sync == nil, sync.ErrorCode != 0 && sync.ErrorCode != kerr.RebalanceInProgress.Code:
		delete(s.clients, c.id)
	case sync.ErrorCode == 0:
		c.has = s.synced(sync)
	}
}

// beatClassic is a heartbeat, and the rebalance that it may ask for.
func (s *sim) beatClassic(c *simClient) {
	if _, ok := s.m.(*Group); !ok {
		delete(s.clients, c.id) // the group has gone back; it leads no group here
		return
	}
	switch s.heartbeat(c.id, c.generation) {
	case 0:
	case kerr.RebalanceInProgress.Code:
		s.rejoinClassic(c)
	default:
		delete(s.clients, c.id)
	}
}
