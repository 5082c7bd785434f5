package group

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/statelog"
)

// ListGroups lists the groups that this broker coordinates, by name.
func (c *Coordinator) ListGroups(q *kmsg.ListGroupsRequest) *kmsg.ListGroupsResponse {
	resp := kmsg.NewPtrListGroupsResponse()
	shards, loading := c.active()
	switch {
	case c.closed.Load():
		resp.ErrorCode = kerr.CoordinatorNotAvailable.Code
		return resp
	case loading:
		resp.ErrorCode = kerr.CoordinatorLoadInProgress.Code
		return resp
	}
	for _, s := range shards {
		for _, g := range s.list() {
			g.mu.Lock()
			gone, info := g.gone, g.machine.Info()
			g.mu.Unlock()
			if gone || !wanted(q.StatesFilter, info.State) || !wanted(q.TypesFilter, info.Type) {
				continue
			}
			e := kmsg.NewListGroupsResponseGroup()
			e.Group, e.ProtocolType, e.GroupState, e.GroupType = g.id, info.ProtocolType, info.State, info.Type
			resp.Groups = append(resp.Groups, e)
		}
	}
	slices.SortFunc(resp.Groups, func(a, b kmsg.ListGroupsResponseGroup) int { return strings.Compare(a.Group, b.Group) })
	return resp
}

// wanted applies a filter; what it names and nobody knows matches none.
func wanted(filter []string, s string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return strings.EqualFold(f, s) })
}

// DescribeGroups describes classic groups.
func (c *Coordinator) DescribeGroups(q *kmsg.DescribeGroupsRequest) *kmsg.DescribeGroupsResponse {
	resp := kmsg.NewPtrDescribeGroupsResponse()
	for _, id := range q.Groups {
		resp.Groups = append(resp.Groups, c.describe(id, q.Version))
	}
	return resp
}

func (c *Coordinator) describe(id string, version int16) kmsg.DescribeGroupsResponseGroup {
	d := kmsg.NewDescribeGroupsResponseGroup()
	d.Group = id
	text := fmt.Sprintf("Group %s not found.", id)
	var found bool
	_, err := c.turn(id, nil, func(t *turn) {
		if g, ok := t.g.machine.(*classic.Group); ok {
			d, found = g.Describe(), true
			return
		}
		text = fmt.Sprintf("Group %s is not a classic group.", id)
	})
	switch {
	case err != nil:
		d.ErrorCode = err.Code
	case found:
	case version >= 6: // KIP-1043
		d.State, d.ErrorCode, d.ErrorMessage = "Dead", kerr.GroupIDNotFound.Code, &text
	default:
		d.State = "Dead"
	}
	return d
}

// DeleteGroups deletes groups without members, with their offsets.
func (c *Coordinator) DeleteGroups(q *kmsg.DeleteGroupsRequest, reply func(*kmsg.DeleteGroupsResponse)) {
	resp := kmsg.NewPtrDeleteGroupsResponse()
	var ids []string // each once
	for _, id := range q.Groups {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	resp.Groups = make([]kmsg.DeleteGroupsResponseGroup, len(ids))
	wait := newCountdown(len(ids), func() { reply(resp) })
	for i, id := range ids {
		r := &resp.Groups[i]
		r.Group = id
		end := func(err *kerr.Error) {
			if err != nil {
				r.ErrorCode = err.Code
			}
			wait.done()
		}
		c.deleteShareStates(id, func(err *kerr.Error) {
			if err != nil {
				end(err)
				return
			}
			c.delete(id, end)
		})
	}
	wait.done()
}

func (c *Coordinator) delete(id string, done func(*kerr.Error)) {
	found, err := c.turn(id, nil, func(t *turn) {
		info := t.g.machine.Info()
		if !info.Empty {
			t.answer(func(*kerr.Error) { done(kerr.NonEmptyGroup) })
			return
		}
		if err := t.deleteGroup(&info); err != nil {
			t.answer(func(*kerr.Error) { done(err) })
			return
		}
		t.answer(done)
	})
	switch {
	case err != nil:
		done(err)
	case !found:
		done(kerr.GroupIDNotFound)
	}
}

// deleteGroup writes the tombstones of a group and of its offsets, and drops it.
func (t *turn) deleteGroup(info *machine.Info) *kerr.Error {
	if err := t.removeOffsets(t.g.places()); err != nil {
		return err
	}
	if err := t.append(info.Tombstones(), statelog.AppendOptions{}); err != nil {
		return err
	}
	t.forget()
	return nil
}
