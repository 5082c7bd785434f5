package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newClusterDescribeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "describe",
		Short: "show the cluster's id, controller and brokers",
		Example: `  kq cluster describe
  kq cluster describe -o json -b broker-1:9092`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				c, err := admin.DescribeCluster(ctx, cl)
				if err != nil {
					return err
				}
				return a.print(c, brokerTable(c))
			})
		},
	}
}

func brokerTable(c admin.Cluster) out.Table {
	t := out.Table{Title: "cluster " + c.ID, Columns: out.Cols(">BROKER", "HOST", ">PORT", "RACK", "ROLE")}
	for _, b := range c.Brokers {
		role, rack := "broker", ""
		if b.ID == c.Controller {
			role = "controller"
		}
		if b.Rack != nil {
			rack = *b.Rack
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(int(b.ID)), b.Host, strconv.Itoa(int(b.Port)), rack, role})
	}
	return t
}
