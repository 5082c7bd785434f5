package dsl

import (
	"encoding/binary"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Counting counts records in a long. It works on the 8 bytes, so that no
// number is boxed on the way.
func Counting() Fold {
	zero := make([]byte, 8)
	step := func(by int64) Aggregator {
		return func(_ *topology.Record, agg *codec.Value) (codec.Value, error) {
			n, err := long(agg)
			return encodeLong(n + by), err
		}
	}
	return Fold{
		Value: codec.Long{},
		Init:  func() (codec.Value, error) { return codec.Encoded(zero, codec.Long{}), nil },
		Add:   step(1),
		Sub:   step(-1),
		Join: func(_, a, b *codec.Value) (codec.Value, error) {
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
	if err := codec.Check(codec.Long{}, b); err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

func encodeLong(n int64) codec.Value {
	return codec.Encoded(binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(n)), codec.Long{})
}
