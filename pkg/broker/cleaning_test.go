package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestCleaning has the cleaner of a broker clean a topic and the offsets of
// groups, and starts another broker on what is left.
func TestCleaning(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	open := func() (*Broker, *kadm.Client) {
		b, err := Open(ctx, Options{
			DataDir: dir, Listen: []string{"127.0.0.1:0"},
			Set: map[string]string{"log.cleaner.backoff.ms": "5", "offsets.topic.num.partitions": "1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Kill)
		adm, err := kadm.NewOptClient(kgo.SeedBrokers(b.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(adm.Close)
		return b, adm
	}
	b, adm := open()
	// Every record begins a segment, and the cleaner takes what it gets.
	configs := map[string]*string{"segment.ms": kadm.StringPtr("1"), "min.cleanable.dirty.ratio": kadm.StringPtr("0.01"), "cleanup.policy": kadm.StringPtr("compact")}
	if _, err := adm.CreateTopic(ctx, 1, 1, configs, "table"); err != nil {
		t.Fatal(err)
	}
	commit := func(offset int64) {
		t.Helper()
		o := kadm.Offsets{}
		o.AddOffset("table", 0, offset, -1)
		if err := adm.CommitAllOffsets(ctx, "group", o); err != nil {
			t.Fatal(err)
		}
	}
	commit(0)
	var alter []kadm.AlterConfig
	for name, value := range configs {
		alter = append(alter, kadm.AlterConfig{Name: name, Value: value})
	}
	if _, err := adm.AlterTopicConfigs(ctx, alter, "__consumer_offsets"); err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("table"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	// Until both are cleaned: the log is longer than what is left of it.
	last := 0
	for done := false; !done; last++ {
		r := &kgo.Record{Key: fmt.Appendf(nil, "%d", last%3), Value: fmt.Appendf(nil, "%d", last), Timestamp: time.UnixMilli(int64(1000 * last))}
		if err := cl.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		commit(int64(last))
		n, end := batchesLeft(t, b, "table")
		m, groupEnd := batchesLeft(t, b, "__consumer_offsets")
		done = end > 15 && int64(2*n) < end && groupEnd > 15 && int64(2*m) < groupEnd
	}
	if len(b.store.Uncleanable()) > 0 || b.cleanerStat().Runs == 0 {
		t.Errorf("uncleanable: %v, %+v", b.store.Uncleanable(), b.cleanerStat())
	}
	b.Kill()
	b, adm = open()
	offsets, err := adm.FetchOffsets(ctx, "group")
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := offsets.Lookup("table", 0); !ok || o.At != int64(last-1) {
		t.Errorf("the group is at %+v, not at %d", o, last-1)
	}
	if _, end := batchesLeft(t, b, "table"); end != int64(last) {
		t.Errorf("the table ends at %d, not at %d", end, last)
	}
}

// batchesLeft counts the batches of a partition, of at most 256 offsets each.
func batchesLeft(t *testing.T, b *Broker, topic string) (batches int, end int64) {
	t.Helper()
	p, _ := b.catalog.Partition(topic, 0)
	end = p.Log().EndOffset()
	for at := p.Log().StartOffset(); at < end; batches++ {
		f, err := p.Log().Read(at, 1, end, true)
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 61)
		if _, err := f.Regions[0].ReadAt(head, 0); err != nil && f.Regions[0].Len() > len(head) {
			t.Fatal(err)
		}
		at = f.FirstOffset + int64(head[26]) + 1
		f.Release()
	}
	return batches, end
}

// TestMadeCompacted makes a topic compacted that has records without a key: more
// of them are refused, and those that are there go.
func TestMadeCompacted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := Open(ctx, Options{
		Mem: true, Listen: []string{"127.0.0.1:0"}, Set: map[string]string{"log.cleaner.backoff.ms": "5"},
		Topics: []TopicSpec{{Name: "made", Partitions: 1, Configs: map[string]string{"segment.ms": "1", "min.cleanable.dirty.ratio": "0.01"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Kill()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("made"), kgo.RequiredAcks(kgo.AllISRAcks()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	produce := func(n int, key []byte) error {
		return cl.ProduceSync(ctx, &kgo.Record{Key: key, Value: []byte("v"), Timestamp: time.UnixMilli(int64(1000 * n))}).FirstErr()
	}
	if err := produce(1, nil); err != nil {
		t.Fatal(err)
	}
	adm := kadm.NewClient(cl)
	if _, err := adm.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "cleanup.policy", Value: kadm.StringPtr("compact")}}, "made"); err != nil {
		t.Fatal(err)
	}
	if err := produce(2, nil); !errors.Is(err, kerr.InvalidRecord) {
		t.Errorf("a record without a key: %v", err)
	}
	p, _ := b.catalog.Partition("made", 0)
	for n, records := 3, byte(1); records > 0; n++ {
		if err := produce(n, []byte("key")); err != nil {
			t.Fatal(err)
		}
		f, err := p.Log().Read(0, 1, p.Log().EndOffset(), true)
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 61)
		if _, err := f.Regions[0].ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if records = head[60]; f.FirstOffset > 0 {
			records = 0
		}
		f.Release()
	}
}
