package staterec

import "fmt"

// Kind is the int16 that begins a key of __consumer_offsets: which record it
// is (Kafka's CoordinatorRecordType of the group coordinator).
type Kind int16

// The kinds of 4.3.1. 9 and 18 were never released.
const (
	LegacyOffset         Kind = 0 // written before 0.9; read as Offset
	Offset               Kind = 1
	Group                Kind = 2
	ConsumerGroup        Kind = 3
	ConsumerPartitions   Kind = 4 // since 4.0 only tombstones are written
	ConsumerMember       Kind = 5
	ConsumerTarget       Kind = 6
	ConsumerTargetMember Kind = 7
	ConsumerCurrent      Kind = 8
	ShareMember          Kind = 10
	ShareGroup           Kind = 11
	ShareTarget          Kind = 12
	ShareTargetMember    Kind = 13
	ShareCurrent         Kind = 14
	ShareStatePartitions Kind = 15
	ConsumerRegex        Kind = 16
	StreamsGroup         Kind = 17
	StreamsMember        Kind = 19
	StreamsTarget        Kind = 20
	StreamsTargetMember  Kind = 21
	StreamsCurrent       Kind = 22
	StreamsTopology      Kind = 23
)

const newestKind = StreamsTopology

// What a key holds beside its kind and its group.
const (
	keyOfGroup   = 1
	keyOfMember  = 2
	keyOfPattern = 3
	keyOfOffset  = 4
)

// kinds says what the key of each kind holds and what Kafka calls it.
var kinds = [newestKind + 1]struct {
	key  int8
	name string
}{
	LegacyOffset:         {keyOfOffset, "LegacyOffsetCommit"},
	Offset:               {keyOfOffset, "OffsetCommit"},
	Group:                {keyOfGroup, "GroupMetadata"},
	ConsumerGroup:        {keyOfGroup, "ConsumerGroupMetadata"},
	ConsumerPartitions:   {keyOfGroup, "ConsumerGroupPartitionMetadata"},
	ConsumerMember:       {keyOfMember, "ConsumerGroupMemberMetadata"},
	ConsumerTarget:       {keyOfGroup, "ConsumerGroupTargetAssignmentMetadata"},
	ConsumerTargetMember: {keyOfMember, "ConsumerGroupTargetAssignmentMember"},
	ConsumerCurrent:      {keyOfMember, "ConsumerGroupCurrentMemberAssignment"},
	ShareMember:          {keyOfMember, "ShareGroupMemberMetadata"},
	ShareGroup:           {keyOfGroup, "ShareGroupMetadata"},
	ShareTarget:          {keyOfGroup, "ShareGroupTargetAssignmentMetadata"},
	ShareTargetMember:    {keyOfMember, "ShareGroupTargetAssignmentMember"},
	ShareCurrent:         {keyOfMember, "ShareGroupCurrentMemberAssignment"},
	ShareStatePartitions: {keyOfGroup, "ShareGroupStatePartitionMetadata"},
	ConsumerRegex:        {keyOfPattern, "ConsumerGroupRegularExpression"},
	StreamsGroup:         {keyOfGroup, "StreamsGroupMetadata"},
	StreamsMember:        {keyOfMember, "StreamsGroupMemberMetadata"},
	StreamsTarget:        {keyOfGroup, "StreamsGroupTargetAssignmentMetadata"},
	StreamsTargetMember:  {keyOfMember, "StreamsGroupTargetAssignmentMember"},
	StreamsCurrent:       {keyOfMember, "StreamsGroupCurrentMemberAssignment"},
	StreamsTopology:      {keyOfGroup, "StreamsGroupTopology"},
}

// Known says whether k is a kind of 4.3.1.
func (k Kind) Known() bool { return k >= 0 && k <= newestKind && kinds[k].key != 0 }

// OfMember says whether the keys of the kind name a member.
func (k Kind) OfMember() bool { return k.Known() && kinds[k].key == keyOfMember }

// String is Kafka's name of the kind, as OffsetCommit.
func (k Kind) String() string {
	if !k.Known() {
		return fmt.Sprintf("kind %d", int16(k))
	}
	return kinds[k].name
}

// Key is any key of __consumer_offsets. Which fields count follows from Kind.
type Key struct {
	Kind      Kind
	Group     string
	Topic     string // LegacyOffset and Offset
	Partition int32  // LegacyOffset and Offset
	Member    string // the member id, where there is one
	Regex     string // ConsumerRegex: as the members subscribed to it
}

func (k *Key) walk(c *coder) {
	c.int16((*int16)(&k.Kind))
	if !k.Kind.Known() {
		if c.decoding && c.err == nil {
			c.err = fmt.Errorf("%w: %d", ErrUnknownKind, int16(k.Kind))
		}
		return
	}
	c.string(&k.Group)
	switch kinds[k.Kind].key {
	case keyOfOffset:
		c.string(&k.Topic)
		c.int32(&k.Partition)
	case keyOfMember:
		c.string(&k.Member)
	case keyOfPattern:
		c.string(&k.Regex)
	}
}

// Append adds the key's bytes to dst. A group, topic, member or pattern must
// be shorter than 32,768 bytes; the wire lets no longer one in.
func (k Key) Append(dst []byte) []byte {
	c := coder{buf: dst}
	k.walk(&c)
	return c.buf
}

// ParseKey reads a key. An ErrUnknownKind comes with Kind set.
func ParseKey(b []byte) (Key, error) { return parseKey(b, false) }

// ViewKey is ParseKey without copies: the strings point into b, and are good
// as long as b stays as it is. Clone what is kept.
func ViewKey(b []byte) (Key, error) { return parseKey(b, true) }

func parseKey(b []byte, view bool) (Key, error) {
	var k Key
	c := coder{buf: b, decoding: true, view: view}
	k.walk(&c)
	if c.err != nil {
		return Key{Kind: k.Kind}, fmt.Errorf("parse group state key: %w", c.err)
	}
	return k, nil
}

// OffsetKey is the key of a committed offset.
type OffsetKey struct {
	Group, Topic string
	Partition    int32
}

// Append adds the key's bytes to dst.
func (k OffsetKey) Append(dst []byte) []byte {
	return Key{Kind: Offset, Group: k.Group, Topic: k.Topic, Partition: k.Partition}.Append(dst)
}

// GroupKey is the key of a classic group.
type GroupKey struct{ Group string }

// Append adds the key's bytes to dst.
func (k GroupKey) Append(dst []byte) []byte { return Key{Kind: Group, Group: k.Group}.Append(dst) }
