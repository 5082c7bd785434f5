package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// RemoveMembersOptions says who is removed from a group.
type RemoveMembersOptions struct {
	Group     string
	Members   []string // ids of members
	Instances []string // ids of static members (group.instance.id)
	All       bool     // everybody
	DryRun    bool
}

// Validate finds what no cluster would take.
func (o *RemoveMembersOptions) Validate() error {
	switch named := len(o.Members)+len(o.Instances) > 0; {
	case named && o.All:
		return fmt.Errorf("%w: all members, and some by name", ErrOptions)
	case !named && !o.All:
		return fmt.Errorf("%w: no member", ErrOptions)
	}
	return checkGroups([]string{o.Group})
}

// RemovedMember is what became of a member.
type RemovedMember struct {
	ID       string  `json:"member"`   // empty where an instance is not known
	Instance *string `json:"instance"` // of a static member
	Client   string  `json:"client"`
	Host     string  `json:"host"`
	Removed  bool    `json:"removed"` // in a dry run: would be
	Error    *Error  `json:"error,omitempty"`

	protocol string
}

// RemoveMembers makes members leave a group, which gives their partitions to
// others: for clients that died and whose session has long to go, and for static
// members, which do not leave when they end. One that lives joins again.
func RemoveMembers(ctx context.Context, cl *kgo.Client, o RemoveMembersOptions) ([]RemovedMember, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	fail := func(err error) error { return fmt.Errorf("remove members of group %q: %w", o.Group, err) }
	found, err := lookUpGroups(ctx, cl, []string{o.Group})
	if err != nil {
		return nil, fail(err)
	}
	g := found[o.Group]
	if g.Error != nil {
		return nil, fail(g.Error)
	}
	plan := o.plan(g)
	if o.DryRun {
		return plan, nil
	}
	for i := range plan {
		if m := &plan[i]; m.Removed && m.protocol != ClassicGroup {
			m.Error = itemError(leaveFor(ctx, cl, o.Group, m), "")
			m.Removed = m.Error == nil
		}
	}
	if err := leaveClassic(ctx, cl, o.Group, plan); err != nil {
		return nil, fail(err)
	}
	return plan, nil
}

// plan finds the members; those that are not there have an error.
func (o *RemoveMembersOptions) plan(g *GroupDescription) []RemovedMember {
	out := []RemovedMember{}
	members, instances := slices.Clone(o.Members), slices.Clone(o.Instances)
	take := func(list *[]string, name string) bool {
		i := slices.Index(*list, name)
		if i >= 0 {
			*list = slices.DeleteFunc(*list, func(s string) bool { return s == name })
		}
		return i >= 0
	}
	for _, m := range g.Members {
		byID := take(&members, m.ID)
		byInstance := m.Instance != nil && take(&instances, *m.Instance)
		if o.All || byID || byInstance {
			out = append(out, RemovedMember{ID: m.ID, Instance: m.Instance, Client: m.Client, Host: m.Host, Removed: true, protocol: m.Protocol})
		}
	}
	missing := func() *Error { return itemError(kerr.UnknownMemberID, "the group has no such member") }
	for _, id := range unique(members) {
		out = append(out, RemovedMember{ID: id, Error: missing()})
	}
	for _, id := range unique(instances) {
		out = append(out, RemovedMember{Instance: &id, Error: missing()})
	}
	return out
}

// leaveClassic removes the members that speak the classic protocol, in one
// request (KIP-345).
func leaveClassic(ctx context.Context, cl *kgo.Client, group string, plan []RemovedMember) error {
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = group
	for _, m := range plan {
		if m.Removed && m.protocol == ClassicGroup {
			r := kmsg.NewLeaveGroupRequestMember()
			r.MemberID, r.InstanceID = m.ID, m.Instance
			r.Reason = kmsg.StringPtr("removed by an administrator with kq")
			req.Members = append(req.Members, r)
		}
	}
	if len(req.Members) == 0 {
		return nil
	}
	resp, err := req.RequestWith(ctx, cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		return err
	}
	for i := range plan {
		for _, a := range resp.Members {
			if m := &plan[i]; m.Removed && m.protocol == ClassicGroup && a.MemberID == m.ID {
				m.Error = codeError(a.ErrorCode, nil)
				m.Removed = m.Error == nil
			}
		}
	}
	return nil
}

// errStreamsMember is a member of a streams group that is to be removed.
var errStreamsMember = errors.New("members of a streams group cannot be removed")

// leaving is the member epoch of a heartbeat that ends a membership (KIP-848).
const leaving = -1

// leaveFor sends the last heartbeat of a member: LeaveGroup does not end what was
// not begun with JoinGroup.
func leaveFor(ctx context.Context, cl *kgo.Client, group string, m *RemovedMember) error {
	var code int16
	var err error
	switch m.protocol {
	case StreamsGroup:
		return errStreamsMember
	case ShareGroup:
		req := kmsg.NewPtrShareGroupHeartbeatRequest()
		req.GroupID, req.MemberID, req.MemberEpoch = group, m.ID, leaving
		var resp *kmsg.ShareGroupHeartbeatResponse
		if resp, err = req.RequestWith(ctx, cl); err == nil {
			code = resp.ErrorCode
		}
	default:
		req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
		req.Group, req.MemberID, req.InstanceID, req.MemberEpoch = group, m.ID, m.Instance, leaving
		var resp *kmsg.ConsumerGroupHeartbeatResponse
		if resp, err = req.RequestWith(ctx, cl); err == nil {
			code = resp.ErrorCode
		}
	}
	if err == nil {
		err = kerr.ErrorForCode(code)
	}
	return err
}
