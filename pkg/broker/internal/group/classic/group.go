package classic

import (
	"slices"
	"time"

	"kq/pkg/broker/internal/group/machine"
)

// Options are the broker's configs that groups go by.
type Options struct {
	// InitialRebalanceDelay is how long an empty group waits for more members
	// after the first (group.initial.rebalance.delay.ms).
	InitialRebalanceDelay time.Duration
	// MaxSize is how many members a group may have (group.max.size).
	MaxSize int
}

// newMemberTimeout is the session of a member that waits for its first generation
// (Kafka's NEW_MEMBER_JOIN_TIMEOUT): its client sends no heartbeats meanwhile.
const newMemberTimeout = 5 * time.Minute

// protocolConsumer is the protocol type of consumers, whose metadata say what they
// subscribe to.
const protocolConsumer = "consumer"

// State of a group.
type State uint8

// The states. Kafka's Dead is a group that the driver has dropped.
const (
	Empty State = iota
	PreparingRebalance
	CompletingRebalance
	Stable
)

// String is Kafka's name of a state, which tools compare.
func (s State) String() string {
	return [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable"}[s]
}

// Group is one classic group. It belongs to one caller at a time.
type Group struct {
	id   string
	opts *Options
	now  machine.Now // of the step

	state, previous State
	stateMs         int64 // wall clock of the last change of state; -1 unknown
	protocolType    string
	protocol        *string // what the generation agreed upon
	generation      int32
	leader          string // member id, empty for none

	members    map[string]*member
	order      []*member         // members in the order in which they joined
	static     map[string]string // instance id to member id
	pending    map[string]bool   // ids that were given and have not joined yet (KIP-394)
	unsynced   map[string]bool   // members of this generation that have not sent SyncGroup
	awaiting   int               // members whose JoinGroup waits
	supports   map[string]int    // protocol to how many members can speak it
	subscribed map[string]bool   // topics of the generation; nil when not known
	delay      initialDelay      // of the first rebalance
	fx         *machine.Effects  // of the step
	rebalances bool              // it is to rebalance with Loaded
	created    bool              // there is a record of the group, or one is being appended
}

// initialDelay is the first rebalance of an empty group, which waits for members.
type initialDelay struct {
	running   bool
	delay     time.Duration // the present one
	remaining time.Duration // what is left of the rebalance timeout after it
	newMember bool          // one joined during it
}

// New returns an empty group that is nowhere on disk.
func New(id string, o *Options, unixMs int64) *Group {
	return &Group{
		id: id, opts: o, stateMs: unixMs,
		members: make(map[string]*member), static: make(map[string]string),
		pending: make(map[string]bool), unsynced: make(map[string]bool), supports: make(map[string]int),
	}
}

// ID is the group's name.
func (g *Group) ID() string { return g.id }

// State is the present one.
func (g *Group) State() State { return g.state }

// Generation counts rebalances.
func (g *Group) Generation() int32 { return g.generation }

// ProtocolType is what the members are (consumer, connect…), empty before the
// first.
func (g *Group) ProtocolType() string { return g.protocolType }

// Protocol is what the generation agreed upon, empty for none.
func (g *Group) Protocol() string {
	if g.protocol == nil {
		return ""
	}
	return *g.protocol
}

// Leader is the member id of the leader, empty for none.
func (g *Group) Leader() string { return g.leader }

// Rebalancing says that a rebalance is under way.
func (g *Group) Rebalancing() bool {
	return g.state == PreparingRebalance || g.state == CompletingRebalance
}

func (g *Group) transition(to State) {
	g.previous, g.state, g.stateMs = g.state, to, g.now.UnixMs
}

// add takes a member in; call is its JoinGroup, nil when it is loaded.
func (g *Group) add(m *member, call machine.Call) {
	if m.instance != nil {
		g.static[*m.instance] = m.id
	}
	if g.leader == "" {
		g.leader = m.id
	}
	g.members[m.id] = m
	g.order = append(g.order, m)
	g.count(m, 1)
	m.join = call
	if call != nil {
		g.awaiting++
	}
	delete(g.pending, m.id)
}

// remove drops a member, joined or pending. A leader is followed by the member
// that joined next.
func (g *Group) remove(id string) {
	if m := g.members[id]; m != nil {
		delete(g.members, id)
		g.order = slices.DeleteFunc(g.order, func(o *member) bool { return o == m })
		g.count(m, -1)
		if m.join != nil {
			g.awaiting--
		}
		if m.instance != nil {
			delete(g.static, *m.instance)
		}
	}
	if g.leader == id {
		g.leader = ""
		if len(g.order) > 0 {
			g.leader = g.order[0].id
		}
	}
	delete(g.pending, id)
	delete(g.unsynced, id)
}

func (g *Group) count(m *member, n int) {
	for _, p := range m.protocols {
		if g.supports[p.Name] += n; g.supports[p.Name] == 0 {
			delete(g.supports, p.Name)
		}
	}
}

// update takes over what a member says when it joins again.
func (g *Group) update(m *member, protocols []Protocol, rebalance, session time.Duration, call machine.Call) {
	g.count(m, -1)
	m.protocols = protocols
	g.count(m, 1)
	m.rebalanceTimeout, m.sessionTimeout = rebalance, session
	switch {
	case call != nil && m.join == nil:
		g.awaiting++
	case call == nil && m.join != nil:
		g.awaiting--
	}
	m.join = call
}

// allJoined says that nobody is waited for in a rebalance.
func (g *Group) allJoined() bool {
	return len(g.members) == g.awaiting && len(g.pending) == 0
}

// rebalanceTimeout is the longest of the members'.
func (g *Group) rebalanceTimeout() (longest time.Duration) {
	for _, m := range g.order {
		longest = max(longest, m.rebalanceTimeout)
	}
	return longest
}

// accepts says whether a member with these protocols can be in the group: it has
// one that all the others can speak.
func (g *Group) accepts(protocolType string, protocols []Protocol) bool {
	if g.state == Empty {
		return protocolType != "" && len(protocols) > 0
	}
	return protocolType == g.protocolType && slices.ContainsFunc(protocols, func(p Protocol) bool {
		return g.supports[p.Name] == len(g.members)
	})
}

// selectProtocol is what the members vote for: each for the first of its own that
// all can speak. Of equal ones the one that the first voters prefer is taken.
func (g *Group) selectProtocol() string {
	votes := make(map[string]int)
	var best string
	for _, m := range g.order {
		for _, p := range m.protocols {
			if g.supports[p.Name] == len(g.members) {
				votes[p.Name]++
				break
			}
		}
	}
	for _, m := range g.order {
		for _, p := range m.protocols {
			if votes[p.Name] > votes[best] {
				best = p.Name
			}
		}
	}
	return best
}
