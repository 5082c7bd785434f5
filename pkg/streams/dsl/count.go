package dsl

import (
	"encoding/binary"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Count counts the records of a key; its values are longs.
func (g *Group) Count(m Materialized, n ...Named) *Table {
	return g.aggregate(counting(), "KSTREAM-AGGREGATE-", codec.Long{}, m, one(n))
}

// counting adds one for every record. It works on the 8 bytes of the long, so
// that no number is boxed on the way.
func counting() *fold {
	zero := make([]byte, 8)
	step := func(by int64) Aggregator {
		return func(_ *topology.Record, agg *codec.Value) (codec.Value, error) {
			n, err := long(agg)
			return encodeLong(n + by), err
		}
	}
	return &fold{
		init: func() (codec.Value, error) { return codec.Encoded(zero, codec.Long{}), nil },
		add:  step(1),
		sub:  step(-1),
		join: func(_, a, b *codec.Value) (codec.Value, error) {
			x, err := long(a)
			if err != nil {
				return codec.Value{}, err
			}
			y, err := long(b)
			return encodeLong(x + y), err
		},
	}
}

// long is the number in 8 bytes, 0 for null.
func long(v *codec.Value) (int64, error) {
	b, err := v.Bytes(codec.Long{})
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) != 8 {
		_, err = codec.Long{}.Decode(b)
		return 0, &codec.DecodeError{Codec: "long", Err: err}
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

func encodeLong(n int64) codec.Value {
	return codec.Encoded(binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(n)), codec.Long{})
}
