package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// scanner reads JSON from one piece of bytes, in place: what a string says is
// never longer than how it is written.
type scanner struct {
	b []byte
	i int // the next byte
}

// maxDepth is how deep arrays and objects may lie in each other.
const maxDepth = 1000

// The plain words of what is wrong; fail adds where.
var (
	errEnd       = errors.New("it ends too early")
	errCharacter = errors.New("unexpected character")
	errControl   = errors.New("a control character in a string")
	errEscape    = errors.New("an escape that JSON does not have")
	errSurrogate = errors.New("half of a surrogate pair")
	errUTF8      = errors.New("bytes that are not UTF-8; give those in base64, as keyb64, valueb64 or {\"b64\":…}")
	errNumber    = errors.New("a number that JSON does not have")
	errDeep      = errors.New("arrays and objects lie too deep in each other")
)

// fail says what is wrong with the input at byte i, from 0.
func fail(err error, i int) error { return fmt.Errorf("%w: byte %d: %w", ErrRecord, i+1, err) }

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is no white space, 0 at the end.
func (s *scanner) peek() byte {
	if s.i < len(s.b) && s.b[s.i] > ' ' {
		return s.b[s.i]
	}
	s.space()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// expect takes c.
func (s *scanner) expect(c byte) error {
	if s.peek() != c || s.i >= len(s.b) {
		return s.unexpected()
	}
	s.i++
	return nil
}

func (s *scanner) unexpected() error {
	if s.i >= len(s.b) {
		return fail(errEnd, s.i)
	}
	return fail(fmt.Errorf("%w %q", errCharacter, rune(s.b[s.i])), s.i)
}

// word takes true, false or null.
func (s *scanner) word(w string) error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.unexpected()
	}
	s.i += len(w)
	return nil
}

// str takes a string and returns what it says. The bytes it stood in are
// overwritten where it has escapes.
func (s *scanner) str() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.unexpected()
	}
	b, start := s.b, s.i+1
	i, ascii := start, true
	for len(b)-i >= 8 && plainWord(binary.LittleEndian.Uint64(b[i:])) {
		i += 8
	}
	for i < len(b) && plainInString[b[i]] {
		i++
	}
	w := i // what is written, once it is not what stands there
	for i < len(b) {
		c := b[i]
		for plainInString[c] {
			b[w] = c
			w, i = w+1, i+1
			if i == len(b) {
				return nil, fail(errEnd, i)
			}
			c = b[i]
		}
		switch {
		case c >= utf8.RuneSelf:
			ascii = false
			b[w] = c
			w, i = w+1, i+1
		case c == '\\' && i+1 < len(b) && simpleEscapes[b[i+1]] != 0:
			b[w] = simpleEscapes[b[i+1]]
			w, i = w+1, i+2
		case c == '"':
			s.i = i + 1
			if !ascii && !utf8.Valid(b[start:w]) {
				return nil, fail(errUTF8, start)
			}
			return b[start:w:w], nil
		case c == '\\':
			r, n, err := unicodeEscape(b, i)
			if err != nil {
				return nil, err
			}
			w += utf8.EncodeRune(b[w:i+n], r)
			i += n
		default:
			return nil, fail(errControl, i)
		}
	}
	return nil, fail(errEnd, i)
}

// plainWord tells that all eight bytes of x may stand in a string, are not its
// end, and are ASCII.
func plainWord(x uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^ones*'"', x^ones*'\\'
	// For bytes below 0x80, of which one makes the result 0 otherwise, a
	// subtraction that borrows shows as its high bit.
	return (x|(x-ones*' ')|(quote-ones)|(backslash-ones))&high == 0
}

// unicodeEscape reads the \uXXXX, or two of them, at b[i:].
func unicodeEscape(b []byte, i int) (r rune, n int, err error) {
	if i+1 >= len(b) {
		return 0, 0, fail(errEnd, i+1)
	}
	first, ok := hex4(b[i:])
	switch {
	case b[i+1] != 'u' || len(b)-i >= 6 && !ok:
		return 0, 0, fail(errEscape, i)
	case !ok:
		return 0, 0, fail(errEnd, len(b))
	case first < 0xd800 || first > 0xdfff:
		return first, 6, nil
	}
	second, ok := hex4(b[i+6:])
	if first >= 0xdc00 || !ok || second < 0xdc00 || second > 0xdfff {
		return 0, 0, fail(errSurrogate, i)
	}
	return (first-0xd800)<<10 + (second - 0xdc00) + 0x10000, 12, nil
}

// hex4 reads the four digits of \uXXXX.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
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

// integer takes a number without fraction and exponent.
func (s *scanner) integer() (int64, error) {
	c := s.peek()
	start := s.i
	if c == '-' {
		s.i++
	}
	digits := s.i
	var n uint64
	for s.i < len(s.b) && isDigit(s.b[s.i]) && s.i-digits < 19 {
		n = n*10 + uint64(s.b[s.i]-'0')
		s.i++
	}
	switch {
	case s.i == digits:
		return 0, s.unexpected()
	case s.b[digits] == '0' && s.i > digits+1:
		return 0, fail(errNumber, start)
	case s.i < len(s.b) && (isDigit(s.b[s.i]) || s.b[s.i] == '.' || s.b[s.i]|0x20 == 'e'):
		return 0, fail(errors.New("a whole number of 64 bits is needed"), start)
	case c == '-' && n <= 1<<63:
		return -int64(n), nil
	case c != '-' && n < 1<<63:
		return int64(n), nil
	}
	return 0, fail(errors.New("a whole number of 64 bits is needed"), start)
}

// number checks and takes a number.
func (s *scanner) number() error {
	start := s.i
	digits := func() bool {
		from := s.i
		for s.i < len(s.b) && isDigit(s.b[s.i]) {
			s.i++
		}
		return s.i > from
	}
	if s.b[s.i] == '-' {
		s.i++
	}
	whole := s.i
	ok := digits() && (s.b[whole] != '0' || s.i == whole+1)
	if ok && s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		ok = digits()
	}
	if ok && s.i < len(s.b) && s.b[s.i]|0x20 == 'e' {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		ok = digits()
	}
	if !ok {
		return fail(errNumber, start)
	}
	return nil
}

// compact takes any value and returns its text without white space, each string
// and number as it is spelled.
func (s *scanner) compact() ([]byte, error) {
	s.space()
	start := s.i
	w := start
	err := s.value(&w, 0)
	return s.b[start:w:w], err
}

// value checks a value and moves it to *w.
func (s *scanner) value(w *int, depth int) error {
	if depth > maxDepth {
		return fail(errDeep, s.i)
	}
	c := s.peek()
	start := s.i
	var err error
	switch {
	case c == '{' || c == '[':
		return s.nested(w, c, depth)
	case c == '"':
		err = s.skipString()
	case c == 't':
		err = s.word("true")
	case c == 'f':
		err = s.word("false")
	case c == 'n':
		err = s.word("null")
	case c == '-' || isDigit(c):
		err = s.number()
	default:
		err = s.unexpected()
	}
	if err != nil {
		return err
	}
	*w += copy(s.b[*w:], s.b[start:s.i])
	return nil
}

func (s *scanner) nested(w *int, open byte, depth int) error {
	closing := open + 2 // ] follows [ at a distance of two, as } does {
	put := func(c byte) {
		s.b[*w] = c
		*w++
		s.i++
	}
	put(open)
	if s.peek() == closing {
		put(closing)
		return nil
	}
	for {
		if open == '{' {
			if s.peek() != '"' {
				return s.unexpected()
			}
			if err := s.value(w, depth); err != nil {
				return err
			}
			if s.peek() != ':' {
				return s.unexpected()
			}
			put(':')
		}
		if err := s.value(w, depth+1); err != nil {
			return err
		}
		switch c := s.peek(); c {
		case ',':
			put(c)
		case closing:
			put(c)
			return nil
		default:
			return s.unexpected()
		}
	}
}

// skipString checks a string and leaves it as it is spelled.
func (s *scanner) skipString() error {
	start := s.i
	for i := s.i + 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			if !utf8.Valid(s.b[start:s.i]) {
				return fail(errUTF8, start)
			}
			return nil
		case c == '\\' && i+1 < len(s.b) && simpleEscapes[s.b[i+1]] != 0:
			i++
		case c == '\\':
			_, n, err := unicodeEscape(s.b, i)
			if err != nil {
				return err
			}
			i += n - 1
		case c < ' ':
			return fail(errControl, i)
		}
	}
	return fail(errEnd, len(s.b))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// plainInString marks the ASCII characters that a string holds as they are.
var plainInString = plainStringBytes()

func plainStringBytes() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}

// simpleEscapes is what stands for the character behind a backslash.
var simpleEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
