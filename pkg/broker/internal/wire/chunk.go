package wire

import "syscall"

// FileRegion is a stretch of a file that an answer sends as it is. A region
// pins its file: until Release the bytes neither move nor change.
type FileRegion interface {
	// Len is the number of bytes in the region.
	Len() int
	// ReadAt reads from the region; off counts from its start.
	ReadAt(p []byte, off int64) (int, error)
	// Release unpins the file. It is called exactly once.
	Release()
}

// RawRegion is the optional interface of regions that lie in a file of the
// operating system, which the kernel can send to a socket by itself.
type RawRegion interface {
	// RawRegion returns the file and the position of the region in it; ok is
	// false when there is no such file.
	RawRegion() (file syscall.RawConn, off int64, ok bool)
}

// Chunk is one piece of an answer: either Bytes or a Region.
type Chunk struct {
	Bytes  []byte
	Region FileRegion // nil for a chunk of bytes
	// Buf, if set, is released when the chunk has been sent or dropped. It
	// usually holds Bytes, and those of the chunks before it.
	Buf *Buf
}

// Len returns the number of bytes that the chunk sends.
func (c Chunk) Len() int {
	if c.Region != nil {
		return c.Region.Len()
	}
	return len(c.Bytes)
}

// Release gives back what the chunk holds. It is called exactly once, by
// whoever sent or dropped the chunk.
func (c Chunk) Release() {
	if c.Region != nil {
		c.Region.Release()
	}
	if c.Buf != nil {
		c.Buf.Release()
	}
}

// Reply is an answer to one request: what follows the response header.
type Reply struct {
	Chunks []Chunk
}

// Len returns the number of bytes in the answer.
func (r Reply) Len() int {
	n := 0
	for _, c := range r.Chunks {
		n += c.Len()
	}
	return n
}

// Buffered returns the number of bytes that the answer keeps in memory.
func (r Reply) Buffered() int {
	n := 0
	for _, c := range r.Chunks {
		n += len(c.Bytes)
	}
	return n
}

// Release gives back what all chunks hold.
func (r Reply) Release() {
	for _, c := range r.Chunks {
		c.Release()
	}
}
