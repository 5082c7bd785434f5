package txn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// world is what a coordinator stands on: the disk that outlives it, and how the
// disk behaves.
type world struct {
	t  testing.TB
	mu sync.Mutex

	// The disk. All of it is guarded by mu.
	topic  meta.ID                   // of __transaction_state; zero: it is not there
	epoch  int32                     // leader epoch of its partitions
	state  [2][]statelog.Entry       // its records
	data   map[Partition][]dataEvent // what partitions hold
	topics map[string]meta.ID        // of data
	nextID int64                     // producer id
	writes int                       // so far, to state and data
	limit  int                       // writes that reach the disk; negative: all

	// How it behaves. All of it is guarded by mu.
	slow     bool                // appends to the state wait for release
	waiting  []func(error)       // what release calls
	failing  error               // of appends to the state
	markers  map[Partition]int16 // error codes of markers
	hold     bool                // markers wait for releaseMarkers
	held     []func()
	noIDs    int16 // error code of producer ids
	loadGate chan struct{}
}

// dataEvent is a record, a commit or an abort in a partition.
type dataEvent struct {
	kind       string // "data", "commit", "abort"
	producerID int64
	epoch      int16
	txn        int // serial number of the transaction that wrote data
}

func newWorld(t testing.TB) *world {
	return &world{
		t: t, data: make(map[Partition][]dataEvent), limit: -1, nextID: 1000, epoch: 3,
		topics: map[string]meta.ID{"t": {1}, "u": {2}, "__consumer_offsets": {3}}, markers: make(map[Partition]int16),
	}
}

var errCrashed = errors.New("crashed")

// write counts a write and reports whether it reaches the disk. Caller holds w.mu.
func (w *world) write() bool {
	w.writes++
	return w.limit < 0 || w.writes <= w.limit
}

// coordinator starts a coordinator on the world.
func (w *world) coordinator(change ...func(*Options)) *Coordinator {
	w.t.Helper()
	o := Options{
		Log: w, NodeID: 1, WriteMarkers: w.writeMarkers,
		NewProducerID: func() (int64, int16) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.nextID++
			return w.nextID, w.noIDs
		},
		TopicID: func(name string, partition int32) (meta.ID, bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			id, ok := w.topics[name]
			return id, ok && partition >= 0 && partition < 4
		},
		GroupPartition: func(group string) (string, int32, int16) {
			if group == "nowhere" {
				return "", -1, kerr.CoordinatorNotAvailable.Code
			}
			return "__consumer_offsets", 1, 0
		},
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	c.Start()
	return c
}

// The world is the Log of its coordinators.

func (w *world) Ensure(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.topic == (meta.ID{}) {
		w.topic = meta.ID{9}
	}
	return nil
}

func (w *world) PartitionFor(key string) (int32, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int32(len(key) % len(w.state)), w.topic != meta.ID{}
}

func (w *world) Home(partition int32) (meta.ID, int32, int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.topic == (meta.ID{}) || int(partition) >= len(w.state) {
		return meta.ID{}, -1, -1
	}
	return w.topic, 1, w.epoch
}

func (w *world) Load(ctx context.Context, partition int32, each func(statelog.Entry) error) (int64, error) {
	if w.loadGate != nil {
		select {
		case <-w.loadGate:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	w.mu.Lock()
	entries := w.state[partition]
	w.mu.Unlock()
	for _, e := range entries {
		if err := each(e); err != nil {
			return e.Offset, err
		}
	}
	return int64(len(entries)), nil
}

func (w *world) Append(partition int32, recs []statelog.Record, o statelog.AppendOptions) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing != nil {
		return false, w.failing
	}
	if !w.write() {
		return false, errCrashed
	}
	for _, r := range recs {
		w.state[partition] = append(w.state[partition], statelog.Entry{Offset: int64(len(w.state[partition])), Key: r.Key, Value: r.Value})
	}
	if w.slow {
		w.waiting = append(w.waiting, o.Done)
	}
	return w.slow, nil
}

// release lets slow appends be committed, or not.
func (w *world) release(err error) {
	w.mu.Lock()
	waiting := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	for _, f := range waiting {
		f(err)
	}
}

// writeMarkers is WriteTxnMarkers of all leaders.
func (w *world) writeMarkers(q *kmsg.WriteTxnMarkersRequest, done func(*kmsg.WriteTxnMarkersResponse)) {
	w.mu.Lock()
	if w.hold {
		w.held = append(w.held, func() { w.writeMarkers(q, done) })
		w.mu.Unlock()
		return
	}
	resp := kmsg.NewPtrWriteTxnMarkersResponse()
	for _, m := range q.Markers {
		rm := kmsg.NewWriteTxnMarkersResponseMarker()
		rm.ProducerID = m.ProducerID
		for _, t := range m.Topics {
			rt := kmsg.NewWriteTxnMarkersResponseMarkerTopic()
			rt.Topic = t.Topic
			for _, p := range t.Partitions {
				rp := kmsg.NewWriteTxnMarkersResponseMarkerTopicPartition()
				rp.Partition = p
				rp.ErrorCode = w.mark(Partition{t.Topic, p}, &m)
				rt.Partitions = append(rt.Partitions, rp)
			}
			rm.Topics = append(rm.Topics, rt)
		}
		resp.Markers = append(resp.Markers, rm)
	}
	w.mu.Unlock()
	done(resp)
}

// mark writes one marker. Caller holds w.mu.
func (w *world) mark(p Partition, m *kmsg.WriteTxnMarkersRequestMarker) int16 {
	if code := w.markers[p]; code != 0 {
		return code
	}
	if !w.write() {
		return kerr.KafkaStorageError.Code
	}
	if m.CoordinatorEpoch != w.epoch {
		return kerr.TransactionCoordinatorFenced.Code
	}
	kind := "abort"
	if m.Committed {
		kind = "commit"
	}
	if m.ProducerEpoch < w.producerEpoch(p, m.ProducerID) {
		return kerr.InvalidProducerEpoch.Code
	}
	w.data[p] = append(w.data[p], dataEvent{kind: kind, producerID: m.ProducerID, epoch: m.ProducerEpoch})
	return 0
}

// releaseMarkers lets held markers be written.
func (w *world) releaseMarkers() {
	w.mu.Lock()
	held := w.held
	w.held, w.hold = nil, false
	w.mu.Unlock()
	for _, f := range held {
		f()
	}
}

// producerEpoch is the highest epoch that a partition knows. Caller holds w.mu.
func (w *world) producerEpoch(p Partition, producerID int64) int16 {
	epoch := int16(none)
	for _, e := range w.data[p] {
		if e.producerID == producerID {
			epoch = max(epoch, e.epoch)
		}
	}
	return epoch
}

// produce writes a record of a transaction to a partition.
func (w *world) produce(p Partition, producerID int64, epoch int16, txn int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if epoch < w.producerEpoch(p, producerID) || !w.write() {
		return false
	}
	w.data[p] = append(w.data[p], dataEvent{"data", producerID, epoch, txn})
	return true
}

// kinds are the markers of a partition, shortly.
func (w *world) kinds(p Partition) (out []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.data[p] {
		out = append(out, fmt.Sprintf("%s %d", e.kind, e.epoch))
	}
	return out
}

// call waits for the answer of a callback.
func call[Q, R any](f func(Q, func(R)), q Q) R {
	got := make(chan R, 2)
	f(q, func(r R) { got <- r })
	return <-got
}

func initProducer(c *Coordinator, id string, producerID int64, epoch int16) *kmsg.InitProducerIDResponse {
	q := kmsg.NewPtrInitProducerIDRequest()
	q.Version, q.TransactionalID, q.TransactionTimeoutMillis = 5, &id, 60_000
	q.ProducerID, q.ProducerEpoch = producerID, epoch
	return call(c.InitProducerID, q)
}

// addParts is AddPartitionsToTxn of a version; the code of the first partition.
func addParts(c *Coordinator, version int16, id string, producerID int64, epoch int16, parts ...Partition) int16 {
	q := kmsg.NewPtrAddPartitionsToTxnRequest()
	q.Version = version
	if version < 4 {
		q.TransactionalID, q.ProducerID, q.ProducerEpoch = id, producerID, epoch
		for _, p := range parts {
			q.Topics = append(q.Topics, kmsg.AddPartitionsToTxnRequestTopic{Topic: p.Topic, Partitions: []int32{p.Index}})
		}
		return call(c.AddPartitionsToTxn, q).Topics[0].Partitions[0].ErrorCode
	}
	qt := kmsg.AddPartitionsToTxnRequestTransaction{TransactionalID: id, ProducerID: producerID, ProducerEpoch: epoch}
	for _, p := range parts {
		qt.Topics = append(qt.Topics, kmsg.AddPartitionsToTxnRequestTransactionTopic{Topic: p.Topic, Partitions: []int32{p.Index}})
	}
	q.Transactions = append(q.Transactions, qt)
	return call(c.AddPartitionsToTxn, q).Transactions[0].Topics[0].Partitions[0].ErrorCode
}

func endTxn(c *Coordinator, version int16, id string, producerID int64, epoch int16, commit bool) *kmsg.EndTxnResponse {
	q := kmsg.NewPtrEndTxnRequest()
	q.Version, q.TransactionalID, q.ProducerID, q.ProducerEpoch, q.Commit = version, id, producerID, epoch, commit
	return call(c.EndTxn, q)
}

// stateOf is the state of an id as DescribeTransactions tells it, or the error.
func stateOf(c *Coordinator, id string) string {
	q := kmsg.NewPtrDescribeTransactionsRequest()
	q.TransactionalIDs = []string{id}
	s := c.DescribeTransactions(q).TransactionStates[0]
	if s.ErrorCode != 0 {
		return fmt.Sprint(s.ErrorCode)
	}
	return fmt.Sprintf("%s %d", s.State, s.ProducerEpoch)
}

// begin gives an id a producer, with __transaction_state there.
func begin(t testing.TB, c *Coordinator, id string) (producerID int64, epoch int16) {
	t.Helper()
	if node, err := c.Find(t.Context(), id); node != 1 || err != nil {
		t.Fatal(node, err)
	}
	r := initProducer(c, id, -1, -1)
	if r.ErrorCode != 0 {
		t.Fatalf("init: %d", r.ErrorCode)
	}
	return r.ProducerID, r.ProducerEpoch
}

// elapse lets time go by in a bubble.
func elapse(d time.Duration) { <-time.After(d) }
