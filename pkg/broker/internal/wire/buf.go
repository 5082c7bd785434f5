package wire

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// The size classes of pooled buffers: powers of two from 4 KiB to 8 MiB.
// Producers of large batches send frames of several MiB, and a fresh zeroed
// slice for each of them would cost more than the append itself.
const (
	minBufBits = 12
	maxBufBits = 23
	bufClasses = maxBufBits - minBufBits + 1

	// MinBuf is the smallest capacity a Buf is given, in bytes.
	MinBuf = 1 << minBufBits
)

// unpooled marks a Buf whose bytes belong to no size class.
const unpooled = -1

// Buf is a reference-counted byte buffer from a size-classed pool. It holds
// request bytes that several parties use for different lengths of time: the
// connection, a handler, an append that waits. The last Release returns it.
type Buf struct {
	data  []byte
	class int
	home  *Spares // where it goes back to; nil for the pools, by class
	refs  atomic.Int32
}

// bufPools holds one pool a size class; a pool holds *Buf with their bytes.
var bufPools [bufClasses]sync.Pool

// NewBuf returns a buffer of n bytes, whose content is undefined, with one
// reference. Up to 8 MiB come from a pool, more is allocated.
func NewBuf(n int) *Buf {
	class := classOf(n)
	if class == unpooled {
		b := &Buf{data: make([]byte, n), class: unpooled}
		b.refs.Store(1)
		return b
	}
	b, _ := bufPools[class].Get().(*Buf)
	if b == nil {
		b = &Buf{data: make([]byte, MinBuf<<class), class: class}
	}
	b.data = b.data[:n]
	b.refs.Store(1)
	return b
}

// bitsOf returns the smallest power of two that holds n, as an exponent.
func bitsOf(n int) int { return bits.Len(uint(max(n, 1) - 1)) }

func classOf(n int) int {
	class := max(bitsOf(n)-minBufBits, 0)
	if class >= bufClasses {
		return unpooled
	}
	return class
}

// Bytes returns the content. It must not be used after the last Release.
func (b *Buf) Bytes() []byte { return b.data }

// Cap returns how many bytes the buffer can hold.
func (b *Buf) Cap() int { return cap(b.data) }

// Resize sets the length of the content, up to Cap.
func (b *Buf) Resize(n int) { b.data = b.data[:n] }

// Adopt makes p the content. It is for code that appended to b.Bytes()[:0]: when
// the append moved to a larger array the pooled one goes back to its pool. The
// caller must hold the only reference.
func (b *Buf) Adopt(p []byte) {
	if cap(p) == cap(b.data) && cap(p) > 0 && &p[:1][0] == &b.data[:1][0] {
		b.data = p
		return
	}
	old := &Buf{data: b.data, class: b.class, home: b.home}
	b.data, b.class, b.home = p, unpooled, nil
	old.recycle()
}

// Retain adds a reference and returns b.
func (b *Buf) Retain() *Buf {
	b.refs.Add(1)
	return b
}

// Release drops a reference. With the last one the bytes may be used by others
// at once.
func (b *Buf) Release() {
	if b.refs.Add(-1) == 0 {
		b.recycle()
	}
}

func (b *Buf) recycle() {
	b.data = b.data[:cap(b.data)]
	switch {
	case b.home != nil:
		b.home.put(b)
	case b.class != unpooled:
		bufPools[b.class].Put(b)
	}
}
