package codec

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reader walks one JSON document. Strings are cut out of one copy of the
// document where they hold no escapes.
type reader struct {
	s   string
	pos int
}

func decodeJSON(b []byte) (any, error) { return decodeText(string(b)) }

// decodeText reads a document; its strings share s.
func decodeText(s string) (any, error) {
	r := reader{s: s}
	r.space()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	r.space()
	if r.pos < len(r.s) {
		return nil, r.bad("after the document")
	}
	return v, nil
}

func (r *reader) bad(where string) error {
	if r.pos >= len(r.s) {
		return errors.New("unexpected end of JSON")
	}
	c, _ := utf8.DecodeRuneInString(r.s[r.pos:])
	return fmt.Errorf("character %q %s at byte %d", c, where, r.pos)
}

// space is small enough to be inlined: most documents have none.
func (r *reader) space() {
	if r.pos < len(r.s) && r.s[r.pos] <= ' ' {
		r.spaces()
	}
}

func (r *reader) spaces() {
	for r.pos < len(r.s) {
		switch r.s[r.pos] {
		case ' ', '\n', '\t', '\r':
			r.pos++
		default:
			return
		}
	}
}

func (r *reader) peek() byte {
	if r.pos < len(r.s) {
		return r.s[r.pos]
	}
	return 0
}

func (r *reader) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels of JSON", maxDepth)
	}
	switch c := r.peek(); c {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return r.text()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return r.number()
		}
		return nil, r.bad("where a value begins")
	}
}

func (r *reader) word(w string) error {
	for i := range len(w) {
		if r.peek() != w[i] {
			return r.bad("in " + w)
		}
		r.pos++
	}
	return nil
}

func (r *reader) object(depth int) (any, error) {
	r.pos++
	m := map[string]any{}
	r.space()
	if r.peek() == '}' {
		r.pos++
		return m, nil
	}
	for {
		k, err := r.name()
		if err != nil {
			return nil, err
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		m[k] = v
		more, err := r.next('}', "after a value of an object")
		if err != nil || !more {
			return m, err
		}
	}
}

// name reads a key, the colon and the spaces around.
func (r *reader) name() (string, error) {
	if r.peek() != '"' {
		return "", r.bad("where a key begins")
	}
	k, err := r.text()
	if err != nil {
		return "", err
	}
	return k, r.colon()
}

func (r *reader) colon() error {
	r.space()
	if r.peek() != ':' {
		return r.bad("after a key")
	}
	r.pos++
	r.space()
	return nil
}

// next is behind a value: true after a comma, false after the closing byte.
func (r *reader) next(end byte, where string) (bool, error) {
	r.space()
	switch c := r.peek(); {
	case c == ',':
		r.pos++
		r.space()
		return true, nil
	case c == end:
		r.pos++
		return false, nil
	}
	return false, r.bad(where)
}

func (r *reader) array(depth int) (any, error) {
	r.pos++
	list := []any{}
	r.space()
	if r.peek() == ']' {
		r.pos++
		return list, nil
	}
	for {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		more, err := r.next(']', "after a value of a list")
		if err != nil || !more {
			return list, err
		}
	}
}

// text reads a string; r stands on the opening quote.
func (r *reader) text() (string, error) {
	start := r.pos + 1
	plain := true
	for i := start; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.pos = i + 1
			s := r.s[start:i]
			if plain || utf8.ValidString(s) {
				return s, nil
			}
			return string(valid(nil, s)), nil
		case c == '\\':
			return r.escaped(start, i)
		case c < ' ':
			r.pos = i
			return "", r.bad("in a string")
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.pos = len(r.s)
	return "", r.bad("")
}

// valid adds s to dst with every byte that is not UTF-8 replaced by U+FFFD.
func valid(dst []byte, s string) []byte {
	for _, c := range s {
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}

// escaped reads a string with escapes; the first one is at byte i.
func (r *reader) escaped(start, i int) (string, error) {
	buf := append(make([]byte, 0, 2*(i-start)+16), r.s[start:i]...)
	r.pos = i
	for r.pos < len(r.s) {
		switch c := r.s[r.pos]; {
		case c == '"':
			r.pos++
			if utf8.Valid(buf) {
				return string(buf), nil
			}
			return string(valid(nil, string(buf))), nil
		case c == '\\':
			var err error
			if buf, err = r.escape(buf); err != nil {
				return "", err
			}
		case c < ' ':
			return "", r.bad("in a string")
		default:
			buf = append(buf, c)
			r.pos++
		}
	}
	return "", r.bad("")
}

func (r *reader) escape(buf []byte) ([]byte, error) {
	r.pos++
	c := r.peek()
	switch c {
	case '"', '\\', '/':
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'u':
		return r.unicode(buf)
	default:
		return nil, r.bad("in an escape")
	}
	r.pos++
	return append(buf, c), nil
}

// unicode reads the u and four hex digits, and a second escape where the first
// is half of a pair. A half without the other is U+FFFD.
func (r *reader) unicode(buf []byte) ([]byte, error) {
	c, err := r.hex4()
	if err != nil {
		return nil, err
	}
	if utf16.IsSurrogate(c) {
		if rest := r.s[r.pos:]; len(rest) > 1 && rest[0] == '\\' && rest[1] == 'u' {
			mark := r.pos
			r.pos++
			low, err := r.hex4()
			if err != nil {
				return nil, err
			}
			if pair := utf16.DecodeRune(c, low); pair != utf8.RuneError {
				return utf8.AppendRune(buf, pair), nil
			}
			r.pos = mark
		}
		c = utf8.RuneError
	}
	return utf8.AppendRune(buf, c), nil
}

func (r *reader) hex4() (rune, error) {
	var c rune
	for range 4 {
		r.pos++
		d := r.peek()
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d >= 'a' && d <= 'f':
			d -= 'a' - 10
		case d >= 'A' && d <= 'F':
			d -= 'A' - 10
		default:
			return 0, r.bad("in an escape")
		}
		c = c<<4 | rune(d)
	}
	r.pos++
	return c, nil
}

// skipNumber passes a number by. Only one with an exponent, or a very long
// one, can be out of range.
func (r *reader) skipNumber() error {
	start := r.pos
	if _, err := r.digits(); err != nil {
		return err
	}
	s := r.s[start:r.pos]
	if len(s) < 300 && strings.IndexByte(s, 'e') < 0 && strings.IndexByte(s, 'E') < 0 {
		return nil
	}
	r.pos = start
	_, err := r.numeric()
	return err
}

func (r *reader) number() (any, error) {
	n, err := r.numeric()
	if err != nil {
		return nil, err
	}
	return n.Value(), nil
}

func (r *reader) numeric() (Scalar, error) {
	start := r.pos
	whole, err := r.digits()
	if err != nil {
		return Scalar{}, err
	}
	s := r.s[start:r.pos]
	if whole {
		if len(s) < 19 {
			return IntScalar(small(s)), nil
		}
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return IntScalar(n), nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return Scalar{}, fmt.Errorf("number %.40s is out of range", s)
	}
	return DoubleScalar(f), nil
}

// small is s, an optional minus and at most 18 digits, as a number.
func small(s string) int64 {
	var n int64
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	if neg {
		return -n
	}
	return n
}

// digits passes a number by and says whether it is a whole one.
func (r *reader) digits() (whole bool, err error) {
	if r.peek() == '-' {
		r.pos++
	}
	if r.peek() == '0' {
		r.pos++
	} else if err := r.some(); err != nil {
		return false, err
	}
	whole = true
	if r.peek() == '.' {
		whole = false
		r.pos++
		if err := r.some(); err != nil {
			return false, err
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		whole = false
		r.pos++
		if c := r.peek(); c == '+' || c == '-' {
			r.pos++
		}
		if err := r.some(); err != nil {
			return false, err
		}
	}
	return whole, nil
}

func (r *reader) some() error {
	start := r.pos
	for r.pos < len(r.s) && r.s[r.pos] >= '0' && r.s[r.pos] <= '9' {
		r.pos++
	}
	if r.pos == start {
		return r.bad("in a number")
	}
	return nil
}
