package staterec

// ConsumerGroupTargetAssignmentMetadata is the value of a ConsumerTarget key.
type ConsumerGroupTargetAssignmentMetadata struct {
	AssignmentEpoch int32
	TimestampMs     int64 // when it was made, ms since the epoch, 0: not known
}

func (v *ConsumerGroupTargetAssignmentMetadata) walk(c *coder, version int16) {
	c.plain(&version)
	c.int32(&v.AssignmentEpoch)
	c.tags(tag{v.TimestampMs != 0, func(c *coder) { c.int64(&v.TimestampMs) }})
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupTargetAssignmentMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupTargetAssignmentMetadata reads the value of a ConsumerTarget key.
func ParseConsumerGroupTargetAssignmentMetadata(b []byte) (ConsumerGroupTargetAssignmentMetadata, error) {
	return parse[ConsumerGroupTargetAssignmentMetadata](b, "target assignment epoch")
}

// ConsumerGroupTargetAssignmentMember is the value of a ConsumerTargetMember
// key: what the member is to have.
type ConsumerGroupTargetAssignmentMember struct{ Topics []TopicPartitions }

func (v *ConsumerGroupTargetAssignmentMember) walk(c *coder, version int16) {
	c.plain(&version)
	c.topicPartitions(&v.Topics, false)
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupTargetAssignmentMember) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupTargetAssignmentMember reads the value of a ConsumerTargetMember key.
func ParseConsumerGroupTargetAssignmentMember(b []byte) (ConsumerGroupTargetAssignmentMember, error) {
	return parse[ConsumerGroupTargetAssignmentMember](b, "target assignment")
}

// The states of a member (Kafka's MemberState).
const (
	MemberStable               int8 = 0
	MemberUnrevokedPartitions  int8 = 1 // must revoke before it moves on
	MemberUnreleasedPartitions int8 = 2 // waits for partitions that others hold
	MemberUnknown              int8 = 127
)

// ConsumerGroupCurrentMemberAssignment is the value of a ConsumerCurrent key:
// what the member has.
type ConsumerGroupCurrentMemberAssignment struct {
	MemberEpoch         int32
	PreviousMemberEpoch int32 // a heartbeat that was lost may still bring it
	State               int8
	Assigned            []TopicPartitions
	PendingRevocation   []TopicPartitions
}

func (v *ConsumerGroupCurrentMemberAssignment) walk(c *coder, version int16) {
	c.plain(&version)
	c.int32(&v.MemberEpoch)
	c.int32(&v.PreviousMemberEpoch)
	c.int8(&v.State)
	c.topicPartitions(&v.Assigned, true)
	c.topicPartitions(&v.PendingRevocation, true)
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupCurrentMemberAssignment) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupCurrentMemberAssignment reads the value of a ConsumerCurrent key.
func ParseConsumerGroupCurrentMemberAssignment(b []byte) (ConsumerGroupCurrentMemberAssignment, error) {
	return parse[ConsumerGroupCurrentMemberAssignment](b, "current assignment")
}
