package brokertest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"kq/pkg/broker/brokertest"
)

// txnProducer is a client with a transactional id.
func txnProducer(t *testing.T, b *brokertest.Broker, id string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(b.Addr()), kgo.TransactionalID(id), kgo.TransactionTimeout(time.Minute),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RetryTimeout(20 * time.Second),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// transact writes values to all partitions of topic in one transaction.
func transact(ctx context.Context, cl *kgo.Client, topic string, partitions int32, value string, commit kgo.TransactionEndTry) error {
	if err := cl.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	var records []*kgo.Record
	for p := range partitions {
		records = append(records, &kgo.Record{Topic: topic, Partition: p, Value: []byte(value)})
	}
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	if err := cl.EndTransaction(ctx, commit); err != nil {
		return fmt.Errorf("end: %w", err)
	}
	return nil
}

// committed reads all values of a topic that read_committed consumers see, until
// there are as many as given.
func committed(ctx context.Context, t *testing.T, b *brokertest.Broker, topic string, want int) []string {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics(topic),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var got []string
	for len(got) < want && ctx.Err() == nil {
		fs := cl.PollFetches(ctx)
		fs.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	slices.Sort(got)
	return got
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Transactions of both protocol versions: what is committed is read, what is
// aborted is not.
func TestTransactions(t *testing.T) {
	older := kversion.V3_9_0()
	for _, row := range []struct {
		name string
		opts []kgo.Opt
	}{
		{"version 2", nil},
		{"version 0", []kgo.Opt{kgo.MaxVersions(older)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx := testContext(t)
			b := brokertest.Start(t, brokertest.Topics("t:3"))
			cl := txnProducer(t, b, "id", row.opts...)
			for i := range 20 {
				value, end := fmt.Sprintf("committed %02d", i), kgo.TryCommit
				if i%4 == 3 {
					value, end = "aborted", kgo.TryAbort
				}
				if err := transact(ctx, cl, "t", 3, value, end); err != nil {
					t.Fatalf("transaction %d: %v", i, err)
				}
			}
			got := committed(ctx, t, b, "t", 45)
			if len(got) != 45 || slices.Contains(got, "aborted") {
				t.Errorf("read %q", got)
			}
		})
	}
}

// A producer that takes over a transactional id fences the one that had it, and
// aborts its transaction.
func TestTransactionZombie(t *testing.T) {
	ctx := testContext(t)
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	zombie, heir := txnProducer(t, b, "id"), txnProducer(t, b, "id")
	if err := zombie.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := zombie.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("zombie")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := transact(ctx, heir, "t", 1, "heir", kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	err := zombie.EndTransaction(ctx, kgo.TryCommit)
	if !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) && !errors.Is(err, kerr.InvalidProducerIDMapping) {
		t.Errorf("the zombie's commit: %v", err)
	}
	if got := committed(ctx, t, b, "t", 1); !slices.Equal(got, []string{"heir"}) {
		t.Errorf("read %q", got)
	}
}

// A transaction that is open when the broker is killed goes on after it.
func TestTransactionAcrossCrash(t *testing.T) {
	ctx := testContext(t)
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Topics("t:2"))
	cl := txnProducer(t, b, "id")
	if err := transact(ctx, cl, "t", 2, "before", kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("open")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	b.Crash()
	b.Restart()
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Partition: 1, Value: []byte("open")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if got := committed(ctx, t, b, "t", 4); !slices.Equal(got, []string{"before", "before", "open", "open"}) {
		t.Errorf("read %q", got)
	}
}

// Clients choose their protocols by the features that ApiVersions tells.
func TestFeatures(t *testing.T) {
	b := brokertest.Start(t)
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	q := kmsg.NewPtrApiVersionsRequest()
	q.ClientSoftwareName, q.ClientSoftwareVersion = "test", "1"
	resp, err := q.RequestWith(testContext(t), cl)
	if err != nil {
		t.Fatal(err)
	}
	var features []string
	for _, f := range resp.SupportedFeatures {
		features = append(features, fmt.Sprintf("%s %d-%d", f.Name, f.MinVersion, f.MaxVersion))
	}
	for _, f := range resp.FinalizedFeatures {
		features = append(features, fmt.Sprintf("%s %d", f.Name, f.MaxVersionLevel))
	}
	slices.Sort(features)
	want := []string{
		"group.version 0-1", "group.version 1", "metadata.version 30", "metadata.version 7-30", "share.version 0-1", "share.version 1", "transaction.version 0-2", "transaction.version 2",
	}
	if !slices.Equal(features, want) {
		t.Errorf("features %q, want %q", features, want)
	}
}
