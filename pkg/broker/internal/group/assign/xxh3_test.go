package assign

import "testing"

// The hashes are hash4j 0.22.0's, which Kafka 4.3.1 uses.
func TestXXH3(t *testing.T) {
	want := map[int]uint64{
		0: 0x2d06800538d394c2, 1: 0x13e608bc156defed, 2: 0x1c9074b93943b86c, 3: 0xa9088dda485b481c, 4: 0x6d9253b16c8b1ed3,
		5: 0x998620e10e3a4b37, 8: 0x60539db630471163, 9: 0xfeff668361d723a8, 12: 0x6829454be0cc3199, 16: 0xb8c859b0f030b585,
		17: 0x714a04408e79b80f, 20: 0x8851af100ea32e06, 31: 0xed41ac283d0674b3, 32: 0x19ff4ee1d6ba1a55, 33: 0x3e44983ad21679c8,
		64: 0x287eb1fa9e4be2c1, 65: 0x829218de4d798646, 96: 0xf084e7cfbc624743, 97: 0x1daa83271a8e7b7c, 128: 0x67425a03650261bf,
		129: 0xc664bf3311c6abc4, 130: 0xa620cbbc569eeeab, 160: 0xd70dea8de694b883, 192: 0x78ba6e57be15802f, 239: 0x1d861931c1f3cafa,
		240: 0x64556dc6b462a6cf, 241: 0x8beadd3a8874fe17, 242: 0x6a06414a9f40bc71, 256: 0x3c38817f6d79c0da, 300: 0xfd9aa0f0d62e0227,
		512: 0xf58202b8d9019d1d, 1023: 0xd26986a0b85dcc44, 1024: 0x9b81661c641c72b1, 1025: 0x806c2072ed713576,
		1088: 0x2f8781e01841f0da, 2000: 0x71f8268c6d856c4a, 4096: 0xd7428746842be37e, 5001: 0x4f1e21c3ce5104b7,
	}
	for n, h := range want {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*7 + 3)
		}
		if got := xxh3(b); got != h {
			t.Errorf("%d bytes: %x, want %x", n, got, h)
		}
	}
}
