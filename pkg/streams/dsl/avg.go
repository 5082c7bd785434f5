package dsl

import (
	"encoding/binary"
	"fmt"
	"math"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Average is the codec of what Avg keeps: the sum as a double, then the count
// as a long, 16 bytes. It decodes to {"sum", "count", "avg"}.
type Average struct{}

// Name is average.
func (Average) Name() string { return "average" }

// Append writes an object with sum and count.
func (Average) Append(dst []byte, v any) ([]byte, error) {
	o, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%T is not an average", v)
	}
	sum, err := codec.Number(o["sum"])
	if err != nil {
		return nil, fmt.Errorf("sum: %w", err)
	}
	count, err := codec.Whole(o["count"])
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	return appendAverage(dst, sum, count), nil
}

// Decode reads 16 bytes.
func (Average) Decode(b []byte) (any, error) {
	sum, count, err := average(b)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"sum": sum, "count": count}
	if count != 0 {
		out["avg"] = sum / float64(count)
	}
	return out, nil
}

func appendAverage(dst []byte, sum float64, count int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, math.Float64bits(sum)), uint64(count))
}

func average(b []byte) (sum float64, count int64, err error) {
	if len(b) != 16 {
		return 0, 0, fmt.Errorf("%d bytes, not 16", len(b))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:])), nil
}

// Avg is the mean of a number of every record, a double; null counts for
// nothing, and a key with no numbers has no mean. The store keeps Average; the
// table, a mapValues below the aggregate, shows the mean.
func Avg(of ValueMapper) Fold {
	zero := make([]byte, 16)
	step := func(sign int64) Aggregator {
		return func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
			v, err := of(r)
			if err != nil || v.Null() {
				return *agg, err
			}
			x, err := double(&v)
			if err != nil {
				return codec.Value{}, fmt.Errorf("avg: %w", err)
			}
			return moved(agg, x*float64(sign), sign)
		}
	}
	return Fold{
		Value:       Average{},
		Init:        func() (codec.Value, error) { return codec.Encoded(zero, Average{}), nil },
		Add:         step(1),
		Sub:         step(-1),
		Join:        joinAverages,
		result:      mean,
		resultCodec: codec.Double{},
	}
}

// moved is the average with so much more in it.
func moved(agg *codec.Value, sum float64, count int64) (codec.Value, error) {
	b, err := agg.Bytes(Average{})
	if err != nil {
		return codec.Value{}, err
	}
	s, n, err := average(b)
	if err != nil {
		return codec.Value{}, &codec.DecodeError{Codec: "average", Err: err}
	}
	return codec.Encoded(appendAverage(make([]byte, 0, 16), s+sum, n+count), Average{}), nil
}

func joinAverages(_, a, b *codec.Value) (codec.Value, error) {
	raw, err := b.Bytes(Average{})
	if err != nil {
		return codec.Value{}, err
	}
	s, n, err := average(raw)
	if err != nil {
		return codec.Value{}, &codec.DecodeError{Codec: "average", Err: err}
	}
	return moved(a, s, n)
}

func mean(r *topology.Record) (codec.Value, error) {
	b, err := r.Value.Bytes(Average{})
	if err != nil {
		return codec.Value{}, err
	}
	s, n, err := average(b)
	if err != nil {
		return codec.Value{}, &codec.DecodeError{Codec: "average", Err: err}
	}
	if n == 0 {
		return codec.Value{}, nil
	}
	return encodeDouble(s / float64(n)), nil
}
