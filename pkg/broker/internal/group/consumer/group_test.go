package consumer

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// two has two members with all of a topic's partitions between them.
func two(t *testing.T) (d *driver, a, b assign.Assignment) {
	d = newDriver(t, grouptest.Topics("t"))
	d.want(d.beat(beat{member: "a", topics: []string{"t"}}), nil, 2)
	d.want(d.beat(beat{member: "b", topics: []string{"t"}}), nil, 3)
	d.want(d.beat(beat{member: "a", epoch: 2}), nil, 2)
	keep := d.group().members["a"].assigned.partitions()
	d.want(d.beat(beat{member: "a", epoch: 2, owned: keep}), nil, 3)
	d.want(d.beat(beat{member: "b", epoch: 3}), nil, 3)
	a, b = d.group().members["a"].assigned.partitions(), d.group().members["b"].assigned.partitions()
	id := d.topics.ID("t")
	if d.group().State() != Stable || len(a[id])+len(b[id]) != 3 || len(b[id]) == 0 {
		t.Fatalf("%s: %v and %v", d.group().State(), a, b)
	}
	return d, a, b
}

func TestReconcile(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	r := d.beat(beat{member: "a", topics: []string{"t"}})
	d.want(r, nil, 2)
	id := d.topics.ID("t")
	all := assign.Assignment{id: {0, 1, 2}}
	if got := assigned(r); !got.Equal(all) {
		t.Fatalf("first member got %v", got)
	}
	// The second has to wait until the first has let go.
	r = d.beat(beat{member: "b", topics: []string{"t"}})
	d.want(r, nil, 3)
	if got := assigned(r); len(got) != 0 {
		t.Fatalf("second member got %v at once", got)
	}
	if d.beat(beat{member: "b", epoch: 3}).Assignment != nil {
		t.Error("an assignment that has not changed is told again")
	}
	r = d.beat(beat{member: "a", epoch: 2})
	d.want(r, nil, 2)
	keep := assigned(r)
	if len(keep[id]) != 2 && len(keep[id]) != 1 {
		t.Fatalf("first member keeps %v", keep)
	}
	d.want(d.beat(beat{member: "a", epoch: 2, owned: all}), nil, 2) // not yet
	if len(d.group().members["b"].assigned) != 0 {
		t.Fatal("the second has partitions that the first has not let go of")
	}
	d.want(d.beat(beat{member: "a", epoch: 2, owned: keep}), nil, 3)
	r = d.beat(beat{member: "b", epoch: 3})
	if got := assigned(r); len(got[id])+len(keep[id]) != 3 {
		t.Errorf("second member got %v beside %v", got, keep)
	}
	if s := d.group().State(); s != Stable {
		t.Error(s)
	}
}

// TestRefusals has each error of a heartbeat.
func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		b    beat
		want *kerr.Error
		msg  string
	}{
		"no member id in version 1":    {beat{topics: []string{"t"}}, kerr.InvalidRequest, "MemberId can't be empty."},
		"epoch below -2":               {beat{member: "a", epoch: -3}, kerr.InvalidRequest, "MemberEpoch is invalid."},
		"join without subscription":    {beat{member: "x"}, kerr.InvalidRequest, "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."},
		"join with partitions":         {beat{member: "x", topics: []string{"t"}, owned: assign.Assignment{assign.TopicID{1}: {0}}}, kerr.InvalidRequest, "TopicPartitions must be empty when (re-)joining."},
		"join without timeout":         {beat{member: "x", topics: []string{"t"}, rebalance: -1}, kerr.InvalidRequest, "RebalanceTimeoutMs must be provided in first request."},
		"static leave, no instance":    {beat{member: "a", epoch: -2}, kerr.InvalidRequest, "InstanceId can't be null."},
		"unknown assignor":             {beat{member: "x", topics: []string{"t"}, assignor: "sticky"}, kerr.UnsupportedAssignor, "ServerAssignor sticky is not supported. Supported assignors: uniform, range."},
		"bad pattern":                  {beat{member: "x", regex: "("}, kerr.InvalidRegularExpression, "SubscribedTopicRegex `(` is not a valid regular expression: missing closing )."},
		"unknown member":               {beat{member: "x", epoch: 3}, kerr.UnknownMemberID, "Member x is not a member of group g."},
		"unknown member leaves":        {beat{member: "x", epoch: -1}, kerr.UnknownMemberID, "Member x is not a member of group g."},
		"epoch too high":               {beat{member: "a", epoch: 4}, kerr.FencedMemberEpoch, "The consumer group member has a greater member epoch (4) than the one known by the group coordinator (3). The member must abandon all its partitions and rejoin."},
		"epoch too low":                {beat{member: "a", epoch: 1}, kerr.FencedMemberEpoch, "The consumer group member has a smaller member epoch (1) than the one known by the group coordinator (3). The member must abandon all its partitions and rejoin."},
		"previous epoch, not a subset": {beat{member: "a", epoch: 2, owned: assign.Assignment{assign.TopicID{1}: {0}}}, kerr.FencedMemberEpoch, ""},
		"unknown instance":             {beat{member: "a", epoch: 3, instance: "i"}, kerr.UnknownMemberID, "Instance id i is unknown."},
		"instance of another":          {beat{member: "a", epoch: 3, instance: "s"}, kerr.FencedInstanceID, "Static member a with instance id s was fenced by member c."},
		"another leaves":               {beat{member: "a", epoch: -2, instance: "s"}, kerr.FencedInstanceID, ""},
		"instance in use":              {beat{member: "x", instance: "s", topics: []string{"t"}}, kerr.UnreleasedInstanceID, "Static member x with instance id s cannot join the group because the instance id is owned by c member."},
		"full":                         {beat{member: "y", topics: []string{"t"}}, kerr.GroupMaxSizeReached, "The consumer group has reached its maximum capacity of 3 members."},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, _ := two(t)
			d.o.Assignors = []string{Uniform, Range}
			d.config.AssignmentInterval = time.Hour
			d.beat(beat{member: "c", instance: "s", topics: []string{"t"}})
			if name == "full" {
				d.o.MaxSize = 3
			}
			records := len(d.log)
			r := d.beat(tt.b)
			d.want(r, tt.want, 0)
			if got := text(r.ErrorMessage); tt.msg != "" && got != tt.msg {
				t.Errorf("message %q\nwant    %q", got, tt.msg)
			}
			if len(d.log) != records {
				t.Errorf("%d records of a refused heartbeat", len(d.log)-records)
			}
		})
	}
}

func TestUnknownGroup(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	r := d.beat(beat{member: "a", epoch: 5})
	d.want(r, kerr.GroupIDNotFound, 0)
}

// TestMemberIDMade: version 0 leaves the id to the broker.
func TestMemberIDMade(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	q := beat{topics: []string{"t"}, older: 1}
	d.calls = 6
	d.o.MaxSize = 1
	r := d.beat(q)
	d.want(r, nil, 2)
	if text(r.MemberID) != "made-7" {
		t.Errorf("id %q", text(r.MemberID))
	}
}

// TestLostAnswer: a heartbeat with the epoch before is that of a client which did not
// get the last answer.
func TestLostAnswer(t *testing.T) {
	d, a, _ := two(t)
	d.want(d.beat(beat{member: "a", epoch: 2, owned: a}), nil, 3)
	d.want(d.beat(beat{member: "a", epoch: 2, owned: assign.Assignment{}}), nil, 3)
	d.want(d.beat(beat{member: "a", epoch: 2}), kerr.FencedMemberEpoch, 0)
}

func TestSessionTimeout(t *testing.T) {
	d, _, _ := two(t)
	d.pass(30 * time.Second)
	d.want(d.beat(beat{member: "a", epoch: 3}), nil, 3)
	d.pass(20 * time.Second)
	if d.group().members["b"] != nil {
		t.Fatal("a silent member is still there")
	}
	r := d.beat(beat{member: "a", epoch: 3})
	d.want(r, nil, 4)
	if got := assigned(r)[d.topics.ID("t")]; len(got) != 3 {
		t.Errorf("the other has %v", got)
	}
	d.pass(time.Minute)
	if s := d.group().State(); s != Empty {
		t.Error(s)
	}
}

// TestFailedFence: a member stays until it can be written that it is gone.
func TestFailedFence(t *testing.T) {
	d, _, _ := two(t)
	d.refuse = kerr.NotCoordinator
	d.pass(45 * time.Second)
	if n := len(d.group().members); n != 1 {
		t.Fatalf("%d members", n)
	}
	d.pass(time.Second)
	if n := len(d.group().members); n != 0 {
		t.Fatalf("%d members after another try", n)
	}
}

func TestRebalanceTimeout(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	d.want(d.beat(beat{member: "a", topics: []string{"t"}, rebalance: 7_000}), nil, 2)
	d.want(d.beat(beat{member: "b", topics: []string{"t"}}), nil, 3)
	d.want(d.beat(beat{member: "a", epoch: 2}), nil, 2) // has to revoke
	all := assign.Assignment{d.topics.ID("t"): {0, 1, 2}}
	for range 6 {
		d.pass(time.Second)
		d.want(d.beat(beat{member: "a", epoch: 2, owned: all}), nil, 2)
	}
	d.pass(2 * time.Second)
	d.want(d.beat(beat{member: "a", epoch: 2, owned: all}), kerr.UnknownMemberID, 0)
	r := d.beat(beat{member: "b", epoch: 3})
	if got := assigned(r)[d.topics.ID("t")]; !slices.Equal(got, []int32{0, 1, 2}) {
		t.Errorf("the other has %v", got)
	}
}

// TestStatic: a static member leaves for a while and comes back under another id to
// its partitions; nobody else notices.
func TestStatic(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	d.want(d.beat(beat{member: "a", instance: "i", topics: []string{"t"}}), nil, 2)
	d.want(d.beat(beat{member: "a", instance: "i", epoch: -2}), nil, -2)
	d.restart()
	r := d.beat(beat{member: "a2", instance: "i", topics: []string{"t"}})
	d.want(r, nil, 2)
	if got := assigned(r)[d.topics.ID("t")]; len(got) != 3 {
		t.Errorf("it has %v", got)
	}
	d.want(d.beat(beat{member: "a", instance: "i", epoch: 2}), kerr.FencedInstanceID, 0)
	d.want(d.beat(beat{member: "a2", instance: "i", epoch: -2}), nil, -2)
	d.want(d.beat(beat{member: "a2", instance: "i", topics: []string{"t"}}), nil, 2) // under the same id too
	d.want(d.beat(beat{member: "a2", instance: "i", epoch: -1}), nil, -1)
	d.pass(time.Minute)
	if d.group().State() != Empty || len(d.group().static) != 0 {
		t.Errorf("%s, %v", d.group().State(), d.group().static)
	}
}

// TestTopicsChange: topics that are created, grow or are deleted bump the group epoch.
func TestTopicsChange(t *testing.T) {
	d := newDriver(t, grouptest.Topics())
	r := d.beat(beat{member: "a", topics: []string{"t", "u"}})
	d.want(r, nil, 2)
	epoch := int32(2)
	for _, change := range []struct {
		topic      string
		partitions int32
		bumps      bool
		all        int
	}{{"t", 2, true, 2}, {"other", 5, false, 2}, {"u", 1, true, 3}, {"t", 4, true, 5}, {"u", 0, true, 4}} {
		d.topics = d.topics.With(change.topic, change.partitions)
		owns := d.group().members["a"].assigned.partitions()
		for _, id := range owns.Topics() {
			if d.topics.TopicName(id) == "" {
				delete(owns, id)
			}
		}
		d.beat(beat{member: "a", epoch: epoch, owned: owns})
		if change.bumps {
			epoch++
		}
		r := d.beat(beat{member: "a", epoch: epoch, full: true, topics: []string{"t", "u"}, owned: owns})
		d.want(r, nil, epoch)
		n := 0
		for _, ps := range assigned(r) {
			n += len(ps)
		}
		if n != change.all {
			t.Errorf("after %v: %d partitions, want %d", change, n, change.all)
		}
	}
}

// TestInterval: target assignments are an interval apart, whatever the wall clock does.
func TestInterval(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	d.config.AssignmentInterval = time.Second
	d.want(d.beat(beat{member: "a", topics: []string{"t"}}), nil, 2)
	d.Now.UnixMs -= 3_600_000
	d.want(d.beat(beat{member: "b", topics: []string{"t"}}), nil, 2)
	if s := d.group().State(); s != Assigning {
		t.Error(s)
	}
	d.pass(time.Second)
	d.want(d.beat(beat{member: "b", epoch: 2}), nil, 3)
	d.Now.UnixMs -= 3_600_000
	d.restart()
	d.want(d.beat(beat{member: "c", topics: []string{"t"}}), nil, 4)
}

func TestRegex(t *testing.T) {
	d := newDriver(t, grouptest.Topics("logs-a", "logs-b", "other"))
	r := d.beat(beat{member: "a", regex: "logs-.*"})
	d.want(r, nil, 1)
	if got := assigned(r); len(got) != 0 {
		t.Errorf("got %v before the pattern is resolved", got)
	}
	d.pass(0)
	r = d.beat(beat{member: "a", epoch: 1})
	d.want(r, nil, 2)
	if got := assigned(r); len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	owns := assigned(r)
	d.topics = d.topics.With("logs-c", 1).With("my-logs-d", 1)
	d.want(d.beat(beat{member: "a", epoch: 2, owned: owns}), nil, 2) // too soon
	d.pass(11 * time.Second)
	d.want(d.beat(beat{member: "a", epoch: 2, owned: owns}), nil, 2)
	d.pass(0)
	r = d.beat(beat{member: "a", epoch: 2, owned: owns})
	d.want(r, nil, 3)
	if got := assigned(r); len(got) != 3 {
		t.Errorf("got %v", got)
	}
	if !d.group().Info().Subscribed("logs-c") || d.group().Info().Subscribed("other") {
		t.Error("subscribed to other topics than the pattern's")
	}
	d.restart()
	if len(d.group().resolved) != 1 {
		t.Fatalf("read back: %v", d.group().resolved)
	}
	d.want(d.beat(beat{member: "a", epoch: -1}), nil, -1)
	if n := len(d.group().resolved); n != 0 {
		t.Errorf("%d patterns are kept of nobody", n)
	}
}

func TestCommitAndFetch(t *testing.T) {
	d, a, b := two(t)
	g, id := d.group(), d.topics.ID("t")
	for _, tt := range []struct {
		c    machine.Commit
		want *kerr.Error
	}{
		{machine.Commit{Member: "a", Epoch: 3, Version: 9}, nil},
		{machine.Commit{Member: "a", Epoch: 3, Version: 8}, kerr.UnsupportedVersion},
		{machine.Commit{Member: "a", Epoch: 3, Version: 4, Transactional: true}, nil},
		{machine.Commit{Member: "a", Epoch: 4, Version: 9}, kerr.StaleMemberEpoch},
		{machine.Commit{Member: "x", Epoch: 3, Version: 9}, kerr.UnknownMemberID},
		{machine.Commit{Epoch: -1, Version: 9}, kerr.UnknownMemberID},
		{machine.Commit{Epoch: -1, Version: 2, Transactional: true}, nil},
	} {
		if _, err := g.Commit(tt.c); err != tt.want {
			t.Errorf("%+v: %v, want %v", tt.c, err, tt.want)
		}
	}
	check, err := g.Commit(machine.Commit{Member: "a", Epoch: 2, Version: 10})
	if err != nil || check == nil {
		t.Fatalf("old epoch: %v", err)
	}
	if err := check("t", id, a[id][0]); err != nil {
		t.Errorf("a partition that it has had since: %v", err)
	}
	if err := check("t", id, b[id][0]); err != kerr.StaleMemberEpoch {
		t.Errorf("a partition of another: %v", err)
	}
	check, _ = g.Commit(machine.Commit{Member: "a", Epoch: 1, Version: 10})
	if err := check("t", id, a[id][0]); err != kerr.StaleMemberEpoch {
		t.Errorf("before it was assigned: %v", err)
	}
	for _, tt := range []struct {
		member string
		epoch  int32
		want   *kerr.Error
	}{{"a", 3, nil}, {"a", 2, kerr.StaleMemberEpoch}, {"x", 3, kerr.UnknownMemberID}} {
		if err := g.Fetch(tt.member, tt.epoch); err != tt.want {
			t.Errorf("fetch %+v: %v", tt, err)
		}
	}
}
