package share

import (
	"time"

	"kq/pkg/broker/internal/group/assign"
)

// Config are the settings of one group, which can be changed while it is there.
type Config struct {
	SessionTimeout     time.Duration // share.session.timeout.ms
	HeartbeatInterval  time.Duration // share.heartbeat.interval.ms
	AssignmentInterval time.Duration // share.assignment.interval.ms: from one target assignment to the next
}

// Options are what the groups of a broker go by. All fields are set.
type Options struct {
	Topics  func() assign.Topics
	Config  func(group string) Config
	MaxSize int // members (group.share.max.size)
	// InitializeRetry is when the share coordinator is asked again for a state that
	// it has not made (group.share.initialize.retry.interval.ms).
	InitializeRetry time.Duration
}
