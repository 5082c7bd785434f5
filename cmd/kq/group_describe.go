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

func newGroupDescribeCommand(a *app) *cobra.Command {
	members := false
	cmd := &cobra.Command{
		Use:   "describe GROUP… [flags]",
		Short: "show the members, offsets and lag of groups",
		Long: `Show the state of groups, then how far they are in each partition that they have
an offset of, have assigned or are subscribed to: the committed offset, the end
of the log, the lag and the member that reads it; or, with --members, the
members and what each has. -o wide shows more, -o json everything.

The lag is counted in offsets up to the end of the log: from the log's start
where nothing is committed, and 0 where nothing but control records and records
of aborted transactions is left.

A share group commits nothing: CURRENT is where it starts in the partition, and
LAG the records from there on that are not done with, as its brokers count them.`,
		Example: `  kq group describe billing
  kq group describe billing --members -o wide
  kq group describe billing -o json | jq '.[].lag'`,
		Args:              args(1, -1, "the name of a group"),
		ValidArgsFunction: a.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			o := admin.DescribeGroupsOptions{Groups: args}
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				groups, err := admin.DescribeGroups(ctx, cl, o)
				if err != nil {
					return err
				}
				return a.printGroups(ctx, cl, groups, members)
			})
		},
	}
	cmd.Flags().BoolVar(&members, "members", false, "show members and their partitions, not offsets")
	return cmd
}

func (a *app) printGroups(ctx context.Context, cl *kgo.Client, groups []admin.GroupDescription, members bool) error {
	summary := out.Table{Columns: out.Cols("GROUP", "TYPE", "STATE", "ASSIGNOR", "COORDINATOR", ">MEMBERS", ">LAG", "+>EPOCH")}
	details := out.Table{Columns: out.Cols("GROUP", "TOPIC", ">PARTITION", ">CURRENT", ">END", ">LAG", "MEMBER", "HOST",
		"+INSTANCE", "+CLIENT", "+>START", "+>EPOCH", "+METADATA", "+ASSIGNOR", "+STATE", "+COORDINATOR")}
	if members {
		details.Columns = out.Cols("GROUP", "MEMBER", "INSTANCE", "CLIENT", "HOST", ">PARTITIONS", "ASSIGNMENT", "+PROTOCOL", "+>EPOCH", "+TARGET", "+SUBSCRIPTION")
	}
	failed := false
	for i := range groups {
		g := &groups[i]
		if g.Error != nil {
			failed = true
			a.sayGroup(ctx, cl, "describe", g.Name, g.Error)
			continue
		}
		coordinator := strconv.Itoa(int(g.Coordinator.ID)) + " (" + g.Coordinator.Address + ")"
		summary.Rows = append(summary.Rows, []string{
			g.Name, g.Type, g.State, g.Assignor, coordinator, strconv.Itoa(len(g.Members)), strconv.FormatInt(g.Lag, 10), epoch(g.Epoch),
		})
		if members {
			details.Rows = append(details.Rows, memberRows(g)...)
			continue
		}
		for _, p := range g.Partitions {
			if p.Error != nil {
				a.note("group %q, %s partition %d: %s", g.Name, p.Topic, p.Number, p.Error)
			}
			details.Rows = append(details.Rows, []string{
				g.Name, p.Topic, strconv.Itoa(int(p.Number)), number(p.Current), number(p.End), number(p.Lag), p.Member, p.Host,
				optional(p.Instance), p.Client, number(p.Start), epoch(p.LeaderEpoch), p.Metadata, g.Assignor, g.State, coordinator,
			})
		}
	}
	tables := []out.Table{summary, details}
	switch {
	case out.Format(a.output) == out.TSVFormat: // which has one table
		tables = tables[1:]
	case len(details.Rows) == 0:
		tables = tables[:1]
	}
	if len(summary.Rows) > 0 || a.structured() {
		if err := a.print(groups, tables...); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

func memberRows(g *admin.GroupDescription) [][]string {
	var rows [][]string
	for i := range g.Members {
		m := &g.Members[i]
		subscription := strings.Join(m.Subscription, " ")
		if m.Regex != nil {
			subscription = strings.TrimSpace(subscription + " " + *m.Regex)
		}
		rows = append(rows, []string{
			g.Name, m.ID, optional(m.Instance), m.Client, m.Host, strconv.Itoa(m.Partitions()), assignment(m.Assignment),
			m.Protocol, epoch(m.Epoch), assignment(m.Target), subscription,
		})
	}
	return rows
}

func assignment(list []admin.TopicPartitions) string {
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = t.String()
	}
	return strings.Join(words, " ")
}

// optional is a string that may not be there.
func optional(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// epoch is a number that may not be there.
func epoch(n *int32) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(int(*n))
}
