package expr

import (
	"errors"
	"fmt"

	"kq/pkg/streams/codec"
)

// val is a value while an expression is evaluated.
type val = codec.Scalar

// thunk is a part of an expression, ready to be evaluated.
type thunk func(f *frame) (val, error)

// frame is what one program needs while it runs. It is kept between runs.
type frame struct {
	vars   *Vars
	locals []val
	fields []fieldSet // one of each variable that is read by its fields only
}

// fieldSet are the fields that a program reads of one variable. They are taken
// out in one pass, when the first of them is touched.
type fieldSet struct {
	slot  int
	paths *codec.Paths // shared by clones
	out   []val
	done  bool
}

func (f *frame) begin(v *Vars) {
	f.vars = v
	for i := range f.fields {
		f.fields[i].done = false
	}
}

// end lets go of what the run has read.
func (f *frame) end() {
	for i := range f.locals {
		f.locals[i] = val{}
	}
}

func (f *frame) clone() *frame {
	c := &frame{locals: make([]val, len(f.locals)), fields: make([]fieldSet, len(f.fields))}
	for i := range f.fields {
		c.fields[i] = fieldSet{slot: f.fields[i].slot, paths: f.fields[i].paths, out: make([]val, len(f.fields[i].out))}
	}
	return c
}

// field is field i of a set.
func (f *frame) field(set, i int) (val, error) {
	s := &f.fields[set]
	if !s.done {
		if err := s.read(f.vars); err != nil {
			return val{}, err
		}
		s.done = true
	}
	return s.out[i], nil
}

func (s *fieldSet) read(v *Vars) error {
	if at := &v.slots[s.slot]; at.kind == slotValue && at.val != nil {
		if raw, c := at.val.Raw(); raw != nil && c == (codec.JSON{}) {
			if err := s.paths.Read(raw, s.out); err != nil {
				return &codec.DecodeError{Codec: "json", Err: err}
			}
			return nil
		}
	}
	x, err := v.load(s.slot)
	if err == nil {
		x, err = plain(x)
	}
	if err != nil {
		return err
	}
	s.paths.Walk(x, s.out)
	return nil
}

// scalar is the value of slot i without an interface, where it has none yet.
func (v *Vars) scalar(i int) (val, error) {
	s := &v.slots[i]
	switch s.kind {
	case slotInt:
		return codec.IntScalar(s.n), nil
	case slotValue:
		if s.val == nil {
			return val{}, nil
		}
		x, err := s.val.Scalar()
		if err != nil || x.Kind != codec.KindOther {
			return x, err
		}
		p, err := plain(x.Other)
		return codec.ScalarOf(p), err
	}
	x, err := v.load(i)
	if err == nil {
		x, err = plain(x)
	}
	return codec.ScalarOf(x), err
}

// placed is a failure at a place of the source, counted in characters.
type placed struct {
	src string
	at  int
}

func (p placed) fail(err error) error {
	var ours *Error
	var de *codec.DecodeError
	if errors.As(err, &ours) || errors.As(err, &de) {
		return err
	}
	line, column := 1, 1
	n := 0
	for _, r := range p.src {
		if n == p.at {
			break
		}
		n++
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return &Error{Src: p.src, Line: line, Column: column, Message: inOurWords(err.Error()), Err: errors.Unwrap(err)}
}

func (p placed) failf(format string, args ...any) error { return p.fail(fmt.Errorf(format, args...)) }

// kindName is what messages call a value.
func kindName(v val) string {
	if v.Kind == codec.KindNoObject {
		return typeName(v.Other)
	}
	return typeName(v.Value())
}
