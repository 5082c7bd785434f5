package sender_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/codec"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/topology"
)

func client(t *testing.T, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func start(t *testing.T, o sender.Options) *sender.Sender {
	t.Helper()
	s, err := sender.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// read reads n records of a topic under read_committed.
func read(t *testing.T, b *brokertest.Broker, topic string, n int) []*kgo.Record {
	t.Helper()
	cl := client(t, b, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out []*kgo.Record
	for len(out) < n {
		fs := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d records of %s", len(out), n, topic)
		}
		out = append(out, fs.Records()...)
	}
	return out
}

func send(t *testing.T, s *sender.Sender, topic string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		key := []byte(fmt.Sprint("k", i%7))
		if err := s.Send(t.Context(), &sender.Record{Topic: topic, Partition: -1, PartitionKey: key, Key: key, Value: binary.BigEndian.AppendUint32(nil, uint32(i)), Timestamp: int64(i + 1), Headers: []topology.Header{{Key: "h", Value: []byte("v")}}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecordsArriveInOrderThroughACrash(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Topics("out:3"))
	s := start(t, sender.Options{Client: client(t, b), BatchBytes: 400})
	send(t, s, "out", 0, 2000)
	b.Crash()
	restarted := make(chan struct{})
	go func() { defer close(restarted); b.Restart() }()
	send(t, s, "out", 2000, 4000)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-restarted
	last := map[string]int{}
	got := read(t, b, "out", 4000)
	for _, r := range got {
		i := int(binary.BigEndian.Uint32(r.Value))
		if prev, ok := last[string(r.Key)]; ok && i <= prev {
			t.Fatalf("%d after %d", i, prev)
		}
		last[string(r.Key)] = i
		if r.Timestamp.UnixMilli() != int64(i+1) || string(r.Headers[0].Value) != "v" || r.Partition != codec.Partition(r.Key, 3) {
			t.Fatalf("record %d: %v", i, r)
		}
	}
	if len(got) != 4000 || s.Records() != 4000 {
		t.Errorf("%d records, %d acknowledged", len(got), s.Records())
	}
}

func TestRejectedRecordsAreTheBadOnesOnly(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("out:1:1:max.message.bytes=2000"))
	s := start(t, sender.Options{Client: client(t, b)})
	for i := range 10 {
		v := bytes.Repeat([]byte{byte(i)}, 300)
		if i == 4 {
			v = bytes.Repeat(v, 10)
		}
		if err := s.Send(t.Context(), &sender.Record{Topic: "out", Partition: 0, Key: []byte("k"), Value: v, Timestamp: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	bad := s.Rejected()
	if len(bad) != 1 || bad[0].Record.Value[0] != 4 || bad[0].Record.Topic != "out" || bad[0].Err == nil {
		t.Fatalf("rejected %v", bad)
	}
	for i, r := range read(t, b, "out", 9) {
		want := i
		if i >= 4 {
			want++
		}
		if int(r.Value[0]) != want {
			t.Fatalf("record %d is %d", i, r.Value[0])
		}
	}
}

func committed(t *testing.T, b *brokertest.Broker, group, topic string) (int64, string) {
	t.Helper()
	got, err := kadm.NewClient(client(t, b)).FetchOffsets(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	o, _ := got.Lookup(topic, 0)
	return o.At, o.Metadata
}

// versions runs a test on clusters of each transaction.version.
func versions(t *testing.T, test func(t *testing.T, b *brokertest.Broker, version int16)) {
	for _, version := range []int16{2, 1, 0} {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			b := brokertest.Start(t, brokertest.Topics("in:1", "out:2"))
			cl := client(t, b)
			if version < 2 {
				req := kmsg.NewPtrUpdateFeaturesRequest()
				req.FeatureUpdates = []kmsg.UpdateFeaturesRequestFeatureUpdate{{Feature: "transaction.version", MaxVersionLevel: version, UpgradeType: 2}}
				if resp, err := req.RequestWith(t.Context(), cl); err != nil || resp.ErrorCode != 0 {
					t.Fatal(resp, err)
				}
			}
			if have, err := sender.TransactionVersion(t.Context(), cl); err != nil || have != version {
				t.Fatal(have, err)
			}
			test(t, b, version)
		})
	}
}

func TestTransactions(t *testing.T) { versions(t, transactions) }

func transactions(t *testing.T, b *brokertest.Broker, version int16) {
	o := sender.Options{Client: client(t, b, sender.ClientOpts(version)...), TransactionalID: "app-1", TransactionVersion: version}
	s := start(t, o)
	g := sender.Group{ID: "app", Generation: -1}
	for round := range 3 {
		send(t, s, "out", 0, 50) // aborted
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Abort(t.Context()); err != nil {
			t.Fatal(err)
		}
		send(t, s, "out", round*100, round*100+100)
		if err := s.Commit(t.Context(), g, []sender.Offset{{Topic: "in", Offset: int64(round + 5), Metadata: "m"}}); err != nil {
			t.Fatal(err)
		}
		if at, m := committed(t, b, "app", "in"); at != int64(round+5) || m != "m" {
			t.Fatalf("committed %d %q", at, m)
		}
	}
	if got := read(t, b, "out", 300); len(got) != 300 {
		t.Errorf("%d records", len(got))
	}
	// Another holder of the id fences this one.
	send(t, s, "out", 900, 950)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	start(t, o)
	if err := s.Commit(t.Context(), g, nil); !errors.Is(err, sender.ErrFenced) && !errors.Is(err, sender.ErrUnknownOutcome) {
		t.Fatalf("a fenced producer commits: %v", err)
	}
}

// deaf is a connection that loses the answer to EndTxn.
type deaf struct {
	net.Conn
	lose *atomic.Int32
	lost atomic.Bool
}

const endTxn = 26

func (c *deaf) Write(p []byte) (int, error) {
	if len(p) > 6 && binary.BigEndian.Uint16(p[4:]) == endTxn && c.lose.Add(-1) >= 0 {
		c.lost.Store(true)
	}
	return c.Conn.Write(p)
}

func (c *deaf) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.lost.Load() {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

func TestALostAnswerIsAskedForAgain(t *testing.T) { versions(t, lostAnswers) }

func lostAnswers(t *testing.T, b *brokertest.Broker, version int16) {
	var lose atomic.Int32
	dial := kgo.Dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &deaf{Conn: c, lose: &lose}, err
	})
	cl := client(t, b, append(sender.ClientOpts(version), dial)...)
	s := start(t, sender.Options{Client: cl, TransactionalID: "app-1", TransactionVersion: version})
	g := sender.Group{ID: "app", Generation: -1}
	for round := range 3 {
		send(t, s, "out", round*10, round*10+10)
		lose.Store(int32(round))
		if err := s.Commit(t.Context(), g, []sender.Offset{{Topic: "in", Offset: int64(round + 1)}}); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if at, _ := committed(t, b, "app", "in"); at != int64(round+1) {
			t.Fatalf("committed %d", at)
		}
	}
	if got := read(t, b, "out", 30); len(got) != 30 {
		t.Errorf("%d records", len(got))
	}
}

func BenchmarkSend(b *testing.B) {
	br := brokertest.Start(b, brokertest.Topics("out:2"))
	cl, err := kgo.NewClient(kgo.SeedBrokers(br.Addr()))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	s, err := sender.New(b.Context(), sender.Options{Client: cl})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := &sender.Record{Topic: "out", Partition: -1, Value: []byte("12345678"), Timestamp: 1e12}
	key := []byte("word00")
	for i := 0; b.Loop(); i++ {
		key[5] = byte(i)
		r.Key, r.PartitionKey = key, key
		if err := s.Send(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}
