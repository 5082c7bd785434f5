package expr

import (
	"fmt"

	"kq/pkg/streams/codec"
)

// Vars are the values of variables, in the slots of an Env (Env.Slot). They
// are set before each run and read by the programs that touch them; one Vars
// serves any number of programs of one Env, on one goroutine.
type Vars struct {
	slots []slot
	names []string
}

type slotKind uint8

const (
	slotAny slotKind = iota // v
	slotInt                 // n
	slotValue
	slotFunc
)

type slot struct {
	kind slotKind
	n    int64
	v    any
	val  *codec.Value
	f    func() (any, error)
}

// Set gives slot i a decoded value.
func (v *Vars) Set(i int, x any) { v.slots[i] = slot{v: x} }

// SetInt gives slot i a number.
func (v *Vars) SetInt(i int, n int64) {
	s := &v.slots[i]
	s.kind, s.n = slotInt, n
}

// SetValue gives slot i a value that is decoded when it is touched. The
// pointer is kept: a caller may set it once and change what it points to.
func (v *Vars) SetValue(i int, x *codec.Value) {
	s := &v.slots[i]
	s.kind, s.val = slotValue, x
}

// SetFunc gives slot i a value that f makes when it is touched.
func (v *Vars) SetFunc(i int, f func() (any, error)) { v.slots[i] = slot{kind: slotFunc, f: f} }

// load is the value of slot i, as an expression sees it.
func (v *Vars) load(i int) (any, error) {
	s := &v.slots[i]
	switch s.kind {
	case slotInt:
		return s.n, nil
	case slotValue:
		if s.val == nil {
			return nil, nil
		}
		return s.val.Any()
	case slotFunc:
		x, err := s.f()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.names[i], err)
		}
		return x, nil
	}
	return s.v, nil
}

// Headers is the map of record headers that expressions see: the last one of
// each name wins, values are text, null stays null. at gives header i of n.
func Headers(n int, at func(i int) (key string, value []byte)) map[string]any {
	m := make(map[string]any, n)
	for i := range n {
		k, b := at(i)
		if b == nil {
			m[k] = nil
		} else {
			m[k] = string(b)
		}
	}
	return m
}

// plain turns the values that only codecs know into those of the language.
func plain(x any) (any, error) {
	w, ok := x.(codec.Windowed)
	if !ok {
		return x, nil
	}
	k, err := w.Key.Any()
	if err != nil {
		return nil, err
	}
	return map[string]any{"key": k, "start": w.Start, "end": w.End}, nil
}
