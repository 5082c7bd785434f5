package dsl

import "slices"

// javaSet is a set of keys that gives them in the order in which a
// java.util.HashSet of Kafka's Bytes iterates: changelog records of one commit
// leave in that order.
type javaSet struct {
	has   map[string]bool
	keys  []javaKey
	slots int // of the table; it grows and never shrinks
}

type javaKey struct {
	key  []byte
	hash uint32
}

func (s *javaSet) add(key []byte) {
	if s.has[string(key)] {
		return
	}
	if s.has == nil {
		s.has, s.slots = map[string]bool{}, 16
	}
	s.has[string(key)] = true
	s.keys = append(s.keys, javaKey{slices.Clone(key), javaHash(key)})
	for len(s.keys)*4 > s.slots*3 {
		s.slots *= 2
	}
}

// drain gives the keys, slot by slot and in each in the order in which they
// came, and forgets them.
func (s *javaSet) drain() [][]byte {
	if len(s.keys) == 0 {
		return nil
	}
	mask := uint32(s.slots - 1)
	slices.SortStableFunc(s.keys, func(a, b javaKey) int { return int(a.hash&mask) - int(b.hash&mask) })
	out := make([][]byte, len(s.keys))
	for i, k := range s.keys {
		out[i] = k.key
	}
	s.keys = s.keys[:0]
	clear(s.has)
	return out
}

// javaHash is Arrays.hashCode, spread as HashMap does.
func javaHash(key []byte) uint32 {
	h := int32(1)
	for _, b := range key {
		h = 31*h + int32(int8(b))
	}
	return uint32(h) ^ uint32(h)>>16
}
