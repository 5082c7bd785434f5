package task_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// body encodes records as a batch does; offsets and times are deltas.
func body(records []task.Input) []byte {
	var out []byte
	for _, in := range records {
		r := kmsg.Record{TimestampDelta64: in.Timestamp, OffsetDelta: int32(in.Offset), Key: in.Key, Value: in.Value}
		for _, h := range in.Headers {
			r.Headers = append(r.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
		}
		r.Length = int32(len(r.AppendTo(nil)) - 1) // the length itself takes a byte while it is 0
		out = r.AppendTo(out)
	}
	return out
}

func all(t testing.TB, r task.Records) []task.Input {
	t.Helper()
	var out []task.Input
	var in task.Input
	for n := r.Len(); r.Next(&in); n-- {
		if n != r.Len()+1 {
			t.Fatalf("%d records are left, not %d", r.Len(), n-1)
		}
		out = append(out, in)
	}
	if r.Len() != 0 {
		t.Fatalf("%d records never came", r.Len())
	}
	return out
}

// TestRecordsAreWhatWasEncoded gives random records, from a random offset on.
func TestRecordsAreWhatWasEncoded(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	some := func() []byte {
		if r.IntN(4) == 0 {
			return nil
		}
		return bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(200))
	}
	for range 300 {
		var in []task.Input
		for offset := r.IntN(3); len(in) < r.IntN(30)+1; offset += 1 + r.IntN(3) {
			x := task.Input{Key: some(), Value: some(), Timestamp: r.Int64N(1000) - 500, Offset: int64(offset)}
			for range r.IntN(3) {
				x.Headers = append(x.Headers, topology.Header{Key: "h", Value: some()})
			}
			in = append(in, x)
		}
		b := task.Batch{Body: body(in), Base: 100, Time: 5000, Count: int32(len(in)), From: 100 + int64(r.IntN(10)), Clock: r.IntN(3) == 0, Max: 7}
		records, err := task.Encoded(b)
		if err != nil {
			t.Fatal(err)
		}
		var want []task.Input
		for _, x := range in {
			x.Offset += b.Base
			if x.Timestamp += b.Time; b.Clock {
				x.Timestamp = b.Max
			}
			if x.Offset >= b.From {
				want = append(want, x)
			}
		}
		if got := all(t, records); fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Fatalf("%v, not %v", got, want)
		}
	}
}

// TestRecordsThatLie claim more than they hold.
func TestRecordsThatLie(t *testing.T) {
	good := body([]task.Input{{Key: []byte("k"), Value: []byte("v")}, {Offset: 1, Value: []byte("w")}})
	for name, b := range map[string]task.Batch{
		"more records":    {Body: good, Count: 3},
		"a huge count":    {Body: good, Count: 1 << 30},
		"less than none":  {Body: good, Count: -1},
		"cut off":         {Body: good[:len(good)-1], Count: 2},
		"length":          {Body: []byte{0x80}, Count: 1},
		"headers":         {Body: []byte{14, 0, 0, 0, 1, 1, 100, 0}, Count: 1},
		"headers below 0": {Body: []byte{14, 0, 0, 0, 1, 1, 1, 0}, Count: 1},
	} {
		if r, err := task.Encoded(b); err == nil {
			t.Errorf("%s: %d records", name, r.Len())
		}
	}
}

// FuzzRecords: what Encoded accepts, Next gives.
func FuzzRecords(f *testing.F) {
	f.Add(body([]task.Input{{Key: []byte("k"), Value: []byte("v"), Headers: []topology.Header{{Key: "h"}}}, {Offset: 4}}), int32(2), int64(1))
	f.Fuzz(func(t *testing.T, b []byte, count int32, from int64) {
		r, err := task.Encoded(task.Batch{Body: b, Count: count, From: from})
		if err != nil {
			return
		}
		for _, in := range all(t, r) {
			if in.Offset < from {
				t.Fatalf("offset %d is below %d", in.Offset, from)
			}
		}
	})
}

// TestBatchesWaitInOrder mixes both kinds of records in a queue.
func TestBatchesWaitInOrder(t *testing.T) {
	b := newBench(t, task.Config{MaxIdle: -1}, &recorder{}, nil)
	next := int64(0)
	for range 200 {
		n := next
		lot := []task.Input{{Key: []byte("k"), Value: bytes.Repeat([]byte{0}, 8)}, {Key: []byte("k"), Value: bytes.Repeat([]byte{0}, 8), Offset: 1}}
		records, err := task.Encoded(task.Batch{Body: body(lot), Base: n, Time: n, Count: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.AddBatch("a", 0, records); err != nil {
			t.Fatal(err)
		}
		b.add(t, "a", in(n+2, n))
		next += 3
		if b.Buffered("a", 0) == 0 {
			t.Fatal("nothing waits")
		}
		for b.Buffered("a", 0) > int(n)%7 {
			if took, err := b.Process(0); !took || err != nil {
				t.Fatal(took, err)
			}
		}
		if p := b.Positions(); p[0].Next != next-int64(b.Buffered("a", 0)) {
			t.Fatalf("%d records wait of %d: position %d", b.Buffered("a", 0), next, p[0].Next)
		}
	}
	if b.AddBatch("nowhere", 0, task.Decoded(nil)) == nil {
		t.Error("a topic that nobody reads was taken")
	}
}
