package admin

import (
	"context"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// GroupLagsOptions chooses groups and topics.
type GroupLagsOptions struct {
	Groups []string          // empty for all of the cluster
	Topics []TopicPartitions // empty for all
}

// Validate finds what no cluster would take.
func (o *GroupLagsOptions) Validate() error {
	if len(o.Groups) == 0 {
		return nil
	}
	return checkGroups(o.Groups)
}

// GroupLag is how far behind a group is.
type GroupLag struct {
	Name    string     `json:"group"`
	Type    string     `json:"type"`
	State   string     `json:"state"`
	Members int        `json:"members"`
	Lag     int64      `json:"lag"` // of all partitions that it is known of
	Topics  []TopicLag `json:"topics"`
	Error   *Error     `json:"error,omitempty"`
}

// TopicLag is how far behind a group is in a topic.
type TopicLag struct {
	Name       string         `json:"topic"`
	Lag        int64          `json:"lag"` // of all partitions that it is known of
	Partitions []PartitionLag `json:"partitions"`
}

// PartitionLag is how far behind a group is in a partition; nil for not known.
type PartitionLag struct {
	Number  int32  `json:"partition"`
	Current *int64 `json:"current"`
	End     *int64 `json:"end"`
	Lag     *int64 `json:"lag"`
	Error   *Error `json:"error,omitempty"`
}

// GroupLags tells how far behind groups are: see GroupPartition.Lag. They come in
// the order given, or by name. Where none is named, those that read nothing of
// Topics are left out; where some are, that is their error.
func GroupLags(ctx context.Context, cl *kgo.Client, o GroupLagsOptions) ([]GroupLag, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := o.Groups
	if len(names) == 0 {
		listed, err := ListGroups(ctx, cl, ListGroupsOptions{})
		if err != nil {
			return nil, err
		}
		for _, g := range listed {
			names = append(names, g.Name)
		}
		if len(names) == 0 {
			return []GroupLag{}, nil
		}
	}
	groups, err := DescribeGroups(ctx, cl, DescribeGroupsOptions{Groups: names})
	if err != nil {
		return nil, err
	}
	out := []GroupLag{}
	for i := range groups {
		g := &groups[i]
		if len(o.Groups) == 0 && errors.Is(g.Error, kerr.GroupIDNotFound) {
			continue // it went away since it was listed
		}
		l := o.lag(g)
		if missing := o.missing(&l); missing != "" && len(o.Groups) > 0 && l.Error == nil {
			l.Error = itemError(ErrNoOffsets, "the group reads nothing of "+missing)
		} else if len(o.Groups) == 0 && len(o.Topics) > 0 && len(l.Topics) == 0 {
			continue // it does not read them
		}
		out = append(out, l)
	}
	return out, nil
}

func (o *GroupLagsOptions) lag(g *GroupDescription) GroupLag {
	l := GroupLag{Name: g.Name, Type: g.Type, State: g.State, Members: len(g.Members), Topics: []TopicLag{}, Error: g.Error}
	for _, p := range g.Partitions {
		if !chosen(o.Topics, p.Topic, p.Number) {
			continue
		}
		if n := len(l.Topics); n == 0 || l.Topics[n-1].Name != p.Topic {
			l.Topics = append(l.Topics, TopicLag{Name: p.Topic, Partitions: []PartitionLag{}})
		}
		t := &l.Topics[len(l.Topics)-1]
		t.Partitions = append(t.Partitions, PartitionLag{Number: p.Number, Current: p.Current, End: p.End, Lag: p.Lag, Error: p.Error})
		if p.Lag != nil {
			t.Lag += *p.Lag
			l.Lag += *p.Lag
		}
	}
	return l
}

// missing is one of Topics that a group has nothing of: a limit on it would hold
// whatever happens.
func (o *GroupLagsOptions) missing(l *GroupLag) string {
	for _, t := range o.Topics {
		if !slices.ContainsFunc(l.Topics, func(have TopicLag) bool { return have.Name == t.Topic }) {
			return t.Topic
		}
	}
	return ""
}
