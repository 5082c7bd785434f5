package api

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// GroupMembers is the group coordinator as members of groups see it. Each method
// answers once, on any goroutine, perhaps before it returns. What a request points
// to must stay as it is.
type GroupMembers interface {
	JoinGroup(from machine.Client, q *kmsg.JoinGroupRequest, reply func(*kmsg.JoinGroupResponse))
	SyncGroup(q *kmsg.SyncGroupRequest, reply func(*kmsg.SyncGroupResponse))
	Heartbeat(q *kmsg.HeartbeatRequest, reply func(*kmsg.HeartbeatResponse))
	// LeaveGroup takes and gives the form of version 3.
	LeaveGroup(q *kmsg.LeaveGroupRequest, reply func(*kmsg.LeaveGroupResponse))
}

// GroupOffsets keeps the offsets of groups. Its methods answer like those of
// GroupMembers.
type GroupOffsets interface {
	OffsetCommit(q *kmsg.OffsetCommitRequest, reply func(*kmsg.OffsetCommitResponse))
	TxnOffsetCommit(q *kmsg.TxnOffsetCommitRequest, reply func(*kmsg.TxnOffsetCommitResponse))
	// OffsetFetch takes and gives the form of version 8.
	OffsetFetch(q *kmsg.OffsetFetchRequest, reply func(*kmsg.OffsetFetchResponse))
	OffsetDelete(q *kmsg.OffsetDeleteRequest, reply func(*kmsg.OffsetDeleteResponse))
}

// GroupAdmin is what administrators ask of groups.
type GroupAdmin interface {
	ListGroups(q *kmsg.ListGroupsRequest) *kmsg.ListGroupsResponse
	DescribeGroups(q *kmsg.DescribeGroupsRequest) *kmsg.DescribeGroupsResponse
	DeleteGroups(q *kmsg.DeleteGroupsRequest, reply func(*kmsg.DeleteGroupsResponse))
}

// ConsumerGroups is the group coordinator as far as it speaks the consumer protocol
// (KIP-848). Its methods answer like those of GroupMembers.
type ConsumerGroups interface {
	ConsumerGroupHeartbeat(from machine.Client, q *kmsg.ConsumerGroupHeartbeatRequest, reply func(*kmsg.ConsumerGroupHeartbeatResponse))
	ConsumerGroupDescribe(q *kmsg.ConsumerGroupDescribeRequest) *kmsg.ConsumerGroupDescribeResponse
}

// ShareGroups is the group coordinator as far as share groups go (KIP-932). Its
// methods answer like those of GroupMembers.
type ShareGroups interface {
	ShareGroupHeartbeat(from machine.Client, q *kmsg.ShareGroupHeartbeatRequest, reply func(*kmsg.ShareGroupHeartbeatResponse))
	ShareGroupDescribe(q *kmsg.ShareGroupDescribeRequest) *kmsg.ShareGroupDescribeResponse
}

// ShareOffsets is what administrators ask of the offsets of share groups. Its methods
// answer like those of GroupMembers.
type ShareOffsets interface {
	DescribeShareGroupOffsets(q *kmsg.DescribeShareGroupOffsetsRequest, reply func(*kmsg.DescribeShareGroupOffsetsResponse))
	AlterShareGroupOffsets(q *kmsg.AlterShareGroupOffsetsRequest, reply func(*kmsg.AlterShareGroupOffsetsResponse))
	DeleteShareGroupOffsets(q *kmsg.DeleteShareGroupOffsetsRequest, reply func(*kmsg.DeleteShareGroupOffsetsResponse))
}

// groupOperations is what may be done to a group where nobody is refused: a bit for
// each of read, delete, describe, describe configs and alter configs.
const groupOperations = 1<<3 | 1<<6 | 1<<8 | 1<<10 | 1<<11

// clientOf is where a request came from, as Kafka writes it.
func clientOf(r *Request) machine.Client {
	return machine.Client{ID: r.Header.ClientID, Host: "/" + javaAddress(r.Conn.Remote.Addr())}
}

// javaAddress is InetAddress.getHostAddress: IPv6 in full.
func javaAddress(a netip.Addr) string {
	a = a.Unmap()
	if !a.IsValid() {
		return "127.0.0.1" // a connection in memory
	}
	if a.Is4() {
		return a.String()
	}
	b := a.As16()
	parts := make([]string, 8)
	for i := range parts {
		parts[i] = fmt.Sprintf("%x", uint16(b[2*i])<<8|uint16(b[2*i+1]))
	}
	return strings.Join(parts, ":")
}

// grouped is cold for handlers that need the group coordinator.
func grouped[T any, Q interface {
	*T
	kmsg.Request
}](f func(s *Service, r *Request, q Q) kmsg.Response,
) handler {
	return cold(func(s *Service, r *Request, q Q) kmsg.Response {
		if s.Members == nil {
			r.Close(fmt.Errorf("%w: there are no groups here", ErrUnsupported))
			return nil
		}
		return f(s, r, q)
	})
}
