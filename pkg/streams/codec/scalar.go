package codec

import (
	"encoding/binary"
	"math"
	"strings"
	"unsafe"
)

// Kind is what a Scalar holds.
type Kind uint8

// The kinds. KindOther is everything that is none of the others: a list, a
// map, bytes. KindNoObject stands where a field was asked of something that
// has no fields.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindDouble
	KindText
	KindOther
	KindNoObject
)

// Scalar is a decoded value without an interface around it, so that numbers
// and text need no memory of their own. The zero Scalar is null.
type Scalar struct {
	Kind Kind
	// Shared says that Text is a part of the bytes that it was read from: it
	// holds for as long as they do.
	Shared bool
	// Bits are 0 or 1, the number, or the bits of the double.
	Bits int64
	Text string
	// Other is the value of KindOther.
	Other any
}

// BoolScalar is a boolean.
func BoolScalar(b bool) Scalar {
	if b {
		return Scalar{Kind: KindBool, Bits: 1}
	}
	return Scalar{Kind: KindBool}
}

// IntScalar is a whole number.
func IntScalar(n int64) Scalar { return Scalar{Kind: KindInt, Bits: n} }

// DoubleScalar is a floating point number.
func DoubleScalar(f float64) Scalar {
	return Scalar{Kind: KindDouble, Bits: int64(math.Float64bits(f))}
}

// TextScalar is a text.
func TextScalar(s string) Scalar { return Scalar{Kind: KindText, Text: s} }

// ScalarOf is a decoded value as a Scalar.
func ScalarOf(v any) Scalar {
	switch x := v.(type) {
	case nil:
		return Scalar{}
	case string:
		return TextScalar(x)
	case int64:
		return IntScalar(x)
	case float64:
		return DoubleScalar(x)
	case bool:
		return BoolScalar(x)
	case int:
		return IntScalar(int64(x))
	}
	return Scalar{Kind: KindOther, Other: v}
}

// Double is the number of a KindDouble.
func (s Scalar) Double() float64 { return math.Float64frombits(uint64(s.Bits)) }

// True says that s is the boolean true.
func (s Scalar) True() bool { return s.Kind == KindBool && s.Bits != 0 }

// Value is s as a decoded value, which holds for ever.
func (s Scalar) Value() any {
	switch s.Kind {
	case KindBool:
		return s.Bits != 0
	case KindInt:
		return s.Bits
	case KindDouble:
		return s.Double()
	case KindText:
		if s.Shared {
			return strings.Clone(s.Text)
		}
		return s.Text
	case KindOther:
		return s.Other
	}
	return nil
}

// Scalar is the value without an interface around it, read from the bytes of
// strings and numbers at no cost. A failure is a *DecodeError.
func (v *Value) Scalar() (Scalar, error) {
	if v.dec == nil && v.raw != nil {
		switch v.codec.(type) {
		case String:
			return Scalar{Kind: KindText, Text: unsafe.String(unsafe.SliceData(v.raw), len(v.raw)), Shared: true}, nil
		case Long:
			if len(v.raw) == 8 {
				return IntScalar(int64(binary.BigEndian.Uint64(v.raw))), nil
			}
		case Double:
			if len(v.raw) == 8 {
				return Scalar{Kind: KindDouble, Bits: int64(binary.BigEndian.Uint64(v.raw))}, nil
			}
		}
	}
	x, err := v.Any()
	return ScalarOf(x), err
}
