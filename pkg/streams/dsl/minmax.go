package dsl

import (
	"cmp"
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Min keeps the smallest of a value of every record, numbers by size and texts
// by their bytes. Null counts for nothing. out is the codec of the value, nil
// the builder's. It cannot take values back, so that grouped tables have none.
func Min(of ValueMapper, out codec.Codec) Fold { return extreme(of, out, -1) }

// Max keeps the largest; see Min.
func Max(of ValueMapper, out codec.Codec) Fold { return extreme(of, out, 1) }

func extreme(of ValueMapper, out codec.Codec, sign int) Fold {
	better := func(agg, v *codec.Value) (codec.Value, error) {
		switch {
		case v.Null():
			return *agg, nil
		case agg.Null():
			return *v, nil
		}
		c, err := compare(v, agg)
		if err != nil || c*sign <= 0 {
			return *agg, err
		}
		return *v, nil
	}
	return Fold{
		Value:  out,
		starts: true,
		Add: func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
			v, err := of(r)
			if err != nil {
				return codec.Value{}, err
			}
			return better(agg, &v)
		},
		Join: func(_, a, b *codec.Value) (codec.Value, error) { return better(a, b) },
	}
}

// compare orders two values: numbers by size, texts and bytes by their bytes, false before true.
func compare(a, b *codec.Value) (int, error) {
	x, err := a.Any()
	if err != nil {
		return 0, err
	}
	y, err := b.Any()
	if err != nil {
		return 0, err
	}
	return compareAny(x, y)
}

func compareAny(x, y any) (int, error) {
	if a, ok := x.(int64); ok {
		if b, ok := y.(int64); ok {
			return cmp.Compare(a, b), nil
		}
	}
	if a, err := codec.Number(x); err == nil {
		if b, err := codec.Number(y); err == nil {
			return cmp.Compare(a, b), nil
		}
	}
	switch a := x.(type) {
	case string:
		if b, ok := y.(string); ok {
			return cmp.Compare(a, b), nil
		}
	case []byte:
		if b, ok := y.([]byte); ok {
			return cmp.Compare(string(a), string(b)), nil
		}
	case bool:
		if b, ok := y.(bool); ok {
			return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)), nil
		}
	}
	return 0, fmt.Errorf("compare %T with %T: no order", x, y)
}
