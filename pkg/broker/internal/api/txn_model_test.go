package api

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

var txnSeed = flag.Uint64("api.seed", 0, "seed of the transaction model test; 0 draws one")

// restart ends the broker, with its files closed or as a kill leaves them, and
// starts another one on them.
func (n *node) restart(o logstore.Options, clean bool) {
	n.Helper()
	if err := n.store.Close(clean); err != nil {
		n.Fatal(err)
	}
	var err error
	if n.store, err = logstore.Open(context.Background(), o); err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { _ = n.store.Close(false) })
	topics, err := topic.New(topic.Options{Store: n.store, NodeID: nodeID})
	if err != nil {
		n.Fatal(err)
	}
	if err := topics.Apply(context.Background(), nil, n.image); err != nil {
		n.Fatal(err)
	}
	n.Service = &Service{
		NodeID: nodeID, Topics: topics, Now: time.Now, Txns: n.Txns,
		Image: func() *meta.Image { return n.image },
	}
}

// txnModel is what a partition should hold: values by offset, and whose
// transactions are open.
type txnModel struct {
	start, end int64
	records    []modelRecord
	open       map[int64]int64 // first offset of the open transaction, by producer id
}

type modelRecord struct {
	offset    int64
	value     string
	producer  int64 // of a transaction that is open; 0 without one
	committed bool
}

func (m *txnModel) add(values []string, producer int64) {
	if _, open := m.open[producer]; !open && producer != 0 {
		m.open[producer] = m.end
	}
	for _, v := range values {
		m.records = append(m.records, modelRecord{m.end, v, producer, producer == 0})
		m.end++
	}
}

func (m *txnModel) finish(producer int64, committed bool) {
	for i := range m.records {
		if r := &m.records[i]; r.producer == producer {
			r.producer, r.committed = 0, committed
		}
	}
	delete(m.open, producer)
	m.end++ // the marker
}

// stable is the last stable offset.
func (m *txnModel) stable() int64 {
	stable := m.end
	for _, first := range m.open {
		stable = min(stable, max(first, m.start))
	}
	return stable
}

// committed lists what a read_committed consumer gets from an offset on.
func (m *txnModel) committed(from int64) (out []string) {
	for _, r := range m.records {
		if r.offset >= from && r.offset < m.stable() && r.committed {
			out = append(out, r.value)
		}
	}
	return out
}

// consume reads committed records from an offset to the last stable one, as clients
// do: what the aborted transactions' producers sent is skipped until their markers.
func (n *node) consume(r *rand.Rand, from int64) (values []string, stable int64) {
	n.Helper()
	for offset := from; ; {
		q := fetchRequest(12, "p", 0, offset)
		q.IsolationLevel, q.MaxBytes = 1, int32(1+r.IntN(400))
		p := n.fetch(q).Topics[0].Partitions[0]
		if p.ErrorCode != 0 {
			n.Fatalf("fetch at %d: error code %d", offset, p.ErrorCode)
		}
		if len(p.RecordBatches) == 0 {
			return values, p.LastStableOffset
		}
		aborted, skip := slices.Clone(p.AbortedTransactions), map[int64]bool{}
		for rest := p.RecordBatches; len(rest) > 0; {
			b, after, err := batch.Split(rest)
			if err != nil {
				break
			}
			for len(aborted) > 0 && aborted[0].FirstOffset <= b.LastOffset() {
				skip[aborted[0].ProducerID] = true
				aborted = aborted[1:]
			}
			for rec, err := range b.Records(nil) {
				switch at := b.BaseOffset() + int64(rec.OffsetDelta); {
				case err != nil:
					n.Fatal(err)
				case b.IsControl():
					if kind, _, _ := batch.ParseMarker(rec); kind == batch.MarkerAbort {
						delete(skip, b.ProducerID())
					}
				case at >= offset && !(b.IsTransactional() && skip[b.ProducerID()]):
					values = append(values, string(rec.Value))
				}
			}
			offset, rest = b.LastOffset()+1, after
		}
	}
}

func (n *node) checkModel(r *rand.Rand, m *txnModel, step int) {
	n.Helper()
	from := m.start + r.Int64N(m.stable()-m.start+1)
	got, stable := n.consume(r, from)
	if want := m.committed(from); stable != m.stable() || !slices.Equal(got, want) {
		n.Fatalf("step %d: from %d consumed %v to %d, want %v to %d", step, from, got, stable, want, m.stable())
	}
	q := kmsg.NewPtrListOffsetsRequest()
	q.Version, q.ReplicaID, q.IsolationLevel = 7, -1, 1
	ts := topic.LatestTimestamp
	q.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: "p", Partitions: []kmsg.ListOffsetsRequestTopicPartition{{Timestamp: ts, CurrentLeaderEpoch: -1}}}}
	if p := ask(n.TB, n.Service, q).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]; p.Offset != m.stable() {
		n.Fatalf("step %d: latest stable offset %d, want %d", step, p.Offset, m.stable())
	}
	for _, p := range n.producers("p", 0)[0].ActiveProducers {
		first, open := m.open[p.ProducerID]
		if !open {
			first = -1
		}
		if p.CurrentTxnStartOffset != first {
			n.Fatalf("step %d: producer %d has a transaction from %d on, want %d", step, p.ProducerID, p.CurrentTxnStartOffset, first)
		}
	}
}

// Interleaved transactions over many segments, with kills, stops, deleted records
// and deleted topics in between: read_committed shows what was committed, all of it
// and nothing else.
func TestTransactionsAgainstModel(t *testing.T) {
	seed := *txnSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-api.seed=%d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	for range 8 {
		o := logstore.Options{FS: vfs.NewMem(0), Dir: "data", RetentionInterval: time.Hour}
		n := newNodeOn(t, o, nil)
		n.Txns = &coordinator{}
		n.topic("p", 1)
		n.playTransactions(r, o, 250)
	}
}

func (n *node) playTransactions(r *rand.Rand, o logstore.Options, steps int) {
	n.Helper()
	m := &txnModel{open: map[int64]int64{}}
	next := map[int64]int32{}
	for step := range steps {
		producer := 1 + r.Int64N(5)
		_, open := m.open[producer]
		var values []string
		for range 1 + r.IntN(3) {
			values = append(values, strconv.Itoa(step)+"/"+strconv.Itoa(len(values)))
		}
		switch k := r.IntN(100); {
		case k < 30:
			m.add(values, 0)
			n.fill("p", 0, batchOf(values...))
		case k < 60:
			if p := n.produce(txnRequest(11, n, txnBatch(producer, 0, next[producer], values...))); p.ErrorCode != 0 {
				n.Fatalf("step %d: %+v", step, p)
			}
			next[producer] += int32(len(values))
			m.add(values, producer)
		case k < 80:
			if !open {
				continue
			}
			committed := r.IntN(2) == 0
			if code := n.marked(kmsg.WriteTxnMarkersRequestMarker{ProducerID: producer, Committed: committed}, "p", 0); code != 0 {
				n.Fatalf("step %d: marker: error code %d", step, code)
			}
			m.finish(producer, committed)
		case k < 86:
			p, _ := n.Topics.Partition("p", 0)
			if err := p.Log().Roll(); err != nil {
				n.Fatal(err)
			}
		case k < 90:
			m.start += r.Int64N(m.end - m.start + 1)
			n.deleteRecords(m.start)
		case k < 98:
			n.restart(o, r.IntN(2) == 0)
		default:
			n.apply(&meta.RemoveTopic{TopicID: n.Topics.Topic([]byte("p")).ID})
			n.topic("p", 1)
			m = &txnModel{open: map[int64]int64{}}
			if got := n.producers("p", 0)[0].ActiveProducers; len(got) != 0 {
				n.Fatalf("step %d: a new topic knows producers: %+v", step, got)
			}
		}
		n.checkModel(r, m, step)
	}
}

func (n *node) deleteRecords(before int64) {
	n.Helper()
	q := kmsg.NewPtrDeleteRecordsRequest()
	q.Version, q.TimeoutMillis = 2, 1000
	q.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: "p", Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Offset: before}}}}
	if p := ask(n.TB, n.Service, q).(*kmsg.DeleteRecordsResponse).Topics[0].Partitions[0]; p.ErrorCode != 0 {
		n.Fatal(fmt.Errorf("delete records before %d: error code %d", before, p.ErrorCode))
	}
}
