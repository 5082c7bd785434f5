package admin_test

import (
	"errors"
	"hash/crc32"
	"regexp"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"kq/pkg/admin"
)

// transact begins a transaction and writes n records to partition 0 in it.
func transact(t *testing.T, cl *kgo.Client, id, topic string, n int) *kgo.Client {
	t.Helper()
	p, err := kgo.NewClient(append(cl.Opts(), kgo.TransactionalID(id), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestTransactions(t *testing.T) {
	cl := start(t)
	create(t, cl, "t", 2)
	done := transact(t, cl, "done", "t", 1)
	if err := done.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	open := transact(t, cl, "open", "t", 2)

	list, err := admin.ListTransactions(t.Context(), cl, admin.ListTransactionsOptions{})
	if err != nil || len(list) != 2 || list[0].ID != "done" || list[1].ID != "open" || list[1].State != admin.TxnOngoing {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, o := range []admin.ListTransactionsOptions{
		{States: []string{"ongoing"}},
		{Match: regexp.MustCompile("^o")},
		{ProducerIDs: []int64{list[1].ProducerID}},
	} {
		if got, err := admin.ListTransactions(t.Context(), cl, o); err != nil || len(got) != 1 || got[0] != list[1] {
			t.Errorf("%+v: %+v, %v", o, got, err)
		}
	}
	if got, err := admin.ListTransactions(t.Context(), cl, admin.ListTransactionsOptions{Older: time.Hour}); err != nil || got == nil || len(got) != 0 {
		t.Errorf("older than an hour: %+v, %v", got, err)
	}
	d, err := admin.DescribeTransactions(t.Context(), cl, []string{"open", "nobody"})
	if err != nil || d[0].State != admin.TxnOngoing || d[0].StartedMs == nil || len(d[0].Partitions) != 1 || d[0].Partitions[0].String() != "t:0" {
		t.Fatalf("%+v, %v", d, err)
	}
	if !errors.Is(d[1].Error, kerr.TransactionalIDNotFound) {
		t.Errorf("an id nobody uses: %+v", d[1])
	}
	p, err := admin.DescribeProducers(t.Context(), cl, admin.DescribeProducersOptions{Topics: []admin.TopicPartitions{{Topic: "t"}}})
	if err != nil || len(p) != 2 || len(p[0].Producers) != 2 || p[0].Producers[1].ID != list[1].ProducerID || p[0].Producers[1].TxnStart == nil || *p[0].Producers[1].TxnStart != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	// It is open, and its coordinator will end it.
	hanging, err := admin.HangingTransactions(t.Context(), cl, admin.HangingOptions{Now: time.Now().Add(time.Hour)})
	if err != nil || len(hanging) != 0 {
		t.Errorf("hanging: %+v, %v", hanging, err)
	}
	if done, err := admin.TerminateTransaction(t.Context(), cl, "open"); err != nil || done.ProducerID != list[1].ProducerID {
		t.Fatalf("terminate: %+v, %v", done, err)
	}
	if _, err := admin.TerminateTransaction(t.Context(), cl, "open"); !errors.Is(err, admin.ErrNoTransaction) {
		t.Errorf("terminate it again: %v", err)
	}
	if err := open.EndTransaction(t.Context(), kgo.TryCommit); err == nil {
		t.Error("its producer commits")
	}
}

// orphan writes a transactional batch without a coordinator that knows of it, as
// producers did before KIP-890.
func orphan(t *testing.T, cl *kgo.Client, topic string, producerID int64, when time.Time) {
	t.Helper()
	b := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, Attributes: 0x10, FirstTimestamp: when.UnixMilli(), MaxTimestamp: when.UnixMilli(),
		ProducerID: producerID, ProducerEpoch: 0, FirstSequence: 0, NumRecords: 1,
		Records: []byte{14, 0, 0, 0, 1, 2, 'v', 0}, // 7 bytes: attributes, two deltas, null key, a value of one byte, no headers
	}
	raw := b.AppendTo(nil)
	b.Length = int32(len(raw) - 12)
	b.CRC = int32(crc32.Checksum(b.AppendTo(nil)[21:], crc32.MakeTable(crc32.Castagnoli)))
	id := "orphan"
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis, req.TransactionID = -1, 5000, &id
	rt := kmsg.NewProduceRequestTopic()
	rt.Topic = topic
	rp := kmsg.NewProduceRequestTopicPartition()
	rp.Records = b.AppendTo(nil)
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	old, err := kgo.NewClient(append(cl.Opts(), kgo.MaxVersions(kversion.V2_8_0()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	resp, err := req.RequestWith(t.Context(), old)
	if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("%+v, %v", resp, err)
	}
}

func TestHangingTransaction(t *testing.T) {
	cl := start(t)
	create(t, cl, "t", 1)
	set := admin.AlterConfigsOptions{Resource: admin.Resource{Type: "broker"}, Changes: []admin.ConfigChange{{Op: admin.SetConfig, Key: "transaction.partition.verification.enable", Value: "false"}}}
	if _, err := admin.AlterConfigs(t.Context(), cl, set); err != nil {
		t.Fatal(err)
	}
	orphan(t, cl, "t", 4242, time.Now().Add(-time.Hour))
	for _, o := range []admin.HangingOptions{{}, {Topics: []admin.TopicPartitions{{Topic: "t", Partitions: []int32{0}}}}, {MaxTimeout: 59 * time.Minute}} {
		h, err := admin.HangingTransactions(t.Context(), cl, o)
		if err != nil || len(h) != 1 || h[0].ProducerID != 4242 || h[0].TxnStart != 0 || h[0].Topic != "t" {
			t.Fatalf("%+v: %+v, %v", o, h, err)
		}
	}
	if h, err := admin.HangingTransactions(t.Context(), cl, admin.HangingOptions{MaxTimeout: 2 * time.Hour}); err != nil || h == nil || len(h) != 0 {
		t.Errorf("silent for two hours: %+v, %v", h, err)
	}
	at := int64(0)
	o := admin.AbortTransactionOptions{Topic: "t", StartOffset: &at}
	if done, err := admin.AbortTransaction(t.Context(), cl, o); err != nil || done.ProducerID != 4242 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := admin.AbortTransaction(t.Context(), cl, o); !errors.Is(err, admin.ErrNoTransaction) {
		t.Errorf("again: %v", err)
	}
	if h, err := admin.HangingTransactions(t.Context(), cl, admin.HangingOptions{}); err != nil || len(h) != 0 {
		t.Errorf("after the abort: %+v, %v", h, err)
	}
}
