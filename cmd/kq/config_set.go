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

func newConfigSetCommand(a *app) *cobra.Command {
	var o admin.AlterConfigsOptions
	cmd := &cobra.Command{
		Use:   "set TYPE/NAME KEY=VALUE… [flags]",
		Short: "change configs",
		Long: `Change configs, all that are given or none. KEY=VALUE sets one, KEY+=VALUE adds
to a list and KEY-=VALUE takes from it.
` + resourceHelp,
		Example: `  kq config set topic/orders retention.ms=86400000
  kq config set topic/orders cleanup.policy+=compact
  kq config set broker/default log.retention.ms=3600000 --dry-run`,
		Args:              args(2, -1, "TYPE/NAME and KEY=VALUE"),
		ValidArgsFunction: a.completeConfig("="),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Resource, err = resource(args[0]); err != nil {
				return err
			}
			for _, s := range args[1:] {
				c, err := admin.ParseConfigChange(s)
				if err != nil {
					return optionError("", err, "usage: %s", useLine(cmd))
				}
				o.Changes = append(o.Changes, c)
			}
			return a.alterConfigs(cmd, o)
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "let the cluster check it and change nothing")
	return cmd
}

// alterConfigs is what set and unset have in common.
func (a *app) alterConfigs(cmd *cobra.Command, o admin.AlterConfigsOptions) error {
	if err := o.Validate(); err != nil {
		return optionError("", err, "")
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		c, err := admin.AlterConfigs(ctx, cl, o)
		if err != nil {
			return noSuchBroker(err)
		}
		if c.Error != nil {
			a.sayResource(ctx, cl, "change", o.Resource, c.Error, alterHint(o, c))
			return a.printItems(c, out.Table{}, true)
		}
		t := out.Table{Columns: out.Cols("CONFIG", "BEFORE", "AFTER")}
		for _, ch := range c.Changes {
			a.noteUnknown(o.Resource, ch, c.Names)
			t.Rows = append(t.Rows, changeRow(ch))
		}
		a.noteDryRun(o.DryRun)
		return a.print(c, t)
	})
}

func alterHint(o admin.AlterConfigsOptions, c admin.AlteredConfigs) string {
	switch {
	case errors.Is(c.Error, kerr.InvalidRequest) && strings.Contains(c.Error.Message, "Cannot update these configs dynamically"):
		return "it is set in the broker's properties file, and takes a restart"
	case o.Resource.Type == "broker" && strings.Contains(c.Error.Message, "not of type LIST"):
		return ""
	}
	return nearestConfig(o.Changes, c.Names)
}

// noteUnknown warns of a config that was taken though none has that name: brokers
// keep what they do not know, for plugins, and so a slip passes.
func (a *app) noteUnknown(r admin.Resource, c admin.AlteredConfig, names []string) {
	if c.Known || len(names) == 0 || r.Name == "" || c.Op == admin.UnsetConfig && r.Type != "broker" {
		return
	}
	near := ""
	if n := cli.Nearest(c.Name, names); n != "" {
		near = ": did you mean " + strconv.Quote(n) + "?"
	}
	a.note("%s has no config %q of its own%s", r, c.Name, near)
}
