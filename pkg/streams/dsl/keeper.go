package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// keeper is the store of one processor together with the forwarding of its
// updates (KeyValueStoreWrapper and TimestampedTupleForwarder).
type keeper struct {
	*kept
	old     bool // children want old values
	ctx     *topology.Context
	plain   keyValueStore
	history versionedStore
	out     topology.Record
}

func (k *keeper) init(ctx *topology.Context) (err error) {
	k.ctx = ctx
	if v, ok := ctx.Store(k.spec.Name).(versionedStore); ok {
		k.history = v
		return nil
	}
	k.plain, err = storeOf[keyValueStore](ctx, k.spec.Name)
	return err
}

// get is the value of a key, null where there is none.
func (k *keeper) get(key []byte) (v codec.Value, ts int64, err error) {
	var b []byte
	if k.history != nil {
		b, ts, err = k.history.Get(key)
	} else {
		b, ts, err = k.plain.Get(key)
	}
	return codec.Encoded(b, k.value), ts, err
}

// update stores a value and forwards it with the value that it replaces. What
// is too old for a versioned store is neither stored nor forwarded.
func (k *keeper) update(r *topology.Record, key []byte, value, old codec.Value, ts int64) error {
	b, err := value.Bytes(k.value)
	if err != nil {
		return err
	}
	stored := ts
	if b == nil {
		stored = r.Timestamp // Kafka's changelog gives a deletion the time of the record
	}
	k.out = *r
	k.out.Value, k.out.Old, k.out.Timestamp, k.out.Stale = value, codec.Value{}, ts, false
	if k.old {
		k.out.Old = old
	}
	if k.history == nil {
		k.plain.Put(key, b, stored)
		return k.ctx.Forward(&k.out)
	}
	validTo, ok, err := k.history.Put(key, b, stored)
	if err != nil {
		return err
	}
	if !ok {
		k.ctx.Drop("late")
		return nil
	}
	k.out.Stale = validTo != state.Latest
	return k.ctx.Forward(&k.out)
}
