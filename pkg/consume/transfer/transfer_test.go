package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/consume"
	"kq/pkg/consume/transfer"
	"kq/pkg/produce"
)

// client is a client of one side of a copy.
func client(t *testing.T, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(append(transfer.ClientOptions(), kgo.SeedBrokers(b.Addr())), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// send writes records to the partitions they name.
func send(t *testing.T, b *brokertest.Broker, codec kgo.CompressionCodec, records ...*kgo.Record) {
	t.Helper()
	cl := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(time.Millisecond))
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// contents is the records of each partition, with all that a copy keeps.
func contents(t *testing.T, b *brokertest.Broker, topic string) [][]string {
	t.Helper()
	o := consume.Options{Topics: []string{topic}}
	cl, err := kgo.NewClient(append(o.ClientOptions(), kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	all := make(collector, 16)
	if _, err := consume.Run(t.Context(), cl, o, all); err != nil {
		t.Fatal(err)
	}
	return all
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

func (collector) Flush() error { return nil }

// randomRecords are n records to partitions of a topic: with keys or without,
// null and empty values, headers, and times that go back.
func randomRecords(rnd *rand.Rand, topic string, partitions int32, n int) []*kgo.Record {
	bytes := func() []byte {
		switch rnd.IntN(5) {
		case 0:
			return nil
		case 1:
			return []byte{}
		}
		return []byte(strings.Repeat(string(rune('a'+rnd.IntN(26))), 1+rnd.IntN(300)))
	}
	all := make([]*kgo.Record, n)
	for i := range all {
		r := &kgo.Record{Topic: topic, Key: bytes(), Value: bytes(), Timestamp: time.UnixMilli(1_700_000_000_000 + rnd.Int64N(1<<33))}
		r.Partition = rnd.Int32N(partitions)
		if r.Key != nil {
			r.Partition = int32(produce.KeyPartition(r.Key, int(partitions)))
		}
		for range rnd.IntN(3) {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: "h", Value: bytes()})
		}
		all[i] = r
	}
	return all
}

// sides starts brokers: one, or one a side.
func sides(t *testing.T, across bool, topics ...string) (src, dst *brokertest.Broker) {
	t.Helper()
	src = brokertest.Start(t, brokertest.Topics(topics...))
	if !across {
		return src, src
	}
	return src, brokertest.Start(t)
}

func run(t *testing.T, src, dst *brokertest.Broker, o transfer.Options) (transfer.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return transfer.Run(ctx, client(t, src), client(t, dst), o)
}

// TestRecordsStayTheSame copies all kinds of records, in all ways, twice: the
// second copy finds what came since.
func TestRecordsStayTheSame(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	codecs := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}
	for _, across := range []bool{false, true} {
		for _, once := range []bool{false, true} {
			for _, keep := range []bool{false, true} {
				t.Run(fmt.Sprintf("across=%v,once=%v,keep=%v", across, once, keep), func(t *testing.T) {
					rnd := rand.New(rand.NewPCG(seed, 1))
					src, dst := sides(t, across, "a:5")
					o := transfer.Options{Source: "a", Destination: "b", ExactlyOnce: once, KeepPartitions: keep}
					total := 0
					for round := range 2 {
						for _, codec := range codecs {
							records := randomRecords(rnd, "a", 5, 200)
							total += len(records)
							send(t, src, codec, records...)
						}
						r, err := run(t, src, dst, o)
						if err != nil {
							t.Fatal(err)
						}
						if want := int64(200 * len(codecs)); r.Records != want || r.Created != (round == 0) || (r.Transactions > 0) != once {
							t.Fatalf("%+v, want %d records", r, want)
						}
					}
					equal(t, contents(t, dst, "b"), contents(t, src, "a"))
				})
			}
		}
	}
}

func equal(t *testing.T, got, want [][]string) {
	t.Helper()
	for p := range want {
		for i := range max(len(got[p]), len(want[p])) {
			if i >= len(got[p]) || i >= len(want[p]) || got[p][i] != want[p][i] {
				t.Fatalf("partition %d has %d records, want %d; they differ at %d", p, len(got[p]), len(want[p]), i)
			}
		}
	}
}

// TestOtherPartitions copies to a topic with another number of them: by key, and
// in the order of each key.
func TestOtherPartitions(t *testing.T) {
	for _, n := range []int32{1, 3, 8} {
		src := brokertest.Start(t, brokertest.Topics("a:5", fmt.Sprintf("b:%d", n)))
		rnd := rand.New(rand.NewPCG(uint64(n), 2))
		for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.Lz4Compression()} {
			send(t, src, codec, randomRecords(rnd, "a", 5, 500)...)
		}
		if _, err := run(t, src, src, transfer.Options{Source: "a", Destination: "b"}); err != nil {
			t.Fatal(err)
		}
		byKey := func(c [][]string) map[string][]string {
			m := map[string][]string{}
			for _, records := range c {
				for _, r := range records {
					key, _, _ := strings.Cut(strings.SplitN(r, " ", 2)[1], "=")
					m[key] = append(m[key], r)
				}
			}
			slices.Sort(m["null"]) // no order
			return m
		}
		got, want := byKey(contents(t, src, "b")), byKey(contents(t, src, "a"))
		for key := range want {
			if !slices.Equal(got[key], want[key]) {
				t.Fatalf("to %d partitions: key %s has %d records, want %d, or another order", n, key, len(got[key]), len(want[key]))
			}
		}
		for p, records := range contents(t, src, "b") {
			for _, r := range records {
				key, _, _ := strings.Cut(strings.SplitN(r, " ", 2)[1], "=")
				if key == `""` || key == "null" {
					continue
				}
				if at := produce.KeyPartition([]byte(strings.Trim(key, `"`)), int(n)); at != p {
					t.Fatalf("key %s is in partition %d, want %d", key, p, at)
				}
			}
		}
	}
}

// TestTransactionsOfTheSource: what was aborted is not copied, nor control
// records; the copy ends behind them.
func TestTransactionsOfTheSource(t *testing.T) {
	src := brokertest.Start(t, brokertest.Topics("a:2"))
	cl := client(t, src, kgo.TransactionalID("writer"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for i := range 20 {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		r := &kgo.Record{Topic: "a", Partition: int32(i % 2), Value: fmt.Appendf(nil, "%d", i)}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := cl.EndTransaction(t.Context(), i%3 == 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []transfer.Options{
		{Source: "a", Destination: "b"},
		{Source: "a", Destination: "c", ExactlyOnce: true},
		{Source: "a", Destination: "d", ExactlyOnce: true, KeepPartitions: true},
	} {
		r, err := run(t, src, src, o)
		if err != nil || r.Records != 7 {
			t.Fatalf("%+v, %v", r, err)
		}
		equal(t, contents(t, src, o.Destination), contents(t, src, "a"))
	}
}

// TestFromAndTo copies ranges.
func TestFromAndTo(t *testing.T) {
	src := brokertest.Start(t, brokertest.Topics("a:1"))
	var records []*kgo.Record
	for i := range 100 {
		records = append(records, &kgo.Record{Topic: "a", Value: fmt.Appendf(nil, "%d", i), Timestamp: time.UnixMilli(int64(1000 * (i + 1)))})
	}
	send(t, src, kgo.Lz4Compression(), records...)
	for i, tt := range []struct {
		from, to    consume.Offset
		first, last string
		n           int64
	}{
		{consume.At(10), consume.At(20), "10", "19", 10},
		{consume.Last(3), consume.End(), "97", "99", 3},
		{consume.AtTime(time.UnixMilli(5000)), consume.AtTime(time.UnixMilli(8000)), "4", "6", 3},
		{consume.Start(), consume.At(1), "0", "0", 1},
	} {
		o := transfer.Options{Source: "a", Destination: fmt.Sprintf("b%d", i), From: tt.from, To: tt.to, ExactlyOnce: i%2 == 0}
		r, err := run(t, src, src, o)
		if err != nil || r.Records != tt.n {
			t.Fatalf("%v to %v: %+v, %v", tt.from, tt.to, r, err)
		}
		got := contents(t, src, o.Destination)[0]
		if !strings.Contains(got[0], `="`+tt.first+`"`) || !strings.Contains(got[len(got)-1], `="`+tt.last+`"`) {
			t.Errorf("%v to %v: %s to %s", tt.from, tt.to, got[0], got[len(got)-1])
		}
	}
}

// TestBadInput: what cannot be is said before anything is written.
func TestBadInput(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("a:3", "few:2", "small:3::max.message.bytes=2000", "tables:3::cleanup.policy=compact"))
	send(t, b, kgo.NoCompression(), &kgo.Record{Topic: "a", Value: make([]byte, 10)}, &kgo.Record{Topic: "a", Value: make([]byte, 5000)})
	for name, tt := range map[string]struct {
		o    transfer.Options
		want error
		text string
	}{
		"self":       {transfer.Options{Source: "a", Destination: "a"}, transfer.ErrSelf, ""},
		"partitions": {transfer.Options{Source: "a", Destination: "few", KeepPartitions: true}, transfer.ErrPartitions, `"a" has 3 and "few" 2`},
		"large":      {transfer.Options{Source: "a", Destination: "small"}, transfer.ErrTooLarge, "offset 1"},
		"large once": {transfer.Options{Source: "a", Destination: "small", ExactlyOnce: true, KeepPartitions: true}, transfer.ErrTooLarge, "offset 1"},
		"keyless":    {transfer.Options{Source: "a", Destination: "tables"}, transfer.ErrKeyless, "partition 0, offset 0"},
		"no source":  {transfer.Options{Source: "nope", Destination: "b"}, nil, "UNKNOWN_TOPIC"},
		"isolation":  {transfer.Options{Source: "a", Destination: "b", ExactlyOnce: true, Uncommitted: true}, transfer.ErrOptions, ""},
		"positions":  {transfer.Options{Source: "a", Destination: transfer.PositionsTopic}, transfer.ErrOptions, ""},
	} {
		_, err := run(t, b, b, tt.o)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %v with %q", name, err, tt.want, tt.text)
		}
	}
}
