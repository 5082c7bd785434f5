package batch

import (
	"hash/crc32"
	"runtime"
)

// What a large request brought has left the caches near the core by the time
// its checksums are taken. On amd64 hash/crc32 reads three stretches of 1344
// bytes side by side, which processors do not foresee, so that it waits for
// memory at every turn. One load from each cache line first, for as much as
// crc32 takes at a time, more than doubles its speed on bytes that are far away,
// and costs a fifth on those that are near.
const (
	farAway   = 64 << 10 // bytes from which on a batch is taken to be far away
	crcStep   = 3*1344 + 8
	cacheLine = 64
)

// checksum returns the CRC-32C of p.
func checksum(p []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	if len(p) < farAway || runtime.GOARCH != "amd64" { // others go through in one line
		return crc32.Checksum(p, table)
	}
	crc := uint32(0)
	for len(p) > 0 {
		n := min(len(p), crcStep)
		touch(p[:n])
		crc = crc32.Update(crc, table, p[:n])
		p = p[n:]
	}
	return crc
}

// touch loads every cache line of p. It is not inlined, so that the loads are
// not found to be of no use.
//
//go:noinline
func touch(p []byte) byte {
	var a, b, c, d byte
	for ; len(p) >= 4*cacheLine; p = p[4*cacheLine:] {
		a, b, c, d = a^p[0], b^p[cacheLine], c^p[2*cacheLine], d^p[3*cacheLine]
	}
	return a ^ b ^ c ^ d
}
