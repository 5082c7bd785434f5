package properties

import (
	"fmt"
	"unicode/utf16"
)

// Encode writes properties as java.util.Properties.store does, one a line, in pure ASCII, without the comment
// that names the date. Parse reads the same keys and values back, invalid UTF-8 as U+FFFD.
func Encode(list []Property) []byte {
	var b []byte
	for _, p := range list {
		b = appendEscaped(b, p.Key, true)
		b = append(b, '=')
		b = appendEscaped(b, p.Value, false)
		b = append(b, '\n')
	}
	return b
}

func appendEscaped(b []byte, s string, key bool) []byte {
	for i, r := range s {
		switch r {
		case ' ':
			if key || i == 0 {
				b = append(b, '\\')
			}
			b = append(b, ' ')
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\f':
			b = append(b, `\f`...)
		case '\\', '=', ':', '#', '!':
			b = append(b, '\\', byte(r))
		default:
			if r >= ' ' && r <= '~' {
				b = append(b, byte(r))
				continue
			}
			for _, u := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, `\u%04X`, u)
			}
		}
	}
	return b
}
