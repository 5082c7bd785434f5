package meta

// ConfigRecord sets (or, with a nil Value, removes) one config of one resource.
type ConfigRecord struct {
	ResourceType int8 // see ResourceTopic and its siblings
	ResourceName string
	Name         string
	Value        *string
	unknown      []RawTag
}

func (*ConfigRecord) shape() (typ, version uint32) { return TypeConfig, 0 }

func (r *ConfigRecord) fields(c *coder, _ uint32) {
	c.int8(&r.ResourceType)
	c.string(&r.ResourceName)
	c.string(&r.Name)
	c.nullString(&r.Value)
	c.tags(&r.unknown)
}

// FeatureLevel finalizes a feature at a level; level 0 removes it.
type FeatureLevel struct {
	Name    string
	Level   int16
	unknown []RawTag
}

func (*FeatureLevel) shape() (typ, version uint32) { return TypeFeatureLevel, 0 }

func (r *FeatureLevel) fields(c *coder, _ uint32) {
	c.string(&r.Name)
	c.int16(&r.Level)
	c.tags(&r.unknown)
}

// ProducerIDs says that all producer ids below NextProducerID are given away,
// the last block of them to this broker.
type ProducerIDs struct {
	BrokerID       int32
	BrokerEpoch    int64
	NextProducerID int64
	unknown        []RawTag
}

func (*ProducerIDs) shape() (typ, version uint32) { return TypeProducerIDs, 0 }

func (r *ProducerIDs) fields(c *coder, _ uint32) {
	c.int32(&r.BrokerID)
	c.int64(&r.BrokerEpoch)
	c.int64(&r.NextProducerID)
	c.tags(&r.unknown)
}

// NoOp changes nothing; Kafka's active controller writes one now and then.
type NoOp struct{ unknown []RawTag }

func (*NoOp) shape() (typ, version uint32) { return TypeNoOp, 0 }
func (r *NoOp) fields(c *coder, _ uint32)  { c.tags(&r.unknown) }

// BeginTransaction opens a run of records that count only together, once
// EndTransaction is there (KIP-868).
type BeginTransaction struct {
	Name    *string
	unknown []RawTag
}

func (*BeginTransaction) shape() (typ, version uint32) { return TypeBeginTransaction, 0 }

func (r *BeginTransaction) fields(c *coder, _ uint32) {
	c.tags(&r.unknown, tag{0, r.Name != nil, func(c *coder) { c.nullString(&r.Name) }})
}

// EndTransaction makes the records since BeginTransaction count.
type EndTransaction struct{ unknown []RawTag }

func (*EndTransaction) shape() (typ, version uint32) { return TypeEndTransaction, 0 }
func (r *EndTransaction) fields(c *coder, _ uint32)  { c.tags(&r.unknown) }

// AbortTransaction drops the records since BeginTransaction.
type AbortTransaction struct {
	Reason  *string
	unknown []RawTag
}

func (*AbortTransaction) shape() (typ, version uint32) { return TypeAbortTransaction, 0 }

func (r *AbortTransaction) fields(c *coder, _ uint32) {
	c.tags(&r.unknown, tag{0, r.Reason != nil, func(c *coder) { c.nullString(&r.Reason) }})
}
