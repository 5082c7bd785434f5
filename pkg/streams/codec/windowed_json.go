package codec

import (
	"errors"
	"fmt"
)

// WindowedJSON is a windowed key that people and other languages can read:
// {"end":…,"key":…,"start":…}, times in milliseconds since 1970. Inner says
// what the key is once it is taken out.
type WindowedJSON struct{ Inner Codec }

// Name is windowedJson(INNER).
func (c WindowedJSON) Name() string { return "windowedJson(" + c.Inner.Name() + ")" }

// Append writes a Windowed.
func (c WindowedJSON) Append(dst []byte, v any) ([]byte, error) {
	w, ok := v.(Windowed)
	if !ok {
		return nil, fmt.Errorf("%T is not a windowed key", v)
	}
	return appendWindowed(dst, w, 0)
}

// Decode reads a Windowed; keys that it does not know are ignored.
func (c WindowedJSON) Decode(b []byte) (any, error) {
	d, err := decodeJSON(b)
	if err != nil {
		return nil, err
	}
	m, ok := d.(map[string]any)
	if !ok {
		return nil, errors.New("not an object with key, start and end")
	}
	start, ok1 := m["start"].(int64)
	end, ok2 := m["end"].(int64)
	if !ok1 || !ok2 {
		return nil, errors.New("start and end are not whole numbers")
	}
	key, ok := m["key"]
	if !ok {
		return nil, errors.New("no key in a windowed key")
	}
	k := Of(key)
	raw, err := k.Bytes(c.Inner) // also the check that the inner codec takes it
	if err != nil {
		return nil, err
	}
	return Windowed{Key: Encoded(raw, c.Inner), Start: start, End: end}, nil
}

func appendWindowed(dst []byte, w Windowed, depth int) ([]byte, error) {
	k, err := w.Key.Any()
	if err != nil {
		return nil, err
	}
	return appendObject(dst, map[string]any{"key": k, "start": w.Start, "end": w.End}, depth)
}
