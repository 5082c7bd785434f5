package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/consume/transfer"
)

var errEnough = errors.New("enough")

// following is a copy that goes on.
type following struct {
	cancel context.CancelCauseFunc
	ended  chan error
	meter  *transfer.Meter
}

func follow(t *testing.T, src, dst *brokertest.Broker, o transfer.Options) *following {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &following{cancel: cancel, ended: make(chan error, 1), meter: new(transfer.Meter)}
	o.Follow, o.Meter, o.Commit = true, f.meter, 20*time.Millisecond
	from, to := client(t, src), client(t, dst)
	go func() {
		_, err := transfer.Run(ctx, from, to, o)
		f.ended <- err
	}()
	return f
}

// copied waits until so many records were written.
func (f *following) copied(t *testing.T, n int64) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for f.meter.Records() < n {
		select {
		case <-tick.C:
		case err := <-f.ended:
			t.Fatalf("the copy ended: %v", err)
		case <-late:
			t.Fatalf("%d records are copied, want %d", f.meter.Records(), n)
		}
	}
}

func (f *following) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.ended:
		return err
	case <-time.After(30 * time.Second):
		t.Fatalf("the copy does not end, with %d records", f.meter.Records())
		return nil
	}
}

func numbered(topic string, partitions, from, n int) []*kgo.Record {
	var all []*kgo.Record
	for i := range n {
		all = append(all, &kgo.Record{Topic: topic, Partition: int32((from + i) % partitions), Value: fmt.Appendf(nil, "%d", from+i)})
	}
	return all
}

// TestFollow: a copy that goes on brings what comes, across a crash of the
// broker; told to stop, it has committed what it wrote, so that the next one
// repeats nothing.
func TestFollow(t *testing.T) {
	for _, once := range []bool{false, true} {
		for _, across := range []bool{false, true} {
			t.Run(fmt.Sprintf("once=%v,across=%v", once, across), func(t *testing.T) {
				src, dst := sides(t, across, "a:3")
				o := transfer.Options{Source: "a", Destination: "b", ExactlyOnce: once, KeepPartitions: true}
				f := follow(t, src, dst, o)
				send(t, src, kgo.NoCompression(), numbered("a", 3, 0, 30)...)
				f.copied(t, 30)
				dst.Crash()
				dst.Restart()
				send(t, src, kgo.SnappyCompression(), numbered("a", 3, 30, 30)...)
				f.copied(t, 60)
				f.cancel(errEnough)
				if err := f.end(t); !errors.Is(err, errEnough) {
					t.Fatal(err)
				}
				send(t, src, kgo.NoCompression(), numbered("a", 3, 60, 9)...)
				if r, err := run(t, src, dst, o); err != nil || r.Records != 9 {
					t.Fatalf("%+v, %v", r, err)
				}
				equal(t, contents(t, dst, "b"), contents(t, src, "a"))
			})
		}
	}
}

// TestZombie: the next copy takes over from one that still runs.
func TestZombie(t *testing.T) {
	for _, across := range []bool{false, true} {
		src, dst := sides(t, across, "a:3")
		o := transfer.Options{Source: "a", Destination: "b", ExactlyOnce: true, KeepPartitions: true}
		zombie := follow(t, src, dst, o)
		send(t, src, kgo.NoCompression(), numbered("a", 3, 0, 30)...)
		zombie.copied(t, 30)
		if _, err := run(t, src, dst, o); err != nil {
			t.Fatal(err)
		}
		send(t, src, kgo.NoCompression(), numbered("a", 3, 30, 30)...)
		if err := zombie.end(t); !errors.Is(err, transfer.ErrFenced) {
			t.Fatalf("the zombie ended with %v", err)
		}
		if _, err := run(t, src, dst, o); err != nil {
			t.Fatal(err)
		}
		equal(t, contents(t, dst, "b"), contents(t, src, "a"))
	}
}

// TestDeletedMeanwhile: topics that go, or are made anew, end the copy.
func TestDeletedMeanwhile(t *testing.T) {
	for _, topic := range []string{"a", "b"} {
		for _, anew := range []bool{false, true} {
			b := brokertest.Start(t, brokertest.Topics("a:1", "b:1"), brokertest.Set("auto.create.topics.enable", "false"))
			f := follow(t, b, b, transfer.Options{Source: "a", Destination: "b"})
			send(t, b, kgo.NoCompression(), numbered("a", 1, 0, 3)...)
			f.copied(t, 3)
			adm := kadm.NewClient(client(t, b))
			if _, err := adm.DeleteTopic(t.Context(), topic); err != nil {
				t.Fatal(err)
			}
			if anew {
				if _, err := adm.CreateTopic(t.Context(), 1, 1, nil, topic); err != nil {
					t.Fatal(err)
				}
			}
			if topic == "b" {
				send(t, b, kgo.NoCompression(), numbered("a", 1, 3, 3)...)
			}
			if err := f.end(t); !errors.Is(err, transfer.ErrDeleted) && !errors.Is(err, transfer.ErrLost) || !strings.Contains(err.Error(), fmt.Sprintf("%q", topic)) {
				t.Errorf("%s went, anew=%v: %v", topic, anew, err)
			}
		}
	}
}

// TestPositionBehindOpenTransaction: a position that was committed counts, also
// behind a transaction of somebody else that is still open.
func TestPositionBehindOpenTransaction(t *testing.T) {
	src, dst := sides(t, true, "a:1")
	o := transfer.Options{Source: "a", Destination: "b", ExactlyOnce: true}
	send(t, src, kgo.NoCompression(), numbered("a", 1, 0, 3)...)
	if _, err := run(t, src, dst, o); err != nil {
		t.Fatal(err)
	}
	other := client(t, dst, kgo.TransactionalID("other"))
	if err := other.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	foreign := &kgo.Record{Topic: transfer.PositionsTopic, Key: []byte(`{"cluster":"x","topicId":"y","partition":0,"destination":"z"}`), Value: []byte(`{"offset":1}`)}
	if err := other.ProduceSync(t.Context(), foreign).FirstErr(); err != nil {
		t.Fatal(err)
	}
	send(t, src, kgo.NoCompression(), numbered("a", 1, 3, 3)...)
	first := follow(t, src, dst, o) // waits for the other one, before it reads anything
	select {
	case err := <-first.ended:
		t.Fatalf("the copy ended: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if n := first.meter.Records(); n != 0 {
		t.Fatalf("%d records were copied before the positions were known", n)
	}
	if err := other.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	first.copied(t, 3)
	first.cancel(errEnough)
	if err := first.end(t); !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	equal(t, contents(t, dst, "b"), contents(t, src, "a"))
}

// TestDividedBatches: batches that the destination does not take are divided.
func TestDividedBatches(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("a:1", "small:1::max.message.bytes=2000", "stamped:1::message.timestamp.type=LogAppendTime"))
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.ZstdCompression()} {
		var records []*kgo.Record
		for i := range 300 {
			records = append(records, &kgo.Record{Topic: "a", Key: fmt.Appendf(nil, "%d", i), Value: []byte(strings.Repeat(fmt.Sprint(i*7919), 20))})
		}
		send(t, b, codec, records...)
		for _, r := range records {
			r.Topic = "stamped"
		}
		send(t, b, codec, records...)
	}
	for _, o := range []transfer.Options{
		{Source: "a", Destination: "small"},
		{Source: "a", Destination: "small", ExactlyOnce: true, KeepPartitions: true, Restart: true},
	} {
		if r, err := run(t, b, b, o); err != nil || r.Records != 600 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	got, want := contents(t, b, "small")[0], contents(t, b, "a")[0]
	equal(t, [][]string{got[:600], got[600:]}, [][]string{want, want})
	// The times that a topic stamped are those of its records.
	if _, err := run(t, b, b, transfer.Options{Source: "stamped", Destination: "plain"}); err != nil {
		t.Fatal(err)
	}
	equal(t, contents(t, b, "plain"), contents(t, b, "stamped"))
}
