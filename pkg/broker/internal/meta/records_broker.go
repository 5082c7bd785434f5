package meta

// Endpoint is one listener of a broker.
type Endpoint struct {
	Name             string
	Host             string
	Port             uint16
	SecurityProtocol int16 // 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
	unknown          []RawTag
}

// FeatureRange is what one broker supports of one feature.
type FeatureRange struct {
	Name     string
	Min, Max int16
	unknown  []RawTag
}

// RegisterBroker says that a broker (again) joined the cluster. It replaces an
// older registration of the same id. BrokerEpoch is the log offset of the record.
type RegisterBroker struct {
	BrokerID             int32
	MigratingZK          bool
	IncarnationID        ID
	BrokerEpoch          int64
	Endpoints            []Endpoint
	Features             []FeatureRange
	Rack                 *string
	Fenced               bool
	InControlledShutdown bool
	LogDirs              []ID
	CordonedLogDirs      []ID // nil is null
	unknown              []RawTag
}

func (*RegisterBroker) shape() (typ, version uint32) { return TypeRegisterBroker, 4 }

func (r *RegisterBroker) fields(c *coder, version uint32) {
	c.int32(&r.BrokerID)
	if version >= 2 {
		c.bool(&r.MigratingZK)
	}
	c.id(&r.IncarnationID)
	c.int64(&r.BrokerEpoch)
	array(c, &r.Endpoints, 7, func(e *Endpoint) {
		c.string(&e.Name)
		c.string(&e.Host)
		c.uint16(&e.Port)
		c.int16(&e.SecurityProtocol)
		c.tags(&e.unknown)
	})
	array(c, &r.Features, 6, func(f *FeatureRange) {
		c.string(&f.Name)
		c.int16(&f.Min)
		c.int16(&f.Max)
		c.tags(&f.unknown)
	})
	c.nullString(&r.Rack)
	c.bool(&r.Fenced)
	if version >= 1 {
		c.bool(&r.InControlledShutdown)
	}
	var known []tag
	if version >= 3 {
		known = append(known, tag{0, len(r.LogDirs) > 0, func(c *coder) { c.ids(&r.LogDirs) }})
	}
	if version >= 4 {
		known = append(known, tag{1, r.CordonedLogDirs != nil, func(c *coder) { c.nullIDs(&r.CordonedLogDirs) }})
	}
	c.tags(&r.unknown, known...)
}

// BrokerRegistrationChange alters a registration: only the fields set apply.
type BrokerRegistrationChange struct {
	BrokerID             int32
	BrokerEpoch          int64
	Fenced               int8 // 1 fence, 0 leave, -1 unfence
	InControlledShutdown int8 // 1 enter, 0 leave as is
	LogDirs              []ID
	CordonedLogDirs      []ID // nil is no change
	unknown              []RawTag
}

// The version is the lowest one that has the fields in use, as Kafka picks it.
func (r *BrokerRegistrationChange) shape() (typ, version uint32) {
	switch {
	case r.CordonedLogDirs != nil:
		version = 3
	case len(r.LogDirs) > 0:
		version = 2
	case r.InControlledShutdown != 0:
		version = 1
	}
	return TypeBrokerRegistrationChange, version
}

func (r *BrokerRegistrationChange) fields(c *coder, version uint32) {
	c.int32(&r.BrokerID)
	c.int64(&r.BrokerEpoch)
	known := []tag{{0, r.Fenced != 0, func(c *coder) { c.int8(&r.Fenced) }}}
	if version >= 1 {
		known = append(known, tag{1, r.InControlledShutdown != 0, func(c *coder) { c.int8(&r.InControlledShutdown) }})
	}
	if version >= 2 {
		known = append(known, tag{2, len(r.LogDirs) > 0, func(c *coder) { c.ids(&r.LogDirs) }})
	}
	if version >= 3 {
		known = append(known, tag{3, r.CordonedLogDirs != nil, func(c *coder) { c.nullIDs(&r.CordonedLogDirs) }})
	}
	c.tags(&r.unknown, known...)
}

// UnregisterBroker forgets a broker.
type UnregisterBroker struct {
	BrokerID    int32
	BrokerEpoch int64
	unknown     []RawTag
}

func (*UnregisterBroker) shape() (typ, version uint32) { return TypeUnregisterBroker, 0 }

func (r *UnregisterBroker) fields(c *coder, _ uint32) {
	c.int32(&r.BrokerID)
	c.int64(&r.BrokerEpoch)
	c.tags(&r.unknown)
}

// FenceBroker takes a broker out of service (Kafka before 3.3 wrote it; newer
// ones write BrokerRegistrationChange).
type FenceBroker struct {
	ID      int32
	Epoch   int64
	unknown []RawTag
}

func (*FenceBroker) shape() (typ, version uint32) { return TypeFenceBroker, 0 }

func (r *FenceBroker) fields(c *coder, _ uint32) {
	c.int32(&r.ID)
	c.int64(&r.Epoch)
	c.tags(&r.unknown)
}

// UnfenceBroker puts a broker into service; see FenceBroker.
type UnfenceBroker struct {
	ID      int32
	Epoch   int64
	unknown []RawTag
}

func (*UnfenceBroker) shape() (typ, version uint32) { return TypeUnfenceBroker, 0 }

func (r *UnfenceBroker) fields(c *coder, _ uint32) {
	c.int32(&r.ID)
	c.int64(&r.Epoch)
	c.tags(&r.unknown)
}
