package state

import (
	"bytes"
	"slices"
)

// sorter collects the changes of a restore and gives the last one of each key
// in the order of the keys, which is much the faster order for what is below.
type sorter struct {
	ops   []op
	chunk []byte // keys are copied here
}

// op is a change; a nil value removes.
type op struct {
	key, value []byte
	ts         int64
	n          int32 // its place among the changes
}

func (s *sorter) add(key, value []byte, ts int64) {
	if cap(s.chunk)-len(s.chunk) < len(key) {
		s.chunk = make([]byte, 0, max(len(key), 16<<10))
	}
	at := len(s.chunk)
	s.chunk = append(s.chunk, key...)
	s.ops = append(s.ops, op{key: s.chunk[at:len(s.chunk):len(s.chunk)], value: value, ts: ts, n: int32(len(s.ops))})
}

func (s *sorter) set(key, value []byte, ts int64) { s.add(key, value, ts) }

func (s *sorter) remove(key []byte) { s.add(key, nil, 0) }

// removeRange is not for restores: tables keep their cuts themselves.
func (s *sorter) removeRange(_, _ []byte) {}

// writeTo gives what was collected to w.
func (s *sorter) writeTo(w writer) {
	slices.SortFunc(s.ops, func(a, b op) int {
		if c := bytes.Compare(a.key, b.key); c != 0 {
			return c
		}
		return int(a.n - b.n)
	})
	for i := range s.ops {
		switch o := &s.ops[i]; {
		case i+1 < len(s.ops) && bytes.Equal(o.key, s.ops[i+1].key): // not the last one
		case o.value == nil:
			w.remove(o.key)
		default:
			w.set(o.key, o.value, o.ts)
		}
	}
}
