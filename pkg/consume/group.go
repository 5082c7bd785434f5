package consume

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Group is how to be a member of a consumer group. Reading begins where the group
// is, and at Options.From in partitions that it has no offset of.
type Group struct {
	Name     string // empty for none
	Instance string // of a static member (group.instance.id, KIP-345), which does not leave; empty for a dynamic one
	NoCommit bool   // change no offset of the group
	Balancer string // of Balancers; empty for whatever the group has
}

// The balancers: the assignors of the classic protocol, and the one of KIP-848,
// in which the broker assigns.
const (
	BalanceRange       = "range"
	BalanceRoundRobin  = "roundrobin"
	BalanceSticky      = "sticky"
	BalanceCooperative = "cooperative"
	BalanceConsumer    = "consumer"
)

// Balancers lists the values of Group.Balancer.
func Balancers() []string {
	return []string{BalanceRange, BalanceRoundRobin, BalanceSticky, BalanceCooperative, BalanceConsumer}
}

func (g *Group) validate(o *Options) error {
	switch {
	case g.Name == "" && *g != (Group{}):
		return fmt.Errorf("%w: a member of no group", ErrOptions)
	case g.Name == "":
		return nil
	case o.Partitions != nil:
		return fmt.Errorf("%w: a group assigns partitions itself", ErrOptions)
	case o.Tail > 0:
		return fmt.Errorf("%w: a tail, and a group, which has its own place to begin", ErrOptions)
	case len(o.Starts) > 0 || o.Each > 0:
		return fmt.Errorf("%w: places to begin, and a group, which has its own", ErrOptions)
	case g.Balancer != "" && !slices.Contains(Balancers(), g.Balancer):
		return fmt.Errorf("%w: no balancer is called %q", ErrOptions, g.Balancer)
	}
	return nil
}

// The pace of a member: how often it commits what is written, how long it waits
// for a partition of its own when others have them all, and how long the last
// commit and leaving may take.
const (
	commitEvery = time.Second
	patientFor  = 5 * time.Second
	leaveWithin = 5 * time.Second
)

// clientOptions are those of the client that is the member, beside the ones of
// Options.ClientOptions.
func (m *member) clientOptions() []kgo.Opt {
	g := &m.options.Group
	opts := []kgo.Opt{
		kgo.ConsumerGroup(g.Name),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(), // no partition goes while its records are written
		kgo.AdjustFetchOffsetsFn(m.begin),
		kgo.OnPartitionsAssigned(m.assigned),
		kgo.OnPartitionsRevoked(m.revoked),
		kgo.OnPartitionsLost(m.lost),
		kgo.WithPools(&m.pool),
	}
	if g.Instance != "" {
		opts = append(opts, kgo.InstanceID(g.Instance))
	}
	topics := m.options.Topics
	if m.options.Regex {
		opts = append(opts, kgo.ConsumeRegex())
		topics = nil
		for _, t := range m.options.Topics {
			topics = append(topics, "^(?:"+t+")$")
		}
	}
	return append(opts, kgo.ConsumeTopics(topics...), balancers(g.Balancer))
}

// balancers turns a name into an option. Without one all are offered, those first
// that other clients offer too, so that a group of any of them can be joined.
func balancers(name string) kgo.Opt {
	switch name {
	case BalanceRange:
		return kgo.Balancers(kgo.RangeBalancer())
	case BalanceRoundRobin:
		return kgo.Balancers(kgo.RoundRobinBalancer())
	case BalanceSticky:
		return kgo.Balancers(kgo.StickyBalancer())
	case BalanceCooperative:
		return kgo.Balancers(kgo.CooperativeStickyBalancer())
	}
	return kgo.Balancers(kgo.RangeBalancer(), kgo.RoundRobinBalancer(), kgo.StickyBalancer(), kgo.CooperativeStickyBalancer())
}
