package consumer

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
)

// Kafka's assignors go through members and topics in the order of Java's hash
// tables, and who gets which partition follows from it. The functions of this file
// are that order: by bucket, and in a bucket by insertion.

// TopicID is a topic's id.
type TopicID = [16]byte

// hashString is Java's String.hashCode.
func hashString(s string) (h int32) {
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

// hashID is the hashCode of Kafka's Uuid.
func hashID(id TopicID) int32 {
	x := binary.BigEndian.Uint64(id[:8]) ^ binary.BigEndian.Uint64(id[8:])
	return int32(uint32(x>>32) ^ uint32(x))
}

// compareID orders ids as Kafka's Uuid does: as two signed numbers.
func compareID(a, b TopicID) int {
	return cmp.Or(cmp.Compare(int64(binary.BigEndian.Uint64(a[:8])), int64(binary.BigEndian.Uint64(b[:8]))),
		cmp.Compare(int64(binary.BigEndian.Uint64(a[8:])), int64(binary.BigEndian.Uint64(b[8:]))))
}

// hashMapOrder sorts keys, which are in order of insertion, as a HashMap that had
// room for the given number of buckets (16 if 0) lists them.
func hashMapOrder[K any](keys []K, buckets int, hash func(K) int32) {
	buckets = max(buckets, 16)
	for len(keys) > buckets*3/4 {
		buckets *= 2
	}
	sortByBucket(keys, func(k K) uint32 {
		h := uint32(hash(k))
		return (h ^ h>>16) & uint32(buckets-1)
	})
}

// hashSetOrder sorts keys as a HashSet that was made from a collection of n does.
func hashSetOrder[K any](keys []K, n int, hash func(K) int32) {
	want := max(int(float32(n)/0.75)+1, 16)
	hashMapOrder(keys, 1<<bits.Len(uint(want-1)), hash)
}

// timelineOrder sorts keys as Kafka's TimelineHashMap does, which began empty: in a
// slot the key that came last is first. Since tells when a key came.
func timelineOrder(keys []string, since func(string) int) {
	slots := 2
	for float32(len(keys))*0.75 > float32(slots) {
		slots *= 2
	}
	slices.SortFunc(keys, func(a, b string) int { return since(b) - since(a) })
	sortByBucket(keys, func(k string) uint32 {
		h := uint64(int64(hashString(k))) * 0x9e3779b97f4a7c15
		return uint32(h >> (65 - bits.Len(uint(slots))))
	})
}

func sortByBucket[K any](keys []K, bucket func(K) uint32) {
	slices.SortStableFunc(keys, func(a, b K) int { return cmp.Compare(bucket(a), bucket(b)) })
}

// units are a string's UTF-16 units.
func units(s string) []uint16 { return utf16.Encode([]rune(s)) }
