package share

import (
	"maps"
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

// Group is one share group. It belongs to one caller at a time.
type Group struct {
	id string
	o  *Options

	epoch int32 // grows when the subscriptions, their topics or the partitions with a state change
	hash  int64 // of the topics subscribed to

	assignmentEpoch int32                        // the group epoch that target was made for
	assignmentMs    int64                        // wall clock when it was made; 0 unknown
	assignedAt      time.Duration                // the same by the driver's clock; negative: before it started
	target          map[string]assign.Assignment // by member id

	members map[string]*member
	came    map[string]int // the order in which members came
	comers  int            // members that ever came

	states *states // nil: there is no record of them

	checked int64 // version of the topics that hash is of; -1 none
	created bool  // there are records of the group
}

// New returns an empty group that is nowhere on disk.
func New(id string, o *Options) *Group {
	return &Group{
		id: id, o: o, epoch: firstEpoch, assignmentEpoch: firstEpoch, assignedAt: -1, checked: -1,
		target: make(map[string]assign.Assignment), members: make(map[string]*member), came: make(map[string]int),
	}
}

// Persisted says whether there are records of the group.
func (g *Group) Persisted() bool { return g.created }

// The states of a group, by Kafka's names.
const (
	Empty  = "Empty"
	Stable = "Stable"
)

// State is the present one.
func (g *Group) State() string {
	if len(g.members) == 0 {
		return Empty
	}
	return Stable
}

// Info tells what lists and the driver ask.
func (g *Group) Info() machine.Info {
	return machine.Info{
		Type: "share", State: g.State(), ProtocolType: "share", Empty: len(g.members) == 0,
		Tombstones: func() []machine.Record { return g.records(g.tombstones()) },
	}
}

func (g *Group) records(changes []change) []machine.Record {
	out := make([]machine.Record, len(changes))
	for i, c := range changes {
		out[i] = c.record(g.id)
	}
	return out
}

// tombstones delete the group.
func (g *Group) tombstones() []change {
	var out []change
	ids := g.memberIDs()
	for _, kind := range []staterec.Kind{staterec.ShareCurrent, staterec.ShareTargetMember, staterec.ShareMember} {
		for _, id := range ids {
			out = append(out, change{kind: kind, member: id})
		}
		if kind == staterec.ShareTargetMember {
			out = append(out, change{kind: staterec.ShareTarget})
		}
	}
	return append(out, change{kind: staterec.ShareStatePartitions}, change{kind: staterec.ShareGroup})
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

// Commit refuses: a share group has no offsets that members commit.
func (g *Group) Commit(machine.Commit) (machine.PartitionCheck, *kerr.Error) {
	return nil, kerr.GroupIDNotFound
}

// Fetch lets everybody see that there are none.
func (g *Group) Fetch(string, int32) *kerr.Error { return nil }

// Expiry keeps the group until somebody deletes it.
func (g *Group) Expiry() machine.Expiry { return machine.Expiry{Never: true, Keep: true} }
