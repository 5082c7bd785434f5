package wire

import "encoding/binary"

func appendInt16(dst []byte, v int16) []byte { return binary.BigEndian.AppendUint16(dst, uint16(v)) }

func appendInt32(dst []byte, v int32) []byte { return binary.BigEndian.AppendUint32(dst, uint32(v)) }

func appendInt64(dst []byte, v int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(v)) }

func appendUvarint(dst []byte, v uint32) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

func uvarintLen(v uint32) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// appendArrayLen appends the length of an array or, at -1, a null one.
func appendArrayLen(dst []byte, compact bool, n int) []byte {
	if compact {
		return appendUvarint(dst, uint32(n+1))
	}
	return appendInt32(dst, int32(n))
}

func appendString(dst []byte, compact bool, s string) []byte {
	if compact {
		dst = appendUvarint(dst, uint32(len(s)+1))
	} else {
		dst = appendInt16(dst, int16(len(s)))
	}
	return append(dst, s...)
}

func appendNullString(dst []byte, compact bool, s *string) []byte {
	if s != nil {
		return appendString(dst, compact, *s)
	}
	if compact {
		return append(dst, 0)
	}
	return appendInt16(dst, -1)
}

// noTags appends an empty list of tagged fields to a flexible message.
func noTags(dst []byte, flexible bool) []byte {
	if flexible {
		return append(dst, 0)
	}
	return dst
}
