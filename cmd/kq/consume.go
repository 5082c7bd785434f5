package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/format"
	"kq/pkg/consume"
)

func newConsumeCommand(a *app) *cobra.Command {
	var o consume.Options
	var from, spec string
	cmd := &cobra.Command{
		Use:   "consume TOPIC… [flags]",
		Short: "read the records of topics",
		Long: `Read the records of topics, up to the end they have when it begins, or without
end with -F. Partitions are read in parallel; each in its order.

FORMAT is value, a line a value; json, a line of JSON a record, which loses
nothing; or a template: text with the verbs %t topic, %p partition, %o offset,
%k key, %v value, %T timestamp, %h headers and the escapes \n \t \xNN. Lengths
are %K %V; %v{hex}, %k{q}, %T{rfc3339} and others change the form.`,
		Example: `  kq consume orders -f value > orders.txt
  kq consume orders -F --from end
  kq consume orders -n 10 -f '%p@%o %k=%v\n'
  kq consume orders | jq .value`,
		Args:              args(1, -1, "the name of a topic"),
		Annotations:       map[string]string{recordCommand: "out"},
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topics = unique(args)
			as, err := a.recordFormat(spec, len(o.Topics) > 1)
			if err != nil {
				return err
			}
			if !cmd.Flag("from").Changed && o.Follow {
				from = "end"
			}
			if o.From, err = consume.ParseOffset(from); err != nil {
				return cli.Usagef("--from %w", err)
			}
			if cmd.Flag("count").Changed && o.Count < 1 {
				return cli.Usagef("--count %d: at least 1 is needed", o.Count)
			}
			if err := o.Validate(); err != nil {
				return cli.Usagef("%w", err)
			}
			return a.consume(cmd, o, as)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&from, "from", "start", "begin at `OFFSET`: start, end or a number; with -F, end")
	f.Int64VarP(&o.Count, "count", "n", 0, "stop after `NUMBER` records in all")
	f.Int32SliceVarP(&o.Partitions, "partition", "p", nil, "read these partitions, `0,1`, not all")
	f.BoolVarP(&o.Follow, "follow", "F", false, "go on at the end and wait for more")
	f.StringVarP(&spec, "format", "f", "", "print records in `FORMAT` (default: json, pretty on a terminal)")
	return cmd
}

// recordFormat makes the formatter of -f: what it says, or what suits where the
// output goes.
func (a *app) recordFormat(spec string, severalTopics bool) (format.Formatter, error) {
	if spec == "" {
		spec = "json"
		if a.env.OutTTY {
			spec = "pretty"
		}
	}
	f, err := format.Parse(spec, format.Options{
		Color: a.color(),
		Topic: severalTopics,
	})
	switch {
	case errors.Is(err, format.ErrFormat):
		e := cli.Usagef("%w", err)
		if near := cli.Nearest(spec, format.Names()); near != "" {
			return nil, cli.WithHint(e, "did you mean -f %s", near)
		}
		return nil, cli.WithHint(e, `-f is %s, or a template with verbs, as '%%p@%%o %%v\n'`, list(format.Names()))
	case err != nil:
		return nil, cli.WithHint(cli.Usagef("%w", err), "kq consume --help lists the verbs")
	}
	return f, nil
}

func (a *app) consume(cmd *cobra.Command, o consume.Options, as format.Formatter) error {
	o.Notice = func(text string) { a.note("%s", text) }
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		r, err := consume.Run(ctx, cl, o, consume.NewWriter(a.env.Out, as))
		if err != nil {
			return missingTopic(ctx, cl, err, o.Topics...)
		}
		a.trace("%s read", plural(r.Records, "record"))
		return nil
	}, o.ClientOptions()...)
}

// unique returns names without repetitions, in their order.
func unique(names []string) []string {
	var u []string
	for _, n := range names {
		if !contains(u, n) {
			u = append(u, n)
		}
	}
	return u
}
