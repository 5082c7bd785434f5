package staterec

// ConsumerGroupMetadata is the value of a ConsumerGroup key (KIP-848).
type ConsumerGroupMetadata struct {
	Epoch        int32
	MetadataHash int64 // of the topics subscribed to, 0: none was made
}

func (v *ConsumerGroupMetadata) walk(c *coder, version int16) {
	c.plain(&version)
	c.int32(&v.Epoch)
	c.tags(tag{v.MetadataHash != 0, func(c *coder) { c.int64(&v.MetadataHash) }})
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupMetadata reads the value of a ConsumerGroup key.
func ParseConsumerGroupMetadata(b []byte) (ConsumerGroupMetadata, error) {
	return parse[ConsumerGroupMetadata](b, "consumer group epoch")
}

// ConsumerGroupPartitionMetadata is the value of a ConsumerPartitions key:
// what 3.7 to 3.9 noted of the topics subscribed to. 4.x only deletes it.
type ConsumerGroupPartitionMetadata struct{ Topics []ConsumerTopic }

// ConsumerTopic is a topic subscribed to.
type ConsumerTopic struct {
	TopicID       [16]byte
	Topic         string
	NumPartitions int32
	Racks         []PartitionRacks
}

// PartitionRacks are the racks that hold a partition.
type PartitionRacks struct {
	Partition int32
	Racks     []string
}

func (v *ConsumerGroupPartitionMetadata) walk(c *coder, version int16) {
	c.plain(&version)
	array(c, &v.Topics, 23, false, func(c *coder, t *ConsumerTopic) {
		c.id(&t.TopicID)
		c.string(&t.Topic)
		c.int32(&t.NumPartitions)
		array(c, &t.Racks, 6, false, func(c *coder, p *PartitionRacks) {
			c.int32(&p.Partition)
			c.strings(&p.Racks)
			c.tags()
		})
		c.tags()
	})
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupPartitionMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupPartitionMetadata reads the value of a ConsumerPartitions key.
func ParseConsumerGroupPartitionMetadata(b []byte) (ConsumerGroupPartitionMetadata, error) {
	return parse[ConsumerGroupPartitionMetadata](b, "consumer group topics")
}

// ConsumerGroupMemberMetadata is the value of a ConsumerMember key.
type ConsumerGroupMemberMetadata struct {
	InstanceID           *string
	RackID               *string
	ClientID             string
	ClientHost           string
	SubscribedTopicNames []string
	SubscribedTopicRegex *string
	RebalanceTimeoutMs   int32
	ServerAssignor       *string
	// Classic is nil for a member that speaks the consumer protocol. A record
	// without the field is read as an empty one, and an empty one is written
	// without the field: 4.3.1 does so.
	Classic *ClassicMember
}

// ClassicMember is what a member of a consumer group said in the classic protocol.
type ClassicMember struct {
	SessionTimeoutMs int32
	Protocols        []ClassicProtocol // in the member's order of preference
}

// ClassicProtocol is an assignor with the member's subscription for it.
type ClassicProtocol struct {
	Name     string
	Metadata []byte
}

func (v *ConsumerGroupMemberMetadata) walk(c *coder, version int16) {
	if c.decoding {
		v.Classic = new(ClassicMember)
	}
	c.plain(&version)
	c.nullString(&v.InstanceID)
	c.nullString(&v.RackID)
	c.string(&v.ClientID)
	c.string(&v.ClientHost)
	c.strings(&v.SubscribedTopicNames)
	c.nullString(&v.SubscribedTopicRegex)
	c.int32(&v.RebalanceTimeoutMs)
	c.nullString(&v.ServerAssignor)
	empty := v.Classic != nil && v.Classic.SessionTimeoutMs == 0 && len(v.Classic.Protocols) == 0
	c.tags(tag{!empty, v.classic})
}

// classic walks the nullable struct: a byte that is 0 for null, and its fields.
func (v *ConsumerGroupMemberMetadata) classic(c *coder) {
	there := uint32(0)
	if !c.decoding && v.Classic != nil {
		there = 1
	}
	c.uvarint(&there)
	if there == 0 {
		v.Classic = nil
		return
	}
	if c.decoding {
		v.Classic = new(ClassicMember)
	}
	c.int32(&v.Classic.SessionTimeoutMs)
	array(c, &v.Classic.Protocols, 3, false, func(c *coder, p *ClassicProtocol) {
		c.string(&p.Name)
		c.bytes(&p.Metadata)
		c.tags()
	})
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupMemberMetadata) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupMemberMetadata reads the value of a ConsumerMember key.
func ParseConsumerGroupMemberMetadata(b []byte) (ConsumerGroupMemberMetadata, error) {
	return parse[ConsumerGroupMemberMetadata](b, "consumer group member")
}

// ConsumerGroupRegularExpression is the value of a ConsumerRegex key: the
// topics that a regular expression was last resolved to.
type ConsumerGroupRegularExpression struct {
	Topics      []string
	Version     int64 // of the metadata image it was resolved with
	TimestampMs int64 // ms since the epoch
}

func (v *ConsumerGroupRegularExpression) walk(c *coder, version int16) {
	c.plain(&version)
	c.strings(&v.Topics)
	c.int64(&v.Version)
	c.int64(&v.TimestampMs)
	c.tags()
}

// Append adds the value's bytes to dst.
func (v ConsumerGroupRegularExpression) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseConsumerGroupRegularExpression reads the value of a ConsumerRegex key.
func ParseConsumerGroupRegularExpression(b []byte) (ConsumerGroupRegularExpression, error) {
	return parse[ConsumerGroupRegularExpression](b, "resolved regular expression")
}
