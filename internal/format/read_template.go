package format

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// templateReader reads what a template prints: its parts, one after the other.
// A text ends where its length says, which the template prints before it, or
// else where the characters behind it begin.
type templateReader struct {
	parts   []readPart
	headers *envelopeReader // for %h{json}
	c       cursor
}

// readPart reads one piece of a record.
type readPart interface {
	read(c *cursor) error
}

// cursor is how far the reading of one record came. Nothing in b is changed:
// it may have to be read again, with more behind it.
type cursor struct {
	b    []byte
	i    int
	more bool // input follows b
	r    *kgo.Record

	keySize, valueSize int64 // as printed; -1 is null
	headers            int64
}

// short asks for more, or says that there is none.
func (c *cursor) short() error {
	if c.more {
		return ErrShort
	}
	return fmt.Errorf("%w: the input ends inside of it", ErrRecord)
}

// take takes n bytes.
func (c *cursor) take(n int64) ([]byte, error) {
	if n > int64(len(c.b)-c.i) {
		return nil, c.short()
	}
	b := c.b[c.i : c.i+int(n) : c.i+int(n)]
	c.i += int(n)
	return b, nil
}

func newTemplateReader(spec string) (*templateReader, error) {
	t := &templateReader{headers: newEnvelopeReader()}
	var err error
	if t.parts, err = t.parse(spec, readableVerbs); err != nil {
		return nil, fmt.Errorf("template %q: %w", spec, err)
	}
	for _, p := range t.parts {
		if text, ok := p.(*textRead); ok && text.verb != 't' {
			return t, nil
		}
	}
	return nil, fmt.Errorf("template %q: %w: it reads neither key nor value", spec, ErrVerb)
}

func (t *templateReader) Lines() bool { return false }

func (t *templateReader) Read(r *kgo.Record, data []byte, more bool) (int, error) {
	t.c = cursor{b: data, more: more, r: r}
	for _, p := range t.parts {
		if err := p.read(&t.c); err != nil {
			return 0, err
		}
	}
	if t.c.i == 0 {
		return 0, fmt.Errorf("%w: the template takes none of the input", ErrRecord)
	}
	return t.c.i, nil
}

// The verbs that can be read, of a record and of each of its headers.
const (
	readableVerbs       = "tkvsTdhRipoKVSHexy"
	readableHeaderVerbs = "kvsKVSR"
)

// parse makes the parts of a template.
func (t *templateReader) parse(s, verbs string) ([]readPart, error) {
	var parts []readPart
	var lit literal
	sized := make(map[byte]bool) // 'k' and 'v' whose length was printed, 'h' their number
	var open *textRead           // the text that ends where what comes next begins
	flush := func() {
		if len(lit) > 0 {
			if open != nil {
				open.delim = lit
				open = nil
			}
			parts = append(parts, lit)
			lit = nil
		}
	}
	for len(s) > 0 {
		c, n, err := s[0], 1, error(nil)
		switch {
		case c == '\\':
			c, n, err = escape(s)
		case c == '%' && len(s) > 1 && strings.IndexByte("%{}", s[1]) >= 0:
			c, n = s[1], 2
		case c == '%':
			flush()
			if open != nil {
				return nil, noEnd(open)
			}
			var p readPart
			if p, open, s, err = t.verb(s, verbs, sized); err != nil {
				return nil, err
			}
			parts = append(parts, p)
			continue
		}
		if err != nil {
			return nil, err
		}
		lit = append(lit, c)
		s = s[n:]
	}
	flush()
	if open != nil {
		return nil, noEnd(open)
	}
	t.markLast(parts)
	return parts, nil
}

func noEnd(text *textRead) error {
	return fmt.Errorf("%w: nothing tells where %%%c ends: print its length before it, or something behind it", ErrVerb, text.verb)
}

// markLast lets the last record of an input go without the characters that end
// all others.
func (t *templateReader) markLast(parts []readPart) {
	last := len(parts) - 1
	if last < 1 {
		return
	}
	if l, ok := parts[last].(literal); ok {
		parts[last] = endLiteral(l)
		switch text := parts[last-1].(type) {
		case *textRead:
			text.last = true
		case stampRead:
			text.last = true
		}
	}
}

// verb reads the verb that s begins with; open is its text if only what comes
// next tells where that ends.
func (t *templateReader) verb(s, verbs string, sized map[byte]bool) (p readPart, open *textRead, rest string, err error) {
	verb, how, braced, rest, err := cutVerb(s, verbs)
	if err != nil {
		return nil, nil, "", err
	}
	switch verb {
	case 't', 'k', 'v', 's':
		text := &textRead{verb: verb, how: how, sized: sized[sizeOf(verb)]}
		if !text.known() || braced && how == "" {
			return nil, nil, "", fmt.Errorf("%w: %%%c{%s} cannot be read", ErrVerb, verb, how)
		}
		if !text.sized && how != "q" {
			open = text
		}
		return text, open, rest, nil
	case 'T', 'd':
		p, open, err = readTime(verb, how)
		return p, open, rest, err
	case 'h':
		p, err = t.readHeaders(how, braced, sized['h'])
		return p, nil, rest, err
	case 'R':
		if braced {
			return nil, nil, "", fmt.Errorf("%w: %%R takes no braces, %%V{…} does", ErrVerb)
		}
		how = "big32"
	}
	n, ok := readNumbers[how]
	if !ok || braced && how == "" {
		return nil, nil, "", fmt.Errorf("%w: %%%c{%s} cannot be read as a number", ErrVerb, verb, how)
	}
	switch verb {
	case 'K':
		sized['k'] = true
	case 'V', 'S', 'R':
		sized['v'] = true
	case 'H':
		sized['h'] = true
	}
	return &numberRead{verb: verb, number: n}, nil, rest, nil
}

// sizeOf is the verb under which the length of a text is noted.
func sizeOf(verb byte) byte {
	if verb == 's' {
		return 'v'
	}
	return verb
}

// cutVerb splits the verb, and its braces, off the beginning of s.
func cutVerb(s, verbs string) (verb byte, how string, braced bool, rest string, err error) {
	if len(s) < 2 {
		return 0, "", false, "", fmt.Errorf("%w: a single %% at the end; %%%% is one", ErrVerb)
	}
	verb, rest = s[1], s[2:]
	if strings.IndexByte(verbs, verb) < 0 {
		return 0, "", false, "", fmt.Errorf("%w: no verb %q that can be read; there are %s", ErrVerb, s[:2], spelled(verbs))
	}
	if strings.HasPrefix(rest, "{") {
		end := closingBrace(rest)
		if end < 0 {
			return 0, "", false, "", fmt.Errorf("%w: %%%c{ has no }", ErrVerb, verb)
		}
		how, rest, braced = rest[1:end], rest[end+1:], true
	}
	return verb, how, braced, rest, nil
}

// read skips the characters between verbs.
func (l literal) read(c *cursor) error {
	n := min(len(l), len(c.b)-c.i)
	if !bytes.Equal(c.b[c.i:c.i+n], l[:n]) {
		return fmt.Errorf("%w: %.40q stands where the template has %q", ErrRecord, c.b[c.i:], []byte(l))
	}
	if n < len(l) {
		return c.short()
	}
	c.i += n
	return nil
}

// endLiteral is the literal at the end of a template, which the end of the input
// stands for too.
type endLiteral literal

func (l endLiteral) read(c *cursor) error {
	if !c.more && c.i == len(c.b) {
		return nil
	}
	return literal(l).read(c)
}

// numberRead reads a number.
type numberRead struct {
	verb   byte
	number readNumber
}

func (p *numberRead) read(c *cursor) error {
	n, err := p.number(c)
	if err != nil {
		return err
	}
	switch p.verb {
	case 'K':
		c.keySize = n
	case 'V', 'S', 'R':
		c.valueSize = n
	case 'H':
		c.headers = n
	case 'p':
		if n < 0 || n > math.MaxInt32 {
			return fmt.Errorf("%w: partition %d", ErrRecord, n)
		}
		c.r.Partition = int32(n)
		return nil
	default: // offset, leader epoch, producer: not ours to choose
		return nil
	}
	if n < -1 || n > math.MaxInt32 {
		return fmt.Errorf("%w: a length of %d", ErrRecord, n)
	}
	return nil
}
