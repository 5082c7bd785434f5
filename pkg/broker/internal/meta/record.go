package meta

import "fmt"

// Record is one of Apache Kafka's metadata records, always a pointer to one of
// the structs of this package. Records are read-only once they went into
// Append or Apply.
type Record interface {
	// shape is the record's type (the api key in Kafka's schemas) and the schema
	// version this package writes.
	shape() (typ, version uint32)
	// fields walks the body at the given schema version.
	fields(c *coder, version uint32)
}

// The types of metadata records, as Kafka numbers them (MetadataRecordType).
const (
	TypeRegisterBroker           = 0
	TypeUnregisterBroker         = 1
	TypeTopic                    = 2
	TypePartition                = 3
	TypeConfig                   = 4
	TypePartitionChange          = 5
	TypeFenceBroker              = 7
	TypeUnfenceBroker            = 8
	TypeRemoveTopic              = 9
	TypeUserScramCredential      = 11
	TypeFeatureLevel             = 12
	TypeClientQuota              = 14
	TypeProducerIDs              = 15
	TypeBrokerRegistrationChange = 17
	TypeNoOp                     = 20
	TypeRemoveScramCredential    = 22
	TypeBeginTransaction         = 23
	TypeEndTransaction           = 24
	TypeAbortTransaction         = 25
)

// frameVersion is the only version of the envelope Kafka has ever used.
const frameVersion = 1

// kind is what the decoder knows about one record type.
type kind struct {
	newest uint32 // schema versions 0 to newest are readable
	make   func() Record
}

// kinds lists the record types this package understands. All others decode to
// Unknown.
var kinds = map[uint32]kind{
	TypeRegisterBroker:           {4, func() Record { return new(RegisterBroker) }},
	TypeUnregisterBroker:         {0, func() Record { return new(UnregisterBroker) }},
	TypeTopic:                    {0, func() Record { return new(TopicRecord) }},
	TypePartition:                {2, func() Record { return new(PartitionRecord) }},
	TypeConfig:                   {0, func() Record { return new(ConfigRecord) }},
	TypePartitionChange:          {2, func() Record { return newPartitionChange() }},
	TypeFenceBroker:              {0, func() Record { return new(FenceBroker) }},
	TypeUnfenceBroker:            {0, func() Record { return new(UnfenceBroker) }},
	TypeRemoveTopic:              {0, func() Record { return new(RemoveTopic) }},
	TypeUserScramCredential:      {0, func() Record { return new(UserScramCredential) }},
	TypeClientQuota:              {0, func() Record { return new(ClientQuota) }},
	TypeRemoveScramCredential:    {0, func() Record { return new(RemoveScramCredential) }},
	TypeFeatureLevel:             {0, func() Record { return new(FeatureLevel) }},
	TypeProducerIDs:              {0, func() Record { return new(ProducerIDs) }},
	TypeBrokerRegistrationChange: {3, func() Record { return new(BrokerRegistrationChange) }},
	TypeNoOp:                     {0, func() Record { return new(NoOp) }},
	TypeBeginTransaction:         {0, func() Record { return new(BeginTransaction) }},
	TypeEndTransaction:           {0, func() Record { return new(EndTransaction) }},
	TypeAbortTransaction:         {0, func() Record { return new(AbortTransaction) }},
}

// Unknown is a record of a type, or of a newer schema version, that this
// package does not understand. It is carried along unread, so that a snapshot
// loses nothing a later release wrote.
type Unknown struct {
	RecordType    uint32
	RecordVersion uint32
	Body          []byte
}

func (u *Unknown) shape() (typ, version uint32) { return u.RecordType, u.RecordVersion }

func (u *Unknown) fields(c *coder, _ uint32) {
	if c.decoding {
		u.Body = append([]byte(nil), c.buf...)
		c.buf = c.buf[len(c.buf):]
		return
	}
	c.buf = append(c.buf, u.Body...)
}

// Type is the record's type, one of the Type constants or that of an Unknown.
func Type(r Record) uint32 {
	typ, _ := r.shape()
	return typ
}

// Append appends the record, at the version this package writes, to dst: the
// value of one log record.
func Append(dst []byte, r Record) []byte {
	_, version := r.shape()
	return AppendVersion(dst, r, version)
}

// AppendVersion is Append at another schema version. Fields that the version
// does not have are left out.
func AppendVersion(dst []byte, r Record, version uint32) []byte {
	c := coder{buf: dst}
	frame, kind := uint32(frameVersion), Type(r)
	c.uvarint(&frame)
	c.uvarint(&kind)
	c.uvarint(&version)
	r.fields(&c, version)
	return c.buf
}

// Decode reads the value of one log record and the schema version it was
// written with. Nothing in the result aliases p. Errors wrap ErrMalformed.
func Decode(p []byte) (Record, uint32, error) {
	c := coder{buf: p, decoding: true}
	var frame, typ, version uint32
	c.uvarint(&frame)
	c.uvarint(&typ)
	c.uvarint(&version)
	if c.err == nil && frame != frameVersion {
		c.fail("frame version %d", frame)
	}
	if c.err != nil {
		return nil, 0, fmt.Errorf("decode metadata record header: %w", c.err)
	}
	var r Record = &Unknown{RecordType: typ, RecordVersion: version}
	if k, ok := kinds[typ]; ok && version <= k.newest {
		r = k.make()
	}
	r.fields(&c, version)
	if c.err == nil && len(c.buf) > 0 {
		c.fail("%d bytes too many", len(c.buf))
	}
	if c.err != nil {
		return nil, 0, fmt.Errorf("decode metadata record of type %d version %d: %w", typ, version, c.err)
	}
	return r, version, nil
}
