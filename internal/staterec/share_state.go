package staterec

import "fmt"

// ShareStateKind is the int16 that begins a key of __share_group_state (Kafka's
// CoordinatorRecordType of the share coordinator).
type ShareStateKind int16

// The kinds of 4.3.1.
const (
	ShareSnapshot ShareStateKind = 0 // all that is known of a share partition
	ShareUpdate   ShareStateKind = 1 // what has changed since the snapshot before it
)

// String is Kafka's name of the kind.
func (k ShareStateKind) String() string {
	switch k {
	case ShareSnapshot:
		return "ShareSnapshot"
	case ShareUpdate:
		return "ShareUpdate"
	}
	return fmt.Sprintf("kind %d", int16(k))
}

// ShareStateKey is a key of __share_group_state: a share partition, which is a
// partition of a topic as a group sees it.
type ShareStateKey struct {
	Kind      ShareStateKind
	Group     string
	TopicID   [16]byte
	Partition int32
}

func (k *ShareStateKey) walk(c *coder) {
	c.int16((*int16)(&k.Kind))
	if k.Kind != ShareSnapshot && k.Kind != ShareUpdate {
		if c.decoding && c.err == nil {
			c.err = fmt.Errorf("%w: %d", ErrUnknownKind, int16(k.Kind))
		}
		return
	}
	c.string(&k.Group)
	c.id(&k.TopicID)
	c.int32(&k.Partition)
}

// Append adds the key's bytes to dst.
func (k ShareStateKey) Append(dst []byte) []byte {
	c := coder{buf: dst}
	k.walk(&c)
	return c.buf
}

// ParseShareStateKey reads a key of __share_group_state. An ErrUnknownKind comes
// with Kind set.
func ParseShareStateKey(b []byte) (ShareStateKey, error) {
	var k ShareStateKey
	c := coder{buf: b, decoding: true}
	k.walk(&c)
	if c.err != nil {
		return ShareStateKey{Kind: k.Kind}, fmt.Errorf("parse share state key: %w", c.err)
	}
	return k, nil
}

// ShareStateBatch is the state of consecutive offsets.
type ShareStateBatch struct {
	First, Last int64
	State       int8 // 0: available, 2: acknowledged, 4: archived
	Deliveries  int16
}

func (c *coder) shareBatches(v *[]ShareStateBatch) {
	array(c, v, 20, false, func(c *coder, b *ShareStateBatch) {
		c.int64(&b.First)
		c.int64(&b.Last)
		c.int8(&b.State)
		c.int16(&b.Deliveries)
		c.tags()
	})
}

// ShareSnapshotValue is the state of a share partition (ShareSnapshotValue).
type ShareSnapshotValue struct {
	SnapshotEpoch int32 // counts the snapshots
	StateEpoch    int32 // of the group coordinator: a new one for each beginning anew
	LeaderEpoch   int32 // of the partition's leader that wrote last
	StartOffset   int64 // -1: not known yet, the group's reset policy decides
	CreateMs      int64 // ms since the epoch
	WriteMs       int64 // ms since the epoch
	Batches       []ShareStateBatch
	// DeliveryComplete counts the offsets from StartOffset on that are
	// acknowledged or archived; -1: not known (KIP-1226).
	DeliveryComplete int32
}

func (v *ShareSnapshotValue) walk(c *coder, version int16) {
	v.DeliveryComplete = defaultTo(c, v.DeliveryComplete)
	c.plain(&version)
	c.int32(&v.SnapshotEpoch)
	c.int32(&v.StateEpoch)
	c.int32(&v.LeaderEpoch)
	c.int64(&v.StartOffset)
	c.int64(&v.CreateMs)
	c.int64(&v.WriteMs)
	c.shareBatches(&v.Batches)
	c.tags(tag{v.DeliveryComplete != -1, func(c *coder) { c.int32(&v.DeliveryComplete) }})
}

// Append adds the value's bytes to dst.
func (v ShareSnapshotValue) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseShareSnapshotValue reads the value of a ShareSnapshot.
func ParseShareSnapshotValue(b []byte) (ShareSnapshotValue, error) {
	return parse[ShareSnapshotValue](b, "share snapshot")
}

// ShareUpdateValue is what has changed of a share partition (ShareUpdateValue).
type ShareUpdateValue struct {
	SnapshotEpoch    int32 // of the snapshot that it builds on
	LeaderEpoch      int32 // -1: as it was
	StartOffset      int64 // -1: as it was
	Batches          []ShareStateBatch
	DeliveryComplete int32 // as that of ShareSnapshotValue
}

func (v *ShareUpdateValue) walk(c *coder, version int16) {
	v.DeliveryComplete = defaultTo(c, v.DeliveryComplete)
	c.plain(&version)
	c.int32(&v.SnapshotEpoch)
	c.int32(&v.LeaderEpoch)
	c.int64(&v.StartOffset)
	c.shareBatches(&v.Batches)
	c.tags(tag{v.DeliveryComplete != -1, func(c *coder) { c.int32(&v.DeliveryComplete) }})
}

// Append adds the value's bytes to dst.
func (v ShareUpdateValue) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 0)
	return c.buf
}

// ParseShareUpdateValue reads the value of a ShareUpdate.
func ParseShareUpdateValue(b []byte) (ShareUpdateValue, error) {
	return parse[ShareUpdateValue](b, "share update")
}
