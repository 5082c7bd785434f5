package format

import (
	"encoding/binary"
	"strconv"
)

// number is a way to print a number.
type number func(dst []byte, n int64) []byte

func ascii(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func oneByte(dst []byte, n int64) []byte { return append(dst, byte(n)) }

// numbers are the ways with a name, those of franz-go; each keeps the low bits
// that it has room for.
var numbers = map[string]number{
	"ascii":    ascii,
	"number":   ascii,
	"hex":      func(dst []byte, n int64) []byte { return strconv.AppendUint(dst, uint64(n), 16) },
	"hex64":    hexNumber(16),
	"hex32":    hexNumber(8),
	"hex16":    hexNumber(4),
	"hex8":     hexNumber(2),
	"hex4":     hexNumber(1),
	"big64":    func(dst []byte, n int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(n)) },
	"big32":    big32,
	"big16":    func(dst []byte, n int64) []byte { return binary.BigEndian.AppendUint16(dst, uint16(n)) },
	"big8":     oneByte,
	"little64": func(dst []byte, n int64) []byte { return binary.LittleEndian.AppendUint64(dst, uint64(n)) },
	"little32": func(dst []byte, n int64) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(n)) },
	"little16": func(dst []byte, n int64) []byte { return binary.LittleEndian.AppendUint16(dst, uint16(n)) },
	"little8":  oneByte,
	"byte":     oneByte,
	"bool":     func(dst []byte, n int64) []byte { return strconv.AppendBool(dst, n != 0) },
}

func big32(dst []byte, n int64) []byte { return binary.BigEndian.AppendUint32(dst, uint32(n)) }

func hexNumber(digits int) number {
	return func(dst []byte, n int64) []byte {
		for d := digits - 1; d >= 0; d-- {
			dst = append(dst, hexDigits[(uint64(n)>>(4*d))&0xf])
		}
		return dst
	}
}
