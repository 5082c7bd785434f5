package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeGroupsOptions names groups.
type DescribeGroupsOptions struct {
	Groups []string
}

// Validate finds what no cluster would take.
func (o *DescribeGroupsOptions) Validate() error { return checkGroups(o.Groups) }

func checkGroups(names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("%w: no group", ErrOptions)
	}
	for _, name := range names {
		if name == "" {
			return fmt.Errorf("%w: a group without a name", ErrOptions)
		}
	}
	return nil
}

// GroupDescription is all that there is to know of a group.
type GroupDescription struct {
	Name        string           `json:"group"`
	Type        string           `json:"type"`     // of GroupTypes
	Protocol    string           `json:"protocol"` // what its members speak: consumer, connect, …
	State       string           `json:"state"`    // of GroupStates
	Assignor    string           `json:"assignor"` // range, uniform, …; empty without members
	Epoch       *int32           `json:"epoch"`    // of the group; null in classic groups
	Coordinator GroupCoordinator `json:"coordinator"`
	Members     []GroupMember    `json:"members"`    // by client and id
	Partitions  []GroupPartition `json:"partitions"` // by topic and number
	Lag         int64            `json:"lag"`        // of all partitions that it is known of
	Error       *Error           `json:"error,omitempty"`
}

// GroupCoordinator is the broker that keeps a group.
type GroupCoordinator struct {
	ID      int32  `json:"id"`
	Address string `json:"address"` // HOST:PORT
}

// Active tells that the group has members, or is about to.
func (g *GroupDescription) Active() bool {
	return len(g.Members) > 0 || g.State != "" && g.State != "Empty" && g.State != "Dead"
}

// DescribeGroups tells of groups: their members, and how far they are in each
// partition that they have an offset of, have assigned, or are subscribed to.
// They come in the order given.
func DescribeGroups(ctx context.Context, cl *kgo.Client, o DescribeGroupsOptions) ([]GroupDescription, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := unique(o.Groups)
	found, err := lookUpGroups(ctx, cl, names)
	if err != nil {
		return nil, fmt.Errorf("describe groups: %w", err)
	}
	groups := make([]GroupDescription, len(names))
	for i, name := range names {
		groups[i] = *found[name]
	}
	if err := fillOffsets(ctx, cl, groups); err != nil {
		return nil, fmt.Errorf("describe groups: %w", err)
	}
	return groups, nil
}

// lookUpGroups describes groups without their offsets. A cluster has a request
// for each type: the classic one goes first, since every cluster has it, then the
// others for the groups that it did not find.
func lookUpGroups(ctx context.Context, cl *kgo.Client, names []string) (map[string]*GroupDescription, error) {
	l := groupLookup{client: cl, found: map[string]*GroupDescription{}, left: names}
	classic := kmsg.NewPtrDescribeGroupsRequest()
	classic.Groups = names
	failed := l.ask(ctx, classic)
	// The first question of a cluster's life makes the topic that groups live in.
	for began := time.Now(); anyStarting(failed) && ctx.Err() == nil && time.Since(began) < startingFor; {
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
		failed = l.ask(ctx, classic)
	}
	if len(l.found) == 0 && len(failed) == len(names) {
		return nil, failed[names[0]]
	}
	l.settle(failed)
	for _, request := range []func([]string) kmsg.Request{askConsumerGroups, askShareGroups, askStreamsGroups} {
		if len(l.left) > 0 {
			// It fails where a cluster does not have the type.
			_ = l.ask(ctx, request(l.left))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, name := range l.left {
		l.found[name] = &GroupDescription{
			Name: name, Members: []GroupMember{}, Partitions: []GroupPartition{}, Error: itemError(kerr.GroupIDNotFound, "the group does not exist"),
		}
	}
	return l.found, nil
}

// startingFor is how long coordinators may take to start.
const startingFor = 5 * time.Second

// anyStarting tells that some groups' coordinators are not there yet.
func anyStarting(failed map[string]error) bool {
	for _, err := range failed {
		for _, e := range []error{kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress, kerr.NotCoordinator} {
			if errors.Is(err, e) {
				return true
			}
		}
	}
	return false
}

type groupLookup struct {
	client *kgo.Client
	found  map[string]*GroupDescription
	left   []string // not found yet
}

func askConsumerGroups(names []string) kmsg.Request {
	r := kmsg.NewPtrConsumerGroupDescribeRequest()
	r.Groups = names
	return r
}

func askShareGroups(names []string) kmsg.Request {
	r := kmsg.NewPtrShareGroupDescribeRequest()
	r.GroupIDs = names
	return r
}

func askStreamsGroups(names []string) kmsg.Request {
	r := kmsg.NewPtrStreamsGroupDescribeRequest()
	r.Groups = names
	return r
}

// ask sends a request to the coordinators, and returns what failed.
func (l *groupLookup) ask(ctx context.Context, req kmsg.Request) map[string]error {
	failed := map[string]error{}
	for _, shard := range l.client.RequestSharded(ctx, req) {
		if shard.Err != nil {
			for _, name := range groupsOf(shard.Req) {
				failed[name] = shard.Err
			}
			continue
		}
		at := GroupCoordinator{ID: shard.Meta.NodeID, Address: net.JoinHostPort(shard.Meta.Host, strconv.Itoa(int(shard.Meta.Port)))}
		for _, g := range describedGroups(shard.Resp) {
			if errors.Is(g.Error, kerr.GroupIDNotFound) || g.Error == nil && g.Type == ClassicGroup && g.State == "Dead" {
				continue
			}
			g.Coordinator = at
			sortMembers(g.Members)
			l.found[g.Name] = g
		}
	}
	l.settle(nil)
	return failed
}

// settle takes what was found, or failed for good, off the list.
func (l *groupLookup) settle(failed map[string]error) {
	var left []string
	for _, name := range l.left {
		if err := failed[name]; err != nil {
			l.found[name] = &GroupDescription{Name: name, Members: []GroupMember{}, Partitions: []GroupPartition{}, Error: itemError(err, "")}
		}
		if l.found[name] == nil {
			left = append(left, name)
		}
	}
	l.left = left
}

func groupsOf(req kmsg.Request) []string {
	switch r := req.(type) {
	case *kmsg.DescribeGroupsRequest:
		return r.Groups
	case *kmsg.ConsumerGroupDescribeRequest:
		return r.Groups
	case *kmsg.ShareGroupDescribeRequest:
		return r.GroupIDs
	case *kmsg.StreamsGroupDescribeRequest:
		return r.Groups
	}
	return nil
}

// describedGroups makes one shape of the answers to all types of groups.
func describedGroups(resp kmsg.Response) []*GroupDescription {
	var out []*GroupDescription
	add := func(g GroupDescription, code int16, message *string) *GroupDescription {
		g.Members, g.Partitions, g.Error = []GroupMember{}, []GroupPartition{}, codeError(code, message)
		out = append(out, &g)
		return &g
	}
	switch r := resp.(type) {
	case *kmsg.DescribeGroupsResponse:
		for i := range r.Groups {
			in := &r.Groups[i]
			g := add(GroupDescription{Name: in.Group, Type: ClassicGroup, Protocol: in.ProtocolType, State: in.State, Assignor: in.Protocol}, in.ErrorCode, in.ErrorMessage)
			for j := range in.Members {
				g.Members = append(g.Members, classicMember(&in.Members[j], in.ProtocolType))
			}
		}
	case *kmsg.ConsumerGroupDescribeResponse:
		for i := range r.Groups {
			in := &r.Groups[i]
			g := add(GroupDescription{Name: in.Group, Type: ConsumerGroup, Protocol: "consumer", State: in.State, Assignor: in.AssignorName, Epoch: &in.Epoch}, in.ErrorCode, in.ErrorMessage)
			for j := range in.Members {
				g.Members = append(g.Members, consumerMember(&in.Members[j]))
			}
		}
	case *kmsg.ShareGroupDescribeResponse:
		for i := range r.Groups {
			in := &r.Groups[i]
			g := add(GroupDescription{Name: in.GroupID, Type: ShareGroup, Protocol: "share", State: in.GroupState, Assignor: in.Assignor, Epoch: &in.GroupEpoch}, in.ErrorCode, in.ErrorMessage)
			for j := range in.Members {
				g.Members = append(g.Members, shareMember(&in.Members[j]))
			}
		}
	case *kmsg.StreamsGroupDescribeResponse:
		for i := range r.Groups {
			in := &r.Groups[i]
			g := add(GroupDescription{Name: in.Group, Type: StreamsGroup, Protocol: "streams", State: in.State, Epoch: &in.Epoch}, in.ErrorCode, in.ErrorMessage)
			for j := range in.Members {
				g.Members = append(g.Members, streamsMember(&in.Members[j]))
			}
		}
	}
	return out
}
