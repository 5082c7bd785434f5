package configdef

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Property is one key and value of a properties file.
type Property struct {
	Key, Value string
	Line       int // of the key, counted from 1
}

// ErrProperties is the sentinel of a properties file that cannot be read as one.
var ErrProperties = errors.New("malformed properties")

// maxProperties bounds a properties file, in bytes.
const maxProperties = 16 << 20

// ParseProperties reads the format of java.util.Properties: comments with # and !, separators = : and blanks, lines
// continued by a backslash at their end, the escapes \t \n \r \f \uXXXX, any other escaped character itself. Lines end
// with \n, \r or \r\n. Text that is valid UTF-8 is read as such (without a byte order mark), all other as ISO-8859-1.
// Every property is returned in the order of the file, also those that a later one with the same key replaces: see
// LastWins. Errors name the line and are ErrProperties.
func ParseProperties(r io.Reader) ([]Property, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxProperties+1))
	if err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	if len(data) > maxProperties {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrProperties, maxProperties)
	}
	s := lineScanner{text: decodeText(data), line: 1}
	var out []Property
	for {
		logical, line, ok := s.next()
		if !ok {
			return out, nil
		}
		key, value := splitProperty(logical)
		p := Property{Line: line}
		if p.Key, ok = unescape(key); ok {
			p.Value, ok = unescape(value)
		}
		if !ok {
			return nil, fmt.Errorf("%w: line %d: Malformed \\uxxxx encoding", ErrProperties, line)
		}
		out = append(out, p)
	}
}

// LastWins returns the properties as a map, of equal keys the last, and the properties that were replaced so.
func LastWins(list []Property) (values map[string]string, replaced []Property) {
	values = make(map[string]string, len(list))
	last := make(map[string]int, len(list))
	for i, p := range list {
		if j, ok := last[p.Key]; ok {
			replaced = append(replaced, list[j])
		}
		values[p.Key], last[p.Key] = p.Value, i
	}
	return values, replaced
}

func decodeText(data []byte) string {
	if utf8.Valid(data) {
		return strings.TrimPrefix(string(data), "\ufeff")
	}
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// lineScanner cuts text into logical lines: comments and blank lines dropped, continuations joined.
type lineScanner struct {
	text string
	line int // of text's first character
}

// next returns the next logical line, its backslashes still in place, and the number of the line it begins on.
func (s *lineScanner) next() (logical string, line int, ok bool) {
	for s.text != "" {
		natural := s.natural()
		start := s.line - 1
		natural = strings.TrimLeft(natural, propertyBlanks)
		if natural == "" || natural[0] == '#' || natural[0] == '!' {
			continue
		}
		if !continued(natural) {
			return natural, start, true
		}
		if logical, ok := s.join(natural); ok {
			return logical, start, true
		}
	}
	return "", 0, false
}

// join appends the lines that continue first. A lone backslash leaves the logical line empty: then it is the next line
// that begins one, and may be blank or a comment. At the end of the file an empty logical line counts, as in Java.
func (s *lineScanner) join(first string) (logical string, ok bool) {
	var b strings.Builder
	part := first
	for {
		more := continued(part)
		if more {
			part = part[:len(part)-1]
		}
		b.WriteString(part)
		if !more || s.text == "" {
			return b.String(), true
		}
		if b.Len() == 0 {
			return "", false
		}
		part = strings.TrimLeft(s.natural(), propertyBlanks)
	}
}

// natural takes one line, without its end, off the text.
func (s *lineScanner) natural() string {
	s.line++
	i := strings.IndexAny(s.text, "\r\n")
	if i < 0 {
		out := s.text
		s.text = ""
		return out
	}
	out := s.text[:i]
	if s.text[i] == '\r' && i+1 < len(s.text) && s.text[i+1] == '\n' {
		i++
	}
	s.text = s.text[i+1:]
	return out
}

// propertyBlanks are the blanks of java.util.Properties.
const propertyBlanks = " \t\f"

// continued reports whether a line ends in an odd number of backslashes.
func continued(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}

// splitProperty cuts a logical line at the first separator that is not escaped: blanks, with at most one = or : among
// them.
func splitProperty(s string) (key, value string) {
	end := len(s)
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if s[i] == '=' || s[i] == ':' || strings.IndexByte(propertyBlanks, s[i]) >= 0 {
			end = i
			break
		}
	}
	value = strings.TrimLeft(s[end:], propertyBlanks)
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], propertyBlanks)
	}
	return s[:end], value
}

// unescape resolves the backslashes; false when a \u is not followed by four hexadecimal digits.
func unescape(s string) (string, bool) {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		b.WriteString(s[:i])
		s = s[i+1:]
		if s == "" {
			break
		}
		if s[0] != 'u' {
			r, n := utf8.DecodeRuneInString(s)
			b.WriteRune(escaped(r))
			s = s[n:]
			continue
		}
		r, n, ok := escapedUnits(s)
		if !ok {
			return "", false
		}
		b.WriteRune(r)
		s = s[n:]
	}
	b.WriteString(s)
	return b.String(), true
}

func escaped(r rune) rune {
	switch r {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	}
	return r
}

// escapedUnits reads uXXXX, and a second \uXXXX when the two are a surrogate pair. Half a pair alone becomes U+FFFD.
func escapedUnits(s string) (r rune, n int, ok bool) {
	hi, ok := hexUnit(s)
	if !ok {
		return 0, 0, false
	}
	if !utf16.IsSurrogate(hi) {
		return hi, 5, true
	}
	if len(s) > 6 && s[5] == '\\' && s[6] == 'u' {
		if lo, ok := hexUnit(s[6:]); ok {
			if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
				return r, 11, true
			}
		}
	}
	return utf8.RuneError, 5, true
}

func hexUnit(s string) (rune, bool) {
	if len(s) < 5 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[1:5]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// EncodeProperties writes properties as java.util.Properties.store does, one a line, in pure ASCII, without the comment
// that names the date. ParseProperties reads the same keys and values back, invalid UTF-8 as U+FFFD.
func EncodeProperties(list []Property) []byte {
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
