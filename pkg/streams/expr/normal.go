package expr

import (
	"fmt"
	"math"
	"time"

	"kq/pkg/streams/codec"
)

// maxDepth bounds the nesting of results.
const maxDepth = 1000

// normal brings a result into the types that codecs write: integers are int64,
// a time is its RFC 3339 text, a duration is milliseconds. Values that are
// right already are not copied.
func normal(v any) (any, error) { return normalAt(v, 0) }

func normalAt(v any, depth int) (any, error) {
	switch x := v.(type) {
	case nil, string, bool, int64, float64, []byte, codec.Windowed:
		return v, nil
	case int:
		return int64(x), nil
	case []any:
		return normalList(x, depth)
	case map[string]any:
		return normalMap(x, depth)
	}
	return normalOther(v, depth)
}

func normalOther(v any, depth int) (any, error) {
	switch x := v.(type) {
	case int32:
		return int64(x), nil
	case uint8:
		return int64(x), nil
	case uint64:
		if x > math.MaxInt64 {
			return float64(x), nil
		}
		return int64(x), nil
	case float32:
		return float64(x), nil
	case time.Time:
		return x.Format(time.RFC3339Nano), nil
	case time.Duration:
		return x.Milliseconds(), nil
	case time.Month:
		return int64(x), nil
	case time.Weekday:
		return int64(x), nil
	case []string:
		return listOf(x, depth)
	case []int:
		return listOf(x, depth)
	case []float64:
		return listOf(x, depth)
	case []map[string]any:
		return listOf(x, depth)
	case [][]any:
		return listOf(x, depth)
	case map[any][]any:
		return normalGroups(x, depth)
	}
	return nil, fmt.Errorf("a result of type %T cannot be used", v)
}

func listOf[T any](list []T, depth int) (any, error) {
	out := make([]any, len(list))
	for i := range list {
		v, err := normalAt(list[i], depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// settled says that normal would not change v.
func settled(v any, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch x := v.(type) {
	case nil, string, bool, int64, float64, []byte:
		return true
	case []any:
		for _, e := range x {
			if !settled(e, depth+1) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, e := range x {
			if !settled(e, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}

func normalList(list []any, depth int) (any, error) {
	if settled(list, depth) {
		return list, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("a result of more than %d levels", maxDepth)
	}
	return listOf(list, depth)
}

func normalMap(m map[string]any, depth int) (any, error) {
	if settled(m, depth) {
		return m, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("a result of more than %d levels", maxDepth)
	}
	out := make(map[string]any, len(m))
	for k, e := range m {
		v, err := normalAt(e, depth+1)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

// normalGroups is the result of groupBy: keys become text.
func normalGroups(m map[any][]any, depth int) (any, error) {
	out := make(map[string]any, len(m))
	for k, list := range m {
		name, err := text(k)
		if err != nil {
			return nil, err
		}
		v, err := normalAt(list, depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}
