package api

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// Trap 51: what the coordinator says of a partition, as each version hears it.
func TestProduceVerifies(t *testing.T) {
	const unverified = "Unable to verify the partition has been added to the transaction. Underlying error: "
	for _, c := range []struct {
		version int16
		says    *kerr.Error
		code    int16
		message string
	}{
		{9, nil, 0, ""},
		{11, nil, 0, ""},
		{12, nil, 0, ""},
		{10, kerr.TransactionAbortable, 48, "Partition was not added to the transaction"},
		{11, kerr.TransactionAbortable, 120, ""},
		{11, kerr.InvalidTxnState, 48, "Partition was not added to the transaction"},
		{9, kerr.ConcurrentTransactions, 19, unverified + "CONCURRENT_TRANSACTIONS"},
		{11, kerr.ConcurrentTransactions, 19, unverified + "CONCURRENT_TRANSACTIONS"},
		{9, kerr.CoordinatorLoadInProgress, 19, unverified + "COORDINATOR_LOAD_IN_PROGRESS"},
		{12, kerr.CoordinatorNotAvailable, 19, unverified + "COORDINATOR_NOT_AVAILABLE"},
		{13, kerr.NotCoordinator, 19, unverified + "NOT_COORDINATOR"},
		{11, kerr.ProducerFenced, 47, ""},
		{11, kerr.InvalidProducerEpoch, 47, ""},
		{13, kerr.InvalidProducerIDMapping, 49, ""},
	} {
		n := newNode(t, nil)
		n.topic("p", 1)
		txns := &coordinator{}
		n.Txns = txns
		if c.says != nil {
			txns.say(c.says.Code)
		}
		p := n.produce(txnRequest(c.version, n, txnBatch(1, 0, 0, "a")))
		message := ""
		if p.ErrorMessage != nil {
			message = *p.ErrorMessage
		}
		if p.ErrorCode != c.code || message != c.message || (p.BaseOffset == 0) != (c.code == 0) {
			t.Errorf("version %d, coordinator says %v: %+v, message %q", c.version, c.says, p, message)
		}
		if q := txns.asked[0].Transactions[0]; q.VerifyOnly != (c.version < 12) || q.TransactionalID != "txn" || q.ProducerID != 1 {
			t.Errorf("version %d: asked %+v", c.version, q)
		}
	}
}

// The coordinator is asked once a transaction and partition.
func TestProduceVerifiesOnce(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 1)
	txns := &coordinator{}
	n.Txns = txns
	for seq := range int32(3) {
		if p := n.produce(txnRequest(11, n, txnBatch(1, 0, seq, "a"))); p.ErrorCode != 0 || p.BaseOffset != int64(seq) {
			t.Fatalf("sequence %d: %+v", seq, p)
		}
	}
	if n := txns.questions(); n != 1 {
		t.Errorf("asked %d times, want 1", n)
	}
	if p := n.produce(produceRequest(9, "p", meta.ID{}, 0, built(plain(1, 0, 3), "x"))); p.ErrorCode != 48 {
		t.Errorf("50 a plain batch in the transaction: %+v", p)
	}
	if code := n.marked(kmsg.WriteTxnMarkersRequestMarker{ProducerID: 1, Committed: true}, "p", 0); code != 0 {
		t.Fatalf("marker: error code %d", code)
	}
	txns.say(kerr.TransactionAbortable.Code)
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 3, "a"))); p.ErrorCode != 120 || txns.questions() != 2 {
		t.Errorf("after the end of the transaction: %+v, asked %d times", p, txns.questions())
	}
	txns.say(0)
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 3, "a"))); p.ErrorCode != 0 {
		t.Errorf("after it was added: %+v", p)
	}
	if p := n.produce(txnRequest(11, n, txnBatch(1, 1, 0, "a"))); p.ErrorCode != 0 || txns.questions() != 4 {
		t.Errorf("a new epoch: %+v, asked %d times", p, txns.questions())
	}
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 4, "a"))); p.ErrorCode != 47 || txns.questions() != 4 {
		t.Errorf("48 an old epoch: %+v, asked %d times", p, txns.questions())
	}
}

// An answer that is older than the end of the transaction lets nothing in (KIP-890).
func TestProduceGuard(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 1)
	txns := &coordinator{hold: true}
	n.Txns = txns
	c := new(Conn)
	q := txnRequest(11, n, txnBatch(1, 0, 0, "a"))
	late := n.start(c, q)
	if code := n.marked(kmsg.WriteTxnMarkersRequestMarker{ProducerID: 1}, "p", 0); code != 0 {
		t.Fatalf("abort marker: error code %d", code)
	}
	txns.release()
	<-late.done
	var resp kmsg.ProduceResponse
	resp.Version = 11
	if err := resp.ReadFrom(late.reply); err != nil || resp.Topics[0].Partitions[0].ErrorCode != 48 {
		t.Errorf("append after the abort: %+v, %v", resp, err)
	}
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 0, "a"))); p.ErrorCode != 0 || p.BaseOffset != 1 {
		t.Errorf("tried again: %+v", p)
	}
}

// What a producer sends while the coordinator is asked stays in order behind it.
func TestProduceWaitsInOrder(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 1)
	txns := &coordinator{hold: true}
	n.Txns = txns
	c := new(Conn)
	var sent []*answers
	for seq := range int32(5) {
		sent = append(sent, n.start(c, txnRequest(13, n, txnBatch(1, 0, seq, "a"))))
	}
	if got := txns.questions(); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}
	other := n.produce(produceRequest(9, "p", meta.ID{}, 0, batchOf("x"))) // nobody else waits
	if other.ErrorCode != 0 || other.BaseOffset != 0 {
		t.Errorf("another producer: %+v", other)
	}
	txns.release()
	for seq, a := range sent {
		<-a.done
		var resp kmsg.ProduceResponse
		resp.Version = 13
		if err := resp.ReadFrom(a.reply); err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 || resp.Topics[0].Partitions[0].BaseOffset != int64(seq)+1 {
			t.Errorf("sequence %d: %+v, %v", seq, resp, err)
		}
	}
	if len(n.Service.produce.txns.queues) != 0 {
		t.Errorf("the gate keeps %v", n.Service.produce.txns.queues)
	}
}

// Versions that add partitions wait a moment for the end of the last transaction.
func TestProduceRetriesConcurrentTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, nil)
		n.topic("p", 1)
		txns := &coordinator{code: kerr.ConcurrentTransactions.Code}
		n.Txns = txns
		began := time.Now()
		if p := n.produce(txnRequest(12, n, txnBatch(1, 0, 0, "a"))); p.ErrorCode != 51 || p.ErrorMessage != nil {
			t.Errorf("busy coordinator: %+v", p)
		}
		if took := time.Since(began); took != 100*time.Millisecond || txns.questions() != 6 {
			t.Errorf("took %v and %d questions", took, txns.questions())
		}
		a := n.start(new(Conn), txnRequest(12, n, txnBatch(1, 0, 0, "a")))
		time.Sleep(30 * time.Millisecond)
		txns.say(0)
		<-a.done
		if end := n.end("p", 0); end != 1 {
			t.Errorf("end offset %d, want 1", end)
		}
		_ = n.store.Close(false)
	})
}

// Sequences of the first batch of a transaction (KIP-890, ProducerAppendInfo).
func TestProduceTxnSequences(t *testing.T) {
	for _, c := range []struct {
		name    string
		version int16
		seq     int32
		code    int16
	}{
		{"an epoch of its own begins at 0", 12, 0, 0},
		{"an epoch of its own does not begin later", 12, 3, 45},
		{"before that any sequence would do", 11, 3, 0},
	} {
		n := newNode(t, nil)
		n.topic("p", 1)
		n.Txns = &coordinator{}
		if p := n.produce(txnRequest(c.version, n, txnBatch(1, 0, c.seq, "a"))); p.ErrorCode != c.code {
			t.Errorf("%s: %+v, want error code %d", c.name, p, c.code)
		}
	}
	n := newNode(t, nil)
	n.topic("p", 1)
	txns := &coordinator{code: kerr.NotCoordinator.Code}
	n.Txns = txns
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 5, "a"))); p.ErrorCode != 19 {
		t.Fatalf("first: %+v", p)
	}
	txns.say(0)
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 6, "b"))); p.ErrorCode != 45 {
		t.Errorf("a batch behind one that is to be verified: %+v", p)
	}
	if p := n.produce(txnRequest(11, n, txnBatch(1, 0, 5, "a"))); p.ErrorCode != 0 {
		t.Errorf("the one before it: %+v", p)
	}
}

// Partitions fail one by one; a request of two producers fails as a whole.
func TestProduceTxnPartitions(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 3)
	txns := &coordinator{codes: map[int32]int16{1: 120}}
	n.Txns = txns
	q := txnRequest(11, n, txnBatch(1, 0, 0, "a"))
	for _, i := range []int32{1, 2, 7} {
		records := txnBatch(1, 0, 0, "a")
		if i == 2 {
			records = batchOf("plain")
		}
		q.Topics[0].Partitions = append(q.Topics[0].Partitions, produceRequest(11, "p", meta.ID{}, i, records).Topics[0].Partitions[0])
	}
	parts := ask(t, n.Service, q).(*kmsg.ProduceResponse).Topics[0].Partitions
	if asked := txns.asked[0].Transactions[0].Topics; len(asked) != 1 || len(asked[0].Partitions) != 2 {
		t.Errorf("asked about %+v", asked)
	}
	for i, code := range []int16{0, 120, 0, 3} {
		if parts[i].ErrorCode != code {
			t.Errorf("partition %d: error code %d, want %d", parts[i].Partition, parts[i].ErrorCode, code)
		}
	}
	two := txnRequest(11, n, txnBatch(1, 0, 1, "a"))
	two.Topics[0].Partitions = append(two.Topics[0].Partitions, produceRequest(11, "p", meta.ID{}, 1, txnBatch(2, 0, 0, "a")).Topics[0].Partitions[0])
	for _, p := range ask(t, n.Service, two).(*kmsg.ProduceResponse).Topics[0].Partitions {
		if p.ErrorCode != 49 || p.ErrorMessage == nil || *p.ErrorMessage != "Transactional records contained more than one producer ID" {
			t.Errorf("two producers: %+v", p)
		}
	}
}

// transaction.partition.verification.enable=false takes batches as they come, but
// partitions are added where clients rely on it.
func TestProduceUnverified(t *testing.T) {
	n := newNode(t, map[string]string{"transaction.partition.verification.enable": "false"})
	n.topic("p", 1)
	txns := &coordinator{}
	n.Txns = txns
	for i, version := range []int16{11, 12} {
		if p := n.produce(txnRequest(version, n, txnBatch(int64(i+1), 0, 0, "a"))); p.ErrorCode != 0 || txns.questions() != i {
			t.Errorf("version %d: %+v, asked %d times", version, p, txns.questions())
		}
	}
}

// A produce that waits for the coordinator while its topic is deleted and made
// again is none of the new topic's.
func TestProduceWaitsOverDeletion(t *testing.T) {
	for version, code := range map[int16]int16{11: 48, 12: 48, 13: 100} {
		n := newNode(t, nil)
		n.topic("p", 1)
		txns := &coordinator{hold: true}
		n.Txns = txns
		a := n.start(new(Conn), txnRequest(version, n, txnBatch(1, 0, 0, "a")))
		n.apply(&meta.RemoveTopic{TopicID: n.Topics.Topic([]byte("p")).ID})
		n.topic("p", 1)
		txns.release()
		<-a.done
		resp := &kmsg.ProduceResponse{Version: version}
		if err := resp.ReadFrom(a.reply); err != nil || resp.Topics[0].Partitions[0].ErrorCode != code {
			t.Errorf("version %d: %+v, %v, want code %d", version, resp.Topics, err, code)
		}
		if end := n.end("p", 0); end != 0 || len(n.producers("p", 0)[0].ActiveProducers) != 0 {
			t.Errorf("version %d: the new topic ends at %d", version, end)
		}
	}
}
