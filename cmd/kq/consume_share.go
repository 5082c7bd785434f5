package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/cli"
	"kq/pkg/consume"
)

// addShare adds the flags of a member of a share group.
func (f *consumeFlags) addShare(a *app, cmd *cobra.Command) {
	s, g := cmd.Flags(), &f.o.Share
	s.StringVar(&g.Name, "share-group", "", "read as a member of the share group `GROUP` (KIP-932)")
	s.StringVar(&g.Ack, "ack", "", "acknowledge what was written with `HOW`: accept (default), release or reject")
	complete(cmd, "ack", consume.AckAccept+"\tit is done with", consume.AckRelease+"\tit is delivered again", consume.AckReject+"\tnobody can use it")
	completeFlag(cmd, "share-group", func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeGroups(cmd, nil, word)
	})
}

// shareOptions finds what flags of a share group there are without one, and what
// says where to begin although the share group does.
func (f *consumeFlags) shareOptions(cmd *cobra.Command) error {
	if cmd.Flag("share-group") == nil {
		return nil
	}
	g := &f.o.Share
	switch {
	case cmd.Flag("share-group").Changed && g.Name == "":
		return cli.Usagef("--share-group needs the name of a share group")
	case cmd.Flag("ack").Changed && g.Name == "":
		return cli.WithHint(cli.Usagef("--ack is for a member of a share group"), "--share-group GROUP names it")
	case g.Name == "":
		return nil
	case cmd.Flag("ack").Changed && !contains(consume.Acks(), g.Ack):
		e := cli.Usagef("--ack %q: it is %s", g.Ack, list(consume.Acks()))
		if near := cli.Nearest(g.Ack, consume.Acks()); near != "" {
			return cli.WithHint(e, "did you mean --ack %s", near)
		}
		return e
	}
	for _, flag := range []string{"from", "to", "tail"} {
		if cmd.Flag(flag).Changed {
			return cli.WithHint(cli.Usagef("--%s: a share group has its own place to begin", flag),
				"kq group reset %s --to PLACE sets it while nobody reads; a new one begins where its config share.auto.offset.reset says", shellQuote(g.Name))
		}
	}
	if cmd.Flag("isolation").Changed {
		return cli.WithHint(cli.Usagef("--isolation: a share group has one level for all its members"),
			"kq config set group/%s share.isolation.level=%s sets it", g.Name, f.isolation)
	}
	return nil
}

// shareHint is what to do next about an error of a member of a share group.
func shareHint(err error, g consume.Share) string {
	switch {
	case g.Name == "":
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return deniedHint
	case errors.Is(err, kerr.GroupIDNotFound):
		return "the group has another type: kq group describe " + shellQuote(g.Name) + " shows it"
	case errors.Is(err, kerr.UnsupportedVersion):
		return "share groups need Kafka 4.2 or later, and the feature share.version"
	case errors.Is(err, kerr.GroupMaxSizeReached):
		return "the group is full: the broker config group.share.max.size says how many members there may be"
	}
	return ""
}
