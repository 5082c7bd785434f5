package dsl

import (
	"encoding/binary"
	"math/bits"
)

// murmurSeed is the seed of Kafka Streams' Murmur3.hash128.
const murmurSeed = 104729

const (
	murmurC1 = 0x87c37b91114253d5
	murmurC2 = 0x4cf5ad432745937f
)

// hash128 is the 128-bit Murmur3 (x64) of b with Kafka Streams' seed: two
// longs, big endian, as foreign-key joins write them beside a value.
func hash128(b []byte) [16]byte {
	h1, h2 := uint64(murmurSeed), uint64(murmurSeed)
	n := uint64(len(b))
	for ; len(b) >= 16; b = b[16:] {
		h1 ^= mixK1(binary.LittleEndian.Uint64(b))
		h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
		h2 ^= mixK2(binary.LittleEndian.Uint64(b[8:]))
		h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
	}
	var tail [16]byte
	copy(tail[:], b)
	if len(b) > 8 {
		h2 ^= mixK2(binary.LittleEndian.Uint64(tail[8:]))
	}
	if len(b) > 0 {
		h1 ^= mixK1(binary.LittleEndian.Uint64(tail[:]))
	}
	h1, h2 = h1^n, h2^n
	h1 += h2
	h2 += h1
	h1, h2 = mixFinal(h1), mixFinal(h2)
	h1 += h2
	h2 += h1
	var out [16]byte
	binary.BigEndian.PutUint64(out[:], h1)
	binary.BigEndian.PutUint64(out[8:], h2)
	return out
}

func mixK1(k uint64) uint64 { return bits.RotateLeft64(k*murmurC1, 31) * murmurC2 }

func mixK2(k uint64) uint64 { return bits.RotateLeft64(k*murmurC2, 33) * murmurC1 }

func mixFinal(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}
