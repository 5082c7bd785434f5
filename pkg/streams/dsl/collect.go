package dsl

import (
	"fmt"
	"reflect"
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Collect keeps the values of a key as a JSON list, in the order of their
// arrival. limit keeps the last so many, 0 all; distinct drops a value that is
// in the list already. Null is not collected.
func Collect(of ValueMapper, limit int, distinct bool) Fold {
	push := func(list []any, values ...any) []any {
		out := slices.Clone(list)
		for _, v := range values {
			if distinct && index(out, v) >= 0 {
				continue
			}
			out = append(out, v)
		}
		if limit > 0 && len(out) > limit {
			out = out[len(out)-limit:]
		}
		return out
	}
	return listFold(of, push)
}

// TopK keeps the k largest values of a key as a JSON list, the largest first,
// equals in the order of their arrival. by is what values are compared by; nil compares them as they are.
func TopK(of ValueMapper, k int, by func(v any) (any, error)) Fold {
	if by == nil {
		by = func(v any) (any, error) { return v, nil }
	}
	f := listFold(of, nil)
	f.Sub = nil
	put := func(list []any, values ...any) ([]any, error) {
		out := slices.Clone(list)
		for _, v := range values {
			at, err := rank(out, v, by)
			if err != nil {
				return nil, err
			}
			out = slices.Insert(out, at, v)
		}
		return out[:min(len(out), max(k, 0))], nil
	}
	f.Add = func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
		v, list, err := element(of, r, agg)
		if err != nil || v == nil {
			return *agg, err
		}
		out, err := put(list, v)
		return codec.Of(out), err
	}
	f.Join = func(_, a, b *codec.Value) (codec.Value, error) {
		x, y, err := lists(a, b)
		if err != nil {
			return codec.Value{}, err
		}
		out, err := put(x, y...)
		return codec.Of(out), err
	}
	return f
}

// rank is where v goes in a list from the largest down, behind its equals.
func rank(list []any, v any, by func(any) (any, error)) (int, error) {
	key, err := by(v)
	if err != nil {
		return 0, err
	}
	for i, have := range list {
		other, err := by(have)
		if err != nil {
			return 0, err
		}
		c, err := compareAny(key, other)
		if err != nil {
			return 0, fmt.Errorf("topK: %w", err)
		}
		if c > 0 {
			return i, nil
		}
	}
	return len(list), nil
}

// listFold is a fold over a JSON list; taking back removes the last equal value.
func listFold(of ValueMapper, push func(list []any, values ...any) []any) Fold {
	return Fold{
		Value: codec.JSON{},
		Init:  func() (codec.Value, error) { return codec.Of([]any{}), nil },
		Add: func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
			v, list, err := element(of, r, agg)
			if err != nil || v == nil {
				return *agg, err
			}
			return codec.Of(push(list, v)), nil
		},
		Sub: func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
			v, list, err := element(of, r, agg)
			if err != nil || v == nil {
				return *agg, err
			}
			if i := index(list, v); i >= 0 {
				list = slices.Delete(slices.Clone(list), i, i+1)
			}
			return codec.Of(list), nil
		},
		Join: func(_, a, b *codec.Value) (codec.Value, error) {
			x, y, err := lists(a, b)
			if err != nil {
				return codec.Value{}, err
			}
			return codec.Of(push(x, y...)), nil
		},
	}
}

// element is the value that a record brings, nil for none, and the list that there is.
func element(of ValueMapper, r *topology.Record, agg *codec.Value) (v any, list []any, err error) {
	value, err := of(r)
	if err != nil {
		return nil, nil, err
	}
	if v, err = value.Any(); err != nil {
		return nil, nil, err
	}
	list, err = listOf(agg)
	return v, list, err
}

func lists(a, b *codec.Value) (x, y []any, err error) {
	if x, err = listOf(a); err != nil {
		return nil, nil, err
	}
	y, err = listOf(b)
	return x, y, err
}

func listOf(agg *codec.Value) ([]any, error) {
	v, err := agg.Any()
	if err != nil || v == nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("the aggregate is a %T, not a list", v)
	}
	return list, nil
}

func index(list []any, v any) int {
	return slices.IndexFunc(list, func(x any) bool { return reflect.DeepEqual(x, v) })
}
