package assign

import (
	"encoding/binary"
	"math/bits"
)

// xxh3 is XXH3's 64-bit hash with seed 0 (Yann Collet's xxHash 0.8), by which Kafka
// notices that topics of a group have changed (KIP-1101).
func xxh3(b []byte) uint64 {
	s := []byte(xxh3Secret)
	n := uint64(len(b))
	switch {
	case n == 0:
		return avalanche64(le64(s[56:]) ^ le64(s[64:]))
	case n <= 3:
		v := uint32(b[0])<<16 | uint32(b[n>>1])<<24 | uint32(b[n-1]) | uint32(n)<<8
		return avalanche64(uint64(v) ^ uint64(le32(s)^le32(s[4:])))
	case n <= 8:
		v := uint64(le32(b[n-4:])) + uint64(le32(b))<<32
		v ^= le64(s[8:]) ^ le64(s[16:])
		v ^= bits.RotateLeft64(v, 49) ^ bits.RotateLeft64(v, 24)
		v *= 0x9fb21c651e98df25
		v ^= v>>35 + n
		v *= 0x9fb21c651e98df25
		return v ^ v>>28
	case n <= 16:
		lo := le64(b) ^ le64(s[24:]) ^ le64(s[32:])
		hi := le64(b[n-8:]) ^ le64(s[40:]) ^ le64(s[48:])
		return avalanche3(n + bits.ReverseBytes64(lo) + hi + fold(lo, hi))
	case n <= 128:
		acc := n * prime64x1
		for i := (n - 1) / 32; i > 0; i-- {
			acc += mix16(b[16*i:], s[32*i:]) + mix16(b[n-16*(i+1):], s[32*i+16:])
		}
		return avalanche3(acc + mix16(b, s) + mix16(b[n-16:], s[16:]))
	case n <= 240:
		acc := n * prime64x1
		for i := range uint64(8) {
			acc += mix16(b[16*i:], s[16*i:])
		}
		acc = avalanche3(acc)
		for i := uint64(8); i < n/16; i++ {
			acc += mix16(b[16*i:], s[16*(i-8)+3:])
		}
		return avalanche3(acc + mix16(b[n-16:], s[136-17:]))
	}
	return xxh3Long(b, s)
}

const (
	prime32x1 = 0x9e3779b1
	prime32x2 = 0x85ebca77
	prime32x3 = 0xc2b2ae3d
	prime64x1 = 0x9e3779b185ebca87
	prime64x2 = 0xc2b2ae3d27d4eb4f
	prime64x3 = 0x165667b19e3779f9
	prime64x4 = 0x85ebca77c2b2ae63
	prime64x5 = 0x27d4eb2f165667c5
)

const (
	stripe   = 64             // bytes that are mixed in at once
	stripes  = (192 - 64) / 8 // of a block
	blockLen = stripe * stripes
)

// xxh3Long hashes more than 240 bytes, in blocks.
func xxh3Long(b, s []byte) uint64 {
	acc := [8]uint64{prime32x3, prime64x1, prime64x2, prime64x3, prime64x4, prime32x2, prime64x5, prime32x1}
	rest := b
	for len(rest) > blockLen {
		for i := range stripes {
			accumulate(&acc, rest[stripe*i:], s[8*i:])
		}
		for i := range acc {
			acc[i] = (acc[i] ^ acc[i]>>47 ^ le64(s[192-64+8*i:])) * prime32x1
		}
		rest = rest[blockLen:]
	}
	for i := range (len(rest) - 1) / stripe {
		accumulate(&acc, rest[stripe*i:], s[8*i:])
	}
	accumulate(&acc, b[len(b)-stripe:], s[192-64-7:])
	h := uint64(len(b)) * prime64x1
	for i := range 4 {
		h += fold(acc[2*i]^le64(s[11+16*i:]), acc[2*i+1]^le64(s[11+16*i+8:]))
	}
	return avalanche3(h)
}

func accumulate(acc *[8]uint64, b, s []byte) {
	for i := range acc {
		v := le64(b[8*i:])
		k := v ^ le64(s[8*i:])
		acc[i^1] += v
		acc[i] += k & 0xffffffff * (k >> 32)
	}
}

func mix16(b, s []byte) uint64 { return fold(le64(b)^le64(s), le64(b[8:])^le64(s[8:])) }

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func avalanche64(h uint64) uint64 {
	h = (h ^ h>>33) * prime64x2
	h = (h ^ h>>29) * prime64x3
	return h ^ h>>32
}

func avalanche3(h uint64) uint64 {
	h = (h ^ h>>37) * 0x165667919e3779f9
	return h ^ h>>32
}

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// xxh3Secret are the 192 bytes that XXH3 mixes in by default.
const xxh3Secret = "\xb8\xfe\x6c\x39\x23\xa4\x4b\xbe\x7c\x01\x81\x2c\xf7\x21\xad\x1c\xde\xd4\x6d\xe9\x83\x90\x97\xdb\x72\x40\xa4\xa4\xb7\xb3\x67\x1f" +
	"\xcb\x79\xe6\x4e\xcc\xc0\xe5\x78\x82\x5a\xd0\x7d\xcc\xff\x72\x21\xb8\x08\x46\x74\xf7\x43\x24\x8e\xe0\x35\x90\xe6\x81\x3a\x26\x4c" +
	"\x3c\x28\x52\xbb\x91\xc3\x00\xcb\x88\xd0\x65\x8b\x1b\x53\x2e\xa3\x71\x64\x48\x97\xa2\x0d\xf9\x4e\x38\x19\xef\x46\xa9\xde\xac\xd8" +
	"\xa8\xfa\x76\x3f\xe3\x9c\x34\x3f\xf9\xdc\xbb\xc7\xc7\x0b\x4f\x1d\x8a\x51\xe0\x4b\xcd\xb4\x59\x31\xc8\x9f\x7e\xc9\xd9\x78\x73\x64" +
	"\xea\xc5\xac\x83\x34\xd3\xeb\xc3\xc5\x81\xa0\xff\xfa\x13\x63\xeb\x17\x0d\xdd\x51\xb7\xf0\xda\x49\xd3\x16\x55\x26\x29\xd4\x68\x9e" +
	"\x2b\x16\xbe\x58\x7d\x47\xa1\xfc\x8f\xf8\xb8\xd1\x7a\xd0\x31\xce\x45\xcb\x3a\x8f\x95\x16\x04\x28\xaf\xd7\xfb\xca\xbb\x4b\x40\x7e"
