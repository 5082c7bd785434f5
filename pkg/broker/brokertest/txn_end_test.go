package brokertest_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker"
	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/vfs"
)

// admin is a client for administration.
func admin(t *testing.T, b *brokertest.Broker) *kadm.Client {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return kadm.NewClient(cl)
}

// awaitState waits until a transactional id is in a state.
func awaitState(ctx context.Context, t *testing.T, adm *kadm.Client, id, state string) {
	t.Helper()
	last := ""
	for ctx.Err() == nil {
		d, err := adm.DescribeTransactions(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if last = d[id].State; last == state {
			return
		}
	}
	t.Fatalf("%s is in %s, not %s", id, last, state)
}

// A transaction that takes too long is aborted; its producer hears of it, and
// another one goes on.
func TestTransactionTimesOut(t *testing.T) {
	ctx := testContext(t)
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	cl := txnProducer(t, b, "id", kgo.TransactionTimeout(300*time.Millisecond))
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("late")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	awaitState(ctx, t, admin(t, b), "id", "CompleteAbort")
	if err := cl.EndTransaction(ctx, kgo.TryCommit); err == nil {
		t.Error("what was aborted could be committed")
	}
	if err := transact(ctx, txnProducer(t, b, "id"), "t", 1, "next", kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if got := committed(ctx, t, b, "t", 1); !slices.Equal(got, []string{"next"}) {
		t.Errorf("read %q", got)
	}
}

// A topic that is deleted does not hold up the transaction that wrote to it, and
// the one that takes its name has nothing of it, not even a marker.
func TestTopicDeletedInTransaction(t *testing.T) {
	ctx := testContext(t)
	b := brokertest.Start(t, brokertest.Topics("kept:1", "gone:1"))
	cl, adm := txnProducer(t, b, "id"), admin(t, b)
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"kept", "gone"} {
		if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(topic)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := adm.DeleteTopic(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	b.Topic("gone", 1)
	if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	awaitState(ctx, t, adm, "id", "CompleteCommit")
	if got := committed(ctx, t, b, "kept", 1); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("read %q", got)
	}
	ends, err := adm.ListEndOffsets(ctx, "gone")
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := ends.Lookup("gone", 0); o.Offset != 0 {
		t.Errorf("the new topic ends at %d", o.Offset)
	}
}

// A transactional id that has never been used, and one in a transaction, as
// administrators see them.
func TestTransactionsAreSeen(t *testing.T) {
	ctx := testContext(t)
	b := brokertest.Start(t, brokertest.Topics("t:2"))
	cl, adm := txnProducer(t, b, "id"), admin(t, b)
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Partition: 1}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	all, err := adm.ListTransactions(ctx, nil, []string{"Ongoing"})
	if err != nil || len(all) != 1 || all["id"].TxnID != "id" {
		t.Errorf("%+v, %v", all, err)
	}
	d, err := adm.DescribeTransactions(ctx, "id")
	if got := d["id"]; err != nil || got.State != "Ongoing" || !got.Topics.Lookup("t", 1) || got.Topics.Lookup("t", 0) {
		t.Errorf("%+v, %v", d, err)
	}
	if err := cl.EndTransaction(ctx, kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	awaitState(ctx, t, adm, "id", "CompleteAbort")
}

// The disk is full in the middle of a commit: in the topic of states nothing is
// decided and the client tries again; in a partition the decision is carried out
// when there is room.
func TestFullDiskInTransaction(t *testing.T) {
	for _, full := range []string{"__transaction_state-", "t-"} {
		t.Run(full, func(t *testing.T) {
			ctx := testContext(t)
			disk := vfs.NewErr(vfs.NewMem(0))
			b := brokertest.Start(t, brokertest.Topics("t:1"), brokertest.With(func(o *broker.Options) { o.FS = disk }))
			cl, adm := txnProducer(t, b, "id"), admin(t, b)
			if err := transact(ctx, cl, "t", 1, "before", kgo.TryCommit); err != nil {
				t.Fatal(err)
			}
			if err := cl.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("in")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			rule := disk.Add(vfs.Rule{Ops: vfs.OpWriteAt, Err: syscall.ENOSPC, Match: func(name string) bool {
				return strings.HasPrefix(filepath.Base(filepath.Dir(name)), full) && strings.HasSuffix(name, ".log")
			}})
			ended := make(chan error, 1)
			go func() { ended <- cl.EndTransaction(ctx, kgo.TryCommit) }()
			for rule.Hits() < 2 && ctx.Err() == nil { // it was tried again
				if _, err := adm.DescribeTransactions(ctx, "id"); err != nil {
					t.Fatal(err)
				}
			}
			rule.Remove()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			awaitState(ctx, t, adm, "id", "CompleteCommit")
			if got := committed(ctx, t, b, "t", 2); !slices.Equal(got, []string{"before", "in"}) {
				t.Errorf("read %q", got)
			}
		})
	}
}
