package consumer

import (
	"time"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/classic"
)

// Config are the settings of one group, which can be changed while it is there.
type Config struct {
	SessionTimeout     time.Duration // consumer.session.timeout.ms
	HeartbeatInterval  time.Duration // consumer.heartbeat.interval.ms
	AssignmentInterval time.Duration // consumer.assignment.interval.ms: from one target assignment to the next
}

// Migration says which ways groups may go between the protocols
// (group.consumer.migration.policy).
type Migration struct{ Upgrade, Downgrade bool }

// MigrationPolicy reads the config.
func MigrationPolicy(s string) Migration {
	return Migration{Upgrade: s == "bidirectional" || s == "upgrade", Downgrade: s == "bidirectional" || s == "downgrade"}
}

// Options are what the groups of a broker go by. All fields are set.
type Options struct {
	Topics       func() assign.Topics
	Config       func(group string) Config
	MaxSize      int      // members (group.consumer.max.size)
	Assignors    []string // Uniform and Range in the order of preference (group.consumer.assignors)
	Migration    Migration
	RegexRefresh time.Duration    // group.consumer.regex.refresh.interval.ms
	Classic      *classic.Options // of the groups that they become
}
