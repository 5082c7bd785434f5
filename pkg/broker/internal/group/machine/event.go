package machine

import "github.com/twmb/franz-go/pkg/kmsg"

// Join is a JoinGroup request that passed the checks that need no group: the id is
// not empty, the session timeout is within its bounds.
type Join struct {
	Call        Call
	Client      Client
	NewMemberID string // for a member that has none: Name, UUID
	Name        string // client id (or instance id) and a dash; groups of consumers leave it out
	Request     *kmsg.JoinGroupRequest
}

// Sync is a SyncGroup request.
type Sync struct {
	Call    Call
	Request *kmsg.SyncGroupRequest
}

// Heartbeat is a Heartbeat request.
type Heartbeat struct {
	Call    Call
	Request *kmsg.HeartbeatRequest
}

// Leave is a LeaveGroup request in the form of version 3: Members are always set.
type Leave struct {
	Call    Call
	Request *kmsg.LeaveGroupRequest
}

// ConsumerHeartbeat is a ConsumerGroupHeartbeat request (KIP-848).
type ConsumerHeartbeat struct {
	Call        Call
	Client      Client
	NewMemberID string // for version 0, whose members have none when they join
	Request     *kmsg.ConsumerGroupHeartbeatRequest
}

// ShareHeartbeat is a ShareGroupHeartbeat request (KIP-932).
type ShareHeartbeat struct {
	Call    Call
	Client  Client
	Request *kmsg.ShareGroupHeartbeatRequest
}

// Committed tells that a member has committed offsets, which Commit allowed.
type Committed struct{ Member string }

// Fired is a timer that has run out. It is not set any more.
type Fired struct{ Key TimerKey }

// Loaded ends the loading of a group after a start, or a migration: the machine
// sets the timers of all its members, full.
type Loaded struct{}
