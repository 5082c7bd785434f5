package format

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// appendQuoted appends v as a JSON string; ok is false, and dst as it was, when v
// is not valid UTF-8. Control characters are escaped, also those beyond ASCII,
// which some terminals obey.
//
// Eight bytes are done at a time where they are plain text and quotes, which is
// what JSON in JSON consists of.
func appendQuoted(dst, v []byte) (out []byte, ok bool) {
	const room = 32 // for what one step writes, at most 24 bytes, and the quote
	begin := len(dst)
	dst = append(slices.Grow(dst, len(v)+len(v)/4+room), '"')
	buf, n := dst[:cap(dst)], len(dst)
	for i := 0; i < len(v); {
		if len(buf)-n < room {
			buf = slices.Grow(buf[:n], len(v)-i+room+n/4)
			buf = buf[:cap(buf)]
		}
		if i+8 <= len(v) {
			word := binary.LittleEndian.Uint64(v[i:])
			slashed, other := special(word)
			if other == 0 {
				binary.LittleEndian.PutUint64(buf[n:], word)
				for ; slashed != 0; slashed &= slashed - 1 {
					// The byte and all behind it move by one.
					at := bits.TrailingZeros64(slashed) / 8
					buf[n+at] = '\\'
					binary.LittleEndian.PutUint64(buf[n+at+1:], word>>(8*at))
					n++
				}
				i += 8
				n += 8
				continue
			}
		}
		c := v[i]
		if plainInJSON[c] {
			buf[n] = c
			i++
			n++
			continue
		}
		if c < utf8.RuneSelf {
			n += copyEscape(buf[n:], c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(v[i:])
		switch {
		case size == 1:
			return dst[:begin], false
		case r < 0xa0:
			n += copyEscape(buf[n:], byte(r))
		default:
			n += copy(buf[n:], v[i:i+size])
		}
		i += size
	}
	return append(buf[:n], '"'), true
}

// special marks, with its highest bit, each byte of a word that is a quote or a
// backslash, and each other one that does not stand for itself in a JSON string
// or is beyond ASCII.
func special(word uint64) (slashed, other uint64) {
	const ones, highs, lows = 0x0101010101010101, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f
	// Sums of seven bits each do not carry into the next byte: the highest bit is
	// set where the byte is not the one looked for, or not below.
	quote, slash, del := word^ones*'"', word^ones*'\\', word^ones*0x7f
	slashed = ^(((quote & lows) + lows) & ((slash & lows) + lows))
	other = ^(((del & lows) + lows) & ((word & lows) + ones*(0x80-0x20)))
	return slashed &^ word & highs, (other | word) & highs
}

// copyEscape writes the escape of a control character, quote or backslash.
func copyEscape(dst []byte, c byte) int {
	dst[0] = '\\'
	switch c {
	case '"', '\\':
		dst[1] = c
	case '\n':
		dst[1] = 'n'
	case '\r':
		dst[1] = 'r'
	case '\t':
		dst[1] = 't'
	default:
		dst[5], dst[4], dst[3], dst[2], dst[1] = hexDigits[c&0xf], hexDigits[c>>4], '0', '0', 'u'
		return 6
	}
	return 2
}

const hexDigits = "0123456789abcdef"

// plainInJSON marks the bytes that stand for themselves in a JSON string.
var plainInJSON = plainBytes()

func plainBytes() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c < 0x7f && c != '"' && c != '\\'
	}
	return t
}
