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

func newConfigGetCommand(a *app) *cobra.Command {
	var o admin.DescribeConfigsOptions
	cmd := &cobra.Command{
		Use:   "get TYPE/NAME [KEY…] [flags]",
		Short: "show configs and where they are set",
		Long: `Show the configs that are not at their default, or those named.
` + resourceHelp + `
-o wide and -o json show what decides each value, the first that is set first.`,
		Example: `  kq config get topic/orders
  kq config get topic/orders retention.ms -o json
  kq config get broker/1 --all --docs`,
		Args:              args(1, -1, "what to look at, as topic/orders"),
		ValidArgsFunction: a.completeConfig(""),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Resource, err = resource(args[0]); err != nil {
				return err
			}
			o.Keys = args[1:]
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				c, err := admin.DescribeConfigs(ctx, cl, o)
				if err != nil {
					return noSuchBroker(err)
				}
				return a.printConfigs(ctx, cl, c, o)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.All, "all", false, "show also those at their default")
	f.BoolVar(&o.Docs, "docs", false, "show what each config is for")
	return cmd
}

func (a *app) printConfigs(ctx context.Context, cl *kgo.Client, c admin.ResourceConfigs, o admin.DescribeConfigsOptions) error {
	t := out.Table{Columns: out.Cols("CONFIG", "VALUE", "SOURCE", "+TYPE", "+READ-ONLY", "+SYNONYMS")}
	if o.Docs {
		t.Columns = append(t.Columns, out.Column{Name: "DOCUMENTATION"})
	}
	for _, cfg := range c.Configs {
		row := []string{
			cfg.Name, shownValue(cfg.Value, cfg.Sensitive), shownSource(cfg.Source), strings.ToLower(cfg.Type),
			strconv.FormatBool(cfg.ReadOnly), synonyms(cfg),
		}
		if o.Docs {
			row = append(row, cfg.Docs)
		}
		t.Rows = append(t.Rows, row)
	}
	if c.Error != nil {
		a.sayResource(ctx, cl, "read", o.Resource, c.Error, "")
	}
	for _, key := range c.Missing {
		cli.Say(a.env, noSuchConfig(o.Resource, key, c.Names))
	}
	failed := c.Error != nil || len(c.Missing) > 0
	if o.Docs && (a.output == string(out.TableFormat) || a.output == string(out.WideFormat)) && len(c.Configs) > 0 {
		if err := a.printDocs(c.Configs); err != nil || !failed {
			return err
		}
		return cli.ErrReported
	}
	if !failed && len(t.Rows) == 0 && !a.structured() {
		return a.print(c, t) // the header says that there is nothing
	}
	return a.printItems(c, t, failed)
}

// synonyms shows what decides a value.
func synonyms(c admin.Config) string {
	words := make([]string, len(c.Synonyms))
	for i, s := range c.Synonyms {
		words[i] = s.Name + "=" + shownValue(s.Value, c.Sensitive) + " (" + shownSource(s.Source) + ")"
	}
	return strings.Join(words, ", ")
}
