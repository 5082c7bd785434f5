package codec

import (
	"encoding/binary"
	"fmt"
	"math"
)

type (
	// Short is 2 bytes; it decodes to int64.
	Short struct{}
	// Float is IEEE 754 in 4 bytes; it decodes to float64.
	Float struct{}
)

// Name is short.
func (Short) Name() string { return "short" }

// Append writes whole numbers of 16 bits.
func (Short) Append(dst []byte, v any) ([]byte, error) {
	n, err := Whole(v)
	if err != nil {
		return nil, err
	}
	if n < math.MinInt16 || n > math.MaxInt16 {
		return nil, fmt.Errorf("%d does not fit 16 bits", n)
	}
	return binary.BigEndian.AppendUint16(dst, uint16(n)), nil
}

// Decode reads 2 bytes.
func (Short) Decode(b []byte) (any, error) {
	if len(b) != 2 {
		return nil, fmt.Errorf("%d bytes, not 2", len(b))
	}
	return int64(int16(binary.BigEndian.Uint16(b))), nil
}

// Name is float.
func (Float) Name() string { return "float" }

// Append writes numbers, rounded to 32 bits.
func (Float) Append(dst []byte, v any) ([]byte, error) {
	f, err := Number(v)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(f))), nil
}

// Decode reads 4 bytes.
func (Float) Decode(b []byte) (any, error) {
	if len(b) != 4 {
		return nil, fmt.Errorf("%d bytes, not 4", len(b))
	}
	return float64(math.Float32frombits(binary.BigEndian.Uint32(b))), nil
}
