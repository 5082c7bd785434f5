package codec

import "fmt"

// Codec turns the values of one type into bytes and back, in the layout of the
// Kafka serde of that name. Codecs are comparable: two equal codecs write the
// same bytes for the same value.
type Codec interface {
	// Name is the codec's name in a job file, such as long or timeWindowed(string).
	Name() string
	// Append adds the bytes of v, which is never nil, to dst.
	Append(dst []byte, v any) ([]byte, error)
	// Decode reads b, which is never nil. The result may alias b.
	Decode(b []byte) (any, error)
}

// Value is a key or a value of a record: its bytes, its decoded form, or both.
// The zero Value is null. Values are copied freely; what they point to is
// never changed.
type Value struct {
	raw   []byte
	codec Codec // of raw
	dec   any
}

// Encoded is the value that the bytes b hold; nil is null. b must not change afterwards.
func Encoded(b []byte, c Codec) Value {
	if b == nil {
		return Value{}
	}
	return Value{raw: b, codec: c}
}

// Of is the value v; nil is null.
func Of(v any) Value { return Value{dec: v} }

// Both is a value whose bytes are known already.
func Both(v any, b []byte, c Codec) Value { return Value{raw: b, codec: c, dec: v} }

// Null says that there is no value.
func (v *Value) Null() bool { return v.raw == nil && v.dec == nil }

// Any is the decoded value, nil for null. A failure is a *DecodeError.
func (v *Value) Any() (any, error) {
	if v.dec != nil || v.raw == nil {
		return v.dec, nil
	}
	d, err := v.codec.Decode(v.raw)
	if err != nil {
		return nil, &DecodeError{Codec: v.codec.Name(), Err: err}
	}
	v.dec = d
	return d, nil
}

// Raw are the bytes of the value and their codec where it has bytes, whose
// decoded form is not known yet; otherwise nil.
func (v *Value) Raw() ([]byte, Codec) {
	if v.dec != nil {
		return nil, nil
	}
	return v.raw, v.codec
}

// Bytes is the value as c writes it, nil for null. The slice is shared: it
// must not be changed. Values keep the bytes, so that asking again is free.
func (v *Value) Bytes(c Codec) ([]byte, error) {
	if v.raw != nil && v.codec == c {
		return v.raw, nil
	}
	d, err := v.Any()
	if err != nil || (d == nil && v.raw == nil) {
		return nil, err
	}
	if d == nil { // a JSON null, which is a value to Kafka but none to us
		return v.raw, nil
	}
	b, err := c.Append(nil, d)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", c.Name(), err)
	}
	if b == nil {
		b = []byte{}
	}
	if v.raw == nil {
		v.raw, v.codec = b, c
	}
	return b, nil
}

// DecodeError says that the bytes of a record are not what its codec reads. It
// surfaces where the value is first touched and goes to the job's handler of
// deserialisation errors.
type DecodeError struct {
	Codec string
	Err   error
}

func (e *DecodeError) Error() string { return "decode " + e.Codec + ": " + e.Err.Error() }

// Unwrap is the codec's own error.
func (e *DecodeError) Unwrap() error { return e.Err }
