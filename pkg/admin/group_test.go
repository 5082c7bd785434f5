package admin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
)

// commit commits an offset for a group without members.
func commit(t *testing.T, cl *kgo.Client, group, topic string, partition int32, at int64, metadata string) {
	t.Helper()
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: topic, Partition: partition, At: at, LeaderEpoch: -1, Metadata: metadata})
	if err := kadm.NewClient(cl).CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
}

func describeGroup(t *testing.T, cl *kgo.Client, group string) admin.GroupDescription {
	t.Helper()
	groups, err := admin.DescribeGroups(t.Context(), cl, admin.DescribeGroupsOptions{Groups: []string{group}})
	if err != nil || groups[0].Error != nil {
		t.Fatal(groups, err)
	}
	return groups[0]
}

// inTransaction writes records to partition 0 of a topic in a transaction, which is
// then ended as told, or left open.
func inTransaction(t *testing.T, cl *kgo.Client, topic string, n int, end *kgo.TransactionEndTry) {
	t.Helper()
	p, err := kgo.NewClient(append(cl.Opts(), kgo.TransactionalID("x"), kgo.DefaultProduceTopic(topic))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := p.ProduceSync(t.Context(), kgo.StringRecord("v")).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if end != nil {
		if err := p.EndTransaction(t.Context(), *end); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGroupLagCountsRecords: the marker at the end of a transaction, and what was
// aborted, is nothing to read.
func TestGroupLagCountsRecords(t *testing.T) {
	cl := start(t)
	create(t, cl, "t", 1)
	committed, aborted := kgo.TryCommit, kgo.TryAbort
	inTransaction(t, cl, "t", 2, &committed) // offsets 0 1, marker 2
	for at, want := range map[int64]int64{0: 3, 1: 2, 2: 0, 3: 0} {
		commit(t, cl, "g", "t", 0, at, "")
		if g := describeGroup(t, cl, "g"); g.Lag != want || *g.Partitions[0].Lag != want || *g.Partitions[0].End != 3 {
			t.Errorf("at %d the lag is %d, want %d", at, g.Lag, want)
		}
	}
	inTransaction(t, cl, "t", 3, &aborted) // offsets 3 4 5, marker 6
	commit(t, cl, "g", "t", 0, 2, "")
	if g := describeGroup(t, cl, "g"); g.Lag != 0 {
		t.Errorf("before an aborted transaction the lag is %d", g.Lag)
	}
	commit(t, cl, "other", "t", 0, 0, "") // elsewhere in the same partition
	lags, err := admin.GroupLags(t.Context(), cl, admin.GroupLagsOptions{})
	if err != nil || len(lags) != 2 || lags[0].Lag != 0 || lags[1].Lag != 7 {
		t.Errorf("%+v, %v", lags, err)
	}
	inTransaction(t, cl, "t", 1, nil)
	if g := describeGroup(t, cl, "g"); g.Lag != 6 {
		t.Errorf("before an open transaction the lag is %d", g.Lag)
	}
}

func TestDescribeGroupKeepsMetadata(t *testing.T) {
	cl := start(t)
	create(t, cl, "t", 2)
	fill(t, cl, "t", 1, 3, time.UnixMilli(1000))
	commit(t, cl, "g", "t", 1, 2, "why")
	g := describeGroup(t, cl, "g")
	if g.Type != admin.ClassicGroup || g.Active() || len(g.Partitions) != 1 || g.Lag != 1 {
		t.Fatalf("%+v", g)
	}
	p := g.Partitions[0]
	if p.Number != 1 || *p.Current != 2 || p.Metadata != "why" || *p.Start != 0 || *p.End != 3 || p.Member != "" {
		t.Errorf("%+v", p)
	}
	// A copy has it too, and keeps what lies outside of the log.
	commit(t, cl, "g", "t", 0, 77, "far")
	plan, err := admin.ResetGroup(t.Context(), cl, admin.ResetGroupOptions{Group: "copy", ToGroup: "g", Exact: true})
	if err != nil || len(plan) != 2 || *plan[0].After != 77 || plan[0].Before != nil {
		t.Fatalf("%+v, %v", plan, err)
	}
	c := describeGroup(t, cl, "copy")
	if c.Partitions[0].Metadata != "far" || *c.Partitions[0].Current != 77 || *c.Partitions[0].Lag != 0 || c.Partitions[1].Metadata != "why" {
		t.Errorf("%+v", c.Partitions)
	}
	offsets, err := admin.GroupOffsets(t.Context(), cl, []string{"copy", "g"})
	if err != nil || len(offsets) != 4 || offsets[0].Group != "copy" || offsets[0].Offset != 77 || offsets[3].Group != "g" {
		t.Errorf("%+v, %v", offsets, err)
	}
}

func TestResetGroupAsksFirst(t *testing.T) {
	cl := start(t)
	create(t, cl, "t", 2)
	fill(t, cl, "t", 0, 10, time.UnixMilli(1_000_000))
	commit(t, cl, "g", "t", 0, 5, "")
	no := errors.New("no")
	reset := func(to admin.GroupPlace, change func(o *admin.ResetGroupOptions)) ([]admin.ResetPartition, error) {
		o := admin.ResetGroupOptions{Group: "g", To: &to}
		if change != nil {
			change(&o)
		}
		return admin.ResetGroup(t.Context(), cl, o)
	}
	var asked []admin.ResetPartition
	_, err := reset(admin.GroupPlace{Kind: admin.PlaceShift, N: -3}, func(o *admin.ResetGroupOptions) {
		o.Approve = func(plan []admin.ResetPartition) error {
			asked = plan
			return no
		}
	})
	if !errors.Is(err, no) || len(asked) != 1 || *asked[0].Before != 5 || *asked[0].After != 2 || *asked[0].Moved != -3 || !asked[0].Changed {
		t.Fatalf("%+v, %v", asked, err)
	}
	if at := *describeGroup(t, cl, "g").Partitions[0].Current; at != 5 {
		t.Errorf("after a no it is at %d", at)
	}
	// The record at 1,003,000 ms has offset 3; after the last one comes the end.
	for at, want := range map[int64]int64{1_003_000: 3, 1_002_001: 3, 0: 0, 9_000_000: 10} {
		plan, err := reset(admin.GroupPlace{Kind: admin.PlaceTime, Time: time.UnixMilli(at)}, nil)
		if err != nil || *plan[0].After != want {
			t.Errorf("at %d: %+v, %v", at, plan, err)
		}
	}
	commit(t, cl, "g", "t", 0, 10, "")
	plan, err := reset(admin.GroupPlace{Kind: admin.PlaceOffset, N: 99}, nil)
	if err != nil || *plan[0].After != 10 || *plan[0].Wanted != 99 || plan[0].Changed {
		t.Errorf("%+v, %v", plan, err)
	}
	_, err = reset(admin.GroupPlace{}, func(o *admin.ResetGroupOptions) { o.ToGroup = "h" })
	if !errors.Is(err, admin.ErrOptions) {
		t.Errorf("two places at once: %v", err)
	}
	_, err = reset(admin.GroupPlace{}, func(o *admin.ResetGroupOptions) { o.Group = "empty" })
	if !errors.Is(err, admin.ErrNoOffsets) {
		t.Errorf("a group without offsets: %v", err)
	}
	_, err = reset(admin.GroupPlace{}, func(o *admin.ResetGroupOptions) {
		o.Topics = []admin.TopicPartitions{{Topic: "nosuch"}}
	})
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("a topic that does not exist: %v", err)
	}
}

// TestGroupWithMembers is refused what is its members' own.
func TestGroupWithMembers(t *testing.T) {
	cl := start(t)
	create(t, cl, "t", 2)
	m, err := kgo.NewClient(append(cl.Opts(), kgo.ConsumerGroup("g"), kgo.ConsumeTopics("t"), kgo.InstanceID("one"), kgo.ClientID("c"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	go func() {
		for !m.PollFetches(t.Context()).IsClientClosed() && t.Context().Err() == nil {
		}
	}()
	var g admin.GroupDescription
	for g.State != "Stable" {
		groups, err := admin.DescribeGroups(t.Context(), cl, admin.DescribeGroupsOptions{Groups: []string{"g"}})
		if err != nil {
			t.Fatal(err)
		}
		g = groups[0]
	}
	if len(g.Members) != 1 || *g.Members[0].Instance != "one" || g.Members[0].Client != "c" || g.Members[0].Partitions() != 2 ||
		!slices.Equal(g.Members[0].Subscription, []string{"t"}) || g.Assignor == "" || g.Coordinator.Address == "" {
		t.Errorf("%+v", g)
	}
	if len(g.Partitions) != 2 || g.Partitions[0].Member != g.Members[0].ID || g.Partitions[0].Current != nil || *g.Partitions[0].Lag != 0 {
		t.Errorf("%+v", g.Partitions)
	}
	_, err = admin.ResetGroup(t.Context(), cl, admin.ResetGroupOptions{Group: "g", To: &admin.GroupPlace{}, Topics: []admin.TopicPartitions{{Topic: "t"}}})
	if !errors.Is(err, admin.ErrGroupActive) {
		t.Errorf("reset: %v", err)
	}
	deleted, err := admin.DeleteGroups(t.Context(), cl, admin.DeleteGroupsOptions{Groups: []string{"g"}})
	if err != nil || !errors.Is(deleted[0].Error, kerr.NonEmptyGroup) {
		t.Errorf("delete: %+v, %v", deleted, err)
	}
	removed, err := admin.RemoveMembers(t.Context(), cl, admin.RemoveMembersOptions{Group: "g", Instances: []string{"one", "two"}, DryRun: true})
	if err != nil || len(removed) != 2 || !removed[0].Removed || !errors.Is(removed[1].Error, kerr.UnknownMemberID) {
		t.Errorf("remove: %+v, %v", removed, err)
	}
	m.Close() // a static member stays
	removed, err = admin.RemoveMembers(t.Context(), cl, admin.RemoveMembersOptions{Group: "g", All: true})
	if err != nil || len(removed) != 1 || !removed[0].Removed || removed[0].Client != "c" {
		t.Errorf("remove: %+v, %v", removed, err)
	}
	if g := describeGroup(t, cl, "g"); g.Active() {
		t.Errorf("%+v", g)
	}
	deleted, err = admin.DeleteGroups(t.Context(), cl, admin.DeleteGroupsOptions{Groups: []string{".*"}, Regexp: true})
	if err != nil || len(deleted) != 1 || !deleted[0].Deleted {
		t.Errorf("delete: %+v, %v", deleted, err)
	}
}
