package dsl

import (
	"encoding/binary"
	"fmt"
	"math"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Sum adds up a number of every record. The sum is a long where out is a codec
// of whole numbers, else a double; nil is double. A null number adds nothing.
func Sum(of ValueMapper, out codec.Codec) Fold {
	out = first(out, codec.Double{})
	f := Fold{Value: out, Init: func() (codec.Value, error) { return codec.Of(0.0), nil }}
	f.Add, f.Sub = adder(of, 1), adder(of, -1)
	f.Join = func(_, a, b *codec.Value) (codec.Value, error) { return plus(a, b, 1) }
	if whole(out) {
		zero := make([]byte, 8)
		f.Init = func() (codec.Value, error) { return codec.Encoded(zero, codec.Long{}), nil }
		f.Add, f.Sub = longAdder(of, 1), longAdder(of, -1)
		f.Join = func(_, a, b *codec.Value) (codec.Value, error) { return longPlus(a, b, 1) }
	}
	return f
}

// whole says that a codec holds whole numbers only.
func whole(c codec.Codec) bool {
	switch c.(type) {
	case codec.Long, codec.Int, codec.Short:
		return true
	}
	return false
}

func longAdder(of ValueMapper, sign int64) Aggregator {
	return func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
		v, err := of(r)
		if err != nil || v.Null() {
			return *agg, err
		}
		return longPlus(agg, &v, sign)
	}
}

func longPlus(a, b *codec.Value, sign int64) (codec.Value, error) {
	x, err := long(a)
	if err != nil {
		return codec.Value{}, err
	}
	y, err := long(b)
	if err != nil {
		return codec.Value{}, fmt.Errorf("sum: %w", err)
	}
	return encodeLong(x + sign*y), nil
}

func adder(of ValueMapper, sign float64) Aggregator {
	return func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
		v, err := of(r)
		if err != nil || v.Null() {
			return *agg, err
		}
		return plus(agg, &v, sign)
	}
}

func plus(a, b *codec.Value, sign float64) (codec.Value, error) {
	x, err := double(a)
	if err != nil {
		return codec.Value{}, err
	}
	y, err := double(b)
	if err != nil {
		return codec.Value{}, fmt.Errorf("sum: %w", err)
	}
	return encodeDouble(x + sign*y), nil
}

// double is the number in 8 bytes, 0 for null.
func double(v *codec.Value) (float64, error) {
	b, err := v.Bytes(codec.Double{})
	if err != nil || b == nil {
		return 0, err
	}
	if err := codec.Check(codec.Double{}, b); err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func encodeDouble(f float64) codec.Value {
	return codec.Encoded(binary.BigEndian.AppendUint64(make([]byte, 0, 8), math.Float64bits(f)), codec.Double{})
}
