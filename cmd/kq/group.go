package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/admin"
)

func newGroupCommand(a *app) *cobra.Command {
	return newNoun("group", "look at consumer groups, move and delete their offsets", newGroupListCommand(a),
		newGroupDescribeCommand(a), newGroupLagCommand(a), newGroupResetCommand(a), newGroupExportCommand(a),
		newGroupCloneCommand(a), newGroupPeekCommand(a), newGroupDeleteCommand(a), newGroupDeleteOffsetsCommand(a),
		newGroupRemoveMemberCommand(a))
}

// groupError makes an error about a group one with what to do next.
func groupError(ctx context.Context, cl *kgo.Client, err error, groups ...string) error {
	switch {
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return cli.WithHint(err, deniedHint)
	case errors.Is(err, admin.ErrGroupActive):
		return cli.WithHint(err, "stop them first; kq group describe %s --members shows them, kq group remove-member removes those that are dead", shellQuote(groups[0]))
	case errors.Is(err, admin.ErrNoOffsets):
		return cli.WithHint(err, "kq group describe shows those of a group; -t TOPIC or -t TOPIC:0,1 names others")
	case errors.Is(err, admin.ErrOptions):
		return optionError("", err, "")
	case !errors.Is(err, kerr.GroupIDNotFound):
		return err
	}
	there, listErr := groupNames(ctx, cl)
	if listErr != nil {
		return err
	}
	for _, name := range groups {
		if !contains(there, name) {
			return noSuchGroup(err, name, there)
		}
	}
	return err
}

// noSuchGroup is the error of a group that is not among those there are.
func noSuchGroup(cause error, name string, there []string) error {
	e := &cli.Error{Err: &hidden{text: fmt.Sprintf("group %q does not exist", name), cause: cause}}
	if near := cli.Nearest(name, there); near != "" {
		return cli.WithHint(e, "did you mean %q?", near)
	}
	return cli.WithHint(e, "kq groups lists those there are")
}

// sayGroup tells of one group that failed.
func (a *app) sayGroup(ctx context.Context, cl *kgo.Client, verb, group string, e *admin.Error) {
	if errors.Is(e, kerr.GroupIDNotFound) {
		if err := groupError(ctx, cl, e, group); err != error(e) {
			cli.Say(a.env, err)
			return
		}
	}
	next := ""
	if errors.Is(e, kerr.NonEmptyGroup) {
		next = "stop them first; kq group describe " + shellQuote(group) + " --members shows them, kq group remove-member removes those that are dead"
	}
	a.sayItem(verb+" group "+strconv.Quote(group), e, next)
}

func groupNames(ctx context.Context, cl *kgo.Client) ([]string, error) {
	groups, err := admin.ListGroups(ctx, cl, admin.ListGroupsOptions{})
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	return names, err
}

// completeGroups offers the names of the cluster's groups.
func (a *app) completeGroups(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
		all, err := groupNames(ctx, cl)
		for _, n := range all {
			if !contains(args, n) {
				names = append(names, n)
			}
		}
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeGroup is completeGroups for commands that take one.
func (a *app) completeGroup(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeGroups(cmd, args, word)
}

// topicsValue is a list of topics with some of their partitions.
type topicsValue []admin.TopicPartitions

func (v *topicsValue) String() string {
	text := ""
	for i, t := range *v {
		if i > 0 {
			text += " "
		}
		text += t.String()
	}
	return text
}
func (*topicsValue) Type() string { return "topic" }

// Set is called with what was given on the command line, each time it is.
func (v *topicsValue) Set(s string) error {
	t, err := admin.ParseTopicPartitions(s)
	if err != nil {
		return errors.New("it is TOPIC or TOPIC:0,1")
	}
	*v = append(*v, t)
	return nil
}

// addTopics adds -t to a command.
func (a *app) addTopics(cmd *cobra.Command, v *topicsValue, usage string) {
	cmd.Flags().VarP(v, "topic", "t", usage)
	completeFlag(cmd, "topic", func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeTopics(cmd, nil, word)
	})
}
