package batch

import "encoding/binary"

// Record is one record of a batch. Key, Value and the headers alias the memory
// that the batch, or its decompressed body, lies in.
type Record struct {
	Attributes     int8  // unused by Kafka
	TimestampDelta int64 // ms from the batch's base timestamp
	OffsetDelta    int32 // from the batch's base offset
	Key, Value     []byte
	Headers        []Header
}

// Header is a header of a record. Its value may be null (nil), its key not.
type Header struct {
	Key   string
	Value []byte
}

// appendRecord encodes a record behind dst.
func appendRecord(dst []byte, r *Record) []byte {
	dst = binary.AppendVarint(dst, int64(bodySize(r)))
	dst = append(dst, byte(r.Attributes))
	dst = binary.AppendVarint(dst, r.TimestampDelta)
	dst = binary.AppendVarint(dst, int64(r.OffsetDelta))
	dst = appendBytes(dst, r.Key)
	dst = appendBytes(dst, r.Value)
	dst = binary.AppendVarint(dst, int64(len(r.Headers)))
	for _, h := range r.Headers {
		dst = binary.AppendVarint(dst, int64(len(h.Key)))
		dst = append(dst, h.Key...)
		dst = appendBytes(dst, h.Value)
	}
	return dst
}

func appendBytes(dst, p []byte) []byte {
	if p == nil {
		return append(dst, 1) // varint -1
	}
	dst = binary.AppendVarint(dst, int64(len(p)))
	return append(dst, p...)
}

// bodySize is what the length field of a record says.
func bodySize(r *Record) int {
	n := 1 + varintSize(r.TimestampDelta) + varintSize(int64(r.OffsetDelta)) +
		bytesSize(r.Key) + bytesSize(r.Value) + varintSize(int64(len(r.Headers)))
	for _, h := range r.Headers {
		n += varintSize(int64(len(h.Key))) + len(h.Key) + bytesSize(h.Value)
	}
	return n
}

func bytesSize(p []byte) int {
	if p == nil {
		return 1
	}
	return varintSize(int64(len(p))) + len(p)
}

// varintSize is the length of a zigzag varint in bytes, 1 to 10.
func varintSize(v int64) int {
	u := uint64(v<<1) ^ uint64(v>>63)
	n := 1
	for ; u >= 0x80; u >>= 7 {
		n++
	}
	return n
}
