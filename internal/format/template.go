package format

import (
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrVerb is a template that cannot be read.
var ErrVerb = errors.New("bad template")

// part appends one piece of a template's output.
type part interface {
	append(dst []byte, r *kgo.Record) []byte
}

// template prints its parts one after the other.
type template struct{ parts []part }

func (t *template) Append(dst []byte, r *kgo.Record) []byte {
	for _, p := range t.parts {
		dst = p.append(dst, r)
	}
	return dst
}

// guarded is a part of which nothing steers a terminal.
type guarded struct {
	part
	buf []byte
}

func (g *guarded) append(dst []byte, r *kgo.Record) []byte {
	g.buf = g.part.append(g.buf[:0], r)
	return appendHarmless(dst, g.buf)
}

// literal is text between verbs.
type literal []byte

func (l literal) append(dst []byte, _ *kgo.Record) []byte { return append(dst, l...) }

// The verbs of a template, and of the one for each header in it.
const (
	recordVerbs = "tkvsTdhaRipoKVSHexy"
	headerVerbs = "kvsKVSR"
)

// parseTemplate reads a template of some verbs, for a terminal or not.
func parseTemplate(s, verbs string, terminal bool) (*template, error) {
	t := &template{}
	var lit literal
	flush := func() {
		if len(lit) > 0 {
			t.parts = append(t.parts, lit)
			lit = nil
		}
	}
	for len(s) > 0 {
		switch s[0] {
		case '\\':
			c, n, err := escape(s)
			if err != nil {
				return nil, err
			}
			lit = append(lit, c)
			s = s[n:]
		case '%':
			if len(s) > 1 && strings.IndexByte("%{}", s[1]) >= 0 {
				lit = append(lit, s[1])
				s = s[2:]
				break
			}
			p, rest, err := parseVerb(s, verbs, terminal)
			if err != nil {
				return nil, err
			}
			flush()
			t.parts = append(t.parts, p)
			s = rest
		default:
			lit = append(lit, s[0])
			s = s[1:]
		}
	}
	flush()
	return t, nil
}

// parseVerb reads the verb, and its braces, that s begins with.
func parseVerb(s, verbs string, terminal bool) (p part, rest string, err error) {
	if len(s) < 2 {
		return nil, "", fmt.Errorf("%w: a single %% at the end; %%%% prints one", ErrVerb)
	}
	verb, rest := s[1], s[2:]
	if strings.IndexByte(verbs, verb) < 0 {
		return nil, "", fmt.Errorf("%w: no verb %q; there are %s", ErrVerb, s[:2], spelled(verbs))
	}
	how, braced := "", false
	if strings.HasPrefix(rest, "{") {
		end := closingBrace(rest)
		if end < 0 {
			return nil, "", fmt.Errorf("%w: %%%c{ has no }", ErrVerb, verb)
		}
		how, rest, braced = rest[1:end], rest[end+1:], true
	}
	if verb == 'h' && braced && how != "json" {
		p, err = makeEachHeader(how, terminal) // a template, which guards itself
		return p, rest, err
	}
	p, err = makePart(verb, how, braced)
	if terminal {
		p = &guarded{part: p}
	}
	return p, rest, err
}

func spelled(verbs string) string {
	return "%" + strings.Join(strings.Split(verbs, ""), " %")
}

// closingBrace finds the } that closes the { at the beginning of s. What stands
// in brackets, or between runs of #, is franz-go's inner layout and not looked
// at; %{ and %} are characters.
func closingBrace(s string) int {
	depth, square := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '%':
			if i+1 < len(s) && strings.IndexByte("%{}", s[i+1]) >= 0 && square == 0 {
				i++
			}
		case '[':
			square++
		case ']':
			square = max(square-1, 0)
		case '{':
			if square == 0 {
				depth++
			}
		case '}':
			if square == 0 {
				if depth--; depth == 0 {
					return i
				}
			}
		}
	}
	return -1
}

// makePart makes the part of a verb; how is what stood in its braces.
func makePart(verb byte, how string, braced bool) (part, error) {
	switch verb {
	case 't', 'k', 'v', 's':
		return makeText(verb, how, braced)
	case 'T', 'd':
		return makeTime(how, braced)
	case 'h':
		return headersPart{json: braced}, nil
	case 'a':
		return makeAttribute(how)
	case 'R':
		if braced {
			return nil, fmt.Errorf("%w: %%R takes no braces, %%V{…} does", ErrVerb)
		}
		return numberPart{of: valueLength, show: big32}, nil
	case 'i':
		show, err := makeNumber(verb, how, braced)
		return &counter{show: show}, err
	}
	show, err := makeNumber(verb, how, braced)
	return numberPart{of: numberVerbs[verb], show: show}, err
}

func makeNumber(verb byte, how string, braced bool) (number, error) {
	if !braced {
		return ascii, nil
	}
	if show, ok := numbers[how]; ok {
		return show, nil
	}
	return nil, fmt.Errorf("%w: no way to print a number as %%%c{%s}", ErrVerb, verb, how)
}
