package consumer

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// firstEpoch are the group and the assignment epoch of a new group. It is not
// written: the first member makes it 2.
const firstEpoch = 1

// Group is one consumer group. It belongs to one caller at a time.
type Group struct {
	id string
	o  *Options

	epoch int32 // grows when the subscriptions or their topics change
	hash  int64 // of the topics subscribed to

	assignmentEpoch int32                        // the group epoch that target was made for
	assignmentMs    int64                        // wall clock when it was made; 0 unknown
	assignedAt      time.Duration                // the same by the driver's clock; negative: before it started
	target          map[string]assign.Assignment // by member id

	members  map[string]*member
	came     map[string]int            // the order in which members came
	comers   int                       // members that ever came
	static   map[string]string         // instance id to member id
	owners   map[topicPartition]string // member ids
	resolved map[string]resolution     // patterns

	checked    int64           // version of the topics that hash is of; -1 none
	joining    map[string]bool // classic members whose join timer runs
	resolving  bool            // the timer that resolves patterns runs
	resolvedAt time.Duration   // when patterns were last resolved by the driver's clock; negative: before it started
	created    bool            // there are records of the group
	oldTopics  bool            // there is a record of kind ConsumerPartitions, which is not written any more
}

// resolution is what a pattern came to.
type resolution struct {
	topics  []string // sorted
	version int64    // of the topics
	ms      int64    // wall clock
}

// New returns an empty group that is nowhere on disk.
func New(id string, o *Options) *Group {
	return &Group{
		id: id, o: o, epoch: firstEpoch, assignmentEpoch: firstEpoch, assignedAt: -1, resolvedAt: -1, checked: -1,
		target: make(map[string]assign.Assignment), members: make(map[string]*member), came: make(map[string]int), static: make(map[string]string),
		owners: make(map[topicPartition]string), resolved: make(map[string]resolution), joining: make(map[string]bool),
	}
}

// ID is the group's name.
func (g *Group) ID() string { return g.id }

// Persisted says whether there are records of the group.
func (g *Group) Persisted() bool { return g.created }

// The states of a group, by Kafka's names.
const (
	Empty       = "Empty"
	Assigning   = "Assigning"   // the target assignment is behind the subscriptions
	Reconciling = "Reconciling" // members are behind the target assignment
	Stable      = "Stable"
)

// State is the present one.
func (g *Group) State() string {
	switch {
	case len(g.members) == 0:
		return Empty
	case g.epoch > g.assignmentEpoch:
		return Assigning
	}
	for _, m := range g.members {
		if !m.reconciled(g.assignmentEpoch) {
			return Reconciling
		}
	}
	return Stable
}

// Info tells what lists and the driver ask.
func (g *Group) Info() machine.Info {
	return machine.Info{
		Type: "consumer", State: g.State(), ProtocolType: "consumer", Empty: len(g.members) == 0,
		Subscribed: g.subscribed,
		Tombstones: func() []machine.Record { return g.records(g.tombstones(nil)) },
	}
}

func (g *Group) subscribed(topic string) bool {
	for _, m := range g.members {
		if _, ok := slices.BinarySearch(m.topics, topic); ok {
			return true
		}
	}
	for _, r := range g.resolved {
		if _, ok := slices.BinarySearch(r.topics, topic); ok {
			return true
		}
	}
	return false
}

func (g *Group) records(changes []change) []machine.Record {
	out := make([]machine.Record, len(changes))
	for i, c := range changes {
		out[i] = c.record(g.id)
	}
	return out
}

// tombstones delete the group. Renamed has other ids for members that this step
// has replaced.
func (g *Group) tombstones(renamed map[string]string) []change {
	var out []change
	ids := g.memberIDs()
	for i, id := range ids {
		ids[i] = cmp.Or(renamed[id], id)
	}
	for _, kind := range []staterec.Kind{staterec.ConsumerCurrent, staterec.ConsumerTargetMember, staterec.ConsumerMember} {
		for _, id := range ids {
			out = append(out, change{kind: kind, member: id})
		}
		if kind == staterec.ConsumerTargetMember {
			out = append(out, change{kind: staterec.ConsumerTarget})
		}
	}
	for _, regex := range slices.Sorted(maps.Keys(g.resolved)) {
		out = append(out, change{kind: staterec.ConsumerRegex, regex: regex})
	}
	return append(out, change{kind: staterec.ConsumerPartitions}, change{kind: staterec.ConsumerGroup})
}

// memberIDs are in the order of Kafka's map.
func (g *Group) memberIDs() []string {
	ids := slices.Collect(maps.Keys(g.members))
	assign.TimelineOrder(ids, func(id string) int { return g.came[id] })
	return ids
}

// topics is the present image; it is never nil.
func (g *Group) topics() assign.Topics {
	if t := g.o.Topics(); t != nil {
		return t
	}
	return assign.NoTopics{}
}

// Commit says whether offsets may be committed (ConsumerGroup.validateOffsetCommit).
// An epoch that is behind is good for the partitions that the member has had since
// then (KIP-1251).
func (g *Group) Commit(c machine.Commit) (machine.PartitionCheck, *kerr.Error) {
	if c.Epoch < 0 && len(g.members) == 0 {
		return nil, nil // an admin, or a consumer that is in no group
	}
	if c.Transactional && c.Epoch == -1 && c.Member == "" && c.Instance == nil {
		return nil, nil
	}
	m := g.members[c.Member]
	switch {
	case m == nil:
		return nil, kerr.UnknownMemberID
	case !c.Transactional && m.classic == nil && c.Version < memberEpochVersion:
		return nil, kerr.UnsupportedVersion
	case c.Epoch > m.epoch:
		return nil, m.stale()
	case c.Epoch == m.epoch:
		return nil, nil
	}
	return func(_ string, t assign.TopicID, partition int32) *kerr.Error {
		since, ok := m.assigned[t][partition]
		if !ok {
			since, ok = m.pending[t][partition]
		}
		if !ok || c.Epoch < since {
			return m.stale()
		}
		return nil
	}, nil
}

// memberEpochVersion is the first OffsetCommit and OffsetFetch that has member epochs.
const memberEpochVersion = 9

// Fetch says whether a member may read offsets (ConsumerGroup.validateOffsetFetch).
func (g *Group) Fetch(id string, epoch int32) *kerr.Error {
	m := g.members[id]
	if m == nil {
		return kerr.UnknownMemberID
	}
	if m.epoch != epoch {
		return m.stale()
	}
	return nil
}

// stale is the answer to an epoch that is not the member's.
func (m *member) stale() *kerr.Error {
	if m.classic != nil {
		return kerr.IllegalGeneration
	}
	return kerr.StaleMemberEpoch
}

// Expiry tells which offsets expire: those of topics that nobody subscribes to.
func (g *Group) Expiry() machine.Expiry { return machine.Expiry{SinceMs: -1} }

// milliseconds of a duration in an int32.
func milliseconds(d time.Duration) int32 { return int32(min(d.Milliseconds(), math.MaxInt32)) }
