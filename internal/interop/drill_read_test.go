//go:build interop

package interop

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// readLive reads the outputs of all lanes, committed records only, until the
// returned function is called.
func readLive(t *testing.T, addr string, all []*lane, changed watch) (stop func()) {
	t.Helper()
	byTopic := map[string]*lane{}
	topics := make([]string, 0, len(all))
	for _, l := range all {
		byTopic[l.to()] = l
		topics = append(topics, l.to())
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topics...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.UnknownTopicRetries(-1), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) { byTopic[r.Topic].saw(r) })
			changed.tell()
		}
		cl.Close()
	}()
	return func() { cancel(); <-done }
}

// saw notes a record that the live reader read.
func (l *lane) saw(r *kgo.Record) {
	id, _, _ := strings.Cut(string(r.Value), "|")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[id] = true
	l.live = append(l.live, Read{Partition: int(r.Partition), Offset: r.Offset, Value: string(r.Value)})
}

// check reads the output from the beginning and holds it against the history.
func (l *lane) check(t *testing.T, addr string) {
	h := &History{Sent: l.sent, Attempts: map[string]Attempt{}, Live: l.live, Final: readAll(t, addr, l.to())}
	outcomes, sent := map[Outcome]int{}, 0
	for _, w := range l.workers {
		told := ParseAttempts(w.said())
		for _, a := range told {
			outcomes[a.Outcome]++
		}
		maps.Copy(h.Attempts, told)
	}
	for _, n := range l.sent {
		sent += n
	}
	v := h.Check()
	t.Logf("%d records in, %d out, attempts %v: %v", sent, len(h.Final), outcomes, v)
	if !v.NoLoss() || l.exactly && !v.Exact() {
		t.Error("the output is not the input")
	}
}

// readAll reads the committed records of a topic up to its end.
func readAll(t *testing.T, addr, topic string) (reads []Read) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.KeepControlRecords())
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ends := endOffsets(t, cl, topic, drillParts)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for p, end := range ends {
		if end == 0 {
			delete(ends, p)
		}
	}
	for len(ends) > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("read %s: the ends of partitions %v do not come", topic, ends)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				reads = append(reads, Read{Partition: int(r.Partition), Offset: r.Offset, Value: string(r.Value)})
			}
			if r.Offset+1 >= ends[r.Partition] {
				delete(ends, r.Partition)
			}
		})
	}
	return reads
}
