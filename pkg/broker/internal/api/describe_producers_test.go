package api

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (n *node) producers(topic string, indexes ...int32) []kmsg.DescribeProducersResponseTopicPartition {
	n.Helper()
	q := kmsg.NewPtrDescribeProducersRequest()
	q.Topics = []kmsg.DescribeProducersRequestTopic{{Topic: topic, Partitions: indexes}}
	return ask(n.TB, n.Service, q).(*kmsg.DescribeProducersResponse).Topics[0].Partitions
}

// As Kafka 4.3.1 answers.
func TestDescribeProducersErrors(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 1)
	for _, c := range []struct {
		topic string
		index int32
		code  int16
		text  string
	}{
		{"p", 0, 0, ""},
		{"p", 7, 3, ""},
		{"p", -1, 3, ""},
		{"none", 0, 3, "This server does not host this topic-partition."},
		{"bad name", 0, 17, "Topic name is invalid: 'bad name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"},
		{"", 0, 17, "Topic name is invalid: the empty string is not allowed"},
	} {
		p := n.producers(c.topic, c.index)[0]
		text := ""
		if p.ErrorMessage != nil {
			text = *p.ErrorMessage
		}
		if p.Partition != c.index || p.ErrorCode != c.code || text != c.text || len(p.ActiveProducers) != 0 {
			t.Errorf("%q %d: %+v %q, want code %d %q", c.topic, c.index, p, text, c.code, c.text)
		}
	}
	n.newEpoch(id, 2)
	if p := n.producers("p", 0)[0]; p.ErrorCode != 6 {
		t.Errorf("another leader: error code %d, want 6", p.ErrorCode)
	}
}

// A transaction that nobody ends is seen, and a marker ends it.
func TestDescribeHangingTransaction(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 1)
	n.Txns = &coordinator{}
	n.fill("p", 0, batchOf("a"), sequenced(3, 0, "b"))
	if p := n.produce(txnRequest(11, n, txnBatch(1, 5, 0, "c", "d"))); p.ErrorCode != 0 {
		t.Fatalf("produce: %+v", p)
	}
	n.fill("p", 0, batchOf("e"))
	got := n.producers("p", 0)[0].ActiveProducers
	if len(got) != 2 {
		t.Fatalf("producers: %+v", got)
	}
	want := []kmsg.DescribeProducersResponseTopicPartitionActiveProducer{
		{ProducerID: 1, ProducerEpoch: 5, LastSequence: 1, LastTimestamp: 1001, CoordinatorEpoch: -1, CurrentTxnStartOffset: 2},
		{ProducerID: 1000, ProducerEpoch: 3, LastSequence: 0, LastTimestamp: 1000, CoordinatorEpoch: -1, CurrentTxnStartOffset: -1},
	}
	for i := range want {
		if got[i].ProducerID != want[i].ProducerID || got[i].ProducerEpoch != want[i].ProducerEpoch || got[i].LastSequence != want[i].LastSequence ||
			got[i].LastTimestamp != want[i].LastTimestamp || got[i].CoordinatorEpoch != -1 || got[i].CurrentTxnStartOffset != want[i].CurrentTxnStartOffset {
			t.Errorf("producer %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if code := n.marked(kmsg.WriteTxnMarkersRequestMarker{ProducerID: 1, ProducerEpoch: 5, CoordinatorEpoch: 7}, "p", 0); code != 0 {
		t.Fatalf("marker: error code %d", code)
	}
	if p := n.producers("p", 0)[0].ActiveProducers[0]; p.CurrentTxnStartOffset != -1 || p.CoordinatorEpoch != 7 || p.LastSequence != 1 {
		t.Errorf("after the marker: %+v", p)
	}
	q := fetchRequest(12, "p", 0, 0)
	q.IsolationLevel = 1
	if p := n.fetch(q).Topics[0].Partitions[0]; p.LastStableOffset != 6 || len(p.AbortedTransactions) != 1 || p.AbortedTransactions[0].FirstOffset != 2 {
		t.Errorf("read committed: %+v", p)
	}
}
