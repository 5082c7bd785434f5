package group_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// owners notes which members have which partitions, and what no two may have.
type owners struct {
	t    *testing.T
	mu   sync.Mutex
	owns map[int]map[string]bool // guarded by mu: "topic/partition" by member
}

func newOwners(t *testing.T) *owners { return &owners{t: t, owns: make(map[int]map[string]bool)} }

// member is a consumer of the group g that polls until the test ends.
func (o *owners) member(b *brokertest.Broker, i int, opts ...kgo.Opt) *kgo.Client {
	own := make(map[string]bool)
	o.mu.Lock()
	o.owns[i] = own
	o.mu.Unlock()
	gone := func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
		o.mu.Lock()
		defer o.mu.Unlock()
		for topic, ps := range m {
			for _, p := range ps {
				delete(own, fmt.Sprint(topic, "/", p))
			}
		}
	}
	got := func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
		o.mu.Lock()
		defer o.mu.Unlock()
		for topic, ps := range m {
			for _, p := range ps {
				key := fmt.Sprint(topic, "/", p)
				for other, theirs := range o.owns {
					if other != i && theirs[key] {
						o.t.Errorf("members %d and %d both have %s", other, i, key)
					}
				}
				own[key] = true
			}
		}
	}
	cl := client(o.t, b, append([]kgo.Opt{
		kgo.ConsumerGroup("g"), kgo.Balancers(kgo.StickyBalancer()), kgo.HeartbeatInterval(50 * time.Millisecond),
		kgo.OnPartitionsAssigned(got), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone),
	}, opts...)...)
	go func() {
		for !cl.PollFetches(o.t.Context()).IsClientClosed() && o.t.Context().Err() == nil {
		}
	}()
	return cl
}

func (o *owners) leave(i int, cl *kgo.Client) {
	cl.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.owns, i)
}

// settled waits until the members have all of total partitions evenly.
func (o *owners) settled(members, total int) {
	o.t.Helper()
	wait(o.t, fmt.Sprintf("%d members with %d partitions", members, total), func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		sum := 0
		for _, own := range o.owns {
			if len(own) < total/members || len(own) > total/members+1 {
				return false
			}
			sum += len(own)
		}
		return sum == total && len(o.owns) == members
	})
}

// quick makes heartbeats and assignments follow each other fast.
func quick() []brokertest.Option {
	return []brokertest.Option{
		brokertest.Set("group.consumer.min.heartbeat.interval.ms", "50"), brokertest.Set("group.consumer.heartbeat.interval.ms", "50"),
		brokertest.Set("group.consumer.assignment.interval.ms", "0"),
	}
}

func state(t *testing.T, b *brokertest.Broker) (state, kind string) {
	t.Helper()
	resp, err := kmsg.NewPtrListGroupsRequest().RequestWith(ctx(t), client(t, b))
	if err != nil || len(resp.Groups) != 1 {
		t.Fatalf("%d groups, %v", len(resp.Groups), err)
	}
	return resp.Groups[0].GroupState, resp.Groups[0].GroupType
}

// TestConsumerProtocol has franz-go's consumers of KIP-848 come, go, crash with the
// broker, and see topics come.
func TestConsumerProtocol(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t, append(quick(), brokertest.Topics("in:6"))...)
	o := newOwners(t)
	next := []kgo.Opt{kgo.ServerSideBalancer(), kgo.ConsumeTopics("in", "later")}
	first := o.member(b, 1, next...)
	o.settled(1, 6)
	o.member(b, 2, next...)
	o.settled(2, 6)
	third := o.member(b, 3, next...)
	o.settled(3, 6)
	if s, kind := state(t, b); s != "Stable" || kind != "consumer" {
		t.Errorf("listed as %s %s", s, kind)
	}
	o.leave(1, first)
	o.settled(2, 6)
	b.Crash()
	b.Restart()
	o.settled(2, 6)
	b.Topic("later", 4)
	o.settled(2, 10)
	o.leave(3, third)
	o.settled(1, 10)
}

// TestConsumerPattern leaves the pattern to the broker.
func TestConsumerPattern(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t, append(quick(), brokertest.Topics("logs-a:2", "logs-b:1", "other:3"))...)
	o := newOwners(t)
	o.member(b, 1, kgo.ServerSideBalancer(), kgo.ConsumeRegex(), kgo.ConsumeTopics("logs-.*"))
	o.settled(1, 3)
	o.member(b, 2, kgo.ServerSideBalancer(), kgo.ConsumeRegex(), kgo.ConsumeTopics("logs-.*"))
	o.settled(2, 3)
}

// TestMigration takes a group from the classic protocol to the consumer protocol and
// back, one member at a time, while it consumes.
func TestMigration(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t, append(quick(), brokertest.Topics("in:6"))...)
	o := newOwners(t)
	old := []kgo.Opt{kgo.ConsumeTopics("in"), kgo.Balancers(kgo.CooperativeStickyBalancer())}
	next := []kgo.Opt{kgo.ConsumeTopics("in"), kgo.ServerSideBalancer()}
	one := o.member(b, 1, old...)
	two := o.member(b, 2, old...)
	o.settled(2, 6)
	if _, kind := state(t, b); kind != "classic" {
		t.Fatalf("a %s group", kind)
	}
	three := o.member(b, 3, next...) // up
	o.settled(3, 6)
	if _, kind := state(t, b); kind != "consumer" {
		t.Fatalf("a %s group after a member of the consumer protocol joined", kind)
	}
	b.Crash()
	b.Restart()
	o.settled(3, 6)
	o.leave(1, one)
	o.settled(2, 6)
	four := o.member(b, 4, next...)
	o.settled(3, 6)
	o.leave(3, three)
	o.settled(2, 6)
	o.leave(4, four) // down
	o.settled(1, 6)
	wait(t, "a classic group again", func() bool { _, kind := state(t, b); return kind == "classic" })
	o.member(b, 5, old...)
	o.settled(2, 6)
	o.leave(2, two)
	o.settled(1, 6)
}

// TestGroupConfigs: a group's own settings are in force at once.
func TestGroupConfigs(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t, brokertest.Topics("in:1"), brokertest.Set("group.consumer.min.heartbeat.interval.ms", "1000"))
	cl := client(t, b)
	q := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	q.Group, q.MemberID, q.RebalanceTimeoutMillis = "g", "a", 60_000
	q.SubscribedTopicNames, q.Topics = []string{"in"}, []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	beat := func(interval int32) {
		t.Helper()
		resp, err := q.RequestWith(ctx(t), cl)
		if err != nil || resp.ErrorCode != 0 || resp.HeartbeatIntervalMillis != interval {
			t.Fatalf("code %d, interval %d, %v; want interval %d", resp.ErrorCode, resp.HeartbeatIntervalMillis, err, interval)
		}
	}
	beat(5000)
	set := kmsg.NewPtrIncrementalAlterConfigsRequest()
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeGroupConfig, "g"
	c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	value := "2500"
	c.Name, c.Value = "consumer.heartbeat.interval.ms", &value
	r.Configs = append(r.Configs, c)
	set.Resources = append(set.Resources, r)
	if resp, err := set.RequestWith(ctx(t), cl); err != nil || resp.Resources[0].ErrorCode != 0 {
		t.Fatalf("set: %+v, %v", resp, err)
	}
	beat(2500)
	q.Group = "h"
	beat(5000)
}

// TestConsumerProtocolOff: a broker may be told to serve classic groups only.
func TestConsumerProtocolOff(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t, brokertest.Topics("in:1"), brokertest.Set("group.coordinator.rebalance.protocols", "classic"))
	q := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	q.Group, q.MemberID, q.RebalanceTimeoutMillis = "g", "a", 60_000
	q.SubscribedTopicNames, q.Topics = []string{"in"}, []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	resp, err := q.RequestWith(ctx(t), client(t, b))
	if err != nil || resp.ErrorCode != kerr.UnsupportedVersion.Code {
		t.Errorf("heartbeat: code %d, %v", resp.ErrorCode, err)
	}
	d := kmsg.NewPtrConsumerGroupDescribeRequest()
	d.Groups = []string{"g"}
	if resp, err := d.RequestWith(ctx(t), client(t, b)); err != nil || resp.Groups[0].ErrorCode != kerr.UnsupportedVersion.Code {
		t.Errorf("describe: %+v, %v", resp, err)
	}
}
