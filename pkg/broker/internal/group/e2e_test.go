package group_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// client of a broker, closed at the end of the test.
func client(t *testing.T, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(b.Addr()), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.MetadataMinAge(20 * time.Millisecond), kgo.WithContext(t.Context()),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return c
}

// produce writes n records to each partition of a topic, with values from-.
func produce(t *testing.T, cl *kgo.Client, topic string, partitions, from, n int) {
	t.Helper()
	var recs []*kgo.Record
	for p := range partitions {
		for i := range n {
			recs = append(recs, &kgo.Record{Topic: topic, Partition: int32(p), Value: fmt.Appendf(nil, "%d/%d", p, from+i)})
		}
	}
	if err := cl.ProduceSync(ctx(t), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// consume polls until n records came.
func consume(t *testing.T, cl *kgo.Client, n int) (got []string) {
	t.Helper()
	c := ctx(t)
	for len(got) < n {
		f := cl.PollFetches(c)
		if err := f.Err0(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(got), n, err)
		}
		f.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	slices.Sort(got)
	return got
}

func TestConsumeCommitAndComeBack(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:4"))
	p := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	produce(t, p, "in", 4, 0, 10)
	opts := []kgo.Opt{kgo.ConsumerGroup("g"), kgo.ConsumeTopics("in"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit()}
	one := client(t, b, opts...)
	consume(t, one, 40)
	if err := one.CommitUncommittedOffsets(ctx(t)); err != nil {
		t.Fatal(err)
	}
	one.Close()
	produce(t, p, "in", 4, 10, 1)
	for _, again := range []func(){func() {}, b.Restart, func() { b.Crash(); b.Restart() }} {
		again()
		two := client(t, b, opts...)
		if got := consume(t, two, 4); !slices.Equal(got, []string{"0/10", "1/10", "2/10", "3/10"}) {
			t.Fatalf("after a commit came %q", got)
		}
		two.Close()
	}
}

func TestRebalance(t *testing.T) {
	for name, balancer := range map[string]kgo.GroupBalancer{"eager": kgo.RangeBalancer(), "cooperative": kgo.CooperativeStickyBalancer()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := brokertest.Start(t, brokertest.Topics("in:6"))
			var mu sync.Mutex
			owns := map[int]map[int32]bool{}
			member := func(i int) *kgo.Client {
				own := map[int32]bool{}
				mu.Lock()
				owns[i] = own
				mu.Unlock()
				gone := func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
					mu.Lock()
					defer mu.Unlock()
					for _, p := range m["in"] {
						delete(own, p)
					}
				}
				cl := client(t, b, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("in"), kgo.Balancers(balancer),
					kgo.HeartbeatInterval(50*time.Millisecond),
					kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
						mu.Lock()
						defer mu.Unlock()
						for _, p := range m["in"] {
							own[p] = true
						}
					}), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone))
				go func() {
					for !cl.PollFetches(t.Context()).IsClientClosed() && t.Context().Err() == nil {
					}
				}()
				return cl
			}
			settled := func(members, each int) {
				t.Helper()
				wait(t, fmt.Sprintf("%d members with %d partitions each", members, each), func() bool {
					mu.Lock()
					defer mu.Unlock()
					total := 0
					for _, own := range owns {
						if len(own) != each && len(own) != 0 {
							return false
						}
						total += len(own)
					}
					return total == 6 && members*each == 6
				})
			}
			first := member(1)
			settled(1, 6)
			member(2)
			settled(2, 3)
			member(3)
			settled(3, 2)
			first.Close()
			mu.Lock()
			delete(owns, 1)
			mu.Unlock()
			settled(2, 3)
			b.Crash()
			b.Restart()
			settled(2, 3)
		})
	}
}

// A static member that is started again takes its partitions back; the others
// notice nothing.
func TestStaticMember(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:4"))
	produce(t, client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner())), "in", 4, 0, 1)
	start := func(instance string, events *atomic.Int64) (*kgo.Client, func() []int32) {
		var mu sync.Mutex
		var owned []int32
		cl := client(t, b, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("in"), kgo.InstanceID(instance), kgo.Balancers(kgo.RangeBalancer()),
			kgo.HeartbeatInterval(50*time.Millisecond), kgo.DisableAutoCommit(),
			kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
				mu.Lock()
				defer mu.Unlock()
				events.Add(1)
				owned = slices.Sorted(slices.Values(m["in"]))
			}),
			kgo.OnPartitionsRevoked(func(context.Context, *kgo.Client, map[string][]int32) { events.Add(1) }))
		go func() {
			for !cl.PollFetches(t.Context()).IsClientClosed() && t.Context().Err() == nil {
			}
		}()
		return cl, func() []int32 {
			mu.Lock()
			defer mu.Unlock()
			return owned
		}
	}
	var ofA, ofB atomic.Int64
	_, ownedA := start("a", &ofA)
	wait(t, "a has all", func() bool { return len(ownedA()) == 4 })
	clB, ownedB := start("b", &ofB)
	wait(t, "both have two", func() bool { return len(ownedA()) == 2 && len(ownedB()) == 2 })
	had, events := ownedB(), ofA.Load()
	clB.Close() // static members do not leave
	_, ownedB = start("b", &ofB)
	wait(t, "b has two again", func() bool { return slices.Equal(ownedB(), had) })
	if n := ofA.Load(); n != events {
		t.Errorf("the other member noticed %d events", n-events)
	}
	if d, err := kadm.NewClient(client(t, b)).DescribeGroups(ctx(t), "g"); err != nil || d["g"].State != "Stable" || len(d["g"].Members) != 2 {
		t.Errorf("described as %+v, %v", d, err)
	}
}

// wait until cond holds.
func wait(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline.C:
			t.Fatalf("still not: %s", what)
		case <-tick.C:
		}
	}
}

func TestSimpleConsumerCommits(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:2"))
	adm := kadm.NewClient(client(t, b))
	var os kadm.Offsets
	os.AddOffset("in", 0, 5, -1)
	os.Add(kadm.Offset{Topic: "in", Partition: 1, At: 7, LeaderEpoch: 0, Metadata: "mine"})
	if err := adm.CommitAllOffsets(ctx(t), "simple", os); err != nil {
		t.Fatal(err)
	}
	b.Crash()
	b.Restart()
	got, err := adm.FetchOffsets(ctx(t), "simple")
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := got.Lookup("in", 1); o.At != 7 || o.Metadata != "mine" || o.LeaderEpoch != 0 {
		t.Errorf("read back %+v", o)
	}
	groups, err := adm.ListGroups(ctx(t))
	if err != nil || len(groups) != 1 || groups["simple"].State != "Empty" || groups["simple"].ProtocolType != "" {
		t.Errorf("listed %+v, %v", groups, err)
	}
	if _, err := adm.DeleteGroup(ctx(t), "simple"); err != nil {
		t.Fatal(err)
	}
	if got, _ = adm.FetchOffsets(ctx(t), "simple"); len(got) != 0 {
		t.Errorf("a deleted group has offsets: %+v", got)
	}
}

func TestTopicMadeAnewHasNoOffsets(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:1"))
	adm := kadm.NewClient(client(t, b))
	var os kadm.Offsets
	os.AddOffset("in", 0, 5, -1)
	if err := adm.CommitAllOffsets(ctx(t), "g", os); err != nil {
		t.Fatal(err)
	}
	if _, err := adm.DeleteTopics(ctx(t), "in"); err != nil {
		t.Fatal(err)
	}
	none := func() {
		t.Helper()
		got, err := adm.FetchOffsets(ctx(t), "g")
		if o, ok := got.Lookup("in", 0); err != nil || ok && o.At != -1 {
			t.Errorf("the offset is still there: %+v, %v", o, err)
		}
	}
	none()
	b.Topic("in", 1)
	none()
	b.Crash()
	b.Restart()
	none()
}

// Two consume-transform-produce clients with transactions, while the broker is
// killed and started again: every input is in the output once.
func TestExactlyOnce(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:3", "out:1"))
	p := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	const n = 300
	produce(t, p, "in", 3, 0, n)
	var running sync.WaitGroup
	stop := make(chan struct{})
	for i := range 2 {
		running.Go(func() { transform(t, b, fmt.Sprintf("txn-%d", i), stop) })
	}
	out := client(t, b, kgo.ConsumeTopics("out"), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	got := consume(t, out, n)
	b.Crash()
	b.Restart()
	got = append(got, consume(t, out, 3*n-len(got))...)
	close(stop)
	running.Wait()
	slices.Sort(got)
	if len(got) != 3*n || len(slices.Compact(got)) != 3*n {
		t.Errorf("%d records of %d came, %d different ones", len(got), 3*n, len(slices.Compact(got)))
	}
}

func transform(t *testing.T, b *brokertest.Broker, id string, stop chan struct{}) {
	s, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(b.Addr()), kgo.TransactionalID(id), kgo.ConsumerGroup("etl"), kgo.ConsumeTopics("in"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMinAge(20*time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
	)
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	for {
		select {
		case <-stop:
			return
		default:
		}
		c, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		f := s.PollRecords(c, 25)
		cancel()
		if f.NumRecords() == 0 {
			continue
		}
		if err := s.Begin(); err != nil {
			t.Error(err)
			return
		}
		first := kgo.AbortingFirstErrPromise(s.Client())
		f.EachRecord(func(r *kgo.Record) {
			s.Produce(context.Background(), &kgo.Record{Topic: "out", Value: r.Value}, first.Promise())
		})
		commit := kgo.TransactionEndTry(first.Err() == nil)
		c, cancel = context.WithTimeout(context.Background(), 15*time.Second)
		if _, err := s.End(c, commit); err != nil {
			t.Logf("%s ends: %v", id, err)
		}
		cancel()
	}
}
