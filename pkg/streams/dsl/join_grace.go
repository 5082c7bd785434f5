package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// bufferSpec is the store of the stream records that wait for the grace of a join to pass.
func bufferSpec(name string, o Joined) *state.Spec {
	return &state.Spec{Name: name, Kind: state.RawKind, Memory: o.Memory, Unlogged: o.Unlogged, Config: o.Config}
}

// joinBuffer holds stream records back by time (RocksDBTimeOrderedKeyValueBuffer).
type joinBuffer struct {
	*tableJoin
	ctx    *topology.Context
	store  rawStore
	stream int64 // the highest time of a record that was buffered, -1 before the first
	seq    uint32
	key    []byte
	out    topology.Record
}

// openJoinBuffer finds the buffer of a task. What it last held tells the stream time.
func openJoinBuffer(ctx *topology.Context, c *tableJoin) (*joinBuffer, error) {
	store, err := storeOf[rawStore](ctx, c.buffer)
	if err != nil {
		return nil, err
	}
	b := &joinBuffer{tableJoin: c, ctx: ctx, store: store, stream: -1}
	var bad error
	err = store.Range(nil, nil, true, func(key, _ []byte) bool {
		b.stream, _, b.seq, bad = splitBufferKey(key)
		return false
	})
	if err == nil {
		err = bad
	}
	return b, err
}

// put keeps a record; false says that it is late already and has to be joined at once.
func (b *joinBuffer) put(r *topology.Record) (bool, error) {
	if b.stream-b.grace > r.Timestamp {
		return false, nil
	}
	key, err := r.Key.Bytes(b.tableJoin.key)
	if err != nil {
		return false, err
	}
	value, err := r.Value.Bytes(b.value)
	if err != nil {
		return false, err
	}
	b.seq = (b.seq + 1) & (1<<31 - 1)
	b.stream = max(b.stream, r.Timestamp)
	b.key = bufferKey(b.key[:0], r.Timestamp, key, b.seq)
	entry := (&buffered{ts: r.Timestamp, origin: *b.ctx.Origin(), headers: r.Headers, value: value}).append(nil)
	b.store.Put(b.key, entry)
	b.store.Log(append([]byte(nil), b.key...), entry, -1, nil)
	return true, nil
}

// evict gives out, by time, the records for which the grace has passed.
func (b *joinBuffer) evict(f func(r *topology.Record) error) (err error) {
	if b.stream < b.grace {
		return nil
	}
	end := bufferKey(nil, b.stream-b.grace+1, nil, 0)[:9]
	scanned := b.store.Range(nil, end, false, func(key, value []byte) bool {
		var entry *buffered
		if entry, err = decodeBuffered(value); err != nil {
			return false
		}
		_, k, _, bad := splitBufferKey(key)
		if bad != nil {
			err = bad
			return false
		}
		b.out = topology.Record{
			Key: codec.Encoded(append([]byte{}, k...), b.tableJoin.key), Value: codec.Encoded(entry.value, b.value),
			Timestamp: entry.ts, Headers: entry.headers,
		}
		if err = f(&b.out); err != nil {
			return false
		}
		b.store.Delete(key)
		b.store.Log(append([]byte(nil), key...), nil, -1, nil)
		return true
	})
	if err != nil {
		return err
	}
	return scanned
}
