package api

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
)

func plain(producer int64, epoch int16, seq int32) batch.BuilderOptions {
	return batch.BuilderOptions{Idempotent: true, ProducerID: producer, ProducerEpoch: epoch, BaseSequence: seq}
}

func (c *coordinator) CompleteTxn(partition int32, producerID int64, epoch int16, committed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = append(c.ended, fmt.Sprintf("%d %d/%d %v", partition, producerID, epoch, committed))
}

// Trap 106: who may end transactions.
func TestWriteTxnMarkers(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 2)
	n.topic("elsewhere", 1)
	n.Txns = &coordinator{}
	if p := n.produce(txnRequest(11, n, txnBatch(1, 5, 0, "a"))); p.ErrorCode != 0 {
		t.Fatalf("produce: %+v", p)
	}
	for _, c := range []struct {
		name        string
		topic       string
		index       int32
		epoch       int16
		coordinator int32
		version     int8
		code        int16
		end         int64
	}{
		{"unknown topic", "q", 0, 5, 0, 0, 3, 1},
		{"unknown partition", "p", 2, 5, 0, 0, 3, 1},
		{"older producer epoch", "p", 0, 4, 0, 0, 47, 1},
		{"transaction version 2 with the epoch of the transaction", "p", 0, 5, 0, 2, 47, 1},
		{"the transaction's", "p", 0, 5, 3, 1, 0, 2},
		{"older coordinator", "p", 0, 5, 2, 0, 52, 2},
		{"again, without a transaction", "p", 0, 5, 3, 0, 0, 3},
		{"version 2, again", "p", 0, 5, 3, 2, 0, 4},
		{"a raised epoch", "p", 0, 6, 3, 2, 0, 5},
		{"a producer never seen", "p", 1, 9, 7, 2, 0, 5},
	} {
		m := kmsg.WriteTxnMarkersRequestMarker{ProducerID: 1, ProducerEpoch: c.epoch, CoordinatorEpoch: c.coordinator, TransactionVersion: c.version}
		if code := n.marked(m, c.topic, c.index); code != c.code {
			t.Errorf("%s: error code %d, want %d", c.name, code, c.code)
		}
		if end := n.end("p", 0); end != c.end {
			t.Errorf("%s: the log ends at %d, want %d", c.name, end, c.end)
		}
	}
	if end := n.end("p", 1); end != 1 {
		t.Errorf("marker of an unknown producer: the log ends at %d, want 1", end)
	}
	n.newEpoch(id, 2)
	if code := n.marked(kmsg.WriteTxnMarkersRequestMarker{ProducerID: 1, ProducerEpoch: 6, CoordinatorEpoch: 3}, "p", 0); code != 6 {
		t.Errorf("another leader: error code %d, want 6", code)
	}
}

// What a marker looks like on disk, and who hears of it.
func TestWriteTxnMarkersBatch(t *testing.T) {
	n := newNode(t, nil)
	n.topic("__consumer_offsets", 2)
	n.topic("p", 1)
	offsets := &coordinator{}
	n.TxnOffsets = offsets
	q := kmsg.NewPtrWriteTxnMarkersRequest()
	q.Version = 1
	for _, committed := range []bool{true, false} {
		q.Markers = append(q.Markers, kmsg.WriteTxnMarkersRequestMarker{
			ProducerID: 7, ProducerEpoch: 2, CoordinatorEpoch: 4, Committed: committed,
			Topics: []kmsg.WriteTxnMarkersRequestMarkerTopic{
				{Topic: "__consumer_offsets", Partitions: []int32{1, 1, 9}},
				{Topic: "p", Partitions: []int32{0}},
			},
		})
	}
	resp := ask(t, n.Service, q).(*kmsg.WriteTxnMarkersResponse)
	if len(resp.Markers) != 1 || len(resp.Markers[0].Topics) != 2 || len(resp.Markers[0].Topics[0].Partitions) != 2 || resp.Markers[0].Topics[0].Partitions[1].ErrorCode != 3 {
		t.Errorf("answer: %+v", resp.Markers)
	}
	if got := fmt.Sprint(offsets.ended); got != "[1 7/2 true 1 7/2 false]" {
		t.Errorf("the group coordinator heard %v", got)
	}
	f := n.fetch(fetchRequest(12, "p", 0, 0)).Topics[0].Partitions[0]
	b, _, err := batch.Split(f.RecordBatches)
	if err != nil || !b.IsControl() || !b.IsTransactional() || b.ProducerID() != 7 || b.ProducerEpoch() != 2 || b.BaseSequence() != -1 {
		t.Fatalf("marker: %v, %v", b, err)
	}
	for r, err := range b.Records(nil) {
		kind, epoch, markErr := batch.ParseMarker(r)
		if err != nil || markErr != nil || kind != batch.MarkerCommit || epoch != 4 {
			t.Errorf("control record: %v of coordinator epoch %d, %v, %v", kind, epoch, err, markErr)
		}
	}
	q.Markers = nil
	if resp := ask(t, n.Service, q).(*kmsg.WriteTxnMarkersResponse); len(resp.Markers) != 0 {
		t.Errorf("no markers: %+v", resp)
	}
}
