package codec

import (
	"encoding/binary"
	"fmt"
)

// Windowed is a key and the window that it was counted in. Start and End are
// milliseconds since 1970; End is exclusive, but inclusive for sessions and
// sliding windows.
type Windowed struct {
	Key        Value
	Start, End int64
}

// TimeWindowed is the key layout of Kafka's TimeWindowedSerializer: the inner
// key, then the start in 8 bytes. The end is not stored: Size (milliseconds) gives it.
type TimeWindowed struct {
	Inner Codec
	Size  int64
}

// Name is timeWindowed(INNER).
func (c TimeWindowed) Name() string { return "timeWindowed(" + c.Inner.Name() + ")" }

// Append writes a Windowed.
func (c TimeWindowed) Append(dst []byte, v any) ([]byte, error) {
	w, k, err := windowedKey(v, c.Inner)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint64(append(dst, k...), uint64(w.Start)), nil
}

// Decode reads a Windowed.
func (c TimeWindowed) Decode(b []byte) (any, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("%d bytes hold no window start", len(b))
	}
	n := len(b) - 8
	start := int64(binary.BigEndian.Uint64(b[n:]))
	return Windowed{Key: Encoded(b[:n:n], c.Inner), Start: start, End: start + c.Size}, nil
}

// SessionWindowed is the key layout of Kafka's SessionWindowedSerializer: the
// inner key, the end, the start.
type SessionWindowed struct{ Inner Codec }

// Name is sessionWindowed(INNER).
func (c SessionWindowed) Name() string { return "sessionWindowed(" + c.Inner.Name() + ")" }

// Append writes a Windowed.
func (c SessionWindowed) Append(dst []byte, v any) ([]byte, error) {
	w, k, err := windowedKey(v, c.Inner)
	if err != nil {
		return nil, err
	}
	dst = binary.BigEndian.AppendUint64(append(dst, k...), uint64(w.End))
	return binary.BigEndian.AppendUint64(dst, uint64(w.Start)), nil
}

// Decode reads a Windowed.
func (c SessionWindowed) Decode(b []byte) (any, error) {
	if len(b) < 16 {
		return nil, fmt.Errorf("%d bytes hold no session", len(b))
	}
	n := len(b) - 16
	return Windowed{
		Key:   Encoded(b[:n:n], c.Inner),
		End:   int64(binary.BigEndian.Uint64(b[n:])),
		Start: int64(binary.BigEndian.Uint64(b[n+8:])),
	}, nil
}

func windowedKey(v any, inner Codec) (Windowed, []byte, error) {
	w, ok := v.(Windowed)
	if !ok {
		return Windowed{}, nil, fmt.Errorf("%T is not a windowed key", v)
	}
	k, err := w.Key.Bytes(inner)
	return w, k, err
}

// PartitionBytes are the bytes of a key that choose its partition: those of
// the inner key for a windowed one (WindowedStreamPartitioner), all of them otherwise.
func PartitionBytes(v *Value, c Codec) ([]byte, error) {
	switch w := c.(type) {
	case TimeWindowed:
		return innerBytes(v, w.Inner)
	case SessionWindowed:
		return innerBytes(v, w.Inner)
	case CalendarWindowed:
		return innerBytes(v, w.Inner)
	case WindowedJSON:
		return innerBytes(v, w.Inner)
	}
	return v.Bytes(c)
}

func innerBytes(v *Value, inner Codec) ([]byte, error) {
	d, err := v.Any()
	if err != nil || d == nil {
		return nil, err
	}
	_, k, err := windowedKey(d, inner)
	return k, err
}
