package topic

import "errors"

// What a partition refuses, with Kafka's error code.
var (
	// ErrUnknownPartition: no such topic or partition, or it was deleted
	// (UNKNOWN_TOPIC_OR_PARTITION, 3).
	ErrUnknownPartition = errors.New("unknown topic or partition")
	// ErrNotLeader: another broker leads the partition, or none
	// (NOT_LEADER_OR_FOLLOWER, 6).
	ErrNotLeader = errors.New("not leader or follower")
	// ErrTimedOut: the wait was longer than the request allows
	// (REQUEST_TIMED_OUT, 7).
	ErrTimedOut = errors.New("request timed out")
	// ErrNotEnoughReplicas: fewer replicas in sync than min.insync.replicas; nothing
	// was appended (NOT_ENOUGH_REPLICAS, 19).
	ErrNotEnoughReplicas = errors.New("not enough replicas in sync")
	// ErrNotEnoughReplicasAfterAppend: the same, found out after the append
	// (NOT_ENOUGH_REPLICAS_AFTER_APPEND, 20).
	ErrNotEnoughReplicasAfterAppend = errors.New("not enough replicas in sync after the append")
	// ErrPolicy: records of a topic that is only compacted cannot be deleted
	// (POLICY_VIOLATION, 44).
	ErrPolicy = errors.New("records of this topic can not be deleted")
	// ErrFencedEpoch: the client knows an older leader epoch (FENCED_LEADER_EPOCH, 74).
	ErrFencedEpoch = errors.New("fenced leader epoch")
	// ErrUnknownEpoch: the client knows a newer leader epoch (UNKNOWN_LEADER_EPOCH, 75).
	ErrUnknownEpoch = errors.New("unknown leader epoch")
	// ErrOffsetNotAvailable: a new leader whose high watermark is still below the
	// start of its epoch (OFFSET_NOT_AVAILABLE, 78).
	ErrOffsetNotAvailable = errors.New("offset not available")
	// ErrUnknownFollower: a fetch of a broker that is no replica of the partition
	// (UNKNOWN_LEADER_EPOCH, 75, or NOT_LEADER_OR_FOLLOWER, 6).
	ErrUnknownFollower = errors.New("not a replica of the partition")
)
