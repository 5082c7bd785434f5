package staterec

// ShareGroupMetadata is the value of a ShareGroup key (KIP-932).
type ShareGroupMetadata struct {
	Epoch        int32
	MetadataHash int64 // of the topics subscribed to, 0: there are none
}

func (v *ShareGroupMetadata) walk(c *coder, version int16) {
	c.plain(&version)
	c.int32(&v.Epoch)
	c.int64(&v.MetadataHash)
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ShareGroupMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseShareGroupMetadata reads the value of a ShareGroup key.
func ParseShareGroupMetadata(b []byte) (ShareGroupMetadata, error) {
	return parse[ShareGroupMetadata](b, "share group epoch")
}

// ShareGroupMemberMetadata is the value of a ShareMember key.
type ShareGroupMemberMetadata struct {
	RackID               *string
	ClientID             string
	ClientHost           string
	SubscribedTopicNames []string
}

func (v *ShareGroupMemberMetadata) walk(c *coder, version int16) {
	c.plain(&version)
	c.nullString(&v.RackID)
	c.string(&v.ClientID)
	c.string(&v.ClientHost)
	c.strings(&v.SubscribedTopicNames)
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ShareGroupMemberMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseShareGroupMemberMetadata reads the value of a ShareMember key.
func ParseShareGroupMemberMetadata(b []byte) (ShareGroupMemberMetadata, error) {
	return parse[ShareGroupMemberMetadata](b, "share group member")
}

// The values of ShareTarget and ShareTargetMember keys have the fields of consumer
// groups.
type (
	// ShareGroupTargetAssignmentMetadata is the value of a ShareTarget key.
	ShareGroupTargetAssignmentMetadata = ConsumerGroupTargetAssignmentMetadata
	// ShareGroupTargetAssignmentMember is the value of a ShareTargetMember key.
	ShareGroupTargetAssignmentMember = ConsumerGroupTargetAssignmentMember
)

// ShareGroupCurrentMemberAssignment is the value of a ShareCurrent key: what the
// member has.
type ShareGroupCurrentMemberAssignment struct {
	MemberEpoch         int32
	PreviousMemberEpoch int32 // a heartbeat whose answer was lost may still bring it
	State               int8  // MemberStable
	Assigned            []TopicPartitions
}

func (v *ShareGroupCurrentMemberAssignment) walk(c *coder, version int16) {
	c.plain(&version)
	c.int32(&v.MemberEpoch)
	c.int32(&v.PreviousMemberEpoch)
	c.int8(&v.State)
	c.topicPartitions(&v.Assigned, false)
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ShareGroupCurrentMemberAssignment) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseShareGroupCurrentMemberAssignment reads the value of a ShareCurrent key.
func ParseShareGroupCurrentMemberAssignment(b []byte) (ShareGroupCurrentMemberAssignment, error) {
	return parse[ShareGroupCurrentMemberAssignment](b, "current share assignment")
}

// ShareGroupStatePartitionMetadata is the value of a ShareStatePartitions key: of
// which partitions the share coordinator has, gets or loses the state.
type ShareGroupStatePartitionMetadata struct {
	Initializing []ShareTopic
	Initialized  []ShareTopic
	Deleting     []ShareTopic // without partitions: all that there are
}

// ShareTopic is a topic of which partitions have a state.
type ShareTopic struct {
	TopicID    [16]byte
	Topic      string
	Partitions []int32
}

func (v *ShareGroupStatePartitionMetadata) walk(c *coder, version int16) {
	c.plain(&version)
	for _, list := range []*[]ShareTopic{&v.Initializing, &v.Initialized} {
		array(c, list, 19, false, func(c *coder, t *ShareTopic) {
			c.id(&t.TopicID)
			c.string(&t.Topic)
			c.int32s(&t.Partitions)
			c.tags()
		})
	}
	array(c, &v.Deleting, 18, false, func(c *coder, t *ShareTopic) {
		c.id(&t.TopicID)
		c.string(&t.Topic)
		c.tags()
	})
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ShareGroupStatePartitionMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseShareGroupStatePartitionMetadata reads the value of a ShareStatePartitions key.
func ParseShareGroupStatePartitionMetadata(b []byte) (ShareGroupStatePartitionMetadata, error) {
	return parse[ShareGroupStatePartitionMetadata](b, "share group state partitions")
}
