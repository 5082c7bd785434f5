package query

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
)

// Store is a store of the application.
type Store struct {
	Name string
	// Kind is its shape; stores of state.RawKind are not served.
	Kind state.Kind
	// Key and Value are the codecs of its entries; Key is that of the key inside
	// of a window or a session.
	Key, Value codec.Codec
	// WindowSize is the size of a window store's windows.
	WindowSize time.Duration
	// Global stores are whole in every instance; their only partition is 0.
	Global bool
}

// Place says which instances have a partition of a store, each as HOST:PORT of
// its query server.
type Place struct {
	// Active runs the task, "" where nobody is known to.
	Active string
	// Standbys keep a copy.
	Standbys []string
}

// Part is one partition of a store, as far as this process has it.
type Part struct {
	Partition int32
	// Active says that the task runs here and its store is restored.
	Active bool
	// Lag is how many records of the changelog the copy lacks.
	Lag int64
	// Store is a view that no task changes.
	Store state.Store
}

// Instance is the running application, as one process sees it. Its methods are
// called by many goroutines at a time.
type Instance interface {
	// Stores are the stores of the application, served or not, wherever they are.
	Stores() []Store
	// Places are the places of a store's partitions, by their number; nil while
	// they are not known.
	Places(store string) []Place
	// Open views what this process has of a store. close, never nil, is called once the parts are read.
	Open(store string) (parts []Part, close func(), err error)
	// Status tells what the instance is doing.
	Status() Status
	// Hosts are the query servers of the application's processes that have one,
	// as of the last assignment; this one may be among them.
	Hosts() []string
}

// The states of an instance, as Kafka Streams calls them.
const (
	Created         = "CREATED"
	Rebalancing     = "REBALANCING"
	Running         = "RUNNING"
	PendingShutdown = "PENDING_SHUTDOWN"
	NotRunning      = "NOT_RUNNING"
	Failed          = "ERROR"
)

// Status is what an instance is doing.
type Status struct {
	App string `json:"app"`
	// State is Created, Rebalancing, Running, PendingShutdown, NotRunning or Failed.
	State string `json:"state"`
	// Error is why it failed, "" while it did not.
	Error string `json:"error,omitempty"`
	// Topology is the text of Kafka's Topology#describe.
	Topology string `json:"-"`
	// Tasks are those of this process.
	Tasks []Task `json:"tasks"`
	// Metrics are what /metrics shows.
	Metrics []Metric `json:"-"`
}

// Task is a task of this process.
type Task struct {
	// ID is as 0_1: sub-topology and partition.
	ID string `json:"task"`
	// Role is active or standby.
	Role string `json:"role"`
	// State is restoring or running.
	State string `json:"state"`
	// StreamTime is in milliseconds since 1970, -1 before the first record.
	StreamTime int64 `json:"streamTime"`
	// Restores is how often this process read changelogs before the task could run here.
	Restores int64 `json:"restores"`
	// Inputs are what it reads, Stores what it keeps.
	Inputs []Input     `json:"inputs"`
	Stores []TaskStore `json:"stores"`
}

// Input is a partition that a task reads.
type Input struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	// Offset is the next one to process, Committed the committed one, -1 for
	// none, End that of the log.
	Offset    int64 `json:"offset"`
	Committed int64 `json:"committed"`
	End       int64 `json:"end"`
}

// Lag is how many offsets are not processed yet.
func (i *Input) Lag() int64 { return max(0, i.End-max(0, i.Offset)) }

// TaskStore is how far a store of a task is restored.
type TaskStore struct {
	Name string `json:"store"`
	// Offset is the next one of the changelog to read, End that of its log.
	Offset int64 `json:"offset"`
	End    int64 `json:"end"`
}
