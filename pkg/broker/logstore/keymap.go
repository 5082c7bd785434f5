package logstore

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

const (
	// keySlot is a slot of a keyMap: a hash of 16 bytes and an offset plus one, 0
	// in a slot that is free. Kafka's has the same size (SkimpyOffsetMap), so that
	// log.cleaner.dedupe.buffer.size means as many keys.
	keySlot = 24
	// minKeySlots lets a cleaning go on even with no memory to speak of.
	minKeySlots = 1 << 10
)

// keyMap knows the last offset of each key of a part of a log. Of a key it keeps
// a hash, keyed with random bytes: nobody can make keys that collide. Its size is
// fixed when it is made. It is for one goroutine.
type keyMap struct {
	mem    []byte
	free   func()
	slots  uint64
	limit  int // entries that it takes
	used   int
	k0, k1 uint64
	last   int64 // the last offset that was noted, or that is known to have no key
}

// newKeyMap makes a map of at most size bytes, filled up to load, for keys that
// are at most span.
func newKeyMap(size int64, load float64, span int64) (*keyMap, error) {
	load = min(max(load, 0.01), 1)
	slots := max(minKeySlots, size/keySlot)
	if need := float64(span)/load + 1; need < float64(slots) {
		slots = max(minKeySlots, int64(need))
	}
	m := &keyMap{slots: uint64(slots), limit: min(int(float64(slots)*load), int(slots)-1), last: noOffset}
	var seed [16]byte
	_, _ = rand.Read(seed[:]) // never fails, see crypto/rand
	m.k0, m.k1 = binary.LittleEndian.Uint64(seed[:]), binary.LittleEndian.Uint64(seed[8:])
	var err error
	m.mem, m.free, err = offHeap(int(slots) * keySlot)
	return m, err
}

// close gives the memory back to the system.
func (m *keyMap) close() { m.free() }

// keyHash is what a keyMap knows a key by.
type keyHash struct{ h0, h1 uint64 }

func (m *keyMap) hash(key []byte) keyHash {
	h0, h1 := sipHash128(m.k0, m.k1, key)
	return keyHash{h0, h1}
}

// touch has the slots of some keys fetched, all at once: one after the other, each
// would wait for memory. The result means nothing.
func (m *keyMap) touch(keys []keyHash) (sum byte) {
	for _, k := range keys {
		i, _ := bits.Mul64(k.h0, m.slots)
		sum += m.mem[i*keySlot]
	}
	return sum
}

// find gives the slot of a key, or the free one where it belongs.
func (m *keyMap) find(k keyHash) (slot []byte, found bool) {
	le := binary.LittleEndian
	i, _ := bits.Mul64(k.h0, m.slots)
	for {
		slot = m.mem[i*keySlot : i*keySlot+keySlot : i*keySlot+keySlot]
		switch {
		case le.Uint64(slot[16:]) == 0:
			return slot, false
		case le.Uint64(slot) == k.h0 && le.Uint64(slot[8:]) == k.h1:
			return slot, true
		}
		if i++; i == m.slots {
			i = 0
		}
	}
}

// put notes that a key has a record at offset. It returns false, and notes
// nothing, when the map is full, which it is as well for a key that it knows:
// what is noted are all keys up to some offset.
func (m *keyMap) put(k keyHash, offset int64) bool {
	if m.used >= m.limit {
		return false
	}
	slot, found := m.find(k)
	if !found {
		m.used++
		binary.LittleEndian.PutUint64(slot, k.h0)
		binary.LittleEndian.PutUint64(slot[8:], k.h1)
	}
	binary.LittleEndian.PutUint64(slot[16:], uint64(offset+1))
	m.last = offset
	return true
}

// get gives the last offset of a key; noOffset for one it does not know.
func (m *keyMap) get(k keyHash) int64 {
	slot, found := m.find(k)
	if !found {
		return noOffset
	}
	return int64(binary.LittleEndian.Uint64(slot[16:])) - 1
}

// sipHash128 is SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein).
func sipHash128(k0, k1 uint64, p []byte) (h0, h1 uint64) {
	v0, v1 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d^0xee
	v2, v3 := k0^0x6c7967656e657261, k1^0x7465646279746573
	n := uint64(len(p))
	for ; len(p) >= 8; p = p[8:] {
		m := binary.LittleEndian.Uint64(p)
		v3 ^= m
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= m
	}
	tail := n << 56
	for i, c := range p {
		tail |= uint64(c) << (8 * i)
	}
	v3 ^= tail
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= tail
	v2 ^= 0xee
	for range 4 {
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	}
	h0 = v0 ^ v1 ^ v2 ^ v3
	v1 ^= 0xdd
	for range 4 {
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	}
	return h0, v0 ^ v1 ^ v2 ^ v3
}

func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v2 += v3
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v1
	v0 += v3
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}
