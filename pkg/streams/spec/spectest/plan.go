package spectest

import (
	"time"

	"kq/pkg/streams/spec"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// Source is a topic that the job reads.
type Source struct {
	Topic string
	spec.Types
}

// Plan is a job to test.
type Plan struct {
	// File names the job in results, as given on the command line.
	File     string
	App      string
	Topology *topology.Topology
	// Sources are the inputs by the names of streams, tables and globals, and by topic.
	Sources map[string]Source
	// Topics are the types of what is read and written, by topic.
	Topics map[string]spec.Types
	// Stores are the types of stores, of the key inside of a window.
	Stores map[string]spec.Types
	// OnError says what a failed record does: fail, continue or dlq, by phase.
	OnError func(p task.Phase) string
	// DLQ is the dead-letter topic, "" for none.
	DLQ string
}

// Result is what became of one test.
type Result struct {
	File string
	Name string
	// At is where the test stands in the file.
	At spec.Pos
	// Failures are what does not hold, none where the test passed.
	Failures []Failure
	Took     time.Duration
}

// OK says that the test passed.
func (r *Result) OK() bool { return len(r.Failures) == 0 }

// Failure is an expectation that does not hold.
type Failure struct {
	// What it is about, such as expect.counts or stores.wc.
	What string
	At   spec.Pos
	// Message says what is wrong in one line; Diff, where there is one, has a
	// line for each record or entry: "- " before what was expected and did not
	// come, "+ " before what came and was not expected.
	Message string
	Diff    []string
}
