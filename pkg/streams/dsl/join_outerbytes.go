package dsl

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// errOuterStore is matched by bytes of a shared outer-join store that are not in its layout.
var errOuterStore = errors.New("not an entry of an outer join's store")

// The sides of an entry of the shared store. The right one sorts first, as in the JVM's bytes.
const (
	rightSide byte = 0
	leftSide  byte = 1
)

// outerKey is the key of a record that has not met another one yet: its time
// in 8 bytes, its side in one, its key (TimestampedKeyAndJoinSideSerializer).
func outerKey(dst []byte, ts int64, side byte, key []byte) []byte {
	dst = append(binary.BigEndian.AppendUint64(dst, uint64(ts)), side)
	return append(dst, key...)
}

// splitOuterKey takes an outerKey apart.
func splitOuterKey(b []byte) (ts int64, side byte, key []byte, err error) {
	if len(b) < 9 || b[8] > leftSide {
		return 0, 0, nil, fmt.Errorf("%w: key %x", errOuterStore, b)
	}
	return int64(binary.BigEndian.Uint64(b)), b[8], b[9:], nil
}

// The value under an outerKey is a list, because records of one key may carry
// one time: Kafka's ListSerializer for elements of any size, which is 0x01, a
// count, then each element with its length before it. An element is the side
// and the value (LeftOrRightValueSerializer).
const (
	variableSize byte = 1
	listHeader   int  = 5
)

// appendOuter is the list old, which may be nil, with one element more.
func appendOuter(old []byte, side byte, value []byte) ([]byte, error) {
	if old == nil {
		old = []byte{variableSize, 0, 0, 0, 0}
	}
	if len(old) < listHeader || old[0] != variableSize {
		return nil, fmt.Errorf("%w: list %x", errOuterStore, old)
	}
	out := make([]byte, 0, len(old)+5+len(value))
	out = append(out, old...)
	binary.BigEndian.PutUint32(out[1:], binary.BigEndian.Uint32(out[1:])+1)
	out = binary.BigEndian.AppendUint32(out, uint32(1+len(value)))
	return append(append(out, side), value...), nil
}

// eachOuter calls f with the elements of a list, in order.
func eachOuter(list []byte, f func(side byte, value []byte) error) error {
	if len(list) < listHeader || list[0] != variableSize {
		return fmt.Errorf("%w: list %x", errOuterStore, list)
	}
	count := binary.BigEndian.Uint32(list[1:])
	for b := list[listHeader:]; count > 0; count-- {
		if len(b) < 5 {
			return fmt.Errorf("%w: list %x ends early", errOuterStore, list)
		}
		n := binary.BigEndian.Uint32(b)
		if n < 1 || uint64(n) > uint64(len(b)-4) || b[4] > leftSide {
			return fmt.Errorf("%w: an element of %d bytes in the list %x", errOuterStore, n, list)
		}
		if err := f(b[4], b[5:4+n:4+n]); err != nil {
			return err
		}
		b = b[4+n:]
	}
	return nil
}
