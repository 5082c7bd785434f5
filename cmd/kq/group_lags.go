package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

// printLags prints how far behind groups are, and finds those above the limit.
func (a *app) printLags(ctx context.Context, cl *kgo.Client, lags []admin.GroupLag, f *groupLagFlags) error {
	t := out.Table{Columns: map[string][]out.Column{
		byGroup:     out.Cols("GROUP", "STATE", ">MEMBERS", ">TOPICS", ">LAG"),
		byTopic:     out.Cols("GROUP", "TOPIC", ">PARTITIONS", ">LAG"),
		byPartition: out.Cols("GROUP", "TOPIC", ">PARTITION", ">CURRENT", ">END", ">LAG"),
	}[f.by]}
	failed := false
	for _, g := range lags {
		if g.Error != nil {
			failed = true
			a.sayGroup(ctx, cl, "lag of", g.Name, g.Error)
			continue
		}
		for _, topic := range g.Topics {
			for _, p := range topic.Partitions {
				if p.Error != nil {
					a.note("group %q, %s partition %d: %s", g.Name, topic.Name, p.Number, p.Error)
				}
			}
		}
		t.Rows = append(t.Rows, lagRows(g, f.by)...)
	}
	if len(t.Rows) > 0 || a.structured() || !failed {
		if err := a.print(lags, t); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	if !f.limited {
		return nil
	}
	var above error
	for _, g := range lags {
		if g.Lag > f.most {
			if above != nil {
				cli.Say(a.env, above)
			}
			above = cli.WithCode(fmt.Errorf("group %q is behind by %d, more than %d", g.Name, g.Lag, f.most), cli.CodeCondition)
		}
	}
	return above
}

func lagRows(g admin.GroupLag, by string) [][]string {
	if by == byGroup {
		return [][]string{{g.Name, g.State, strconv.Itoa(g.Members), strconv.Itoa(len(g.Topics)), strconv.FormatInt(g.Lag, 10)}}
	}
	var rows [][]string
	for _, t := range g.Topics {
		if by == byTopic {
			rows = append(rows, []string{g.Name, t.Name, strconv.Itoa(len(t.Partitions)), strconv.FormatInt(t.Lag, 10)})
			continue
		}
		for _, p := range t.Partitions {
			rows = append(rows, []string{g.Name, t.Name, strconv.Itoa(int(p.Number)), number(p.Current), number(p.End), number(p.Lag)})
		}
	}
	return rows
}
