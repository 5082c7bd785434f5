package consumer

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/machine"
)

// Upgrade is a heartbeat of the consumer protocol to a classic group. When its member
// joins the group becomes a consumer group, in which the members that it had go on
// with the classic protocol. What the group was is deleted, what it is now and what
// the join does to it are written as one batch, and Next is the new group.
func Upgrade(old *classic.Group, o *Options, now machine.Now, e machine.ConsumerHeartbeat) machine.Effects {
	g := New(old.ID(), o)
	changes, f := g.takeOver(old, e.Request)
	var fx machine.Effects
	if f != nil {
		fx.Reply(e.Call, Refused(f.Err, f.Message))
		return fx
	}
	for _, c := range changes {
		g.apply(c)
	}
	g.created = true
	fx = g.Step(now, e)
	if len(fx.Records) == 0 {
		return machine.Effects{Replies: fx.Replies} // it could not join
	}
	fx.Records = slices.Concat(old.Info().Tombstones(), g.records(changes), fx.Records)
	fx.Replies = append(old.Interrupt(), fx.Replies...)
	fx.Next = g
	return fx
}

// takeOver is what makes a new group of a classic one, none when that is empty.
func (g *Group) takeOver(old *classic.Group, q *kmsg.ConsumerGroupHeartbeatRequest) ([]change, *machine.Failure) {
	no := func(why string) ([]change, *machine.Failure) {
		return nil, machine.Fail(kerr.GroupIDNotFound, "Cannot upgrade classic group %s to consumer group because %s", g.id, why)
	}
	snap := old.Snapshot()
	switch {
	case q.MemberEpoch != 0:
		return nil, machine.Fail(kerr.GroupIDNotFound, "Group %s is not a consumer group.", g.id)
	case old.State() == classic.Empty:
		return nil, nil
	case !g.o.Migration.Upgrade:
		return no("online upgrade is disabled.")
	case old.ProtocolType() != protocolType:
		return no("the group does not use the consumer embedded protocol.")
	case len(snap.Members) > g.o.MaxSize:
		return no("the group size exceeds the consumer group maximum size.")
	}
	var members []*member
	for i := range snap.Members {
		m, err := g.fromClassic(&snap.Members[i], snap.Protocol, snap.Generation)
		switch {
		case errors.Is(err, errUserData):
			return no("an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.")
		case err != nil:
			return no("the embedded consumer protocol is malformed.")
		}
		members = append(members, m)
	}
	return g.births(members, snap.Generation), nil
}

// births write a group that was another.
func (g *Group) births(members []*member, generation int32) []change {
	s := &step{g: g}
	for _, m := range members {
		s.change(change{kind: staterec.ConsumerMember, member: m.id, value: m.metadata()})
	}
	s.epoch(generation, assign.MetadataHash(g.topics(), g.subscribedNames(members)))
	for _, m := range members {
		s.target(m.id, m.assigned.partitions())
	}
	s.change(change{kind: staterec.ConsumerTarget, value: &staterec.ConsumerGroupTargetAssignmentMetadata{AssignmentEpoch: generation}})
	for _, m := range members {
		s.change(change{kind: staterec.ConsumerCurrent, member: m.id, value: m.current()})
	}
	return s.changes
}

// errUserData is an assignment of an assignor that Kafka does not know.
var errUserData = errors.New("assignment has user data")

// fromClassic is a member of a classic group as one of a consumer group, with the
// partitions that the last generation gave it.
func (g *Group) fromClassic(old *classic.SnapshotMember, protocol string, generation int32) (*member, error) {
	var sub kmsg.ConsumerMemberMetadata
	if err := sub.ReadFrom(old.Metadata(protocol)); err != nil {
		return nil, err
	}
	m := newMember(old.ID)
	m.epoch, m.previous = generation, generation
	m.instance, m.rack, m.topics = text(old.Instance), text(sub.Rack), nameSet(sub.Topics)
	m.clientID, m.host, m.rebalanceTimeout = old.Client.ID, old.Client.Host, milliseconds(old.RebalanceTimeout)
	m.classic = &staterec.ClassicMember{SessionTimeoutMs: milliseconds(old.SessionTimeout)}
	for _, p := range old.Protocols {
		m.classic.Protocols = append(m.classic.Protocols, staterec.ClassicProtocol{Name: p.Name, Metadata: p.Metadata})
	}
	if len(old.Assignment) == 0 {
		return m, nil
	}
	var a kmsg.ConsumerMemberAssignment
	if err := a.ReadFrom(old.Assignment); err != nil {
		return nil, err
	}
	if len(a.UserData) > 0 {
		return nil, errUserData
	}
	topics := g.topics()
	for _, at := range a.Topics {
		if id, _, ok := topics.Topic(at.Topic); ok {
			for _, p := range at.Partitions {
				m.assigned.put(id, p, generation)
			}
		}
	}
	return m, nil
}

// downgrades says whether the group becomes a classic one when some members leave:
// all others speak the classic protocol.
func (g *Group) downgrades(left map[string]bool) bool {
	rest := len(g.members) - len(left)
	for id, m := range g.members {
		if !left[id] && m.classic == nil {
			return false
		}
	}
	return rest > 0 && g.o.Migration.Downgrade && rest <= g.o.Classic.MaxSize
}

// downgradesWith says whether the group becomes a classic one when a classic member
// takes the place of a static one.
func (g *Group) downgradesWith(replaced *member) bool {
	all, _ := g.classicMembers()
	return replaced.classic == nil && all == len(g.members)-1 && g.o.Migration.Downgrade && len(g.members) <= g.o.Classic.MaxSize
}

// errMalformed is a member whose subscription cannot be read.
var errMalformed = errors.New("malformed subscription")

// downgrade makes the group a classic one, without the members that have left. It
// rebalances at once.
func (g *Group) downgrade(s *step, left map[string]bool) error {
	var members []*member
	for _, id := range g.memberIDs() {
		if !left[id] {
			members = append(members, g.members[id])
		}
	}
	return g.toClassic(s, members, nil, g.epoch, true)
}

// joinAndDowngrade is the join of a classic member in the place of the last one of
// the consumer protocol.
func (g *Group) joinAndDowngrade(s *step, v *view, m *member, changed bool, has owned) (*kmsg.JoinGroupResponse, *kerr.Error) {
	epoch := g.epoch
	if v != nil {
		epoch = v.epoch
	}
	rebalance := g.assignmentEpoch < epoch
	if !rebalance {
		next, f := g.reconcile(m, goal{g.assignmentEpoch, g.target[g.formerly(m)]}, changed, has)
		if f != nil {
			return nil, f.Err
		}
		if !next.sameAssignment(m) {
			s.change(change{kind: staterec.ConsumerCurrent, member: next.id, value: next.current()})
		}
		m = next
	}
	members := g.viewWith(m).members
	renamed := map[string]string{g.static[m.instance]: m.id}
	if g.toClassic(s, members, renamed, g.epoch, rebalance) != nil {
		return nil, kerr.GroupIDNotFound
	}
	return m.joined(), nil
}

// toClassic deletes the group and writes the classic one that it becomes.
func (g *Group) toClassic(s *step, members []*member, renamed map[string]string, generation int32, rebalance bool) error {
	snap := classic.Snapshot{Generation: generation, ProtocolType: protocolType}
	topics := g.topics()
	for _, m := range members {
		if m.classic == nil || len(m.classic.Protocols) == 0 {
			return errMalformed
		}
		sm := classic.SnapshotMember{
			ID: m.id, Instance: optional(m.instance), Client: machine.Client{ID: m.clientID, Host: m.host},
			RebalanceTimeout: time.Duration(m.rebalanceTimeout) * time.Millisecond,
			SessionTimeout:   time.Duration(m.classic.SessionTimeoutMs) * time.Millisecond,
		}
		for _, p := range m.classic.Protocols {
			sm.Protocols = append(sm.Protocols, classic.Protocol{Name: p.Name, Metadata: bytes.Clone(p.Metadata)})
		}
		sm.Assignment = assignmentBytes(topics, g.target[g.formerly(m)], m.classic.Protocols[0].Metadata)
		snap.Members = append(snap.Members, sm)
	}
	next := classic.FromSnapshot(g.id, g.o.Classic, snap, s.now.UnixMs, rebalance)
	for _, c := range g.tombstones(renamed) {
		s.change(c)
	}
	s.fx.Next, s.extra = next, []machine.Record{next.Record()}
	return nil
}

// becomeClassic is the join of a classic member to an empty group, of which nothing
// but the offsets remains.
func (g *Group) becomeClassic(s *step, e machine.Join) {
	next := classic.New(g.id, g.o.Classic, s.now.UnixMs)
	fx := next.Step(s.now, e)
	if g.created {
		fx.Records = append(g.records(g.tombstones(nil)), fx.Records...)
	}
	fx.Next = next
	s.whole = &fx
}

// Describe is the group as ConsumerGroupDescribe shows it.
func (g *Group) Describe() kmsg.ConsumerGroupDescribeResponseGroup {
	d := kmsg.NewConsumerGroupDescribeResponseGroup()
	d.Group, d.State, d.Epoch, d.AssignmentEpoch = g.id, g.State(), g.epoch, g.assignmentEpoch
	d.AssignorName = g.assignor(slices.Collect(maps.Values(g.members)))
	topics := g.topics()
	for _, id := range g.memberIDs() {
		m := g.members[id]
		dm := kmsg.NewConsumerGroupDescribeResponseGroupMember()
		regex := m.regex
		dm.MemberID, dm.InstanceID, dm.RackID, dm.MemberEpoch = m.id, optional(m.instance), optional(m.rack), m.epoch
		dm.ClientID, dm.ClientHost, dm.SubscribedTopics, dm.SubscribedTopicRegex = m.clientID, m.host, m.topics, &regex
		has := m.assigned.partitions()
		for t, ps := range m.pending {
			for p := range ps {
				has.Add(t, p)
			}
		}
		dm.Assignment, dm.TargetAssignment = described(topics, has), described(topics, g.target[id])
		dm.MemberType = 1
		if m.classic != nil {
			dm.MemberType = 0
		}
		d.Members = append(d.Members, dm)
	}
	return d
}

// described leaves out topics that are gone.
func described(topics assign.Topics, a assign.Assignment) kmsg.Assignment {
	out := kmsg.NewAssignment()
	for _, t := range a.Topics() {
		if name := topics.TopicName(t); name != "" {
			tp := kmsg.NewAssignmentTopicPartition()
			tp.TopicID, tp.Topic, tp.Partitions = t, name, a[t]
			out.TopicPartitions = append(out.TopicPartitions, tp)
		}
	}
	return out
}
