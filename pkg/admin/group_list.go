package admin

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The types of groups, as Kafka calls them (GroupType).
const (
	ClassicGroup  = "classic"  // JoinGroup and SyncGroup, or only committed offsets
	ConsumerGroup = "consumer" // KIP-848
	ShareGroup    = "share"    // KIP-932
	StreamsGroup  = "streams"  // KIP-1071
)

// GroupTypes lists the types of groups.
func GroupTypes() []string { return []string{ClassicGroup, ConsumerGroup, ShareGroup, StreamsGroup} }

// GroupStates lists the states of groups of all types (GroupState).
func GroupStates() []string {
	return []string{"Stable", "Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "NotReady", "Dead"}
}

// ListGroupsOptions chooses groups.
type ListGroupsOptions struct {
	Match  *regexp.Regexp // names to list; nil for all
	Types  []string       // of GroupTypes, in any case; empty for all
	States []string       // of GroupStates, in any case; empty for all
}

// Validate finds types and states that do not exist.
func (o *ListGroupsOptions) Validate() error {
	if err := knownWords("type", o.Types, GroupTypes()); err != nil {
		return err
	}
	return knownWords("state", o.States, GroupStates())
}

func knownWords(what string, words, known []string) error {
	for _, w := range words {
		if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, w) }) {
			continue
		}
		return fmt.Errorf("%w: no group has %s %q: there are %s", ErrOptions, what, w, strings.Join(known, ", "))
	}
	return nil
}

func (o *ListGroupsOptions) chooses(g Group) bool {
	is := func(value string) func(string) bool {
		return func(wanted string) bool { return strings.EqualFold(value, wanted) }
	}
	return (o.Match == nil || o.Match.MatchString(g.Name)) &&
		(len(o.Types) == 0 || slices.ContainsFunc(o.Types, is(g.Type))) &&
		(len(o.States) == 0 || slices.ContainsFunc(o.States, is(g.State)))
}

// Group is a group as a list shows it.
type Group struct {
	Name        string `json:"group"`
	Type        string `json:"type"`     // of GroupTypes; empty before Kafka 3.8
	Protocol    string `json:"protocol"` // what its members speak: consumer, connect, …; empty for offsets alone
	State       string `json:"state"`    // of GroupStates; empty before Kafka 2.6
	Coordinator int32  `json:"coordinator"`
}

// ListGroups returns the groups of the cluster, sorted by name. Those of brokers
// that do not answer are left out, unless none answers.
func ListGroups(ctx context.Context, cl *kgo.Client, o ListGroupsOptions) ([]Group, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	groups := []Group{}
	answers, failed := 0, error(nil)
	// All are asked for, so that older brokers, which know no filters, do as well.
	for _, shard := range cl.RequestSharded(ctx, kmsg.NewPtrListGroupsRequest()) {
		if shard.Err != nil {
			failed = shard.Err
			continue
		}
		resp := shard.Resp.(*kmsg.ListGroupsResponse)
		if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
			failed = err
			continue
		}
		answers++
		for _, g := range resp.Groups {
			listed := Group{
				Name: g.Group, Type: strings.ToLower(g.GroupType), Protocol: g.ProtocolType,
				State: g.GroupState, Coordinator: shard.Meta.NodeID,
			}
			if o.chooses(listed) {
				groups = append(groups, listed)
			}
		}
	}
	if answers == 0 && failed != nil {
		return nil, fmt.Errorf("list groups: %w", failed)
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	return groups, nil
}
