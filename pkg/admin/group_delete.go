package admin

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DeleteGroupsOptions is what to delete.
type DeleteGroupsOptions struct {
	Groups   []string // names, or with Regexp expressions
	Regexp   bool     // each of Groups is a regular expression of whole names
	IfExists bool     // a group that does not exist is no error
	DryRun   bool     // find out what would be deleted and delete nothing

	// Approve is asked before anything is deleted, with the names; nil is yes. Its
	// error ends DeleteGroups.
	Approve func(names []string) error
}

// Validate finds what no cluster would take.
func (o *DeleteGroupsOptions) Validate() error {
	if err := checkGroups(o.Groups); err != nil || !o.Regexp {
		return err
	}
	_, err := wholeNames(o.Groups)
	return err
}

// wholeNames compiles expressions that match whole names.
func wholeNames(list []string) ([]*regexp.Regexp, error) {
	o := DeleteTopicsOptions{Topics: list, Regexp: true}
	return o.expressions()
}

// DeletedGroup is what became of one group.
type DeletedGroup struct {
	Name    string `json:"group"`
	Deleted bool   `json:"deleted"` // in a dry run: would be
	Error   *Error `json:"error,omitempty"`
}

// DeleteGroups deletes groups without members and their offsets, in the order
// given, or by name when they were found by an expression.
func DeleteGroups(ctx context.Context, cl *kgo.Client, o DeleteGroupsOptions) ([]DeletedGroup, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names, err := o.names(ctx, cl)
	if err != nil || len(names) == 0 {
		return []DeletedGroup{}, err
	}
	if o.DryRun {
		return o.rehearse(ctx, cl, names)
	}
	if o.Approve != nil {
		if err := o.Approve(names); err != nil {
			return nil, err
		}
	}
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Groups = names
	answers, failed := map[string]error{}, 0
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err != nil {
			for _, name := range shard.Req.(*kmsg.DeleteGroupsRequest).Groups {
				answers[name] = shard.Err
				failed++
			}
			continue
		}
		for _, g := range shard.Resp.(*kmsg.DeleteGroupsResponse).Groups {
			answers[g.Group] = kerr.ErrorForCode(g.ErrorCode)
		}
	}
	if failed == len(names) {
		return nil, fmt.Errorf("delete groups: %w", answers[names[0]])
	}
	out := make([]DeletedGroup, len(names))
	for i, name := range names {
		err, ok := answers[name]
		if !ok {
			err = kerr.UnknownServerError
		}
		out[i] = o.deleted(name, itemError(err, noGroupText(err)))
	}
	return out, nil
}

func noGroupText(err error) string {
	switch {
	case errors.Is(err, kerr.GroupIDNotFound):
		return "the group does not exist"
	case errors.Is(err, kerr.NonEmptyGroup):
		return "the group has members"
	}
	return ""
}

func (o *DeleteGroupsOptions) names(ctx context.Context, cl *kgo.Client) ([]string, error) {
	if !o.Regexp {
		return unique(o.Groups), nil
	}
	expressions, err := wholeNames(o.Groups)
	if err != nil {
		return nil, err
	}
	groups, err := ListGroups(ctx, cl, ListGroupsOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range groups {
		for _, re := range expressions {
			if re.MatchString(g.Name) {
				names = append(names, g.Name)
				break
			}
		}
	}
	return names, nil
}

func (o *DeleteGroupsOptions) rehearse(ctx context.Context, cl *kgo.Client, names []string) ([]DeletedGroup, error) {
	found, err := lookUpGroups(ctx, cl, names)
	if err != nil {
		return nil, fmt.Errorf("delete groups: %w", err)
	}
	out := make([]DeletedGroup, len(names))
	for i, name := range names {
		g := found[name]
		if g.Error == nil && g.Active() {
			g.Error = itemError(kerr.NonEmptyGroup, noGroupText(kerr.NonEmptyGroup))
		}
		out[i] = o.deleted(name, g.Error)
	}
	return out, nil
}

func (o *DeleteGroupsOptions) deleted(name string, e *Error) DeletedGroup {
	if o.IfExists && isNoGroup(e) {
		return DeletedGroup{Name: name}
	}
	return DeletedGroup{Name: name, Deleted: e == nil, Error: e}
}
