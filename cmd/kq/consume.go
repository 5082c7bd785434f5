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
	var f consumeFlags
	cmd := &cobra.Command{
		Use:   "consume TOPIC… [flags]",
		Short: "read the records of topics",
		Long: `Read the records of topics, up to the end they have when it begins, or without
end with -F. Partitions are read in parallel; each in its order.

PLACE is start, end, an offset N, -N (the last N of each partition), @TIME (the
first record of that time or later) or @-DURATION (so long ago, as @-1h). TIME
is RFC 3339, 2026-01-31, '2026-01-31 12:00[:00]' in local time, or milliseconds
since 1970. --to takes end, N, @TIME and @-DURATION, and stops before it.

FORMAT is value, a line a value; json, a line of JSON a record, which loses
nothing; pretty, for people; or a template, to which no line end is added:
- text with the verbs %t topic, %p partition, %o offset, %k key, %v value,
  %T timestamp, %h headers and the escapes \n \t \0 \xNN. Lengths are %K %V;
  %v{hex}, %k{q}, %T{rfc3339} and others change the form.
- a Go template, which has {{ in it: .Topic .Partition .Offset .Timestamp .TS
  .Key .Value .KeyBytes .ValueBytes .KeyNull .ValueNull .Headers (.Key .Value
  .ValueNull), the functions json hex base64 upper lower, and the same escapes.
On a terminal the control characters of records are escaped.

The records of __consumer_offsets, __transaction_state and __share_group_state
are printed as what they mean: in json as objects, else as text in the place of
key and value. --decode none prints their bytes. Of a copy of these topics,
--decode offsets prints the committed offsets, groupmeta the groups, txn the
transactions, share the states of share groups.

With -g it reads the partitions that GROUP gives it, from where the group is;
--from says where to begin in those that it has no offset of (default: start).
It commits what was written to standard output, and then leaves the group. A
group whose other members have some partitions gives it the others alone.

With --share-group it reads what the share group GROUP (KIP-932) gives it, whose
members share the records of each partition, until nothing came for ten seconds
(--idle), or without end with -F. What was written is acknowledged with --ack:
accept, release (it is delivered again) or reject; the rest is released.`,
		Example: `  kq consume orders -f value > orders.txt
  kq consume orders -F --from end
  kq consume orders --from @-1h --to @-30m
  kq consume orders payments --tail 100
  kq consume 'orders-.*' --regex -n 10 -f '%t %p@%o %k=%v\n'
  kq consume orders -K '\t' > orders.tsv
  kq consume orders -f '{{.Offset}} {{.Key | upper}}\n'
  kq consume orders | jq .value
  kq consume orders -g billing -n 10
  kq consume orders payments -g billing -F --balancer consumer
  kq consume jobs --share-group workers -n 1`,
		Args:              args(1, -1, "the name of a topic"),
		Annotations:       map[string]string{recordCommand: "out"},
		ValidArgsFunction: a.completeTopics,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.consume(cmd, &f, args) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.from, "from", "", "begin at `PLACE` (default: start; with -F, end; with -g, committed)")
	s.StringVar(&f.to, "to", "", "stop before `PLACE` (default: the end there is now; with -F, none)")
	s.Var(&f.tail, "tail", "begin with the last `NUMBER` records of all, by time")
	s.BoolVarP(&f.o.Follow, "follow", "F", false, "go on at the end and wait for more")
	s.VarP(&f.count, "count", "n", "stop after `NUMBER` records in all")
	f.addTo(cmd)
	f.addGroup(a, cmd)
	f.addShare(a, cmd)
	return cmd
}

// consume runs a command that reads records.
func (a *app) consume(cmd *cobra.Command, f *consumeFlags, topics []string) error {
	if err := a.settleIsolation(cmd, f); err != nil {
		return err
	}
	if err := f.groupOptions(cmd); err != nil {
		return err
	}
	if err := f.shareOptions(cmd); err != nil {
		return err
	}
	o, err := f.options(topics)
	if err != nil {
		return err
	}
	as, err := a.recordFormat(cmd, f, len(o.Topics) > 1 || o.Regex)
	if err != nil {
		return err
	}
	sink, talk := a.recordSink(as, o.Follow)
	o.Notice = func(text string) {
		talk.clear()
		a.note("%s", text)
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		talk.begin()
		r, err := consume.Run(ctx, cl, o, sink)
		talk.end()
		switch {
		case errors.Is(err, consume.ErrNoMatch):
			return cli.WithHint(err, "an expression matches whole names; kq topics lists those there are")
		case errors.Is(err, format.ErrExecute):
			return cli.WithHint(err, "{{if}} tells apart records that differ: %s --help lists the fields", cmd.CommandPath())
		case err != nil && memberHint(err, o.Group) != "":
			return cli.WithHint(err, "%s", memberHint(err, o.Group))
		case err != nil && shareHint(err, o.Share) != "":
			return cli.WithHint(err, "%s", shareHint(err, o.Share))
		case err != nil && o.Regex:
			return err
		case err != nil:
			return missingTopic(ctx, cl, err, o.Topics...)
		}
		a.trace("%s read", plural(r.Records, "record"))
		return nil
	}, o.ClientOptions()...)
}

// recordFormat makes the formatter of -f and -K: what they say, or what suits
// where the output goes.
func (a *app) recordFormat(cmd *cobra.Command, f *consumeFlags, severalTopics bool) (format.Formatter, error) {
	o := format.Options{Color: a.color(), Topic: severalTopics, Terminal: a.env.OutTTY, Decode: f.decode}
	if !contains(format.Decoders(), f.decode) {
		e := cli.Usagef("--decode %q: there are %s", f.decode, list(format.Decoders()))
		if near := cli.Nearest(f.decode, format.Decoders()); near != "" {
			return nil, cli.WithHint(e, "did you mean --decode %s", near)
		}
		return nil, e
	}
	spec := f.format
	if cmd.Flag("key-delim").Changed {
		return keyedFormat(f, o)
	}
	if !cmd.Flag("format").Changed {
		spec = "json"
		if a.env.OutTTY {
			spec = "pretty"
		}
	}
	as, err := format.Parse(spec, o)
	switch {
	case errors.Is(err, format.ErrFormat):
		e := cli.Usagef("%w", err)
		if near := cli.Nearest(spec, format.Names()); near != "" {
			return nil, cli.WithHint(e, "did you mean -f %s", near)
		}
		return nil, cli.WithHint(e, `-f is %s, or a template with verbs, as '%%p@%%o %%v\n' or '{{.Key}}\n'`, list(format.Names()))
	case err != nil:
		return nil, cli.WithHint(cli.Usagef("%w", err), "%s --help lists the verbs and fields", cmd.CommandPath())
	}
	return as, nil
}

func keyedFormat(f *consumeFlags, o format.Options) (format.Formatter, error) {
	if f.format != "" && f.format != "value" {
		return nil, cli.WithHint(cli.Usagef("-K prints lines of key and value, not -f %s", f.format), `without -K, as -f '%%k:%%v\n'`)
	}
	delim, err := format.Unescape(f.delim)
	switch {
	case err != nil:
		return nil, cli.Usagef("--key-delim %q: %w", f.delim, err)
	case len(delim) == 0:
		return nil, cli.WithHint(cli.Usagef("--key-delim is empty"), `give what is to stand between key and value, as -K : or -K '\t'`)
	}
	return format.Keyed(delim, o)
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
