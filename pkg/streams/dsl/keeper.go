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
	held    *cache // nil: every update goes on at once
	out     topology.Record
}

func (k *keeper) init(ctx *topology.Context) (err error) {
	k.ctx = ctx
	if v, ok := ctx.Store(k.spec.Name).(versionedStore); ok {
		k.history = v
		return nil
	}
	if k.cached {
		k.held = holdBack(ctx, k.spec.Name, k.cacheBytes, k.flushed)
	}
	k.plain, err = storeOf[keyValueStore](ctx, k.spec.Name)
	return err
}

// get is the value of a key, null where there is none.
func (k *keeper) get(key []byte) (v codec.Value, ts int64, err error) {
	if e := k.held.find(key); e != nil {
		return codec.Encoded(e.value, k.value), e.ts, nil
	}
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
	if k.held != nil {
		e := &cached{key: append([]byte(nil), key...), value: b, latest: value, ts: ts, r: *r, origin: *k.ctx.Origin()}
		return k.held.put(key, e)
	}
	stored := ts
	if b == nil {
		stored = r.Timestamp // Kafka's changelog gives a deletion the time of the record
	}
	stale := false
	if k.history == nil {
		k.plain.Put(key, b, stored)
	} else {
		validTo, ok, err := k.history.Put(key, b, stored)
		if err != nil {
			return err
		}
		if !ok {
			k.ctx.Drop("late")
			return nil
		}
		stale = validTo != state.Latest
	}
	return k.forward(r, value, old, ts, stale)
}

func (k *keeper) forward(r *topology.Record, value, old codec.Value, ts int64, stale bool) error {
	k.out = *r
	k.out.Value, k.out.Old, k.out.Timestamp, k.out.Stale = value, codec.Value{}, ts, stale
	if k.old {
		k.out.Old = old
	}
	return k.ctx.Forward(&k.out)
}

// flushed stores and forwards an update that was held back. A key that was
// made and deleted since the last time leaves no trace.
func (k *keeper) flushed(e *cached) error {
	var old []byte
	if k.old || e.value == nil {
		var err error
		if old, _, err = k.plain.Get(e.key); err != nil || (e.value == nil && old == nil) {
			return err
		}
	}
	ts := e.ts
	if e.value == nil {
		ts = e.r.Timestamp
	}
	k.plain.Put(e.key, e.value, ts)
	return from(k.ctx, e.origin, func() error {
		return k.forward(&e.r, e.latest, codec.Encoded(old, k.value), ts, false)
	})
}

// BeforeCommit writes what was held back.
func (k *keeper) BeforeCommit() error {
	if k.held == nil {
		return nil
	}
	return k.held.flush()
}
