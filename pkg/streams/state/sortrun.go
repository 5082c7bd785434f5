package state

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// run is records of a changelog as a table writes them: the table's prefix, the
// key, the time and the value, one after the other.
type run struct {
	prefix [tableLen]byte
	bytes  []byte
	ops    []runOp
	common int  // how many bytes of the keys are the same in all
	seen   byte // of touch: nothing reads it
}

// runOp is a record of a run. Later ones are higher up.
type runOp struct {
	head uint64 // the first bytes of the key after the common ones
	at   uint32
	key  uint32 // length of the key, with the prefix
	val  int32  // length of the value with its time, -1 for a removal
}

func (r *run) add(key []byte) *runOp {
	r.ops = append(r.ops, runOp{at: uint32(len(r.bytes)), key: uint32(tableLen + len(key)), val: -1})
	r.bytes = append(append(r.bytes, r.prefix[:]...), key...)
	first := r.bytes[tableLen:r.ops[0].key]
	n, most := 0, min(r.common, len(key))
	if len(r.ops) == 1 {
		most = len(key)
	}
	for n < most && first[n] == key[n] {
		n++
	}
	r.common = n
	return &r.ops[len(r.ops)-1]
}

func (r *run) set(key, value []byte, ts int64) {
	r.add(key).val = int32(8 + len(value))
	r.bytes = append(binary.BigEndian.AppendUint64(r.bytes, uint64(ts)), value...)
}

func (r *run) remove(key []byte) { r.add(key) }

// removeRange is not for restores: tables keep their cuts themselves.
func (r *run) removeRange(_, _ []byte) {}

// entry is what an op writes; a nil value removes.
func (r *run) entry(o *runOp) (key, value []byte) {
	end := o.at + o.key
	if o.val >= 0 {
		value = r.bytes[end : end+uint32(o.val)]
	}
	return r.bytes[o.at:end], value
}

// touch brings the bytes of ops near the processor.
func (r *run) touch(ops []runOp) {
	for i := range ops {
		r.seen ^= r.bytes[ops[i].at]
	}
}

// sorted gives the last op of each key in the order of the keys, without
// removals where there is nothing to remove.
func (r *run) sorted(empty bool) []runOp {
	skip := tableLen + r.common
	for i := range r.ops {
		o := &r.ops[i]
		var head [8]byte
		copy(head[:], r.bytes[int(o.at)+skip:o.at+o.key])
		o.head = binary.BigEndian.Uint64(head[:])
	}
	slices.SortFunc(r.ops, func(a, b runOp) int {
		if a.head != b.head {
			if a.head < b.head {
				return -1
			}
			return 1
		}
		if c := bytes.Compare(r.bytes[a.at:a.at+a.key], r.bytes[b.at:b.at+b.key]); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	out := r.ops[:0]
	for i := range r.ops {
		o := &r.ops[i]
		if i+1 < len(r.ops) {
			next := &r.ops[i+1]
			if o.head == next.head && bytes.Equal(r.bytes[o.at:o.at+o.key], r.bytes[next.at:next.at+next.key]) {
				continue // not the last one
			}
		}
		if o.val >= 0 || !empty {
			out = append(out, *o)
		}
	}
	return out
}

func (r *run) reset() { r.bytes, r.ops, r.common = r.bytes[:0], r.ops[:0], 0 }
