package classic

import (
	"bytes"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// Protocol is one that a member can speak (an assignor), with the member's
// metadata for it.
type Protocol struct {
	Name     string
	Metadata []byte
}

// member of a group.
type member struct {
	id       string
	instance *string // group.instance.id; nil for a dynamic member
	client   machine.Client

	rebalanceTimeout, sessionTimeout time.Duration

	protocols  []Protocol // in order of preference
	assignment []byte
	isNew      bool         // it was in no generation yet
	join, sync machine.Call // what of it waits
}

// alive says that a member whose session ran out has nevertheless not failed: it
// waits for the group.
func (m *member) alive() bool { return !m.isNew && (m.join != nil || m.sync != nil) }

// metadata for a protocol, nil when the member does not speak it.
func (m *member) metadata(protocol string) []byte {
	for _, p := range m.protocols {
		if p.Name == protocol {
			return p.Metadata
		}
	}
	return nil
}

// matches says that a join brings nothing new.
func (m *member) matches(protocols []Protocol) bool {
	return slices.EqualFunc(m.protocols, protocols, func(a, b Protocol) bool {
		return a.Name == b.Name && bytes.Equal(a.Metadata, b.Metadata)
	})
}

// protocolsOf copies the protocols of a request, whose bytes are not ours. Of two
// with the same name the first counts.
func protocolsOf(q *kmsg.JoinGroupRequest) []Protocol {
	out := make([]Protocol, 0, len(q.Protocols))
	for i := range q.Protocols {
		p := &q.Protocols[i]
		if !slices.ContainsFunc(out, func(o Protocol) bool { return o.Name == p.Name }) {
			out = append(out, Protocol{p.Name, bytes.Clone(p.Metadata)})
		}
	}
	return out
}

// timeoutsOf are the rebalance and session timeouts of a request. Before version 1
// they were one.
func timeoutsOf(q *kmsg.JoinGroupRequest) (rebalance, session time.Duration) {
	session = time.Duration(q.SessionTimeoutMillis) * time.Millisecond
	if q.Version == 0 || q.RebalanceTimeoutMillis < 0 {
		return session, session
	}
	return time.Duration(q.RebalanceTimeoutMillis) * time.Millisecond, session
}
