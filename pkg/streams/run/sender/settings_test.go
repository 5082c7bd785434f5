package sender_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/run/sender"
)

// batches are the lengths of the batches of a partition, as they lie on the broker.
func batches(t *testing.T, b *brokertest.Broker, topic string) (lengths []int) {
	t.Helper()
	cl := client(t, b, kgo.MaxVersions(byName()))
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes = 64 << 20
	ft := kmsg.NewFetchRequestTopic()
	ft.Topic = topic
	fp := kmsg.NewFetchRequestTopicPartition()
	fp.PartitionMaxBytes = 64 << 20
	ft.Partitions = append(ft.Partitions, fp)
	req.Topics = append(req.Topics, ft)
	resp, err := req.RequestWith(t.Context(), cl)
	if err != nil {
		t.Fatal(err)
	}
	for raw := resp.Topics[0].Partitions[0].RecordBatches; len(raw) >= 12; {
		n := int(binary.BigEndian.Uint32(raw[8:])) + 12
		lengths, raw = append(lengths, n), raw[min(n, len(raw)):]
	}
	return lengths
}

func TestBatchesAreCompressed(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("none:1", "gzip:1", "snappy:1", "lz4:1", "zstd:1"))
	plain := 0
	for codec, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		c, err := kgo.DefaultCompressor([]kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}[codec])
		if err != nil {
			t.Fatal(err)
		}
		s := start(t, sender.Options{Client: client(t, b), Compressor: c, TransactionalID: name, TransactionVersion: 2})
		send(t, s, name, 0, 1000)
		if err := s.Commit(t.Context(), sender.Group{}, nil); err != nil {
			t.Fatal(err)
		}
		for i, r := range read(t, b, name, 1000) {
			if int(r.Attrs.CompressionType()) != codec || binary.BigEndian.Uint32(r.Value) != uint32(i) || r.Offset != int64(i) {
				t.Fatalf("%s: %+v", name, r)
			}
		}
		size := batches(t, b, name)[0]
		if codec == 0 {
			plain = size
		} else if size > plain*2/3 {
			t.Errorf("%s: a batch of %d bytes, %d plain", name, size, plain)
		}
	}
}

// TestCompressedBatchesAreSplit has one record that the topic does not take.
func TestCompressedBatchesAreSplit(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("out:1"))
	c, err := kgo.DefaultCompressor(kgo.GzipCompression())
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, sender.Options{Client: client(t, b), Compressor: c, BatchBytes: 8 << 20})
	noise := make([]byte, 2<<20) // does not become smaller than what a broker takes
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x)
	}
	for i := range 5 {
		v := fmt.Append(nil, i)
		if i == 2 {
			v = noise
		}
		if err := s.Send(t.Context(), &sender.Record{Topic: "out", Value: v, Timestamp: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bad := s.Rejected(); len(bad) != 1 || !bytes.Equal(bad[0].Record.Value, noise) {
		t.Fatalf("%d records were rejected", len(bad))
	}
	for i, r := range read(t, b, "out", 4) {
		if want := []string{"0", "1", "3", "4"}[i]; string(r.Value) != want {
			t.Errorf("%s, not %s", r.Value, want)
		}
	}
}

func TestBatchesHaveTheirSize(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("out:1"))
	s := start(t, sender.Options{Client: client(t, b), BatchBytes: 2000})
	for range 1000 {
		if err := s.Send(t.Context(), &sender.Record{Topic: "out", Value: make([]byte, 50), Timestamp: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := batches(t, b, "out")
	for _, n := range all[:len(all)-1] {
		if n > 2000 || n < 1500 {
			t.Errorf("a batch has %d bytes", n)
		}
	}
}

func TestBatchesLinger(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("out:1"))
	now := time.UnixMilli(1_000_000)
	s := start(t, sender.Options{Client: client(t, b), Linger: 70 * time.Millisecond, Now: func() time.Time { return now }})
	if _, ok := s.Lingers(); ok {
		t.Error("nothing was sent, and lingers")
	}
	now = now.Add(time.Hour)
	for _, c := range []struct {
		after, left time.Duration
		waits       bool
	}{{0, 70, true}, {30, 40, true}, {39, 1, true}, {1, 0, false}} {
		now = now.Add(c.after * time.Millisecond)
		if c.waits {
			if err := s.Send(t.Context(), &sender.Record{Topic: "out", Value: []byte("v"), Timestamp: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if left, ok := s.Lingers(); !ok || left != c.left*time.Millisecond {
			t.Errorf("%v: %v left, %v", c.after, left, ok)
		}
		if err := s.Poke(); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Lingers(); ok != c.waits {
			t.Errorf("%v: waits %v", c.after, ok)
		}
	}
	read(t, b, "out", 3)
	if all := batches(t, b, "out"); len(all) != 1 {
		t.Errorf("%d batches of records that lingered together", len(all))
	}
	if err := s.Send(t.Context(), &sender.Record{Topic: "out", Value: []byte("v"), Timestamp: 1}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour) // the clock is set back
	if left, ok := s.Lingers(); !ok || left != 0 {
		t.Errorf("%v left, %v", left, ok)
	}
}

// byName caps Fetch below the version that names topics by id.
func byName() *kversion.Versions {
	v := kversion.Stable()
	v.SetMaxKeyVersion(int16(kmsg.Fetch), 12)
	return v
}
