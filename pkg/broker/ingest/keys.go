package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// keys holds the entries of a shard in the order they were made, oldest first, in
// slabs without pointers. It takes memory for the bytes of keys and entries, and
// indexBytes a key beside. It is not safe for concurrent use.
type keys struct {
	index map[sum]place
	slabs [][]byte // slabs[0] is the one numbered first
	first uint32
	head  int // where the oldest record is in slabs[0]
	size  int64
}

// place is a slab's number and the offset in it.
type place uint64

func at(slab uint32, off int) place  { return place(slab)<<32 | place(off) }
func (p place) where() (uint32, int) { return uint32(p >> 32), int(uint32(p)) }
func keySum(key []byte) sum          { s := sha256.Sum256(key); return sum(s[:16]) }
func (k *keys) bytes() int64         { return k.size + int64(len(k.index))*indexBytes }

const (
	slabBytes  = 64 << 10
	recordHead = 6  // bytes before a key: its length, and that of its entry
	indexBytes = 40 // a key of the index and its place, at the map's usual load
)

func newKeys() *keys { return &keys{index: make(map[sum]place)} }

// put adds an entry's bytes under a key; an older entry of the key is forgotten.
func (k *keys) put(key string, value []byte) {
	need := recordHead + len(key) + len(value)
	if n := len(k.slabs); n == 0 || cap(k.slabs[n-1])-len(k.slabs[n-1]) < need {
		slab := make([]byte, 0, max(slabBytes, need))
		k.slabs = append(k.slabs, slab)
		k.size += int64(cap(slab))
	}
	n := len(k.slabs) - 1
	s := k.slabs[n]
	k.index[keySum([]byte(key))] = at(k.first+uint32(n), len(s))
	s = binary.BigEndian.AppendUint16(s, uint16(len(key)))
	s = binary.BigEndian.AppendUint32(s, uint32(len(value)))
	s = append(s, key...)
	k.slabs[n] = append(s, value...)
}

// find returns the entry's bytes of a key.
func (k *keys) find(key string) ([]byte, bool) {
	p, ok := k.index[keySum([]byte(key))]
	if !ok {
		return nil, false
	}
	slab, off := p.where()
	_, value, _ := record(k.slabs[slab-k.first], off)
	return value, true
}

// remove forgets a key; its bytes go when it is the oldest.
func (k *keys) remove(key string) { delete(k.index, keySum([]byte(key))) }

// oldest returns up to n keys that expired, oldest first. Entries that were
// forgotten or replaced before them are dropped on the way.
func (k *keys) oldest(now time.Time, n int) (expired []string) {
	k.trim()
	slab, off := k.first, k.head
	for len(expired) < n && int(slab-k.first) < len(k.slabs) {
		s := k.slabs[slab-k.first]
		if off == len(s) {
			slab, off = slab+1, 0
			continue
		}
		key, value, next := record(s, off)
		if k.index[keySum(key)] == at(slab, off) {
			e, err := parseEntry(value)
			if err == nil && !e.expired(now) {
				break
			}
			expired = append(expired, string(key))
		}
		off = next
	}
	return expired
}

// trim drops the oldest records that no key leads to.
func (k *keys) trim() {
	for len(k.slabs) > 0 {
		s := k.slabs[0]
		if k.head == len(s) {
			if len(k.slabs) == 1 && len(s) < cap(s) {
				return // the next record goes there
			}
			k.size -= int64(cap(s))
			k.slabs[0] = nil
			k.slabs, k.first, k.head = k.slabs[1:], k.first+1, 0
			continue
		}
		key, _, next := record(s, k.head)
		p, ok := k.index[keySum(key)]
		if ok && p == at(k.first, k.head) {
			return
		}
		k.head = next
	}
}

// record reads the one at off; it aliases the slab.
func record(s []byte, off int) (key, value []byte, next int) {
	n, v := int(binary.BigEndian.Uint16(s[off:])), int(binary.BigEndian.Uint32(s[off+2:]))
	off += recordHead
	return s[off : off+n], s[off+n : off+n+v], off + n + v
}
