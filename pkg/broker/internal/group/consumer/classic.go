package consumer

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// Members of the classic protocol in a consumer group join, sync and send heartbeats
// as always. To them the member epoch is the generation, nobody is the leader, and
// each rebalance of theirs takes them one step towards their target assignment.

// protocolType is that of consumers.
const protocolType = "consumer"

// memberIDVersion is the first JoinGroup whose members ask for an id first (KIP-394).
const memberIDVersion = 4

func (g *Group) stepJoin(s *step, e machine.Join) {
	if len(g.members) == 0 {
		g.becomeClassic(s, e)
		return
	}
	resp, err := g.joinClassic(s, e)
	if err != nil {
		*s = step{g: g, now: s.now}
		resp = kmsg.NewPtrJoinGroupResponse()
		resp.ErrorCode, resp.Generation = err.Code, -1
	}
	s.fx.Reply(e.Call, resp)
}

func (g *Group) joinClassic(s *step, e machine.Join) (*kmsg.JoinGroupResponse, *kerr.Error) {
	q := e.Request
	if o := g.o.Migration; !o.Upgrade && !o.Downgrade || !g.speaks(q) {
		return nil, kerr.InconsistentGroupProtocol
	}
	id := q.MemberID
	if id == "" {
		id = strings.TrimPrefix(e.NewMemberID, e.Name)
	}
	if f := g.full(id); f != nil {
		return nil, f.Err
	}
	if q.MemberID == "" && q.InstanceID == nil && q.Version >= memberIDVersion {
		resp := kmsg.NewPtrJoinGroupResponse()
		resp.ErrorCode, resp.MemberID, resp.Generation = kerr.MemberIDRequired.Code, id, -1
		return resp, nil
	}
	var sub kmsg.ConsumerMemberMetadata
	if sub.ReadFrom(q.Protocols[0].Metadata) != nil {
		return nil, kerr.UnknownServerError
	}
	old := g.memberOrNew(id)
	replaced := (*member)(nil)
	if q.InstanceID != nil {
		replaced = g.members[g.static[*q.InstanceID]]
		var f *machine.Failure
		if old, f = g.staticMember(s, id, *q.InstanceID, 0, owned{}, q.MemberID == ""); f == nil || f.Err != kerr.UnreleasedInstanceID {
			if f != nil {
				return nil, f.Err
			}
		} else {
			old = g.replace(s, replaced, id) // a classic member need not wait
		}
	}
	m := joined(old, q, &sub, e.Client)
	renamed := g.noteMember(s, old, m)
	regex, _ := g.noteRegex(s, old, m)
	changed := renamed || regex != regexSame
	v := g.noteSubscriptions(s, m, changed)
	if replaced != nil && g.downgradesWith(replaced) {
		return g.joinAndDowngrade(s, v, m, changed, g.ownedIDs(&sub))
	}
	m, f := g.follow(s, v, m, changed, g.ownedIDs(&sub))
	if f != nil {
		return nil, f.Err
	}
	s.stop(joinTimer, m.id)
	s.stop(rebalanceTimer, m.id)
	s.set(sessionTimer, m.id, g.session(m))
	s.set(syncTimer, m.id, time.Duration(max(m.rebalanceTimeout, 0))*time.Millisecond)
	return m.joined(), nil
}

// joined answers a JoinGroup.
func (m *member) joined() *kmsg.JoinGroupResponse {
	resp := kmsg.NewPtrJoinGroupResponse()
	kind := protocolType
	resp.MemberID, resp.Generation, resp.ProtocolType, resp.Protocol = m.id, m.epoch, &kind, &m.classic.Protocols[0].Name
	return resp
}

// speaks says whether a classic member can be in the group: it has a protocol that
// all other classic members have.
func (g *Group) speaks(q *kmsg.JoinGroupRequest) bool {
	if q.ProtocolType != protocolType {
		return false
	}
	all, counts := g.classicMembers()
	for i := range q.Protocols {
		if counts[q.Protocols[i].Name] == all {
			return true
		}
	}
	return false
}

// classicMembers counts the members that speak the classic protocol, and those that
// can speak each of its protocols.
func (g *Group) classicMembers() (all int, counts map[string]int) {
	counts = make(map[string]int)
	for _, m := range g.members {
		if m.classic == nil {
			continue
		}
		all++
		for _, p := range m.classic.Protocols {
			counts[p.Name]++
		}
	}
	return all, counts
}

// joined is a member with what a JoinGroup says of it.
func joined(old *member, q *kmsg.JoinGroupRequest, sub *kmsg.ConsumerMemberMetadata, client machine.Client) *member {
	m := *old
	m.clientID, m.host, m.regex, m.topics = client.ID, client.Host, "", nameSet(sub.Topics)
	if q.InstanceID != nil {
		m.instance = *q.InstanceID
	}
	if sub.Rack != nil && *sub.Rack != "" {
		m.rack = *sub.Rack
	}
	if q.RebalanceTimeoutMillis != -1 {
		m.rebalanceTimeout = q.RebalanceTimeoutMillis
	} else if m.rebalanceTimeout == -1 {
		m.rebalanceTimeout = q.SessionTimeoutMillis
	}
	m.classic = &staterec.ClassicMember{SessionTimeoutMs: q.SessionTimeoutMillis}
	for i := range q.Protocols {
		p := &q.Protocols[i]
		if !slices.ContainsFunc(m.classic.Protocols, func(o staterec.ClassicProtocol) bool { return o.Name == p.Name }) {
			m.classic.Protocols = append(m.classic.Protocols, staterec.ClassicProtocol{Name: p.Name, Metadata: bytes.Clone(p.Metadata)})
		}
	}
	return &m
}

// ownedIDs is what a classic member says it has. Old ones do not say: they have let
// go of everything before they join.
func (g *Group) ownedIDs(sub *kmsg.ConsumerMemberMetadata) owned {
	topics := g.topics()
	has := make(owned)
	for i := range sub.OwnedPartitions {
		o := &sub.OwnedPartitions[i]
		if id, _, ok := topics.Topic(o.Topic); ok {
			for _, p := range o.Partitions {
				has[topicPartition{id, p}] = true
			}
		}
	}
	return has
}

// classicMember is the member that a request of the classic protocol is from.
func (g *Group) classicMember(id string, instance *string, generation int32) (*member, *kerr.Error) {
	m := g.members[id]
	if instance != nil {
		m = g.members[g.static[*instance]]
		if m != nil && m.id != id {
			return nil, kerr.FencedInstanceID
		}
	}
	switch {
	case m == nil, m.classic == nil:
		return nil, kerr.UnknownMemberID
	case m.epoch != generation:
		return nil, kerr.IllegalGeneration
	}
	return m, nil
}

// rejoin has a member join again within its rebalance timeout.
func (g *Group) rejoin(s *step, m *member) *kerr.Error {
	if !g.joining[m.id] {
		s.set(joinTimer, m.id, time.Duration(max(m.rebalanceTimeout, 0))*time.Millisecond)
	}
	return kerr.RebalanceInProgress
}

func (g *Group) stepSync(s *step, e machine.Sync) {
	resp := kmsg.NewPtrSyncGroupResponse()
	if err := g.sync(s, e.Request, resp); err != nil {
		resp.ErrorCode = err.Code
	}
	s.fx.Reply(e.Call, resp)
}

func (g *Group) sync(s *step, q *kmsg.SyncGroupRequest, resp *kmsg.SyncGroupResponse) *kerr.Error {
	m, err := g.classicMember(q.MemberID, q.InstanceID, q.Generation)
	if err != nil {
		return err
	}
	if q.ProtocolType != nil && *q.ProtocolType != protocolType || q.Protocol != nil && *q.Protocol != m.classic.Protocols[0].Name {
		return kerr.InconsistentGroupProtocol
	}
	if g.epoch > m.epoch && m.state != staterec.MemberUnrevokedPartitions {
		return g.rejoin(s, m)
	}
	s.stop(syncTimer, m.id)
	s.set(sessionTimer, m.id, g.session(m))
	resp.ProtocolType, resp.Protocol = q.ProtocolType, q.Protocol
	resp.MemberAssignment = assignmentBytes(g.topics(), m.assigned.partitions(), m.classic.Protocols[0].Metadata)
	return nil
}

// assignmentBytes is an assignment as the classic protocol has it, in the version of
// the member's subscription.
func assignmentBytes(topics assign.Topics, a assign.Assignment, subscription []byte) []byte {
	const newest = 3
	var out kmsg.ConsumerMemberAssignment
	if len(subscription) >= 2 {
		out.Version = min(int16(subscription[0])<<8|int16(subscription[1]), newest)
	}
	for _, t := range a.Topics() {
		if name := topics.TopicName(t); name != "" {
			out.Topics = append(out.Topics, kmsg.ConsumerMemberAssignmentTopic{Topic: name, Partitions: a[t]})
		}
	}
	return out.AppendTo(nil)
}

func (g *Group) stepHeartbeat(s *step, e machine.Heartbeat) {
	q := e.Request
	resp := kmsg.NewPtrHeartbeatResponse()
	m, err := g.classicMember(q.MemberID, q.InstanceID, q.Generation)
	if err == nil {
		s.set(sessionTimer, m.id, g.session(m))
		if m.epoch < g.epoch || m.state == staterec.MemberUnrevokedPartitions ||
			m.state == staterec.MemberUnreleasedPartitions && !g.waits(m) {
			err = g.rejoin(s, m)
		}
	}
	if err != nil {
		resp.ErrorCode = err.Code
	}
	s.fx.Reply(e.Call, resp)
}

// waits says whether a member's target has partitions that others still have.
func (g *Group) waits(m *member) bool {
	for t, ps := range g.target[m.id] {
		for _, p := range ps {
			if !m.assigned.has(t, p) && g.owners[topicPartition{t, p}] != "" {
				return true
			}
		}
	}
	return false
}

// stepLeave removes members of either protocol, each with an answer of its own.
func (g *Group) stepLeave(s *step, e machine.Leave) {
	resp := kmsg.NewPtrLeaveGroupResponse()
	var gone []*member
	for i := range e.Request.Members {
		q := &e.Request.Members[i]
		r := kmsg.NewLeaveGroupResponseMember()
		r.MemberID, r.InstanceID = q.MemberID, q.InstanceID
		m, err := g.fenced(q)
		if err != nil {
			r.ErrorCode = err.Code
		} else if !slices.Contains(gone, m) {
			gone = append(gone, m)
		}
		resp.Members = append(resp.Members, r)
	}
	g.fence(s, gone)
	s.fx.Reply(e.Call, resp)
}
