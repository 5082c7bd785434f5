package classic

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/group/machine"
)

// Snapshot is a group of consumers as it goes over to the consumer protocol (KIP-848)
// or comes from there.
type Snapshot struct {
	Generation   int32
	ProtocolType string
	Protocol     string // empty before the first generation
	Members      []SnapshotMember
}

// SnapshotMember is one member of a Snapshot. Its bytes are shared.
type SnapshotMember struct {
	ID               string
	Instance         *string
	Client           machine.Client
	RebalanceTimeout time.Duration
	SessionTimeout   time.Duration
	Protocols        []Protocol
	Assignment       []byte
}

// Metadata of a protocol, or of the member's first when it is none of them.
func (m *SnapshotMember) Metadata(protocol string) []byte {
	for _, p := range m.Protocols {
		if p.Name == protocol {
			return p.Metadata
		}
	}
	if len(m.Protocols) == 0 {
		return nil
	}
	return m.Protocols[0].Metadata
}

// Snapshot is the group as it is.
func (g *Group) Snapshot() Snapshot {
	s := Snapshot{Generation: g.generation, ProtocolType: g.protocolType, Protocol: g.Protocol()}
	for _, m := range g.order {
		s.Members = append(s.Members, SnapshotMember{
			ID: m.id, Instance: m.instance, Client: m.client, RebalanceTimeout: m.rebalanceTimeout,
			SessionTimeout: m.sessionTimeout, Protocols: m.protocols, Assignment: m.assignment,
		})
	}
	return s
}

// FromSnapshot makes a group of members that were one of the consumer protocol. It
// is stable; when it is to rebalance, it begins with Loaded.
func FromSnapshot(id string, o *Options, s Snapshot, unixMs int64, rebalance bool) *Group {
	g := New(id, o, unixMs)
	g.created, g.state, g.rebalances = true, Stable, rebalance
	g.protocolType, g.generation = s.ProtocolType, s.Generation
	for _, sm := range s.Members {
		g.add(&member{
			id: sm.ID, instance: sm.Instance, client: sm.Client, rebalanceTimeout: sm.RebalanceTimeout,
			sessionTimeout: sm.SessionTimeout, protocols: sm.Protocols, assignment: sm.Assignment,
		}, nil)
	}
	protocol := g.selectProtocol()
	g.protocol = &protocol
	g.subscribed = g.subscriptions()
	return g
}

// Record is the group's record.
func (g *Group) Record() machine.Record {
	g.fx = &machine.Effects{}
	g.record(nil)
	r := g.fx.Records[0]
	g.fx = nil
	return r
}

// Interrupt answers all who wait that the group rebalances, for its end.
func (g *Group) Interrupt() []machine.Reply {
	g.fx = &machine.Effects{}
	for _, m := range g.order {
		g.answerJoin(m, joinError(m.id, kerr.RebalanceInProgress))
		g.answerSync(m, syncError(kerr.RebalanceInProgress))
	}
	replies := g.fx.Replies
	g.fx = nil
	return replies
}
