package transfer

import "sync/atomic"

// Meter counts what a running copy has done. It is safe for use by several
// goroutines; its zero value is ready.
type Meter struct {
	records, bytes, done, total atomic.Int64
}

// Records is how many records were written and acknowledged.
func (m *Meter) Records() int64 { return m.records.Load() }

// Bytes is how many bytes they have: those of keys and values, of batches that
// were passed on compressed as they are.
func (m *Meter) Bytes() int64 { return m.bytes.Load() }

// Progress is how many offsets were passed, of how many; 0 of 0 where there is no end.
func (m *Meter) Progress() (done, total int64) { return m.done.Load(), m.total.Load() }
