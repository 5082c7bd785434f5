package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicAlterCommand(a *app) *cobra.Command {
	var o admin.AlterTopicsOptions
	var set, unset []string
	cmd := &cobra.Command{
		Use:   "alter TOPIC… [flags]",
		Short: "add partitions and change configs",
		Long: `Change topics: how many partitions they have, and their configs. Partitions can
only be added; a topic that has TOTAL already keeps what it has. Records stay in
their partitions, so that a key may be in another one from then on.`,
		Example: `  kq topic alter orders -p 12
  kq topic alter clicks views -s retention.ms=86400000 --unset segment.ms
  kq topic alter orders -s cleanup.policy+=compact --dry-run`,
		Args:              args(1, -1, "the name of a topic"),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topics = args
			if err := countGiven(cmd, "partitions"); err != nil {
				return err
			}
			var err error
			if o.Configs, err = changes(set, unset); err != nil {
				return err
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "say what: --partitions, --set or --unset")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				altered, err := admin.AlterTopics(ctx, cl, o)
				if err != nil {
					return err
				}
				return a.printAltered(ctx, cl, altered, o)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Int32VarP(&o.Partitions, "partitions", "p", 0, "how many each has in the end: `TOTAL`")
	f.StringArrayVarP(&set, "set", "s", nil, "set a config, `KEY=VALUE`, or change a list, KEY+=VALUE, KEY-=VALUE; repeatable")
	f.StringArrayVar(&unset, "unset", nil, "give a config back its default, `KEY`; repeatable")
	f.BoolVar(&o.DryRun, "dry-run", false, "let the cluster check it and change nothing")
	completeFlag(cmd, "set", a.completeTopicConfigs("="))
	completeFlag(cmd, "unset", a.completeTopicConfigs(""))
	return cmd
}

// changes reads the values of --set and --unset.
func changes(set, unset []string) ([]admin.ConfigChange, error) {
	var out []admin.ConfigChange
	for _, s := range set {
		c, err := admin.ParseConfigChange(s)
		if err != nil {
			return nil, optionError("--set", err, "")
		}
		out = append(out, c)
	}
	for _, key := range unset {
		out = append(out, admin.ConfigChange{Op: admin.UnsetConfig, Key: key})
	}
	return out, nil
}

func (a *app) printAltered(ctx context.Context, cl *kgo.Client, altered []admin.AlteredTopic, o admin.AlterTopicsOptions) error {
	t := out.Table{Columns: out.Cols("TOPIC", "CHANGED", "BEFORE", "AFTER")}
	failed := false
	for _, r := range altered {
		if r.Error != nil {
			failed = true
			a.sayAlter(ctx, cl, r, o.Configs)
		}
		for _, c := range r.Configs {
			t.Rows = append(t.Rows, append([]string{r.Name}, changeRow(c)...))
		}
		if o.Partitions > 0 && r.Error == nil {
			t.Rows = append(t.Rows, []string{r.Name, "partitions", strconv.Itoa(int(r.PartitionsBefore)), strconv.Itoa(int(r.Partitions))})
		}
	}
	a.noteDryRun(o.DryRun)
	return a.printItems(altered, t, failed)
}

func (a *app) sayAlter(ctx context.Context, cl *kgo.Client, r admin.AlteredTopic, changes []admin.ConfigChange) {
	switch near := nearestConfig(changes, r.ConfigNames); {
	case errors.Is(r.Error, admin.ErrFewerPartitions):
		a.sayItem("alter topic "+strconv.Quote(r.Name), r.Error, "make a topic with fewer and copy the records: kq topic create NEW --like "+shellQuote(r.Name)+" -p N")
	case near != "":
		a.sayItem("alter topic "+strconv.Quote(r.Name), r.Error, near)
	default:
		a.sayTopic(ctx, cl, "alter", r.Name, r.Error)
	}
}

// nearestConfig is a hint for changes of configs that are none.
func nearestConfig(changes []admin.ConfigChange, names []string) string {
	for _, c := range changes {
		if len(names) == 0 || contains(names, c.Key) {
			continue
		}
		if near := cli.Nearest(c.Key, names); near != "" {
			return "did you mean " + strconv.Quote(near) + "?"
		}
	}
	return ""
}

// changeRow is the columns CHANGED, BEFORE and AFTER of a change.
func changeRow(c admin.AlteredConfig) []string {
	if c.Sensitive {
		return []string{c.Name, hiddenValue, hiddenValue}
	}
	return []string{c.Name, text(c.Before), text(c.After)}
}

// hiddenValue stands for the value of a sensitive config.
const hiddenValue = "(hidden)"

// text is a text that may not be known.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
