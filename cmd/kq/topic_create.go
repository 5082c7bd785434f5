package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicCreateCommand(a *app) *cobra.Command {
	o := admin.CreateTopicsOptions{Partitions: admin.BrokerDefault, Replicas: admin.BrokerDefault}
	var set []string
	cmd := &cobra.Command{
		Use:   "create TOPIC… [flags]",
		Short: "create topics",
		Example: `  kq topic create orders
  kq topic create clicks views -p 12 -r 3 -s retention.ms=86400000`,
		Args: args(1, -1, "the name of a topic"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topics = args
			var err error
			if o.Configs, err = pairs(set); err != nil {
				return err
			}
			if err := countGiven(cmd, "partitions", "replicas"); err != nil {
				return err
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				created, err := admin.CreateTopics(ctx, cl, o)
				if err != nil {
					return err
				}
				return a.printCreated(created)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Int32VarP(&o.Partitions, "partitions", "p", o.Partitions, "`NUMBER` of partitions (default: the broker's)")
	f.Int16VarP(&o.Replicas, "replicas", "r", o.Replicas, "`NUMBER` of replicas of each (default: the broker's)")
	f.StringArrayVarP(&set, "set", "s", nil, "a config of the topic, `KEY=VALUE`; repeatable")
	f.BoolVar(&o.DryRun, "dry-run", false, "let the cluster check it and create nothing")
	f.Lookup("partitions").DefValue, f.Lookup("replicas").DefValue = "0", "0"
	return cmd
}

// countGiven refuses a count that was given and is no count; -1 means "not
// given" inside.
func countGiven(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		f := cmd.Flag(name)
		if n, err := strconv.Atoi(f.Value.String()); f.Changed && (err != nil || n < 1) {
			return cli.Usagef("--%s %s: at least 1 is needed", name, f.Value)
		}
	}
	return nil
}

// pairs reads KEY=VALUE arguments.
func pairs(set []string) (map[string]string, error) {
	m := make(map[string]string, len(set))
	for _, s := range set {
		k, v, ok := strings.Cut(s, "=")
		if k = strings.TrimSpace(k); !ok || k == "" {
			return nil, cli.Usagef("--set %q is not KEY=VALUE", s)
		}
		if _, twice := m[k]; twice {
			return nil, cli.Usagef("--set %s is given twice", k)
		}
		m[k] = v
	}
	return m, nil
}

func (a *app) printCreated(created []admin.CreatedTopic) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITIONS", ">REPLICAS", "ID")}
	failed := false
	for _, c := range created {
		if c.Error != nil {
			failed = true
			a.sayFailed("create", c.Name, c.Error)
			continue
		}
		t.Rows = append(t.Rows, []string{c.Name, known(int64(c.Partitions)), known(int64(c.Replicas)), c.ID})
	}
	return a.printItems(created, t, failed)
}

// printItems prints what became of several items; when some failed, which was
// already said, the exit code is 1. With no row there is no table to show.
func (a *app) printItems(v any, t out.Table, failed bool) error {
	if len(t.Rows) > 0 || a.structured() {
		if err := a.print(v, t); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

// sayFailed tells of one item that failed.
func (a *app) sayFailed(verb, topic string, e *admin.Error) {
	err := &cli.Error{Err: &hidden{text: verb + " topic " + strconv.Quote(topic) + ": " + strings.TrimSuffix(e.Message, "."), cause: e}}
	switch {
	case errors.Is(e, kerr.TopicAlreadyExists):
		err.Next = "kq topic describe " + shellQuote(topic) + " shows it"
	case errors.Is(e, kerr.InvalidReplicationFactor):
		err.Next = "kq cluster describe shows how many brokers there are"
	case errors.Is(e, kerr.TopicDeletionDisabled):
		err.Next = "the broker has delete.topic.enable=false"
	}
	cli.Say(a.env, err)
}

// known is a number a broker told, "" for -1.
func known(n int64) string {
	if n < 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
