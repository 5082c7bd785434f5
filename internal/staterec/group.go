package staterec

// GroupValue is a classic group (GroupMetadataValue, versions 0 to 4).
type GroupValue struct {
	ProtocolType string
	Generation   int32
	Protocol     *string // nil: none chosen
	Leader       *string // the leader's member id, nil: none
	StateMs      int64   // when the group came into its state, ms since the epoch, -1: not known
	Members      []GroupMember
}

// GroupMember is a member of a classic group.
type GroupMember struct {
	ID                 string
	InstanceID         *string // nil: not a static member
	ClientID           string
	ClientHost         string // as /127.0.0.1
	RebalanceTimeoutMs int32  // -1 in version 0: the session timeout
	SessionTimeoutMs   int32
	Subscription       []byte // the member's metadata of the chosen protocol
	Assignment         []byte
}

func (v *GroupValue) walk(c *coder, version int16) {
	v.StateMs = defaultTo(c, v.StateMs)
	c.version(&version, 4)
	c.flexible = version >= 4
	c.string(&v.ProtocolType)
	c.int32(&v.Generation)
	c.nullString(&v.Protocol)
	c.nullString(&v.Leader)
	if version >= 2 {
		c.int64(&v.StateMs)
	}
	array(c, &v.Members, 12, false, func(c *coder, m *GroupMember) { m.walk(c, version) })
	c.tags()
}

func (m *GroupMember) walk(c *coder, version int16) {
	m.RebalanceTimeoutMs = defaultTo(c, m.RebalanceTimeoutMs)
	c.string(&m.ID)
	if version >= 3 {
		c.nullString(&m.InstanceID)
	}
	c.string(&m.ClientID)
	c.string(&m.ClientHost)
	if version >= 1 {
		c.int32(&m.RebalanceTimeoutMs)
	}
	c.int32(&m.SessionTimeoutMs)
	c.bytes(&m.Subscription)
	c.bytes(&m.Assignment)
	c.tags()
}

// Append adds the value's bytes to dst, in version 3 as 4.3.1 does.
func (v GroupValue) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 3)
	return c.buf
}

// ParseGroupValue reads the value of a Group key.
func ParseGroupValue(b []byte) (GroupValue, error) {
	return parse[GroupValue](b, "classic group")
}
