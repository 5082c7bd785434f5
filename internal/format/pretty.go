package format

import (
	"strconv"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pretty prints a line for people: where and when, headers, key, value.
type pretty struct{ color, topic bool }

func (p pretty) Append(dst []byte, r *kgo.Record) []byte {
	dst = p.begin(dst, "\x1b[2m")
	if p.topic {
		dst = append(appendVisible(dst, r.Topic), ' ')
	}
	dst = strconv.AppendInt(dst, int64(r.Partition), 10)
	dst = append(dst, '@')
	dst = strconv.AppendInt(dst, r.Offset, 10)
	dst = append(dst, ' ')
	dst = r.Timestamp.AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
	dst = p.end(dst)
	for i := range r.Headers {
		h := &r.Headers[i]
		dst = p.begin(append(dst, ' '), "\x1b[33m")
		dst = append(appendVisible(dst, h.Key), '=')
		dst = p.end(appendNullable(dst, h.Value))
	}
	if r.Key != nil {
		dst = p.begin(append(dst, ' '), "\x1b[36m")
		dst = p.end(appendVisible(dst, r.Key))
	}
	dst = append(dst, ' ')
	if r.Value == nil {
		dst = p.end(append(p.begin(dst, "\x1b[2m"), "null"...))
	} else {
		dst = appendVisible(dst, r.Value)
	}
	return append(dst, '\n')
}

func (p pretty) begin(dst []byte, code string) []byte {
	if !p.color {
		return dst
	}
	return append(dst, code...)
}

func (p pretty) end(dst []byte) []byte {
	if !p.color {
		return dst
	}
	return append(dst, "\x1b[0m"...)
}

func appendNullable(dst, v []byte) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	return appendVisible(dst, v)
}

// appendVisible appends text that cannot steer a terminal, in one line: control
// characters and bytes that are no text are escaped.
func appendVisible[S string | []byte](dst []byte, s S) []byte { return appendEscaped(dst, s, false) }

// appendHarmless is appendVisible but for line ends, which stay.
func appendHarmless[S string | []byte](dst []byte, s S) []byte { return appendEscaped(dst, s, true) }

func appendEscaped[S string | []byte](dst []byte, s S, lines bool) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f || c == '\t' || c == '\n' && lines {
			dst = append(dst, c)
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune([]byte(s[i:min(i+utf8.UTFMax, len(s))]))
			if n > 1 && r >= 0xa0 && r != '\u2028' && r != '\u2029' && !steers(r) {
				dst = append(dst, s[i:i+n]...)
				i += n
				continue
			}
			size = n
		}
		for _, b := range []byte(s[i : i+size]) {
			dst = appendEscape(dst, b)
		}
		i += size
	}
	return dst
}

// steers tells the characters that turn the direction of what follows.
func steers(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	}
	return append(dst, '\\', 'x', hexDigits[b>>4], hexDigits[b&0xf])
}
