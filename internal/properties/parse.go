package properties

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Property is one key and value of a properties file.
type Property struct {
	Key, Value string
	Line       int // of the key, counted from 1
}

// ErrMalformed is a properties file that cannot be read as one.
var ErrMalformed = errors.New("malformed properties")

// ErrTooLarge is a file that is larger than Options.MaxBytes. It is ErrMalformed too.
var ErrTooLarge = fmt.Errorf("%w: too large", ErrMalformed)

// DefaultMaxBytes bounds a properties file where nothing else is said.
const DefaultMaxBytes = 16 << 20

// Options bounds what is read.
type Options struct {
	MaxBytes int64 // of the file; 0 is DefaultMaxBytes
}

// SyntaxError is a \u without four hexadecimal digits behind it: there is no
// other mistake that a properties file can have. It is ErrMalformed.
type SyntaxError struct {
	Line int // on which the property begins, counted from 1
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf(`line %d: \u needs four hexadecimal digits`, e.Line)
}

// Is tells that it is ErrMalformed.
func (e *SyntaxError) Is(target error) bool { return target == ErrMalformed }

// Parse reads the format of java.util.Properties: comments with # and !, separators = : and blanks, lines
// continued by a backslash at their end, the escapes \t \n \r \f \uXXXX, any other escaped character itself. Lines end
// with \n, \r or \r\n. Text that is valid UTF-8 is read as such (without a byte order mark), all other as ISO-8859-1.
// Every property is returned in the order of the file, also those that a later one with the same key replaces: see
// LastWins. The error is a *SyntaxError, ErrTooLarge or the reader's.
func Parse(r io.Reader, o Options) ([]Property, error) {
	most := cmp.Or(o.MaxBytes, DefaultMaxBytes)
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
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
			return nil, &SyntaxError{line}
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
	n, err := strconv.ParseUint(s[1:5], 16, 16)
	return rune(n), err == nil
}
