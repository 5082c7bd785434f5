package assign

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf16"
)

// Kafka's assignors go through members and topics in the order of Java's hash
// tables, and who gets which partition follows from it. The functions of this file
// are that order: by bucket, and in a bucket by insertion.

// TopicID is a topic's id.
type TopicID = [16]byte

// HashString is Java's String.hashCode.
func HashString(s string) (h int32) {
	for i := range len(s) {
		if s[i] >= 0x80 {
			h = 0
			for _, u := range utf16.Encode([]rune(s)) {
				h = 31*h + int32(u)
			}
			return h
		}
		h = 31*h + int32(s[i])
	}
	return h
}

// HashID is the hashCode of Kafka's Uuid.
func HashID(id TopicID) int32 {
	x := binary.BigEndian.Uint64(id[:8]) ^ binary.BigEndian.Uint64(id[8:])
	return int32(uint32(x>>32) ^ uint32(x))
}

// CompareID orders ids as Kafka's Uuid does: as two signed numbers.
func CompareID(a, b TopicID) int {
	return cmp.Or(cmp.Compare(int64(binary.BigEndian.Uint64(a[:8])), int64(binary.BigEndian.Uint64(b[:8]))),
		cmp.Compare(int64(binary.BigEndian.Uint64(a[8:])), int64(binary.BigEndian.Uint64(b[8:]))))
}

// HashMapOrder sorts keys, which are in order of insertion, as a HashMap that had
// room for the given number of buckets (16 if 0) lists them.
func HashMapOrder[K any](keys []K, buckets int, hash func(K) int32) {
	buckets = max(buckets, 16)
	for len(keys) > buckets*3/4 {
		buckets *= 2
	}
	byBucket(keys, buckets, hash)
}

func byBucket[K any](keys []K, buckets int, hash func(K) int32) {
	sortByBucket(keys, func(k K) uint32 {
		h := uint32(hash(k))
		return (h ^ h>>16) & uint32(buckets-1)
	})
}

// HashSetOrder sorts keys as a HashSet that was made from a collection of n does.
func HashSetOrder[K any](keys []K, n int, hash func(K) int32) {
	want := max(int(float32(n)/0.75)+1, 16)
	HashMapOrder(keys, 1<<bits.Len(uint(want-1)), hash)
}

// TimelineOrder sorts keys as Kafka's TimelineHashMap does, which began empty: in a
// slot the key that came last is first. Since tells when a key came.
func TimelineOrder(keys []string, since func(string) int) {
	slots := 2
	for float32(len(keys))*0.75 > float32(slots) {
		slots *= 2
	}
	slices.SortFunc(keys, func(a, b string) int { return since(b) - since(a) })
	sortByBucket(keys, func(k string) uint32 {
		h := uint64(int64(HashString(k))) * 0x9e3779b97f4a7c15
		return uint32(h >> (65 - bits.Len(uint(slots))))
	})
}

func sortByBucket[K any](keys []K, bucket func(K) uint32) {
	slices.SortStableFunc(keys, func(a, b K) int { return cmp.Compare(bucket(a), bucket(b)) })
}

// CompareJava orders strings as Java does, by UTF-16 units.
func CompareJava(a, b string) int {
	if strings.IndexFunc(a+b, func(r rune) bool { return r >= 0x10000 }) < 0 {
		return cmp.Compare(a, b) // UTF-8 sorts the same without surrogates
	}
	return slices.Compare(units(a), units(b))
}

// units are a string's UTF-16 units.
func units(s string) []uint16 { return utf16.Encode([]rune(s)) }
