package batch

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var errLZ4Header = errors.New("not an LZ4 frame")

// maxLZ4Header is the magic, flags, block size, content size, dictionary id and
// checksum.
const maxLZ4Header = 4 + 1 + 1 + 8 + 4 + 1

// fixLZ4Header copies the frame header of src with the right checksum. It
// returns the length of the header.
func fixLZ4Header(src []byte) (fixed [maxLZ4Header]byte, n int, err error) {
	const magic, sizeFlag, dictFlag = 0x184D2204, 0x08, 0x01
	if len(src) < 7 || binary.LittleEndian.Uint32(src) != magic {
		return fixed, 0, errLZ4Header
	}
	n = 6
	if src[4]&sizeFlag != 0 {
		n += 8
	}
	if src[4]&dictFlag != 0 {
		n += 4
	}
	if len(src) <= n {
		return fixed, 0, errLZ4Header
	}
	copy(fixed[:], src[:n])
	fixed[n] = byte(xxh32Short(fixed[4:n]) >> 8)
	return fixed, n + 1, nil
}

// xxh32Short is XXH32 with seed 0 of fewer than 16 bytes.
func xxh32Short(p []byte) uint32 {
	const (
		p1 = 2654435761
		p2 = 2246822519
		p3 = 3266489917
		p4 = 668265263
		p5 = 374761393
	)
	h := uint32(p5) + uint32(len(p))
	for ; len(p) >= 4; p = p[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(p)*p3, 17) * p4
	}
	for _, c := range p {
		h = bits.RotateLeft32(h+uint32(c)*p5, 11) * p1
	}
	h = (h ^ h>>15) * p2
	h = (h ^ h>>13) * p3
	return h ^ h>>16
}
