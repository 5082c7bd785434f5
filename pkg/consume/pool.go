package consume

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pool keeps the memory of records that were given away, for those of the next
// fetch. The client takes and returns it, a batch at a time.
type pool struct {
	mu      sync.Mutex
	records [][]kgo.Record // guarded by mu
	bytes   [][]byte       // guarded by mu; of batches that were compressed
}

// What is worth keeping: batches of a size that repeats, and about as many as one
// fetch brings.
const (
	leastPooled = 64
	mostPooled  = 64 << 10
	mostBytes   = 16 << 20
	mostKept    = 64
)

// GetRecords is called by the client for a batch of n records.
func (p *pool) GetRecords(n int) []kgo.Record {
	if n < leastPooled {
		return make([]kgo.Record, 0, n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.records) - 1; i >= 0; i-- {
		if free := p.records[i]; cap(free) >= n {
			last := len(p.records) - 1
			p.records[i], p.records[last] = p.records[last], nil
			p.records = p.records[:last]
			return free[:0]
		}
	}
	return make([]kgo.Record, 0, n)
}

// PutRecords is called by the client when all records of a batch were recycled.
func (p *pool) PutRecords(free []kgo.Record) {
	if cap(free) < leastPooled || cap(free) > mostPooled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.records) < mostKept {
		p.records = append(p.records, free)
		return
	}
	copy(p.records, p.records[1:]) // the oldest may be too small for all that comes
	p.records[mostKept-1] = free
}

// GetDecompressBytes is called by the client for a batch to decompress. It grows
// what is too small.
func (p *pool) GetDecompressBytes([]byte, kgo.CompressionCodecType) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.bytes) - 1
	if last < 0 {
		return nil
	}
	free := p.bytes[last]
	p.bytes[last] = nil
	p.bytes = p.bytes[:last]
	return free[:0]
}

// PutDecompressBytes is called by the client with what a batch was decompressed to.
func (p *pool) PutDecompressBytes(free []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(free) <= mostBytes && len(p.bytes) < mostKept {
		p.bytes = append(p.bytes, free)
	}
}
