package batch

import (
	"hash/crc32"
	"testing"
)

// TestChecksumLengths compares with the plain checksum around every length at
// which the way of taking it changes.
func TestChecksumLengths(t *testing.T) {
	p := make([]byte, farAway+3*crcStep)
	for i := range p {
		p[i] = byte(i * i >> 3)
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	for _, around := range []int{2, crcStep, farAway, farAway / crcStep * crcStep, (farAway/crcStep + 1) * crcStep, len(p) - 2} {
		for n := around - 2; n <= around+2; n++ {
			if got, want := checksum(p[:n]), crc32.Checksum(p[:n], table); got != want {
				t.Errorf("%d bytes: %08x, want %08x", n, got, want)
			}
		}
	}
}

// BenchmarkChecksum walks through more memory than a cache holds, and stays
// within little.
func BenchmarkChecksum(b *testing.B) {
	for _, c := range []struct {
		name string
		span int
	}{{"far", 128 << 20}, {"near", 512 << 10}} {
		b.Run(c.name, func(b *testing.B) {
			const size = 512 << 10
			p := make([]byte, c.span+3)[3:] // as in a request, off any boundary
			for i := range p {
				p[i] = byte(i)
			}
			b.SetBytes(size)
			at := 0
			for b.Loop() {
				checksum(p[at : at+size])
				at = (at + size) % len(p)
			}
		})
	}
}
