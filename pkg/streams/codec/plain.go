package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// The codecs of Kafka's own serdes (org.apache.kafka.common.serialization).
// Numbers are big endian.
type (
	// String is UTF-8; it decodes to a Go string.
	String struct{}
	// Long is 8 bytes; it decodes to int64.
	Long struct{}
	// Int is 4 bytes; it decodes to int64.
	Int struct{}
	// Double is IEEE 754 in 8 bytes; it decodes to float64.
	Double struct{}
	// Bytes are passed as they are.
	Bytes struct{}
	// Bool is one byte, 0 or 1 (BooleanSerializer).
	Bool struct{}
)

// Name is string.
func (String) Name() string { return "string" }

// Append writes strings and byte slices, and numbers and booleans as their text.
func (String) Append(dst []byte, v any) ([]byte, error) {
	switch s := v.(type) {
	case string:
		return append(dst, s...), nil
	case []byte:
		return append(dst, s...), nil
	case int64:
		return strconv.AppendInt(dst, s, 10), nil
	case float64:
		return strconv.AppendFloat(dst, s, 'g', -1, 64), nil
	case bool, int, int32:
		return fmt.Append(dst, v), nil
	}
	return nil, fmt.Errorf("%T is not a string", v)
}

// Decode takes any bytes.
func (String) Decode(b []byte) (any, error) { return string(b), nil }

// Name is long.
func (Long) Name() string { return "long" }

// Append writes whole numbers.
func (Long) Append(dst []byte, v any) ([]byte, error) {
	n, err := Whole(v)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint64(dst, uint64(n)), nil
}

// Decode reads 8 bytes.
func (Long) Decode(b []byte) (any, error) {
	if len(b) != 8 {
		return nil, fmt.Errorf("%d bytes, not 8", len(b))
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

// Name is int.
func (Int) Name() string { return "int" }

// Append writes whole numbers of 32 bits.
func (Int) Append(dst []byte, v any) ([]byte, error) {
	n, err := Whole(v)
	if err != nil {
		return nil, err
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return nil, fmt.Errorf("%d does not fit 32 bits", n)
	}
	return binary.BigEndian.AppendUint32(dst, uint32(n)), nil
}

// Decode reads 4 bytes.
func (Int) Decode(b []byte) (any, error) {
	if len(b) != 4 {
		return nil, fmt.Errorf("%d bytes, not 4", len(b))
	}
	return int64(int32(binary.BigEndian.Uint32(b))), nil
}

// Name is double.
func (Double) Name() string { return "double" }

// Append writes numbers.
func (Double) Append(dst []byte, v any) ([]byte, error) {
	f, err := Number(v)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(f)), nil
}

// Decode reads 8 bytes.
func (Double) Decode(b []byte) (any, error) {
	if len(b) != 8 {
		return nil, fmt.Errorf("%d bytes, not 8", len(b))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// Name is bytes.
func (Bytes) Name() string { return "bytes" }

// Append writes byte slices and strings.
func (Bytes) Append(dst []byte, v any) ([]byte, error) {
	switch s := v.(type) {
	case []byte:
		return append(dst, s...), nil
	case string:
		return append(dst, s...), nil
	}
	return nil, fmt.Errorf("%T is not bytes", v)
}

// Decode takes any bytes.
func (Bytes) Decode(b []byte) (any, error) { return b, nil }

// Name is bool.
func (Bool) Name() string { return "bool" }

// Append writes booleans.
func (Bool) Append(dst []byte, v any) ([]byte, error) {
	switch v {
	case true:
		return append(dst, 1), nil
	case false:
		return append(dst, 0), nil
	}
	return nil, fmt.Errorf("%T is not a boolean", v)
}

// Decode reads one byte, 0 or 1.
func (Bool) Decode(b []byte) (any, error) {
	if len(b) != 1 || b[0] > 1 {
		return nil, fmt.Errorf("%x is not a boolean", b)
	}
	return b[0] == 1, nil
}

// Whole is v as a whole number; a float counts when nothing is lost.
func Whole(v any) (int64, error) {
	switch n := v.(type) {
	case int64:
		return n, nil
	case int:
		return int64(n), nil
	case int32:
		return int64(n), nil
	case float64:
		if i := int64(n); float64(i) == n && n >= -1<<63 && n < 1<<63 {
			return i, nil
		}
		return 0, fmt.Errorf("%v is not a whole number", n)
	}
	return 0, fmt.Errorf("%T is not a number", v)
}

// Number is v as a floating point number.
func Number(v any) (float64, error) {
	switch n := v.(type) {
	case float64:
		return n, nil
	case int64:
		return float64(n), nil
	case int:
		return float64(n), nil
	case int32:
		return float64(n), nil
	}
	return 0, fmt.Errorf("%T is not a number", v)
}
