package streams

import "kq/pkg/streams/spec/spectest"

// TestDriver runs a job without a broker, as Kafka's TopologyTestDriver does:
// records go in one by one, and what comes out is read at once.
type TestDriver = spectest.Driver

// TestRecord is a record that a TestDriver takes or gives.
type TestRecord = spectest.Record

// TestWindow is the windowed key of a TestRecord.
type TestWindow = spectest.Window

// NewTestDriver makes a driver of a job with empty stores, in memory.
func NewTestDriver(j *Job) (*TestDriver, error) {
	return spectest.NewDriver(spectest.New(j.file, j.spec, j.compiled))
}
