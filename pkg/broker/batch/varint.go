package batch

// Kafka's variable-length integers (org.apache.kafka.common.utils.ByteUtils):
// zigzag, little-endian groups of 7 bits, at most 5 bytes for 32 bits and 10
// for 64. Bits beyond the type are dropped, as there.

// varint32 reads the varint at p[at:]. It returns the index behind it, or -1.
func varint32(p []byte, at int) (int32, int) {
	var u uint32
	for shift := 0; shift < 35 && uint(at) < uint(len(p)); shift += 7 {
		c := p[at]
		at++
		u |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return int32(u>>1) ^ -int32(u&1), at
		}
	}
	return 0, -1
}

// varint64 reads the varlong at p[at:]. It returns the index behind it, or -1.
func varint64(p []byte, at int) (int64, int) {
	var u uint64
	for shift := 0; shift < 70 && uint(at) < uint(len(p)); shift += 7 {
		c := p[at]
		at++
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), at
		}
	}
	return 0, -1
}

// short reads a varint of one to three bytes, which nearly all are, without a
// call. It returns -1 for any other, and near the end of p: ask varint32 then.
func short(p []byte, at int) (int32, int) {
	if at < 0 || at+2 >= len(p) {
		return 0, -1
	}
	u := int32(p[at])
	if u >= 0x80 {
		u += int32(p[at+1])<<7 - 0x80
		if at++; u >= 0x4000 {
			u += int32(p[at+1])<<14 - 0x4000
			if at++; u >= 0x200000 {
				return 0, -1
			}
		}
	}
	return u>>1 ^ -(u & 1), at + 1
}
