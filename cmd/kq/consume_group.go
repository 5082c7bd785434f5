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

// memberHint is what to do next about an error of a member of a group.
func memberHint(err error, g consume.Group) string {
	switch {
	case g.Name == "":
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return deniedHint
	case errors.Is(err, kerr.OffsetOutOfRange):
		return "the group's offset is not in the log: kq group reset " + shellQuote(g.Name) + " --to current moves it to the nearest that is"
	case errors.Is(err, kerr.InconsistentGroupProtocol) && g.Balancer != "":
		return "its other members use another balancer: without --balancer any will do"
	case errors.Is(err, kerr.InconsistentGroupProtocol), errors.Is(err, kerr.GroupIDNotFound):
		return "the group has another type, or members of another kind: kq group describe " + shellQuote(g.Name) + " shows it"
	case errors.Is(err, kerr.FencedInstanceID), errors.Is(err, kerr.UnreleasedInstanceID):
		return "another client is the static member " + shellQuote(g.Instance) + ": kq group describe " + shellQuote(g.Name) + " --members shows it"
	}
	return ""
}
