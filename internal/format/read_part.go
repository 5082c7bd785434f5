package format

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// textRead reads a text: %t, %k or %v.
type textRead struct {
	verb  byte
	how   string // plain, hex, base64, base64raw or q; rfc3339 for a time
	sized bool   // its length came before it
	delim literal
	last  bool // nothing but its delimiter follows: the end of the input ends it
}

func (p *textRead) known() bool {
	switch p.how {
	case "", "hex", "base64", "base64raw", "q":
		return true
	}
	return false
}

func (p *textRead) read(c *cursor) error {
	text, err := p.text(c)
	if err != nil {
		return err
	}
	switch p.verb {
	case 'k':
		c.r.Key = text
	case 'v', 's':
		c.r.Value = text
	}
	return nil
}

func (p *textRead) text(c *cursor) ([]byte, error) {
	switch {
	case p.how == "q":
		return quotedText(c)
	case !p.sized:
		text, err := p.delimited(c)
		if err != nil {
			return nil, err
		}
		return p.decode(text)
	}
	size := c.valueSize
	if p.verb == 'k' {
		size = c.keySize
	}
	if size < 0 {
		return nil, nil // null
	}
	text, err := c.take(p.encodedSize(size))
	if err != nil {
		return nil, err
	}
	return p.decode(text)
}

// encodedSize is how many bytes n bytes are printed as.
func (p *textRead) encodedSize(n int64) int64 {
	switch p.how {
	case "hex":
		return 2 * n
	case "base64":
		return (n + 2) / 3 * 4
	case "base64raw":
		return n/3*4 + (n%3*8+5)/6
	}
	return n
}

// delimited takes what stands before the delimiter.
func (p *textRead) delimited(c *cursor) ([]byte, error) {
	rest := c.b[c.i:]
	end := -1
	if len(p.delim) > 0 {
		end = bytes.Index(rest, p.delim)
	}
	if end < 0 {
		if c.more || !p.last {
			return nil, c.short()
		}
		end = len(rest)
	}
	c.i += end
	return rest[:end:end], nil
}

func (p *textRead) decode(text []byte) (b []byte, err error) {
	switch p.how {
	case "hex":
		b, err = hex.AppendDecode([]byte{}, text)
	case "base64":
		b, err = base64.StdEncoding.AppendDecode([]byte{}, text)
	case "base64raw":
		b, err = base64.RawStdEncoding.AppendDecode([]byte{}, text)
	default:
		return text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %.40q is not %s", ErrRecord, text, p.how)
	}
	return b, nil
}

// quotedText takes a JSON string, null, or {"b64":"…"}.
func quotedText(c *cursor) ([]byte, error) {
	piece, err := c.jsonPiece()
	if err != nil || string(piece) == "null" {
		return nil, err
	}
	s := &scanner{b: bytes.Clone(piece)}
	return s.text()
}

// jsonPiece takes a JSON string, null, object or array, and leaves its bytes as
// they are. Of the latter two only the strings and the brackets are checked.
func (c *cursor) jsonPiece() ([]byte, error) {
	s := &scanner{b: c.b, i: c.i}
	for depth := 0; ; {
		if s.i >= len(s.b) {
			return nil, c.short()
		}
		switch s.b[s.i] {
		case '"':
			if err := s.skipString(); errors.Is(err, errEnd) {
				return nil, c.short()
			} else if err != nil {
				return nil, err
			}
		case '[', '{':
			depth++
			s.i++
		case ']', '}':
			depth--
			s.i++
		case 'n':
			if c.more && len(s.b)-s.i < len("null") {
				return nil, ErrShort
			}
			if err := s.word("null"); err != nil {
				return nil, err
			}
		default:
			if depth == 0 {
				return nil, s.unexpected()
			}
			s.i++
		}
		if depth <= 0 {
			piece := c.b[c.i:s.i]
			c.i = s.i
			return piece, nil
		}
	}
}

// timeRead reads a timestamp printed as a number of some unit.
type timeRead struct {
	number readNumber
	of     func(int64) time.Time
}

func (p *timeRead) read(c *cursor) error {
	n, err := p.number(c)
	if err == nil {
		c.r.Timestamp = p.of(n)
	}
	return err
}

// stampRead reads a timestamp printed as RFC 3339.
type stampRead struct{ *textRead }

func (p stampRead) read(c *cursor) error {
	text, err := p.delimited(c)
	if err != nil {
		return err
	}
	if c.r.Timestamp, err = time.Parse(time.RFC3339Nano, string(text)); err != nil {
		return fmt.Errorf("%w: %.40q is no time of RFC 3339", ErrRecord, text)
	}
	return nil
}

func readTime(verb byte, how string) (readPart, *textRead, error) {
	units := map[string]func(int64) time.Time{
		"":   time.UnixMilli,
		"ms": time.UnixMilli,
		"us": time.UnixMicro,
		"s":  func(n int64) time.Time { return time.Unix(n, 0) },
		"ns": func(n int64) time.Time { return time.Unix(0, n) },
	}
	if of, ok := units[how]; ok {
		return &timeRead{readASCII, of}, nil, nil
	}
	if n, ok := readNumbers[how]; ok {
		return &timeRead{n, time.UnixMilli}, nil, nil
	}
	if how == "rfc3339" {
		text := &textRead{verb: verb, how: how}
		return stampRead{text}, text, nil
	}
	return nil, nil, fmt.Errorf("%w: %%%c{%s} cannot be read as a time", ErrVerb, verb, how)
}

// headersJSON reads %h{json}.
type headersJSON struct{ e *envelopeReader }

func (p headersJSON) read(c *cursor) error {
	piece, err := c.jsonPiece()
	if err != nil {
		return err
	}
	p.e.s = scanner{b: bytes.Clone(piece)}
	c.r.Headers, err = p.e.headers()
	return err
}

// headersEach reads %h{…}: as many as %H said.
type headersEach struct{ parts []readPart }

func (p headersEach) read(c *cursor) error {
	var headers []kgo.RecordHeader
	inner := cursor{b: c.b, more: c.more, i: c.i, r: &kgo.Record{}}
	for range c.headers {
		at := inner.i
		*inner.r = kgo.Record{}
		for _, part := range p.parts {
			if err := part.read(&inner); err != nil {
				return err
			}
		}
		if inner.i == at {
			return fmt.Errorf("%w: headers that take none of the input", ErrRecord)
		}
		headers = append(headers, kgo.RecordHeader{Key: string(inner.r.Key), Value: inner.r.Value})
	}
	c.i, c.r.Headers = inner.i, headers
	return nil
}

func (t *templateReader) readHeaders(how string, braced, counted bool) (readPart, error) {
	switch {
	case !braced:
		return nil, fmt.Errorf("%w: %%h cannot be read, %%h{json} can", ErrVerb)
	case how == "json":
		return headersJSON{t.headers}, nil
	case !counted:
		return nil, fmt.Errorf("%w: %%h{…} is read as many times as a %%H before it says", ErrVerb)
	}
	parts, err := (&templateReader{}).parse(how, readableHeaderVerbs)
	for i, p := range parts { // what ends a header is not what ends the input
		if l, ok := p.(endLiteral); ok {
			parts[i] = literal(l)
		}
		if text, ok := p.(*textRead); ok {
			text.last = false
		}
	}
	return headersEach{parts}, err
}

// readNumber reads a number.
type readNumber func(c *cursor) (int64, error)

// readNumbers is the reverse of numbers.
var readNumbers = map[string]readNumber{
	"":         readASCII,
	"ascii":    readASCII,
	"number":   readASCII,
	"hex":      func(c *cursor) (int64, error) { return c.digits(16) },
	"hex64":    readHex(16),
	"hex32":    readHex(8),
	"hex16":    readHex(4),
	"hex8":     readHex(2),
	"hex4":     readHex(1),
	"big64":    readFixed(8, false),
	"big32":    readFixed(4, false),
	"big16":    readFixed(2, false),
	"big8":     readFixed(1, false),
	"byte":     readFixed(1, false),
	"little64": readFixed(8, true),
	"little32": readFixed(4, true),
	"little16": readFixed(2, true),
	"little8":  readFixed(1, true),
}

func readASCII(c *cursor) (int64, error) { return c.digits(10) }

// digits takes a number that ends where the digits do.
func (c *cursor) digits(base int) (int64, error) {
	rest := c.b[c.i:]
	n := 0
	for n < len(rest) && n <= 20 && (isDigit(rest[n]) || base == 10 && n == 0 && rest[n] == '-' || base == 16 && rest[n] >= 'a' && rest[n] <= 'f') {
		n++
	}
	if n == len(rest) && c.more {
		return 0, ErrShort
	}
	c.i += n
	if base == 16 {
		v, err := strconv.ParseUint(string(rest[:n]), base, 64)
		return int64(v), notNumber(err, rest)
	}
	v, err := strconv.ParseInt(string(rest[:n]), base, 64)
	return v, notNumber(err, rest)
}

func notNumber(err error, text []byte) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %.20q is not a number", ErrRecord, text)
}

func readHex(digits int64) readNumber {
	return func(c *cursor) (int64, error) {
		text, err := c.take(digits)
		if err != nil {
			return 0, err
		}
		v, err := strconv.ParseUint(string(text), 16, 64)
		return signed(v, 4*digits), notNumber(err, text)
	}
}

func readFixed(size int64, little bool) readNumber {
	return func(c *cursor) (int64, error) {
		b, err := c.take(size)
		if err != nil {
			return 0, err
		}
		var v uint64
		for i := range b {
			if little {
				v = v<<8 | uint64(b[len(b)-1-i])
			} else {
				v = v<<8 | uint64(b[i])
			}
		}
		return signed(v, 8*size), nil
	}
}

// signed reads back a number of so many bits, of which all set are the -1 of
// null: a length that long is not printed.
func signed(v uint64, bits int64) int64 {
	if bits >= 16 && bits < 64 && v == 1<<bits-1 {
		return -1
	}
	return int64(v)
}
