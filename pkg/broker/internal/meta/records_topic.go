package meta

// TopicRecord creates a topic without partitions.
type TopicRecord struct {
	Name    string
	TopicID ID
	unknown []RawTag
}

func (*TopicRecord) shape() (typ, version uint32) { return TypeTopic, 0 }

func (r *TopicRecord) fields(c *coder, _ uint32) {
	c.string(&r.Name)
	c.id(&r.TopicID)
	c.tags(&r.unknown)
}

// RemoveTopic deletes a topic, its partitions and its configs.
type RemoveTopic struct {
	TopicID ID
	unknown []RawTag
}

func (*RemoveTopic) shape() (typ, version uint32) { return TypeRemoveTopic, 0 }

func (r *RemoveTopic) fields(c *coder, _ uint32) {
	c.id(&r.TopicID)
	c.tags(&r.unknown)
}

// PartitionRecord is the whole state of one partition.
type PartitionRecord struct {
	PartitionID         int32
	TopicID             ID
	Replicas            []int32
	ISR                 []int32
	RemovingReplicas    []int32
	AddingReplicas      []int32
	Leader              int32 // -1 none
	LeaderRecoveryState int8  // 1 while the leader recovers from an unclean election
	LeaderEpoch         int32
	PartitionEpoch      int32
	Directories         []ID    // the log directory of each replica, in the order of Replicas
	ELR                 []int32 // eligible leader replicas (KIP-966); nil is null
	LastKnownELR        []int32 // nil is null
	unknown             []RawTag
}

func (*PartitionRecord) shape() (typ, version uint32) { return TypePartition, 2 }

func (r *PartitionRecord) fields(c *coder, version uint32) {
	c.int32(&r.PartitionID)
	c.id(&r.TopicID)
	c.int32s(&r.Replicas)
	c.int32s(&r.ISR)
	c.int32s(&r.RemovingReplicas)
	c.int32s(&r.AddingReplicas)
	c.int32(&r.Leader)
	c.int32(&r.LeaderEpoch)
	c.int32(&r.PartitionEpoch)
	if version >= 1 {
		c.ids(&r.Directories)
	}
	known := []tag{{0, r.LeaderRecoveryState != 0, func(c *coder) { c.int8(&r.LeaderRecoveryState) }}}
	if version >= 2 {
		known = append(known,
			tag{1, r.ELR != nil, func(c *coder) { c.nullInt32s(&r.ELR) }},
			tag{2, r.LastKnownELR != nil, func(c *coder) { c.nullInt32s(&r.LastKnownELR) }})
	}
	c.tags(&r.unknown, known...)
}

// NoLeaderChange is the Leader of a PartitionChange that leaves the leader, and
// so the leader epoch, alone.
const NoLeaderChange = -2

// noRecoveryChange is the LeaderRecoveryState of a PartitionChange without one.
const noRecoveryChange = -1

// PartitionChange alters one partition: nil lists, NoLeaderChange and -1 leave
// things alone. Any Leader, also the present one, raises the leader epoch; every
// change raises the partition epoch.
type PartitionChange struct {
	PartitionID         int32
	TopicID             ID
	ISR                 []int32
	Leader              int32
	Replicas            []int32
	RemovingReplicas    []int32
	AddingReplicas      []int32
	LeaderRecoveryState int8
	Directories         []ID
	ELR                 []int32
	LastKnownELR        []int32
	unknown             []RawTag
}

// NewPartitionChange returns a change of nothing.
func NewPartitionChange(topic ID, partition int32) *PartitionChange {
	r := newPartitionChange()
	r.TopicID, r.PartitionID = topic, partition
	return r
}

func newPartitionChange() *PartitionChange {
	return &PartitionChange{Leader: NoLeaderChange, LeaderRecoveryState: noRecoveryChange}
}

func (*PartitionChange) shape() (typ, version uint32) { return TypePartitionChange, 2 }

func (r *PartitionChange) fields(c *coder, version uint32) {
	c.int32(&r.PartitionID)
	c.id(&r.TopicID)
	known := []tag{
		{0, r.ISR != nil, func(c *coder) { c.nullInt32s(&r.ISR) }},
		{1, r.Leader != NoLeaderChange, func(c *coder) { c.int32(&r.Leader) }},
		{2, r.Replicas != nil, func(c *coder) { c.nullInt32s(&r.Replicas) }},
		{3, r.RemovingReplicas != nil, func(c *coder) { c.nullInt32s(&r.RemovingReplicas) }},
		{4, r.AddingReplicas != nil, func(c *coder) { c.nullInt32s(&r.AddingReplicas) }},
		{5, r.LeaderRecoveryState != noRecoveryChange, func(c *coder) { c.int8(&r.LeaderRecoveryState) }},
	}
	if version >= 2 {
		known = append(known,
			tag{6, r.ELR != nil, func(c *coder) { c.nullInt32s(&r.ELR) }},
			tag{7, r.LastKnownELR != nil, func(c *coder) { c.nullInt32s(&r.LastKnownELR) }})
	}
	if version >= 1 {
		known = append(known, tag{8, r.Directories != nil, func(c *coder) { c.nullIDs(&r.Directories) }})
	}
	c.tags(&r.unknown, known...)
}
