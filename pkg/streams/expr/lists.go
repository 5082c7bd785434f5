package expr

import (
	"fmt"
	"maps"
	"slices"
)

// asList takes lists; null is the empty one.
func asList(fn string, v any) ([]any, error) {
	if v == nil {
		return nil, nil
	}
	n, err := normal(v)
	if err != nil {
		return nil, err
	}
	list, ok := n.([]any)
	if !ok {
		return nil, fmt.Errorf("%s takes a list, not %s", fn, typeName(n))
	}
	return list, nil
}

// asMap takes maps; null is the empty one.
func asMap(fn string, v any) (map[string]any, error) {
	if v == nil {
		return nil, nil
	}
	n, err := normal(v)
	if err != nil {
		return nil, err
	}
	m, ok := n.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s takes a map, not %s", fn, typeName(n))
	}
	return m, nil
}

// appendFunc is a new list: the first argument and the others behind it.
func appendFunc(args ...any) (any, error) {
	list, err := asList("append", args[0])
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, len(list)+len(args)-1)
	return append(append(out, list...), args[1:]...), nil
}

// concatFunc is a new list of the elements of all its arguments.
func concatFunc(args ...any) (any, error) {
	out := []any{}
	for _, a := range args {
		list, err := asList("concat", a)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// mergeFunc is a new map; later arguments win.
func mergeFunc(args ...any) (any, error) {
	out := map[string]any{}
	for _, a := range args {
		m, err := asMap("merge", a)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, m)
	}
	return out, nil
}

// pickFunc is a map of some keys of another.
func pickFunc(args ...any) (any, error) {
	m, err := asMap("pick", args[0])
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, k := range args[1:] {
		name, err := asText("pick", k)
		if err != nil {
			return nil, err
		}
		if v, ok := m[name]; ok {
			out[name] = v
		}
	}
	return out, nil
}

// withoutFunc is a map but for some keys.
func withoutFunc(args ...any) (any, error) {
	m, err := asMap("without", args[0])
	if err != nil {
		return nil, err
	}
	out := maps.Clone(m)
	if out == nil {
		out = map[string]any{}
	}
	for _, k := range args[1:] {
		name, err := asText("without", k)
		if err != nil {
			return nil, err
		}
		delete(out, name)
	}
	return out, nil
}

// keysFunc are the keys of a map, sorted: results must not depend on chance.
func keysFunc(args ...any) (any, error) {
	m, err := asMap("keys", args[0])
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k)
	}
	return out, nil
}

// valuesFunc are the values of a map in the order of its keys.
func valuesFunc(args ...any) (any, error) {
	m, err := asMap("values", args[0])
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out, nil
}

// pairsFunc are the entries of a map as [key, value], in the order of its keys.
func pairsFunc(args ...any) (any, error) {
	m, err := asMap("toPairs", args[0])
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, []any{k, m[k]})
	}
	return out, nil
}

// fromPairsFunc is a map of [key, value] pairs; keys become text.
func fromPairsFunc(args ...any) (any, error) {
	list, err := asList("fromPairs", args[0])
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(list))
	for _, e := range list {
		pair, err := asList("fromPairs", e)
		if err != nil {
			return nil, err
		}
		if len(pair) != 2 {
			return nil, fmt.Errorf("fromPairs takes pairs, not a list of %d", len(pair))
		}
		name, err := text(pair[0])
		if err != nil {
			return nil, err
		}
		out[name] = pair[1]
	}
	return out, nil
}
