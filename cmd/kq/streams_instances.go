package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/admin"
	"kq/pkg/streams/run/assign"
)

// addInstances adds the flags of commands that ask instances.
func addInstances(f *pflag.FlagSet, at *[]string, tokenFile *string) {
	f.StringSliceVar(at, "url", nil, "ask the instance at `HOST:PORT`, without asking the cluster for it; repeatable")
	f.Lookup("url").DefValue = ""
	f.StringVar(tokenFile, "token-file", "", "the `FILE` with the token that instances want")
}

// instances are where the members of an application answer queries.
func instances(ctx context.Context, cl *kgo.Client, app string) ([]string, error) {
	groups, err := admin.DescribeGroups(ctx, cl, admin.DescribeGroupsOptions{Groups: []string{app}})
	if err != nil {
		return nil, err
	}
	g := &groups[0]
	if g.Error != nil {
		return nil, g.Error
	}
	var hosts []string
	for _, m := range g.Members {
		// A member that is none of kq's has no place to ask at.
		if _, s, err := assign.DecodeSubscription(m.RawSubscription); err == nil && s.Endpoint != "" && !contains(hosts, s.Endpoint) {
			hosts = append(hosts, s.Endpoint)
		}
	}
	if len(hosts) == 0 {
		return nil, cli.WithHint(errors.New("application "+strconv.Quote(app)+" has no instance that answers queries ("+plural(int64(len(g.Members)), "member")+")"),
			"run its job with --query localhost:7070, or with query: localhost:7070 in the file; --url asks an instance that the group does not tell of")
	}
	return hosts, nil
}
