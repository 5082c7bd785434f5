package codec

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// JSON is a JSON document (RFC 8259). It decodes to map[string]any, []any,
// string, bool, int64, float64 or nil. A number without fraction and exponent
// is an int64, exact to 64 bits; other numbers, and those beyond 64 bits, are
// float64. Written documents are compact, object keys are sorted, a float64
// always shows a fraction or an exponent (1.0), so that it is read back as one.
type JSON struct{}

// maxDepth bounds the nesting of documents that are read and written.
const maxDepth = 10000

// ErrNotJSON is the root of every failure to write a value as JSON.
var ErrNotJSON = errors.New("no JSON form")

// Name is json.
func (JSON) Name() string { return "json" }

// Append writes v. Besides the types that Decode gives, it takes int, int32,
// uint64, float32, []byte (as text), []string and Windowed. NaN and infinities
// are errors.
func (JSON) Append(dst []byte, v any) ([]byte, error) { return appendJSON(dst, v, 0) }

// Decode reads one document; spaces around it are fine, anything else after it is an error.
func (JSON) Decode(b []byte) (any, error) { return decodeJSON(b) }

// AppendJSON adds v, nil included, to dst as JSON does.
func AppendJSON(dst []byte, v any) ([]byte, error) { return appendJSON(dst, v, 0) }

func appendJSON(dst []byte, v any, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: more than %d levels", ErrNotJSON, maxDepth)
	}
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendQuoted(dst, x), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case float64:
		return appendFloat(dst, x)
	case bool:
		return strconv.AppendBool(dst, x), nil
	case map[string]any:
		return appendObject(dst, x, depth)
	case []any:
		return appendArray(dst, x, depth)
	}
	return appendOther(dst, v, depth)
}

func appendOther(dst []byte, v any, depth int) ([]byte, error) {
	switch x := v.(type) {
	case int:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case int32:
		return strconv.AppendInt(dst, int64(x), 10), nil
	case uint64:
		return strconv.AppendUint(dst, x, 10), nil
	case float32:
		return appendFloat(dst, float64(x))
	case []byte:
		return appendQuoted(dst, string(x)), nil
	case []string:
		return appendList(dst, x, depth)
	case []int:
		return appendList(dst, x, depth)
	case []map[string]any:
		return appendList(dst, x, depth)
	case Windowed:
		return appendWindowed(dst, x, depth)
	}
	return nil, fmt.Errorf("%w: %T", ErrNotJSON, v)
}

func appendList[T any](dst []byte, list []T, depth int) ([]byte, error) {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSON(dst, list[i], depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendArray(dst []byte, list []any, depth int) ([]byte, error) {
	return appendList(dst, list, depth)
}

func appendObject(dst []byte, m map[string]any, depth int) ([]byte, error) {
	var few [16]string // most objects are small: no allocation for their keys
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, k), ':')
		var err error
		if dst, err = appendJSON(dst, m[k], depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%w: %v", ErrNotJSON, f)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	n := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	for _, c := range dst[n:] {
		if c == '.' || c == 'e' {
			return dst, nil
		}
	}
	return append(dst, '.', '0'), nil
}

const hexDigits = "0123456789abcdef"

// appendQuoted writes s between quotes. Bytes that are not UTF-8 become U+FFFD.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
