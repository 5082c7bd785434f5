package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/client"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newAPIVersionsCommand(a *app) *cobra.Command {
	var broker int32
	cmd := &cobra.Command{
		Use:   "api-versions",
		Short: "show which versions of Kafka's requests brokers take",
		Long: `Show the requests that the brokers answer and the versions of each that they
take. Where brokers differ, as during an upgrade, a row tells which brokers it
is about. -o wide adds the cluster's features: the levels that brokers could
have, and the one in use.`,
		Example: `  kq api-versions
  kq api-versions --broker 1 -o wide
  kq api-versions -o json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := admin.APIVersionsOptions{SoftwareVersion: client.SoftwareVersion(version().Version)}
			if cmd.Flags().Changed("broker") {
				o.Broker = &broker
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				brokers, err := admin.APIVersions(ctx, cl, o)
				if errors.Is(err, admin.ErrNoBroker) {
					return cli.WithHint(err, "kq cluster describe lists the brokers")
				}
				if err != nil {
					return err
				}
				return a.printAPIVersions(brokers)
			})
		},
	}
	cmd.Flags().Int32Var(&broker, "broker", 0, "ask only the broker with this `ID`")
	return cmd
}

func (a *app) printAPIVersions(brokers []admin.BrokerAPIs) error {
	var answered []admin.BrokerAPIs
	failed := false
	for _, b := range brokers {
		if b.Error != nil {
			failed = true
			cli.Say(a.env, fmt.Errorf("ask broker %d at %s:%d: %w", b.Broker, b.Host, b.Port, b.Error))
			continue
		}
		answered = append(answered, b)
	}
	if len(answered) > 0 || a.structured() {
		tables := []out.Table{apiTable(answered)}
		if a.output == string(out.WideFormat) {
			tables = append(tables, featureTable(answered))
		}
		if err := a.print(brokers, tables...); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

// ranges collects what brokers say of one name, and which brokers say it.
type ranges struct {
	name  string
	key   int16
	cells []string
	ids   []int32
}

// gather adds what a broker says: to a row that says the same, or as a new one.
func gather(rows []ranges, add ranges) []ranges {
	for i, r := range rows {
		if r.name == add.name && slices.Equal(r.cells, add.cells) {
			rows[i].ids = append(rows[i].ids, add.ids...)
			return rows
		}
	}
	return append(rows, add)
}

// apiTable has a row a request, more where brokers differ; then it names them.
func apiTable(brokers []admin.BrokerAPIs) out.Table {
	var rows []ranges
	for _, b := range brokers {
		for _, k := range b.APIs {
			rows = gather(rows, ranges{k.Name, k.Key, []string{short(k.Key), short(k.Min), short(k.Max)}, []int32{b.Broker}})
		}
	}
	return rangeTable(rows, len(brokers), "API", ">KEY", ">MIN", ">MAX")
}

// featureTable has a row a feature that a broker supports.
func featureTable(brokers []admin.BrokerAPIs) out.Table {
	var rows []ranges
	for _, b := range brokers {
		inUse := map[string]string{}
		for _, f := range b.Finalized {
			inUse[f.Name] = short(f.Max)
		}
		for _, f := range b.Supported {
			rows = gather(rows, ranges{f.Name, 0, []string{short(f.Min), short(f.Max), inUse[f.Name]}, []int32{b.Broker}})
		}
	}
	return rangeTable(rows, len(brokers), "FEATURE", ">MIN", ">MAX", ">IN USE")
}

func rangeTable(rows []ranges, brokers int, columns ...string) out.Table {
	slices.SortStableFunc(rows, func(x, y ranges) int {
		return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.name, y.name))
	})
	t := out.Table{Columns: out.Cols(append(columns, "+BROKERS")...)}
	last := &t.Columns[len(t.Columns)-1]
	for _, r := range rows {
		if len(r.ids) < brokers {
			last.Wide = false
		}
		t.Rows = append(t.Rows, append(append([]string{r.name}, r.cells...), ids(r.ids)))
	}
	return t
}

func short(n int16) string { return strconv.Itoa(int(n)) }
