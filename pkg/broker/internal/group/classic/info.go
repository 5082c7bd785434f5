package classic

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// Info tells what lists and the driver ask.
func (g *Group) Info() machine.Info {
	return machine.Info{
		Type: "classic", State: g.state.String(), ProtocolType: g.protocolType, Empty: g.state == Empty,
		Subscribed: g.subscribes,
		Tombstones: func() []machine.Record { return []machine.Record{{Key: groupKey(g.id)}} },
	}
}

// subscribes says whether a member subscribes to a topic. While a group of consumers
// has metadata that do not parse, it is taken to subscribe to all.
func (g *Group) subscribes(topic string) bool {
	if g.subscribed == nil {
		return g.protocolType == protocolConsumer
	}
	return g.subscribed[topic]
}

// Commit says whether offsets may be committed (ClassicGroup.validateOffsetCommit).
// Anybody may while the group is empty, without a generation.
func (g *Group) Commit(c machine.Commit) (machine.PartitionCheck, *kerr.Error) {
	return nil, g.commit(c)
}

func (g *Group) commit(c machine.Commit) *kerr.Error {
	if c.Epoch < 0 && g.state == Empty {
		return nil
	}
	switch {
	case c.Epoch >= 0 || c.Member != "" || c.Instance != nil:
		if err := g.validate(c.Member, c.Instance); err != nil {
			return err
		}
		if c.Epoch != g.generation {
			return kerr.IllegalGeneration
		}
	case !c.Transactional: // old transactional producers do not say who they are
		return kerr.UnknownMemberID
	}
	if !c.Transactional && g.state == CompletingRebalance {
		return kerr.RebalanceInProgress
	}
	return nil
}

// Fetch lets everybody read offsets.
func (g *Group) Fetch(string, int32) *kerr.Error { return nil }

// Expiry tells which offsets expire (ClassicGroup.offsetExpirationCondition, KIP-211).
func (g *Group) Expiry() machine.Expiry {
	switch {
	case g.protocolType == "":
		return machine.Expiry{SinceMs: -1} // nobody ever joined
	case g.state == Empty:
		return machine.Expiry{SinceMs: g.stateMs}
	case g.state == Stable && g.protocolType == protocolConsumer && g.subscribed != nil:
		return machine.Expiry{SinceMs: -1}
	}
	return machine.Expiry{Never: true}
}

// Describe is the group as DescribeGroups shows it. Metadata is there once
// the group is stable, and assignments are the last that there were.
func (g *Group) Describe() kmsg.DescribeGroupsResponseGroup {
	d := kmsg.NewDescribeGroupsResponseGroup()
	d.Group, d.State, d.ProtocolType = g.id, g.state.String(), g.protocolType
	if g.state == Stable {
		d.Protocol = g.Protocol()
	}
	for _, m := range g.order {
		dm := kmsg.NewDescribeGroupsResponseGroupMember()
		dm.MemberID, dm.InstanceID, dm.ClientID, dm.ClientHost = m.id, m.instance, m.client.ID, m.client.Host
		dm.MemberAssignment = m.assignment
		if g.state == Stable {
			dm.ProtocolMetadata = m.metadata(g.Protocol())
		}
		d.Members = append(d.Members, dm)
	}
	return d
}

// subscriptions are the topics of a group of consumers, nil when they are not known.
func (g *Group) subscriptions() map[string]bool {
	if g.protocolType != protocolConsumer {
		return nil
	}
	out := make(map[string]bool)
	for _, m := range g.order {
		topics, ok := subscription(m.metadata(g.Protocol()))
		if !ok {
			return nil
		}
		for _, t := range topics {
			out[t] = true
		}
	}
	return out
}

// subscription reads the topics of a consumer's metadata
// (ConsumerProtocol.deserializeConsumerProtocolSubscription): a version, then an
// array of names, which is where all versions begin.
func subscription(b []byte) (topics []string, ok bool) {
	short := func() (n int, ok bool) {
		if len(b) < 2 {
			return 0, false
		}
		n, b = int(int16(uint16(b[0])<<8|uint16(b[1]))), b[2:]
		return n, true
	}
	if version, ok := short(); !ok || version < 0 || len(b) < 4 {
		return nil, false
	}
	n := int(int32(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])))
	b = b[4:]
	for range n {
		size, ok := short()
		if !ok || size < 0 || size > len(b) {
			return nil, false
		}
		topics, b = append(topics, string(b[:size])), b[size:]
	}
	return topics, true
}
