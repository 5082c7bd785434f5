package fetcher

import "encoding/binary"

// Epoch is a leader epoch with the first offset that was read of it.
type Epoch struct {
	Offset int64
	Epoch  int32
}

// EpochAt is the leader epoch of the record at an offset of the chunk, or of
// the last one before it; -1 where the chunk does not tell.
func (c *Chunk) EpochAt(offset int64) int32 {
	epoch := int32(-1)
	for _, e := range c.Epochs {
		if e.Offset > offset {
			break
		}
		epoch = e.Epoch
	}
	return epoch
}

// epochsOf lists the leader epochs of the batches that end at from or above it.
// Batches are whole but for the last one, which may be cut off.
func epochsOf(b []byte, from int64) (out []Epoch) {
	for len(b) >= headerSize {
		length := int64(binary.BigEndian.Uint32(b[8:])) + 12
		if length < headerSize || length > int64(len(b)) || b[16] != 2 {
			break
		}
		base, epoch := int64(binary.BigEndian.Uint64(b)), int32(binary.BigEndian.Uint32(b[12:]))
		last := base + int64(int32(binary.BigEndian.Uint32(b[23:])))
		if last >= from && (len(out) == 0 || out[len(out)-1].Epoch != epoch) {
			out = append(out, Epoch{max(base, from), epoch})
		}
		b = b[length:]
	}
	return out
}
