package codec

import (
	"fmt"
	"strings"
	"unsafe"
)

// Paths picks fields out of JSON documents, in one pass and without decoding
// the rest. It reads the whole document all the same and fails where JSON's
// Decode fails, with its error; the fields are those that Decode gives.
type Paths struct {
	root pathNode
	n    int
}

// pathNode is a key on the way to fields; slot is -1 where nobody asks for
// the value itself.
type pathNode struct {
	name string
	slot int
	kids []pathNode
}

// NewPaths is for the fields at paths, each the keys from the root down, at
// least one; no two are equal. Field i of a Read is that of path i.
func NewPaths(paths [][]string) *Paths {
	p := &Paths{root: pathNode{slot: -1}, n: len(paths)}
	for i, path := range paths {
		n := &p.root
		for _, name := range path {
			n = n.kid(name)
		}
		n.slot = i
	}
	return p
}

func (n *pathNode) kid(name string) *pathNode {
	for i := range n.kids {
		if n.kids[i].name == name {
			return &n.kids[i]
		}
	}
	n.kids = append(n.kids, pathNode{name: name, slot: -1})
	return &n.kids[len(n.kids)-1]
}

// Read fills out, one Scalar a path: null where the path does not exist,
// KindNoObject where it goes through something that is neither null nor an
// object. Text shares the bytes of doc.
func (p *Paths) Read(doc []byte, out []Scalar) error {
	p.root.clear(out)
	// The string is gone when Read returns, but for the texts in out.
	r := reader{s: unsafe.String(unsafe.SliceData(doc), len(doc))}
	r.space()
	if err := r.pick(&p.root, out, 0); err != nil {
		return err
	}
	r.space()
	if r.pos < len(r.s) {
		return r.bad("after the document")
	}
	return nil
}

// Walk fills out from a decoded document, as Read does.
func (p *Paths) Walk(v any, out []Scalar) { p.root.walk(v, out) }

func (n *pathNode) clear(out []Scalar) { n.fill(out, Scalar{}) }

func (n *pathNode) fill(out []Scalar, s Scalar) {
	if n.slot >= 0 {
		out[n.slot] = s
	}
	for i := range n.kids {
		n.kids[i].fill(out, s)
	}
}

func (n *pathNode) fillKids(out []Scalar, s Scalar) {
	for i := range n.kids {
		n.kids[i].fill(out, s)
	}
}

func (n *pathNode) walk(v any, out []Scalar) {
	if n.slot >= 0 {
		out[n.slot] = ScalarOf(v)
	}
	if len(n.kids) == 0 {
		return
	}
	switch m := v.(type) {
	case nil:
		n.fillKids(out, Scalar{})
	case map[string]any:
		for i := range n.kids {
			n.kids[i].walk(m[n.kids[i].name], out)
		}
	default:
		n.fillKids(out, Scalar{Kind: KindNoObject, Other: v})
	}
}

// pick reads the value that r stands on and fills the fields of n.
func (r *reader) pick(n *pathNode, out []Scalar, depth int) error {
	c := r.peek()
	if n.slot < 0 && c == '{' {
		return r.pickObject(n, out, depth)
	}
	start := r.pos
	var s Scalar
	var err error
	switch {
	case c == '"':
		s.Kind, s.Shared = KindText, true
		s.Text, err = r.text()
	case c == '-' || c >= '0' && c <= '9':
		s, err = r.numeric()
	case c == '{' || c == '[':
		if err = r.skip(depth); err == nil {
			s.Kind = KindOther
			s.Other, err = decodeText(strings.Clone(r.s[start:r.pos]))
		}
	default:
		var v any
		v, err = r.value(depth) // true, false, null, or the error
		s = ScalarOf(v)
	}
	if err != nil {
		return err
	}
	if s.Kind == KindOther {
		n.walk(s.Other, out)
		return nil
	}
	if n.slot >= 0 {
		out[n.slot] = s
	}
	if s.Kind != KindNull && len(n.kids) > 0 {
		n.fillKids(out, Scalar{Kind: KindNoObject, Other: s.Value()})
	}
	return nil
}

func (r *reader) pickObject(n *pathNode, out []Scalar, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("more than %d levels of JSON", maxDepth)
	}
	r.pos++
	r.space()
	if r.peek() == '}' {
		r.pos++
		return nil
	}
	for {
		k, err := r.name()
		if err != nil {
			return err
		}
		if kid := n.find(k); kid == nil {
			err = r.skip(depth + 1)
		} else {
			kid.clear(out) // of a key that stands twice the last value counts
			err = r.pick(kid, out, depth+1)
		}
		if err != nil {
			return err
		}
		more, err := r.next('}', "after a value of an object")
		if err != nil || !more {
			return err
		}
	}
}

func (n *pathNode) find(name string) *pathNode {
	for i := range n.kids {
		if n.kids[i].name == name {
			return &n.kids[i]
		}
	}
	return nil
}

// skip passes a value by and checks it as value does.
func (r *reader) skip(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("more than %d levels of JSON", maxDepth)
	}
	switch c := r.peek(); {
	case c == '"':
		return r.skipText()
	case c == '{':
		return r.skipAll('}', depth)
	case c == '[':
		return r.skipAll(']', depth)
	case c == '-' || c >= '0' && c <= '9':
		return r.skipNumber()
	default:
		_, err := r.value(depth)
		return err
	}
}

func (r *reader) skipAll(end byte, depth int) error {
	r.pos++
	r.space()
	if r.peek() == end {
		r.pos++
		return nil
	}
	where := "after a value of a list"
	if end == '}' {
		where = "after a value of an object"
	}
	for {
		if end == '}' {
			if r.peek() != '"' {
				return r.bad("where a key begins")
			}
			if err := r.skipText(); err != nil {
				return err
			}
			if err := r.colon(); err != nil {
				return err
			}
		}
		if err := r.skip(depth + 1); err != nil {
			return err
		}
		more, err := r.next(end, where)
		if err != nil || !more {
			return err
		}
	}
}

func (r *reader) skipText() error {
	for i := r.pos + 1; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.pos = i + 1
			return nil
		case c == '\\':
			_, err := r.text() // escapes are checked as they are read
			return err
		case c < ' ':
			r.pos = i
			return r.bad("in a string")
		}
	}
	r.pos = len(r.s)
	return r.bad("")
}
