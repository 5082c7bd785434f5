package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicCreateCommand(a *app) *cobra.Command {
	o := admin.CreateTopicsOptions{Partitions: admin.BrokerDefault, Replicas: admin.BrokerDefault}
	var set []string
	var assign string
	cmd := &cobra.Command{
		Use:   "create TOPIC… [flags]",
		Short: "create topics",
		Example: `  kq topic create orders
  kq topic create clicks views -p 12 -r 3 -s retention.ms=86400000
  kq topic create orders-v2 --like orders -p 24
  kq topic create placed --assign 1:2,2:3`,
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
			if cmd.Flag("assign").Changed {
				if o.Assignment, err = admin.ParseAssignment(assign); err != nil {
					return optionError("--assign", err, "partition 0 on brokers 1 and 2, partition 1 on 2 and 3: --assign 1:2,2:3")
				}
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "leave out --partitions and --replicas, or --assign")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				created, err := admin.CreateTopics(ctx, cl, o)
				if err != nil {
					return missingTopic(ctx, cl, err, o.Like)
				}
				return a.printCreated(created, o.DryRun)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Int32VarP(&o.Partitions, "partitions", "p", o.Partitions, "`NUMBER` of partitions (default: the broker's)")
	f.Int16VarP(&o.Replicas, "replicas", "r", o.Replicas, "`NUMBER` of replicas of each (default: the broker's)")
	f.StringArrayVarP(&set, "set", "s", nil, "a config of the topic, `KEY=VALUE`; repeatable")
	f.StringVar(&o.Like, "like", "", "take partitions, replicas and configs from `TOPIC` where no flag gives them")
	f.StringVar(&assign, "assign", "", "the brokers of each partition, `1:2,2:3,…`: partition 0 on 1 and 2, …")
	f.BoolVar(&o.IfNotExists, "if-not-exists", false, "a topic that exists already is left as it is, and no error")
	f.BoolVar(&o.DryRun, "dry-run", false, "let the cluster check it and create nothing")
	f.Lookup("partitions").DefValue, f.Lookup("replicas").DefValue = "0", "0"
	completeFlag(cmd, "like", func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeTopics(cmd, nil, word)
	})
	completeFlag(cmd, "set", a.completeTopicConfigs("="))
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

func (a *app) printCreated(created []admin.CreatedTopic, dry bool) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITIONS", ">REPLICAS", "ID")}
	failed := false
	for _, c := range created {
		if c.Error != nil {
			failed = true
			a.sayFailed("create", c.Name, c.Error)
			continue
		}
		if c.Existed {
			a.note("topic %q exists already and is left as it is", c.Name)
		}
		id := c.ID
		if dry && !c.Existed {
			id = "" // made up for the check
		}
		t.Rows = append(t.Rows, []string{c.Name, known(int64(c.Partitions)), known(int64(c.Replicas)), id})
	}
	a.noteDryRun(dry)
	return a.printItems(created, t, failed)
}

// known is a number a broker told, "" for -1.
func known(n int64) string {
	if n < 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
