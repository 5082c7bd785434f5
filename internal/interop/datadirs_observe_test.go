package interop

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sort"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// observe asks a broker for all that a data directory keeps. Records are read
// up to where an earlier look ended, when there is one.
func observe(t *testing.T, addr string, earlier *seen) *seen {
	t.Helper()
	now := &seen{Brokers: map[string]map[string]string{}, Topics: map[string]*seenTopic{}, Groups: map[string]map[string]string{}}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	meta := kmsg.NewPtrMetadataRequest() // all topics
	resp := ask[*kmsg.MetadataResponse](t, cl, meta)
	now.ClusterID = *resp.ClusterID
	for _, id := range []string{"", strconv.Itoa(int(resp.ControllerID))} {
		now.Brokers[id] = ownSettings(t, cl, kindBroker, id)
	}
	for _, m := range resp.Topics {
		topic := &seenTopic{ID: base64.RawURLEncoding.EncodeToString(m.TopicID[:]), Settings: ownSettings(t, cl, kindTopic, *m.Topic)}
		for p := range int32(len(m.Partitions)) {
			var was *seenPartition
			if earlier != nil && earlier.Topics[*m.Topic] != nil && int(p) < len(earlier.Topics[*m.Topic].Partitions) {
				was = &earlier.Topics[*m.Topic].Partitions[p]
			}
			topic.Partitions = append(topic.Partitions, lookAt(t, addr, cl, *m.Topic, p, was))
		}
		now.Topics[*m.Topic] = topic
	}
	if earlier != nil && len(earlier.Groups) == 0 {
		return now // of a kq without groups
	}
	names := groupNames(t, cl)
	now.Shares = shareStarts(t, cl, names)
	for _, name := range names {
		if now.Shares[name] == nil {
			now.Groups[name] = groupOffsets(t, cl, name)
		}
	}
	return now
}

// ask sends a request until its answer comes without a coordinator that loads.
func ask[R kmsg.Response](t *testing.T, cl *kgo.Client, req kmsg.Request) R {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	resp, err := cl.Request(ctx, req)
	if err != nil {
		t.Fatalf("%s: %v", kmsg.NameForKey(req.Key()), err)
	}
	return resp.(R)
}

// ownSettings are the configs that were set on a resource itself, sorted by name in JSON.
func ownSettings(t *testing.T, cl *kgo.Client, kind kmsg.ConfigResourceType, name string) map[string]string {
	t.Helper()
	own := map[string]string{}
	resp := ask[*kmsg.DescribeConfigsResponse](t, cl, describeConfigs(4, kind, name))
	for _, c := range resp.Resources[0].Configs {
		if (kind == kindTopic && c.Source == kmsg.ConfigSourceDynamicTopicConfig) ||
			(kind == kindBroker && (c.Source == kmsg.ConfigSourceDynamicBrokerConfig || c.Source == kmsg.ConfigSourceDynamicDefaultBrokerConfig)) {
			own[c.Name] = deref(c.Value)
		}
	}
	return own
}

// lookAt reads one partition.
func lookAt(t *testing.T, addr string, cl *kgo.Client, topic string, partition int32, was *seenPartition) seenPartition {
	t.Helper()
	at := func(timestamp int64, isolation int8) int64 {
		for {
			req := listOffsets(7, topic, partition, timestamp)
			req.IsolationLevel = isolation
			p := ask[*kmsg.ListOffsetsResponse](t, cl, req).Topics[0].Partitions[0]
			if p.ErrorCode == 0 {
				return p.Offset
			}
			if p.ErrorCode != 5 && p.ErrorCode != 6 && p.ErrorCode != 3 { // not yet loaded
				t.Fatalf("offset %d of %s-%d: error %d", timestamp, topic, partition, p.ErrorCode)
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	p := seenPartition{Start: at(-2, 0), Stable: at(-1, 1), End: at(-1, 0)}
	all, stable := p.End, p.Stable
	if was != nil {
		all, stable = min(all, was.End), min(stable, was.Stable)
	}
	p.All = digest(t, addr, topic, partition, p.Start, all, kgo.ReadUncommitted())
	p.Committed = digest(t, addr, topic, partition, p.Start, stable, kgo.ReadCommitted())
	return p
}

// digest reads the records from start up to end and returns their number and a hash.
func digest(t *testing.T, addr, topic string, partition int32, start, end int64, level kgo.IsolationLevel) string {
	t.Helper()
	n, h := 0, sha256.New()
	if start < end {
		cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.FetchIsolationLevel(level), kgo.KeepControlRecords(), kgo.FetchMaxWait(100*time.Millisecond),
			kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(start)}}))
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for next := start; next < end; {
			fetches := cl.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				t.Fatalf("read %s-%d at %d of %d: %v", topic, partition, next, end, err)
			}
			fetches.EachRecord(func(r *kgo.Record) {
				next = r.Offset + 1
				if r.Offset >= end {
					return
				}
				n++
				fmt.Fprintf(h, "%d %d %d %v %q %q %v\n", r.Offset, r.Timestamp.UnixMilli(), r.LeaderEpoch, r.Attrs, r.Key, r.Value, r.Headers)
			})
		}
	}
	return fmt.Sprintf("%d %x", n, h.Sum(nil)[:8])
}

// groupNames lists the groups, none for a broker without them.
func groupNames(t *testing.T, cl *kgo.Client) (names []string) {
	t.Helper()
	if !serves(t, cl, kmsg.ListGroups) {
		return nil
	}
	for { // until the coordinator has loaded
		resp := ask[*kmsg.ListGroupsResponse](t, cl, kmsg.NewPtrListGroupsRequest())
		if resp.ErrorCode == 14 {
			<-time.After(20 * time.Millisecond)
			continue
		}
		for _, g := range resp.Groups {
			names = append(names, g.Group)
		}
		sort.Strings(names)
		return names
	}
}

// serves tells whether the broker advertises an API.
func serves(t *testing.T, cl *kgo.Client, key kmsg.Key) bool {
	t.Helper()
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "kq", "1"
	for _, k := range ask[*kmsg.ApiVersionsResponse](t, cl, req).ApiKeys {
		if k.ApiKey == int16(key) {
			return true
		}
	}
	return false
}

func groupOffsets(t *testing.T, cl *kgo.Client, name string) map[string]string {
	t.Helper()
	req := kmsg.NewPtrOffsetFetchRequest()
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = name
	req.Groups = append(req.Groups, group)
	resp := ask[*kmsg.OffsetFetchResponse](t, cl, req)
	if resp.Groups[0].ErrorCode != 0 {
		t.Fatalf("offsets of group %s: error %d", name, resp.Groups[0].ErrorCode)
	}
	offsets := map[string]string{}
	for _, topic := range resp.Groups[0].Topics {
		for _, p := range topic.Partitions {
			offsets[fmt.Sprintf("%s-%d", topic.Topic, p.Partition)] = fmt.Sprintf("%d %s", p.Offset, deref(p.Metadata))
		}
	}
	return offsets
}
