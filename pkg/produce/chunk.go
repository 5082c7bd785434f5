package produce

import (
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A chunk holds about as many bytes as records of 64 bytes need.
const (
	chunkBytes   = 128 << 10
	chunkRecords = 2048
	maxChunks    = 40
)

// chunk is a piece of input and the records that alias it.
type chunk struct {
	p    *producer
	buf  []byte
	used []kgo.Record // its capacity never grows: records are known by address

	// pending counts the records on their way, and the reader while it fills the
	// chunk. Who takes it to 0 owns the chunk.
	pending atomic.Int64
	promise func(*kgo.Record, error)

	input *lines // where the records come from
	first int64  // the number of the record before the first one
}

func (p *producer) newChunk(size int) *chunk {
	c := &chunk{p: p, buf: make([]byte, size), used: make([]kgo.Record, 0, chunkRecords)}
	c.promise = c.done
	return c
}

// take returns a chunk with room for more than need bytes, waiting for one to
// come back when there are many; nil when the run is over.
func (p *producer) take(need int) *chunk {
	size := chunkBytes
	for size <= need {
		size *= 2
	}
	var c *chunk
	select {
	case c = <-p.free:
	default:
		if p.made < maxChunks {
			p.made++
			c = p.newChunk(size)
			break
		}
		select {
		case c = <-p.free:
		case <-p.sending.Done():
			return nil
		}
	}
	if len(c.buf) != size { // a long line came, or was the one before
		c.buf = make([]byte, size)
	}
	c.used = c.used[:0]
	c.pending.Store(1)
	return c
}

// done is the promise of the chunk's records.
func (c *chunk) done(r *kgo.Record, err error) {
	c.p.acknowledged(c, r, err)
	c.release()
}

func (c *chunk) release() {
	if c.pending.Add(-1) == 0 {
		c.p.free <- c // has room for all chunks there are
	}
}

// next returns the next record of the chunk, which has room for it, empty.
func (c *chunk) next() *kgo.Record {
	c.used = c.used[:len(c.used)+1]
	r := &c.used[len(c.used)-1]
	*r = kgo.Record{Partition: anyPartition}
	return r
}

// back takes back what next returned.
func (c *chunk) back() { c.used = c.used[:len(c.used)-1] }

// where names the place of a record.
func (c *chunk) where(r *kgo.Record) string {
	for i := range c.used[:cap(c.used)] {
		if &c.used[:cap(c.used)][i] == r {
			return c.input.place(c.first + int64(i) + 1)
		}
	}
	return c.input.in.Name
}
