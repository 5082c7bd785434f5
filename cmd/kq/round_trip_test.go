package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
	"kq/pkg/broker/brokertest"
	"kq/pkg/consume"
	"kq/pkg/produce"
)

// TestCopyKeepsRecords: kq consume a -f json | kq produce b -f json gives equal
// records, whatever they are, in the same partitions and order.
func TestCopyKeepsRecords(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	b := brokertest.Start(t, brokertest.Topics("a:3", "b:3"))
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	records := make([]*kgo.Record, 500)
	for i := range records {
		records[i] = randomRecord(rnd)
		records[i].Topic = "a"
	}
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}

	out, in := io.Pipe()
	consumed := make(chan error, 1)
	go func() {
		err := consumeTo(t.Context(), b.Addr(), "a", in)
		consumed <- err
		in.CloseWithError(err)
	}()
	o := produce.Options{Topic: "b", Format: "json"}
	pcl, err := kgo.NewClient(append(append(produce.DefaultClientOptions(), o.ClientOptions()...), kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer pcl.Close()
	r, err := produce.Run(t.Context(), pcl, o, []produce.Input{{Name: "a pipe", R: out}})
	if err != nil || r.Records != int64(len(records)) {
		t.Fatalf("seed %d: %+v, %v", seed, r, err)
	}
	if err := <-consumed; err != nil {
		t.Fatal(err)
	}

	want, got := contents(t, b.Addr(), "a"), contents(t, b.Addr(), "b")
	for p := range want {
		if len(got[p]) != len(want[p]) {
			t.Fatalf("seed %d: partition %d has %d records, want %d", seed, p, len(got[p]), len(want[p]))
		}
		for i := range want[p] {
			if got[p][i] != want[p][i] {
				t.Fatalf("seed %d: partition %d record %d\ngot  %s\nwant %s", seed, p, i, got[p][i], want[p][i])
			}
		}
	}
}

// consumeTo prints a topic's records as JSON.
func consumeTo(ctx context.Context, addr, topic string, w io.Writer) error {
	as, err := format.Parse("json", format.Options{})
	if err != nil {
		return err
	}
	return consumeInto(ctx, addr, topic, consume.NewWriter(w, as))
}

func consumeInto(ctx context.Context, addr, topic string, sink consume.Sink) error {
	o := consume.Options{Topics: []string{topic}}
	cl, err := kgo.NewClient(append(o.ClientOptions(), kgo.SeedBrokers(addr))...)
	if err != nil {
		return err
	}
	defer cl.Close()
	_, err = consume.Run(ctx, cl, o, sink)
	return err
}

// contents is what each partition of a topic holds, all that a copy must keep.
func contents(t *testing.T, addr, topic string) collector {
	t.Helper()
	c := make(collector, 3)
	if err := consumeInto(t.Context(), addr, topic, c); err != nil {
		t.Fatal(err)
	}
	return c
}

type collector [][]string

func (c collector) Record(r *kgo.Record) error {
	text := func(b []byte) string {
		if b == nil {
			return "null"
		}
		return fmt.Sprintf("%q", b)
	}
	s := fmt.Sprintf("%d %s=%s", r.Timestamp.UnixMilli(), text(r.Key), text(r.Value))
	for _, h := range r.Headers {
		s += fmt.Sprintf(" %q:%s", h.Key, text(h.Value))
	}
	c[r.Partition] = append(c[r.Partition], s)
	return nil
}

func (c collector) Flush() error { return nil }

func randomRecord(rnd *rand.Rand) *kgo.Record {
	r := &kgo.Record{
		Partition: rnd.Int32N(3), Timestamp: time.UnixMilli(1700000000000 + rnd.Int64N(1<<32)),
		Key: randomBytes(rnd), Value: randomBytes(rnd),
	}
	for range rnd.IntN(4) {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: string(randomBytes(rnd)), Value: randomBytes(rnd)})
	}
	if len(r.Headers) > 0 && rnd.IntN(2) == 0 { // the same again
		r.Headers = append(r.Headers, r.Headers[0])
	}
	return r
}

// randomBytes is null, empty, bytes of any kind, or text with all that JSON
// has to escape.
func randomBytes(rnd *rand.Rand) []byte {
	b := make([]byte, rnd.IntN(30))
	switch rnd.IntN(6) {
	case 0:
		return nil
	case 1:
		return []byte{}
	case 2:
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	case 3:
		return slices.Repeat(b, 100)
	}
	odd := []rune("ab\"\\/\n\r\t\x00\x1f\x7f\u0085é€😀\u2028\ufffd{}[]:,")
	text := make([]rune, len(b))
	for i := range text {
		text[i] = odd[rnd.IntN(len(odd))]
	}
	return []byte(string(text))
}
