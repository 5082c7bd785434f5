package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/cli"
	"kq/pkg/consume"
)

// fromCommitted is the default of --from with a group.
const fromCommitted = "committed"

// addGroup adds the flags of a member of a group.
func (f *consumeFlags) addGroup(a *app, cmd *cobra.Command) {
	s, g := cmd.Flags(), &f.o.Group
	s.StringVarP(&g.Name, "group", "g", "", "read as a member of `GROUP`, and commit what was written")
	s.StringVar(&g.Instance, "static-id", "", "be the static member `ID` of the group, which keeps its partitions")
	s.BoolVar(&g.NoCommit, "no-commit", false, "commit nothing for the group")
	s.StringVar(&g.Balancer, "balancer", "", "`BALANCER`: range, roundrobin, sticky, cooperative or consumer (KIP-848)")
	complete(cmd, "balancer", consume.Balancers()...)
	completeFlag(cmd, "group", func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeGroups(cmd, nil, word)
	})
}

// groupOptions finds what flags of a group there are without one.
func (f *consumeFlags) groupOptions(cmd *cobra.Command) error {
	if cmd.Flag("group") == nil {
		return nil
	}
	if cmd.Flag("group").Changed && f.o.Group.Name == "" {
		return cli.Usagef("-g needs the name of a group")
	}
	for _, flag := range []string{"static-id", "no-commit", "balancer"} {
		if cmd.Flag(flag).Changed && f.o.Group.Name == "" {
			return cli.WithHint(cli.Usagef("--%s is for a member of a group", flag), "-g GROUP names it")
		}
	}
	if b := f.o.Group.Balancer; b != "" && !contains(consume.Balancers(), b) {
		e := cli.Usagef("--balancer %q: it is %s", b, list(consume.Balancers()))
		if near := cli.Nearest(b, consume.Balancers()); near != "" {
			return cli.WithHint(e, "did you mean --balancer %s", near)
		}
		return e
	}
	return nil
}

// memberError adds what to do next to an error of a member of a group.
func memberError(err error, group string) error {
	if errors.Is(err, kerr.GroupAuthorizationFailed) {
		return cli.WithHint(err, deniedHint)
	}
	return cli.WithHint(err, "the group's offset is not in the log any more: kq group reset %s --to current moves it to the nearest", shellQuote(group))
}
