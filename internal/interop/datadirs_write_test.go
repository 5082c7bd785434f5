package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxDataDir is how large the archive of a data directory may be, in bytes.
const maxDataDir = 300 << 10

// writeDataDir lets a kq binary serve a fresh directory, fills it with what
// that kq can do, notes what a client sees, kills kq and keeps the directory.
func writeDataDir(t *testing.T, name, kq string) {
	t.Helper()
	dir, ready := t.TempDir(), filepath.Join(t.TempDir(), "ready")
	cmd := exec.Command(kq, "serve", "--listen", "127.0.0.1:0", "--data", dir, "--ready-file", ready,
		"--set", "log.cleaner.backoff.ms=50")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill := func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	defer kill()
	addr := waitReady(t, ready, &log)
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var replays []replay
	RunRow(t, &Row{Run: func(s *Session) { replays = fillTopics(s) }}, addr, 1)
	if serves(t, cl, kmsg.ConsumerGroupHeartbeat) {
		fillGroups(t, addr)
	}
	if serves(t, cl, kmsg.EndTxn) {
		fillTransactions(t, addr)
	}
	if serves(t, cl, kmsg.ShareAcknowledge) {
		fillShares(t, addr, cl)
		fillCompacted(t, addr, cl) // a kq with share groups has a cleaner
	}
	want := observe(t, addr, nil)
	kill()
	want.Replays = replays
	archive, cut := pack(t, dir)
	want.Sizes = cut
	if len(archive) > maxDataDir {
		t.Fatalf("the archive has %d bytes, more than %d", len(archive), maxDataDir)
	}
	p, err := json.MarshalIndent(want, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{name + ".json": append(p, '\n'), name + ".tar.gz": archive} {
		if err := os.MkdirAll(dataDirs, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dataDirs, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func waitReady(t *testing.T, ready string, log *bytes.Buffer) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if p, err := os.ReadFile(ready); err == nil {
			return strings.TrimSpace(string(p))
		}
		if time.Now().After(deadline) {
			t.Fatalf("kq is not ready: %s", log)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// fillTopics makes topics of every kind and returns the last batches of its producers.
func fillTopics(s *Session) (replays []replay) {
	given := map[int64]bool{}
	const now = 1_600_000_000_000 // 2020: nothing here may depend on how old it is
	producer := func() int64 {
		id := s.producer()
		if given[id] {
			s.TB.Errorf("producer id %d was given twice", id)
		}
		given[id] = true
		return id
	}
	forever := "retention.ms=-1"
	s.Topic("codecs", 5, forever)
	for codec := range int32(5) {
		id := producer()
		for batch := range int32(10) {
			b := Records("", "some words that compress well, well, well", fmt.Sprintf("batch %d", batch))
			b.FirstTimestamp, b.Attributes, b.Producer = now+int64(batch), int16(codec), &Producer{ID: id, Seq: 3 * batch}
			b.Recs[1].Key, b.Recs[2].Headers = []byte("key"), []kmsg.Header{{Key: "h", Value: []byte{0, 1, 2}}}
			s.append("codecs", codec, b.Bytes())
		}
		r := replay{Topic: "codecs", Partition: codec, Producer: Producer{ID: id, Seq: 30}, Value: "the last one", Timestamp: now}
		r.Offset = s.append(r.Topic, codec, r.batch())
		replays = append(replays, r)
	}
	s.Topic("indexed", 1, forever, "index.interval.bytes=1024")
	for batch := range int64(30) {
		b := Records(strings.Repeat(fmt.Sprintf("words of batch %d, ", batch), 60))
		b.FirstTimestamp = now + batch
		s.append("indexed", 0, b.Bytes())
	}
	// a segment a batch, the first ones deleted, the start inside a batch
	s.Topic("deleted-records", 2, forever, "segment.ms=60000", "file.delete.delay.ms=0")
	for p := range int32(2) {
		for batch := range int64(6) {
			b := Records("a", "b", "c")
			b.FirstTimestamp = now - (10-batch)*120_000
			s.append("deleted-records", p, b.Bytes())
		}
	}
	s.Do(deleteRecords(2, "deleted-records", 0, 7))
	s.Topic("stamped", 1, forever, "message.timestamp.type=LogAppendTime")
	s.append("stamped", 0, Records("x", "y").Bytes())
	s.Topic("settings", 1, forever, "cleanup.policy=compact", "min.compaction.lag.ms=9223372036854775807", "flush.ms=777", "min.insync.replicas=1")
	keyed := Records("one", "two", "")
	keyed.FirstTimestamp, keyed.Recs[0].Key, keyed.Recs[1].Key, keyed.Recs[2].Key = now, []byte("k"), []byte("k"), []byte("l")
	keyed.Recs[2].Value = nil
	s.append("settings", 0, keyed.Bytes())
	s.Do(incremental(kindTopic, "settings", "set flush.ms=778", "delete min.insync.replicas"))
	s.Do(incremental(kindBroker, "", "set log.retention.ms=-1"))
	s.Topic("grown", 1, forever)
	s.append("grown", 0, Records("before").Bytes())
	grow := kmsg.NewPtrCreatePartitionsRequest()
	grow.Version, grow.TimeoutMillis = 3, 10000
	g := kmsg.NewCreatePartitionsRequestTopic()
	g.Topic, g.Count = "grown", 3
	grow.Topics = append(grow.Topics, g)
	s.Do(grow)
	s.append("grown", 2, Records("after").Bytes())
	s.Topic("again", 1, forever)
	s.append("again", 0, Records("of the first life").Bytes())
	s.deleteTopic("again")
	s.Topic("again", 2, forever)
	s.append("again", 1, Records("of the second life").Bytes())
	s.Topic("empty", 2, forever)
	return replays
}

// append produces a batch and returns its offset.
func (s *Session) append(topic string, partition int32, batch []byte) int64 {
	s.TB.Helper()
	resp := s.Until(produce(9, topic, partition, batch), func(r kmsg.Response) bool {
		return r.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode == 0
	})
	return resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].BaseOffset
}

// fillGroups commits offsets: of groups of both protocols whose members have
// left, of one whose member is there when kq is killed, and of no group at all.
func fillGroups(t *testing.T, addr string) {
	t.Helper()
	for group, opts := range map[string][]kgo.Opt{
		"classic-left": {kgo.Balancers(kgo.CooperativeStickyBalancer())}, "consumer-left": {kgo.ServerSideBalancer()},
		"classic-there": {kgo.InstanceID("one")}, "consumer-there": {kgo.ServerSideBalancer()},
	} {
		member, err := kgo.NewClient(append(opts, kgo.SeedBrokers(addr), kgo.ConsumerGroup(group), kgo.ConsumeTopics("codecs", "empty"), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for n := 0; n < 5*31; {
			records := member.PollFetches(ctx).Records()
			if err := member.CommitRecords(ctx, records...); err != nil || ctx.Err() != nil {
				t.Fatalf("group %s: %v, %v", group, err, ctx.Err())
			}
			n += len(records)
		}
		if strings.HasSuffix(group, "left") {
			member.Close()
		} else {
			t.Cleanup(member.Close)
		}
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version, req.Group, req.Generation = 9, "simple", -1
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = "grown"
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset, p.Metadata = 2, 1, ptr("by hand")
	topic.Partitions = append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	RunRow(t, &Row{Run: func(s *Session) {
		s.Until(req, func(r kmsg.Response) bool {
			return r.(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode == 0
		})
	}}, addr, 1)
}

// fillTransactions commits one, aborts one, and leaves one open.
func fillTransactions(t *testing.T, addr string) {
	t.Helper()
	RunRow(t, &Row{Run: func(s *Session) { s.Topic("exact", 2, "retention.ms=-1") }}, addr, 1)
	for _, end := range []string{"committed", "aborted", "open"} {
		p, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID(end), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		if err := p.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for partition := range int32(2) {
			r := &kgo.Record{Topic: "exact", Partition: partition, Value: []byte(end)}
			if err := p.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if end == "open" {
			continue
		}
		if err := p.EndTransaction(t.Context(), kgo.TransactionEndTry(end == "committed")); err != nil {
			t.Fatal(err)
		}
	}
}
