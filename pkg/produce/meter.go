package produce

import "sync/atomic"

// Meter counts what a run has done so far. The zero Meter is ready.
type Meter struct {
	records, bytes, read atomic.Int64
}

// Records is how many records were acknowledged.
func (m *Meter) Records() int64 { return m.records.Load() }

// Bytes is how large their keys and values are.
func (m *Meter) Bytes() int64 { return m.bytes.Load() }

// Read is how many bytes of input were read.
func (m *Meter) Read() int64 { return m.read.Load() }
