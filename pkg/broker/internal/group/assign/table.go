package assign

import (
	"math/bits"
	"slices"
)

// Table is a set in the order of Java's HashSet, which is also that of the keys of a
// HashMap: by bucket, and in a bucket by insertion. It grows and never shrinks.
type Table[K comparable] struct {
	hash    func(K) int32
	buckets int
	front   bool // new keys are first in their bucket
	keys    []K  // in order of insertion
	in      map[K]bool
}

// NewTable is a set as new HashSet() makes it.
func NewTable[K comparable](hash func(K) int32) *Table[K] {
	return &Table[K]{hash: hash, buckets: 16, in: make(map[K]bool)}
}

// NewComputed are the keys of a map with room for n, as Kafka's AssignorHelpers makes
// it, that computeIfAbsent puts in: in a bucket the last one is first.
func NewComputed[K comparable](n int, hash func(K) int32) *Table[K] {
	t := NewTable(hash)
	t.buckets = 1 << bits.Len(uint(int(float32(n+1)/0.75+1)-1))
	t.front = true
	return t
}

// Add puts a key in, unless it is there.
func (t *Table[K]) Add(k K) {
	if t.in[k] {
		return
	}
	t.in[k] = true
	t.keys = append(t.keys, k)
	if len(t.keys) > t.buckets*3/4 {
		t.buckets *= 2
	}
}

// Remove takes a key out, if it is there.
func (t *Table[K]) Remove(k K) {
	if t.in[k] {
		delete(t.in, k)
		t.keys = slices.Delete(t.keys, slices.Index(t.keys, k), slices.Index(t.keys, k)+1)
	}
}

// Has says whether a key is there.
func (t *Table[K]) Has(k K) bool { return t.in[k] }

// Len is the number of keys.
func (t *Table[K]) Len() int { return len(t.keys) }

// Order lists the keys as they are now.
func (t *Table[K]) Order() []K {
	keys := slices.Clone(t.keys)
	if t.front {
		slices.Reverse(keys)
	}
	byBucket(keys, t.buckets, t.hash)
	return keys
}
