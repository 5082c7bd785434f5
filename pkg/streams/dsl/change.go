package dsl

import (
	"encoding/binary"
	"errors"
	"fmt"

	"kq/pkg/streams/codec"
)

// Change is an update on its way through the repartition topic of a grouped
// table: the new value, the value that it replaces, or both.
type Change struct{ New, Old codec.Value }

// ChangeOf is the layout of Kafka's ChangedSerializer since 3.5 (KIP-904), by its last byte:
// 0: old; 1: new; 2: varint length of new, new, old. Three more, 3 to 5, have a
// byte before it that says whether the value is the latest; they are read only.
type ChangeOf struct{ Inner codec.Codec }

var errChange = errors.New("not a change of a table")

// Name is change(INNER).
func (c ChangeOf) Name() string { return "change(" + c.Inner.Name() + ")" }

// Append writes a Change that has a new value, an old one, or both.
func (c ChangeOf) Append(dst []byte, v any) ([]byte, error) {
	ch, ok := v.(Change)
	if !ok {
		return nil, fmt.Errorf("%T: %w", v, errChange)
	}
	fresh, err := ch.New.Bytes(c.Inner)
	if err != nil {
		return nil, err
	}
	old, err := ch.Old.Bytes(c.Inner)
	if err != nil {
		return nil, err
	}
	switch {
	case fresh == nil && old == nil:
		return nil, fmt.Errorf("neither a new nor an old value: %w", errChange)
	case old == nil:
		return append(append(dst, fresh...), 1), nil
	case fresh == nil:
		return append(append(dst, old...), 0), nil
	}
	dst = binary.AppendVarint(dst, int64(len(fresh)))
	return append(append(append(dst, fresh...), old...), 2), nil
}

// Decode reads a Change.
func (c ChangeOf) Decode(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("no bytes: %w", errChange)
	}
	flag, b := b[len(b)-1], b[:len(b)-1]
	if flag >= 3 && flag <= 5 {
		if len(b) == 0 || b[len(b)-1] > 1 {
			return nil, fmt.Errorf("no mark of the latest: %w", errChange)
		}
		flag, b = flag-3, b[:len(b)-1]
	}
	b = b[:len(b):len(b)]
	switch flag {
	case 0:
		return Change{Old: codec.Encoded(b, c.Inner)}, nil
	case 1:
		return Change{New: codec.Encoded(b, c.Inner)}, nil
	case 2:
		n, size := binary.Varint(b)
		if size <= 0 || size > 5 || n < 0 || n > int64(len(b)-size) {
			return nil, fmt.Errorf("a length beyond its end: %w", errChange)
		}
		at := size + int(n)
		return Change{New: codec.Encoded(b[size:at:at], c.Inner), Old: codec.Encoded(b[at:], c.Inner)}, nil
	}
	return nil, fmt.Errorf("flag %d: %w", flag, errChange)
}
