package share

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// TestLife is a group from its first member to its deletion.
func TestLife(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	id := d.topics.ID("t")
	r := d.beat(beat{member: "a", topics: []string{"t", "none"}})
	d.want(r, nil, 2)
	if a := assigned(r); a == nil || len(a) != 0 {
		t.Errorf("before there is a state: %v", a)
	}
	if len(d.asked) != 1 || d.asked[0].Topics[0].Partitions[2].StateEpoch != 2 || d.asked[0].Topics[0].Partitions[2].StartOffset != -1 {
		t.Fatalf("asked %+v", d.asked)
	}
	d.want(d.beat(beat{member: "a", epoch: 2}), nil, 2)
	if len(d.asked) != 1 {
		t.Errorf("asked again at once: %+v", d.asked)
	}
	d.made()
	r = d.beat(beat{member: "a", epoch: 2})
	d.want(r, nil, 3)
	if a := assigned(r); !a.Equal(assign.Assignment{id: {0, 1, 2}}) {
		t.Errorf("assigned %v", a)
	}
	d.want(d.beat(beat{member: "b", topics: []string{"t"}}), nil, 4)
	r = d.beat(beat{member: "a", epoch: 3})
	d.want(r, nil, 4)
	if r.Assignment == nil || r.HeartbeatIntervalMillis != 5000 {
		t.Errorf("answer %+v", r)
	}
	if r = d.beat(beat{member: "a", epoch: 4}); r.Assignment != nil {
		t.Errorf("an assignment that is known: %+v", r.Assignment)
	}
	d.topics = d.topics.With("t", 5)
	d.want(d.beat(beat{member: "a", epoch: 4}), nil, 5)
	d.made()
	d.want(d.beat(beat{member: "a", epoch: 5}), nil, 6)
	d.want(d.beat(beat{member: "b", epoch: 4}), nil, 6)
	d.want(d.beat(beat{member: "a", epoch: -1}), nil, -1)
	r = d.beat(beat{member: "b", epoch: 6})
	d.want(r, nil, 7)
	if a := assigned(r); !a.Equal(assign.Assignment{id: {0, 1, 2, 3, 4}}) {
		t.Errorf("b alone has %v", a)
	}
	d.pass(time.Minute)
	if d.g.State() != Empty || !d.g.Info().Empty || len(d.Timers) != 0 {
		t.Errorf("state %s with timers %v after silence", d.g.State(), d.Timers)
	}
	fx, q := d.g.DeleteStates(d.Now)
	d.do(fx)
	if q == nil || len(q.Topics) != 1 || len(q.Topics[0].Partitions) != 5 {
		t.Errorf("to delete: %+v", q)
	}
	d.log = append(d.log, d.g.Info().Tombstones()...)
	if g := d.reload(); g.Persisted() {
		t.Error("the group is still there")
	}
}

// TestAnswers has the errors of heartbeats, with Kafka's texts.
func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		b    beat
		err  *kerr.Error
		text string
	}{
		"no member id":       {beat{topics: []string{"t"}}, kerr.InvalidRequest, ""},
		"long member id":     {beat{member: strings.Repeat("m", 37), topics: []string{"t"}}, kerr.InvalidRequest, ""},
		"blank member id":    {beat{member: " ", topics: []string{"t"}}, kerr.InvalidRequest, "MemberId can't be empty."},
		"blank rack":         {beat{member: "x", rack: " ", topics: []string{"t"}}, kerr.InvalidRequest, "RackId can't be empty."},
		"joins without":      {beat{member: "x"}, kerr.InvalidRequest, "SubscribedTopicNames must be set in first request."},
		"joins with none":    {beat{member: "x", topics: []string{}}, kerr.InvalidRequest, "SubscribedTopicNames must be set in first request."},
		"epoch -2":           {beat{member: "a", epoch: -2}, kerr.InvalidRequest, "MemberEpoch is invalid."},
		"unknown member":     {beat{member: "x", epoch: 1}, kerr.UnknownMemberID, "Member x is not a member of group g."},
		"unknown leaves":     {beat{member: "x", epoch: -1}, kerr.UnknownMemberID, "Member x is not a member of group g."},
		"greater epoch":      {beat{member: "a", epoch: 4}, kerr.FencedMemberEpoch, "The share group member has a greater member epoch (4) than the one known by the group coordinator (3). The member must abandon all its partitions and rejoin."},
		"smaller epoch":      {beat{member: "a", epoch: 1}, kerr.FencedMemberEpoch, "The share group member has a smaller member epoch (1) than the one known by the group coordinator (3), and it does not match the previous member epoch (2). The member must abandon all its partitions and rejoin."},
		"previous epoch":     {beat{member: "a", epoch: 2}, nil, ""},
		"no room":            {beat{member: "c", topics: []string{"t"}}, kerr.GroupMaxSizeReached, "The share group has reached its maximum capacity of 2 members."},
		"joins again":        {beat{member: "a", topics: []string{"t"}}, nil, ""},
		"nothing else":       {beat{member: "a", epoch: 3}, nil, ""},
		"no topics any more": {beat{member: "a", epoch: 3, topics: []string{}}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, grouptest.Topics("t"))
			if c.err == kerr.GroupMaxSizeReached {
				d.o.MaxSize = 2
			}
			d.beat(beat{member: "a", topics: []string{"t"}})
			d.made()
			d.beat(beat{member: "b", topics: []string{"t"}})
			d.beat(beat{member: "a", epoch: 2})
			wrote := len(d.log)
			r := d.beat(c.b)
			if c.err != nil {
				d.want(r, c.err, 0)
				if len(d.log) != wrote {
					t.Errorf("%d records written", len(d.log)-wrote)
				}
			} else if r.ErrorCode != 0 {
				t.Errorf("code %d", r.ErrorCode)
			}
			if textOf(r.ErrorMessage) != c.text {
				t.Errorf("text %q", textOf(r.ErrorMessage))
			}
		})
	}
	d := newDriver(t, grouptest.Topics("t"))
	if r := d.beat(beat{member: "a", epoch: 1}); r.ErrorCode != kerr.GroupIDNotFound.Code || textOf(r.ErrorMessage) != "Share group g not found." {
		t.Errorf("no group: %+v", r)
	}
	if r := d.beat(beat{member: "a", epoch: -1}); r.ErrorCode != kerr.GroupIDNotFound.Code || textOf(r.ErrorMessage) != "Group g not found." {
		t.Errorf("no group to leave: %+v", r)
	}
}

// TestRetry asks the share coordinator again after the interval, after a failure, and
// after a start.
func TestRetry(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	d.beat(beat{member: "a", topics: []string{"t"}})
	d.pass(29 * time.Second)
	if d.beat(beat{member: "a", epoch: 2}); len(d.asked) != 1 {
		t.Fatalf("asked %d times", len(d.asked))
	}
	d.pass(time.Second)
	if d.beat(beat{member: "a", epoch: 2}); len(d.asked) != 2 {
		t.Fatalf("asked %d times after the interval", len(d.asked))
	}
	d.do(d.g.Uninitialized(d.Now, partitionsOf(d.asked[1])))
	if d.beat(beat{member: "a", epoch: 2}); len(d.asked) != 3 {
		t.Fatalf("asked %d times after a failure", len(d.asked))
	}
	d.restart()
	if d.beat(beat{member: "a", epoch: 2}); len(d.asked) != 1 {
		t.Fatalf("asked %d times after a start", len(d.asked))
	}
	d.topics = d.topics.With("t", 0).With("u", 1)
	d.made()
	if !d.g.Partitions().Equal(assign.Assignment{}) {
		t.Errorf("states of a topic that is no more: %v", d.g.Partitions())
	}
}

// TestOffsets alters and deletes offsets.
func TestOffsets(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	id := d.topics.ID("t")
	alter := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	alter.GroupID = "g"
	alter.Topics = []kmsg.AlterShareGroupOffsetsRequestTopic{
		{Topic: "t", Partitions: []kmsg.AlterShareGroupOffsetsRequestTopicPartition{{Partition: 1, StartOffset: 7}, {Partition: 9}, {Partition: -1}}},
		{Topic: "none", Partitions: []kmsg.AlterShareGroupOffsetsRequestTopicPartition{{Partition: 0}}},
	}
	fx, q := d.g.Alter(d.Now, 1, alter)
	d.do(fx)
	resp := d.got[1].(*kmsg.AlterShareGroupOffsetsResponse)
	if len(q.Topics) != 1 || len(q.Topics[0].Partitions) != 1 || q.Topics[0].Partitions[0].StartOffset != 7 || q.Topics[0].Partitions[0].StateEpoch != 1 {
		t.Fatalf("asked %+v", q)
	}
	if ps := resp.Topics[0].Partitions; ps[0].ErrorCode != 0 || ps[1].ErrorCode != 3 || ps[2].ErrorCode != 3 || resp.Topics[1].Partitions[0].ErrorCode != 3 {
		t.Errorf("answer %+v", resp)
	}
	d.do(d.g.Initialized(d.Now, partitionsOf(q)))
	if !d.g.Partitions().Equal(assign.Assignment{id: {1}}) {
		t.Errorf("states %v", d.g.Partitions())
	}
	d.restart()
	if !d.g.Persisted() || d.g.State() != Empty {
		t.Fatal("the group is not there after a restart")
	}

	drop := kmsg.NewPtrDeleteShareGroupOffsetsRequest()
	drop.GroupID, drop.Topics = "g", []kmsg.DeleteShareGroupOffsetsRequestTopic{{Topic: "t"}, {Topic: "none"}}
	fx, del := d.g.DeleteOffsets(d.Now, 2, drop)
	d.do(fx)
	if len(del.Topics) != 1 || len(del.Topics[0].Partitions) != 1 {
		t.Fatalf("asked %+v", del)
	}
	if r := d.got[2].(*kmsg.DeleteShareGroupOffsetsResponse); len(r.Topics) != 1 || r.Topics[0].Topic != "none" || r.Topics[0].ErrorCode != 3 {
		t.Errorf("answer %+v", r)
	}
	fx, del = d.g.DeleteOffsets(d.Now, 3, drop) // again, before the first has an answer
	d.do(fx)
	if len(del.Topics) != 1 || len(del.Topics[0].Partitions) != 3 {
		t.Errorf("asked again %+v", del)
	}
	d.do(d.g.Deleted(d.Now, []assign.TopicID{id}))
	fx, del = d.g.DeleteOffsets(d.Now, 4, drop)
	d.do(fx)
	if r := d.got[4].(*kmsg.DeleteShareGroupOffsetsResponse); del != nil || textOf(r.Topics[0].ErrorMessage) != "There is no offset information to delete." {
		t.Errorf("answer %+v, asked %+v", r, del)
	}

	d.beat(beat{member: "a", topics: []string{"t"}})
	d.do(first(d.g.Alter(d.Now, 5, alter)))
	d.do(first(d.g.DeleteOffsets(d.Now, 6, drop)))
	if a, b := d.got[5].(*kmsg.AlterShareGroupOffsetsResponse), d.got[6].(*kmsg.DeleteShareGroupOffsetsResponse); a.ErrorCode != kerr.NonEmptyGroup.Code || b.ErrorCode != kerr.NonEmptyGroup.Code {
		t.Errorf("with a member: %+v, %+v", a, b)
	}
}

func first[T any](fx machine.Effects, _ T) machine.Effects { return fx }
