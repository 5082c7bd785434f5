package main

import (
	"strings"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/admin"
)

func newConfigUnsetCommand(a *app) *cobra.Command {
	var o admin.AlterConfigsOptions
	cmd := &cobra.Command{
		Use:   "unset TYPE/NAME KEY… [flags]",
		Short: "give configs back the value they inherit",
		Long: `Give configs back the value that they inherit, all that are given or none.
` + resourceHelp,
		Example: `  kq config unset topic/orders retention.ms segment.ms
  kq config unset broker/1 log.retention.ms --dry-run`,
		Args:              args(2, -1, "TYPE/NAME and KEY"),
		ValidArgsFunction: a.completeConfig(""),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Resource, err = resource(args[0]); err != nil {
				return err
			}
			for _, key := range args[1:] {
				if strings.Contains(key, "=") {
					return cli.WithHint(cli.Usagef("config unset takes names, and %q has a value", key), "kq config set changes a config")
				}
				o.Changes = append(o.Changes, admin.ConfigChange{Op: admin.UnsetConfig, Key: key})
			}
			return a.alterConfigs(cmd, o)
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "let the cluster check it and change nothing")
	return cmd
}
