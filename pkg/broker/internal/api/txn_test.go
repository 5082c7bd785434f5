package api

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
)

// coordinator is a transaction coordinator that says what a test wants, when it
// wants it.
type coordinator struct {
	Txns
	mu    sync.Mutex
	code  int16                             // of all partitions; guarded by mu
	codes map[int32]int16                   // of single ones; guarded by mu
	hold  bool                              // answer with release only; guarded by mu
	asked []*kmsg.AddPartitionsToTxnRequest // guarded by mu
	held  []func()                          // guarded by mu
	ended []string                          // what CompleteTxn heard; guarded by mu
}

func (c *coordinator) AddPartitionsToTxn(q *kmsg.AddPartitionsToTxnRequest, done func(*kmsg.AddPartitionsToTxnResponse)) {
	resp := kmsg.NewPtrAddPartitionsToTxnResponse()
	c.mu.Lock()
	c.asked = append(c.asked, q)
	for _, txn := range q.Transactions {
		rt := kmsg.NewAddPartitionsToTxnResponseTransaction()
		rt.TransactionalID = txn.TransactionalID
		for _, t := range txn.Topics {
			out := kmsg.NewAddPartitionsToTxnResponseTransactionTopic()
			out.Topic = t.Topic
			for _, index := range t.Partitions {
				code, ok := c.codes[index]
				if !ok {
					code = c.code
				}
				out.Partitions = append(out.Partitions, kmsg.AddPartitionsToTxnResponseTransactionTopicPartition{Partition: index, ErrorCode: code})
			}
			rt.Topics = append(rt.Topics, out)
		}
		resp.Transactions = append(resp.Transactions, rt)
	}
	if c.hold {
		c.held = append(c.held, func() { done(resp) })
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	done(resp)
}

func (c *coordinator) say(code int16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code = code
}

// release answers what waits.
func (c *coordinator) release() {
	c.mu.Lock()
	held := c.held
	c.held, c.hold = nil, false
	c.mu.Unlock()
	for _, f := range held {
		f()
	}
}

func (c *coordinator) questions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

// txnBatch is a batch of a transaction.
func txnBatch(producer int64, epoch int16, seq int32, values ...string) []byte {
	return built(batch.BuilderOptions{Transactional: true, Idempotent: true, ProducerID: producer, ProducerEpoch: epoch, BaseSequence: seq}, values...)
}

// txnRequest is a produce of a transactional batch to partition 0 of p.
func txnRequest(version int16, n *node, records []byte) *kmsg.ProduceRequest {
	q := produceRequest(version, "p", n.Topics.Topic([]byte("p")).ID, 0, records)
	id := "txn"
	q.TransactionID = &id
	return q
}

// marked writes a marker and returns the error code of the partition.
func (n *node) marked(m kmsg.WriteTxnMarkersRequestMarker, topic string, index int32) int16 {
	n.Helper()
	q := kmsg.NewPtrWriteTxnMarkersRequest()
	q.Version = 2
	m.Topics = []kmsg.WriteTxnMarkersRequestMarkerTopic{{Topic: topic, Partitions: []int32{index}}}
	q.Markers = append(q.Markers, m)
	resp := ask(n.TB, n.Service, q).(*kmsg.WriteTxnMarkersResponse)
	if len(resp.Markers) != 1 || resp.Markers[0].ProducerID != m.ProducerID || len(resp.Markers[0].Topics) != 1 || len(resp.Markers[0].Topics[0].Partitions) != 1 {
		n.Fatalf("answer to a marker: %+v", resp)
	}
	return resp.Markers[0].Topics[0].Partitions[0].ErrorCode
}
