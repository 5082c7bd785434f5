package classic

import (
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/machine"
)

func groupKey(id string) []byte {
	return staterec.GroupKey{Group: id}.Append(nil)
}

// record adds the group's record, each member as changed makes it (nil: as it is).
func (g *Group) record(changed func(*member) *member) {
	v := staterec.GroupValue{ProtocolType: g.protocolType, Generation: g.generation, Protocol: g.protocol, StateMs: g.stateMs}
	for _, m := range g.order {
		was := m.id
		if changed != nil {
			m = changed(m)
		}
		if was == g.leader {
			v.Leader = &m.id
		}
		v.Members = append(v.Members, staterec.GroupMember{
			ID: m.id, InstanceID: m.instance, ClientID: m.client.ID, ClientHost: m.client.Host,
			RebalanceTimeoutMs: int32(m.rebalanceTimeout.Milliseconds()),
			SessionTimeoutMs:   int32(m.sessionTimeout.Milliseconds()),
			Subscription:       m.metadata(g.Protocol()), Assignment: m.assignment,
		})
	}
	g.created = true
	g.fx.Records = append(g.fx.Records, machine.Record{Key: groupKey(g.id), Value: v.Append(nil)})
}

// emptyRecord is the record of a group that has just begun to be.
func (g *Group) emptyRecord() machine.Record {
	v := staterec.GroupValue{StateMs: g.stateMs}
	return machine.Record{Key: groupKey(g.id), Value: v.Append(nil)}
}

// Load makes a group from its record. It is Stable, or Empty without members.
func Load(id string, v *staterec.GroupValue, o *Options) *Group {
	g := New(id, o, v.StateMs)
	g.created = true
	g.protocolType, g.protocol, g.generation = v.ProtocolType, v.Protocol, v.Generation
	for i := range v.Members {
		rm := &v.Members[i]
		if g.members[rm.ID] != nil {
			continue // no Kafka writes that
		}
		m := &member{
			id: rm.ID, instance: rm.InstanceID, client: machine.Client{ID: rm.ClientID, Host: rm.ClientHost},
			rebalanceTimeout: time.Duration(rm.RebalanceTimeoutMs) * time.Millisecond,
			sessionTimeout:   time.Duration(rm.SessionTimeoutMs) * time.Millisecond,
			protocols:        []Protocol{{g.Protocol(), rm.Subscription}}, assignment: rm.Assignment,
		}
		if rm.RebalanceTimeoutMs < 0 {
			m.rebalanceTimeout = m.sessionTimeout
		}
		g.add(m, nil)
	}
	if v.Leader != nil && g.members[*v.Leader] != nil {
		g.leader = *v.Leader
	}
	if len(g.order) > 0 {
		g.state = Stable
	}
	g.subscribed = g.subscriptions()
	return g
}
