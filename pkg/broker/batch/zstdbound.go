package batch

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdBound walks the blocks of zstd frames (RFC 8878) without opening them: the
// most bytes that they can become, and what the frames themselves claim, 0 if
// one of them does not.
func zstdBound(src []byte) (bound, claim int, err error) {
	const maxBlock = 128 << 10
	claims := true
	for len(src) > 0 {
		var h zstd.Header
		if err := h.Decode(src); err != nil {
			return 0, 0, err
		}
		if h.Skippable {
			if n := h.HeaderSize + int(h.SkippableSize); n <= len(src) {
				src = src[n:]
				continue
			}
			return 0, 0, io.ErrUnexpectedEOF
		}
		if claims = claims && h.HasFCS; h.HasFCS {
			claim = int(min(uint64(claim)+h.FrameContentSize, 1<<40))
		}
		src = src[h.HeaderSize:]
		for last := false; !last; {
			if len(src) < 3 {
				return 0, 0, io.ErrUnexpectedEOF
			}
			field := int(src[0]) | int(src[1])<<8 | int(src[2])<<16
			size := field >> 3
			last = field&1 != 0
			switch field >> 1 & 3 {
			case 0: // as it is
				bound += size
			case 1: // one byte, repeated
				bound += size
				size = 1
			default:
				bound += maxBlock
			}
			if len(src)-3 < size {
				return 0, 0, io.ErrUnexpectedEOF
			}
			src = src[3+size:]
		}
		if h.HasCheckSum {
			src = src[min(4, len(src)):]
		}
	}
	if !claims {
		claim = 0
	}
	return bound, claim, nil
}
