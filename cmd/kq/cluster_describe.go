package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newClusterDescribeCommand(a *app) *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "describe",
		Short: "show the cluster's id, controller and brokers",
		Long: `Show the cluster's id, its controller and its brokers; with -o wide or json also
their versions, as far as what they answer tells it, and the features in force.
With --wait it waits until the cluster answers; when it does not, the exit code
is 3.`,
		Example: `  kq cluster describe
  kq cluster describe --wait 30s -q -o name
  kq cluster describe -o json -b broker-1:9092`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flag("wait").Changed && wait <= 0 {
				return cli.Usagef("--wait %v: it is longer than nothing, as 30s", wait)
			}
			o := admin.DescribeClusterOptions{Versions: a.structured() || a.output == string(out.WideFormat) || a.output == string(out.TSVFormat)}
			describe := func(ctx context.Context, cl *kgo.Client) error {
				c, err := admin.DescribeCluster(ctx, cl, o)
				if err != nil {
					return err
				}
				if wait > 0 && (c.Controller < 0 || len(c.Brokers) == 0) {
					return errNoController
				}
				return a.print(c, clusterTables(c)...)
			}
			if wait > 0 {
				return a.await(cmd, wait, describe)
			}
			return a.connect(cmd, describe)
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait at most `DURATION` until the cluster answers")
	return cmd
}

func clusterTables(c admin.Cluster) []out.Table {
	t := out.Table{Title: "cluster " + c.ID, Columns: out.Cols(">BROKER", "HOST", ">PORT", "RACK", "ROLE", "+VERSION")}
	for _, b := range c.Brokers {
		role, rack := "broker", ""
		if b.ID == c.Controller {
			role = "controller"
		}
		if b.Rack != nil {
			rack = *b.Rack
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(int(b.ID)), b.Host, strconv.Itoa(int(b.Port)), rack, role, b.Version})
	}
	tables := []out.Table{t}
	if len(c.Features) > 0 {
		f := out.Table{Columns: out.Cols("FEATURE", ">LEVEL")}
		for _, x := range c.Features {
			f.Rows = append(f.Rows, []string{x.Name, strconv.Itoa(int(x.Level))})
		}
		tables = append(tables, f)
	}
	return tables
}
