package interop

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fillCompacted makes a topic whose log is cleaned before it is looked at: of
// every key the last value, a tombstone, the markers of transactions.
func fillCompacted(t *testing.T, addr string, cl *kgo.Client) {
	t.Helper()
	const topic, now = "compacted", 1_600_000_000_000
	RunRow(t, &Row{Run: func(s *Session) {
		s.Topic(topic, 1, "cleanup.policy=compact", "segment.ms=60000", "min.cleanable.dirty.ratio=0.01", "delete.retention.ms=9223372036854775807")
		for batch := range int64(8) {
			b := Records("first", "second", fmt.Sprintf("only of batch %d", batch), "")
			b.FirstTimestamp, b.Attributes = now+batch*120_000, int16(batch%5) // a segment a batch
			b.Recs[0].Key, b.Recs[1].Key, b.Recs[2].Key, b.Recs[3].Key = []byte("k"), []byte("k"), fmt.Appendf(nil, "k%d", batch), []byte("gone")
			b.Recs[3].Value = nil
			s.append(topic, 0, b.Bytes())
		}
	}}, addr, 1)
	for deadline := time.Now().Add(30 * time.Second); ; {
		kept := digest(t, addr, topic, 0, 0, 8*4, kgo.ReadUncommitted())
		if strings.HasPrefix(kept, "13 ") { // nine keys of the first seven segments, and all four records of the active one
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log is not cleaned: it has %s", kept)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// fillShares lets a share group be done with some records of a topic, in the
// middle of a batch, and give others back.
func fillShares(t *testing.T, addr string, cl *kgo.Client) {
	t.Helper()
	alter := kmsg.NewPtrIncrementalAlterConfigsRequest()
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeGroupConfig, "shares"
	c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	c.Name, c.Value = "share.auto.offset.reset", ptr("earliest")
	r.Configs = append(r.Configs, c)
	alter.Resources = append(alter.Resources, r)
	if resp := ask[*kmsg.IncrementalAlterConfigsResponse](t, cl, alter); resp.Resources[0].ErrorCode != 0 {
		t.Fatalf("set the start of a share group: error %d", resp.Resources[0].ErrorCode)
	}
	member, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ShareGroup("shares"), kgo.ConsumeTopics("indexed"))
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	accepted := 0
	for accepted < 10 && ctx.Err() == nil {
		member.PollRecords(ctx, 20).EachRecord(func(r *kgo.Record) {
			if r.Offset < 5 || r.Offset%2 == 0 {
				r.Ack(kgo.AckAccept)
				accepted++
			} else {
				r.Ack(kgo.AckRelease)
			}
		})
	}
	if err := member.FlushAcks(ctx); err != nil {
		t.Fatal(err)
	}
}

// shareStarts are the start offsets of share groups, and how many records are
// not done with.
func shareStarts(t *testing.T, cl *kgo.Client, groups []string) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	if !serves(t, cl, kmsg.DescribeShareGroupOffsets) {
		return out
	}
	for _, name := range groups {
		var resp *kmsg.DescribeShareGroupOffsetsResponse
		for resp == nil || resp.Groups[0].ErrorCode == 14 || resp.Groups[0].ErrorCode == 15 { // it loads
			resp = ask[*kmsg.DescribeShareGroupOffsetsResponse](t, cl, shareOffsets(1, name, ""))
		}
		for _, topic := range resp.Groups[0].Topics {
			for _, p := range topic.Partitions {
				if out[name] == nil {
					out[name] = map[string]string{}
				}
				out[name][fmt.Sprintf("%s-%d", topic.Topic, p.Partition)] = fmt.Sprintf("%d lag %d error %d", p.StartOffset, p.Lag, p.ErrorCode)
			}
		}
	}
	return out
}
