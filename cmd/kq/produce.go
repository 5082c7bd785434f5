package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/format"
	"kq/pkg/produce"
)

func newProduceCommand(a *app) *cobra.Command {
	var o produce.Options
	var key, delim, spec string
	cmd := &cobra.Command{
		Use:   "produce TOPIC [FILE…] [flags]",
		Short: "write lines to a topic, a record each",
		Long: `Write the lines of files, or of standard input, to a topic, a record each. It
ends when all records are acknowledged by all replicas in sync.`,
		Example: `  echo hello | kq produce greetings
  kq produce words /usr/share/dict/words
  kq produce users -K '\t' < users.tsv       # key, tab, value
  kq produce users -k anna < one-user.json   # one key for all`,
		Args:              args(1, -1, "the name of a topic"),
		Annotations:       map[string]string{recordCommand: "in"},
		ValidArgsFunction: a.completeFirstTopic,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topic = args[0]
			var err error
			if cmd.Flag("key").Changed {
				o.Key = []byte(key)
			}
			if cmd.Flag("key-delim").Changed {
				if o.KeyDelim, err = format.Unescape(delim); err != nil {
					return cli.Usagef("--key-delim %q: %w", delim, err)
				}
				if len(o.KeyDelim) == 0 {
					return cli.WithHint(cli.Usagef("--key-delim is empty"), `give the character between key and value, as -K : or -K '\t'`)
				}
			}
			if spec != "" && spec != "value" {
				return cli.WithHint(cli.Usagef("cannot read records in format %q", spec), "-f value: a line is a value")
			}
			o.RefuseEnvelopes = spec == ""
			if err := o.Validate(); err != nil {
				return cli.Usagef("%w", err)
			}
			return a.produce(cmd, o, args[1:])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&delim, "key-delim", "K", "", "split each line at the first `DELIMITER` into key and value; \\t \\0 \\xNN are escapes")
	f.StringVarP(&spec, "format", "f", "", "read records in `FORMAT`: value, a line is a value (default), also when it looks like kq's JSON")
	f.StringVarP(&key, "key", "k", "", "the `KEY` of all records")
	return cmd
}

func (a *app) produce(cmd *cobra.Command, o produce.Options, files []string) error {
	inputs, closeAll, err := a.open(files)
	if err != nil {
		return err
	}
	defer closeAll()
	if len(files) == 0 && a.env.InTTY {
		a.note("a record a line; end with Ctrl-D")
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		r, err := produce.Run(ctx, cl, o, inputs)
		if err != nil {
			if r.Records > 0 && !errors.Is(err, produce.ErrFailed) {
				a.note("%s written, %d failed", plural(r.Records, "record"), r.Failed)
			}
			switch {
			case errors.Is(err, produce.ErrNoDelimiter):
				return cli.WithHint(err, "each line is KEY, %q, VALUE; without -K lines are values", o.KeyDelim)
			case errors.Is(err, produce.ErrEnvelope):
				return cli.WithHint(cli.WithCode(err, cli.CodeUsage), "kq consume -f value prints values; -f value here stores the JSON itself")
			}
			return missingTopic(ctx, cl, err, o.Topic)
		}
		a.trace("%s written to %s", plural(r.Records, "record"), o.Topic)
		return nil
	}, o.ClientOptions()...)
}

// open opens the files before anything is written, so that a name that is wrong
// leaves no half of the work behind. "-" is standard input, as is no file.
func (a *app) open(files []string) (inputs []produce.Input, closeAll func(), err error) {
	stdin := produce.Input{Name: "standard input", R: a.env.In}
	if len(files) == 0 {
		return []produce.Input{stdin}, func() {}, nil
	}
	var opened []*os.File
	closeAll = func() {
		for _, f := range opened {
			_ = f.Close() // only read
		}
	}
	for _, name := range files {
		if name == "-" {
			inputs = append(inputs, stdin)
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		opened = append(opened, f)
		if st, err := f.Stat(); err == nil && st.IsDir() {
			closeAll()
			return nil, nil, cli.Usagef("%s is a directory", name)
		}
		inputs = append(inputs, produce.Input{Name: name, R: f})
	}
	return inputs, closeAll, nil
}

// completeFirstTopic completes a topic, then files.
func (a *app) completeFirstTopic(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.completeTopics(cmd, args, word)
}
