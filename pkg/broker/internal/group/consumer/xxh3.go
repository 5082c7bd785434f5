package consumer

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// xxh3 is XXH3's 64-bit hash with seed 0 (Yann Collet's xxHash 0.8), by which Kafka
// notices that topics of a group have changed (KIP-1101).
func xxh3(b []byte) uint64 {
	s := xxh3Secret()
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
func xxh3Secret() []byte {
	b, _ := hex.DecodeString("b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f" +
		"cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c" +
		"3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
		"a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364" +
		"eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e" +
		"2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
	return b
}
