package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/format"
	"kq/pkg/produce"
)

func newProduceCommand(a *app) *cobra.Command {
	p := &producing{app: a}
	cmd := &cobra.Command{
		Use:   "produce TOPIC [FILE…] [flags]",
		Short: "write records to a topic",
		Long: `Write the lines of files, or of standard input, to a topic, a record each. It
ends when all records are acknowledged by all replicas in sync.

FORMAT is value, a line is a value; json, a line is a record as kq consume
prints it, with key, headers, time and partition; or a template of verbs, the
one that printed the records: %k key, %v value, %T timestamp, %p partition,
%h{json} headers, and their lengths, as %K and %V, before them where needed.
Without -f, input that kq consume printed as JSON is refused.`,
		Example: `  echo hello | kq produce greetings
  kq produce words /usr/share/dict/words
  kq produce users -K '\t' < users.tsv         # key, tab, value
  kq produce users -k anna --value '{"age":7}' # one record
  kq produce users -k anna --tombstone
  kq consume a -f json | kq produce b -f json  # a copy`,
		Args:              args(1, -1, "the name of a topic"),
		Annotations:       map[string]string{recordCommand: "in"},
		ValidArgsFunction: a.completeFirstTopic,
		RunE: func(cmd *cobra.Command, args []string) error {
			p.o.Topic, p.files = args[0], args[1:]
			if err := p.options(cmd.Flags()); err != nil {
				return err
			}
			return p.run(cmd)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&p.delim, "key-delim", "K", "", "split each line at the first `DELIMITER` into key and value; \\t \\0 \\xNN are escapes")
	f.BoolVar(&p.o.KeylessOK, "keyless-ok", false, "with -K, a line without delimiter is a value without key, not a mistake")
	f.StringVarP(&p.key, "key", "k", "", "the `KEY` of all records")
	f.StringVar(&p.value, "value", "", "write one record with `VALUE`, and read nothing")
	f.BoolVar(&p.tombstone, "tombstone", false, "write one record with a null value for --key, and read nothing")
	f.StringArrayVarP(&p.headers, "header", "H", nil, "add the header `NAME=VALUE` to all records, or NAME for a null value; repeatable")
	f.BoolVarP(&p.o.EmptyNull, "empty-null", "Z", false, "an empty value, and with -K an empty key, is null")
	f.BoolVar(&p.o.Whole, "whole", false, "each file, or standard input, is one record")
	f.StringVarP(&p.o.Format, "format", "f", "", "read records in `FORMAT`: value (default), json or a template")
	f.Int32VarP(&p.partition, "partition", "p", 0, "write to this partition, `NUMBER`")
	f.StringVar(&p.o.Partitioner, "partitioner", "", "choose partitions by `RULE`: murmur2, as Kafka does by the key (default); sticky; or rr, in turn")
	f.BoolVar(&p.keep, "keep-partition", true, "write to the partition that the input names, where the topic has it; on unless =false")
	f.BoolVar(&p.o.Now, "now", false, "the time of all records is now, not what the input says")
	f.StringVar(&p.o.Acks, "acks", "", "wait for `ACKS`: all replicas in sync (default), 1 or 0, which may lose and repeat records")
	f.StringVar(&p.o.Compression, "compress", "", "compress with `CODEC`: none (default), gzip, snappy, lz4 or zstd, and :LEVEL")
	return cmd
}

// producing is one run of the command.
type producing struct {
	*app
	o                 produce.Options
	files             []string
	key, delim, value string
	headers           []string
	single, tombstone bool // single: one record, the value of --value
	partition         int32
	keep              bool
}

// options completes the Options from the flags.
func (p *producing) options(f *pflag.FlagSet) (err error) {
	o := &p.o
	if f.Changed("key") {
		o.Key = []byte(p.key)
	}
	if f.Changed("key-delim") {
		if o.KeyDelim, err = format.Unescape(p.delim); err != nil {
			return cli.Usagef("--key-delim %q: %w", p.delim, err)
		}
		if len(o.KeyDelim) == 0 {
			return cli.WithHint(cli.Usagef("--key-delim is empty"), `give the character between key and value, as -K : or -K '\t'`)
		}
	}
	if f.Changed("partition") {
		o.Partition = &p.partition
	}
	for _, h := range p.headers {
		name, value, hasValue := strings.Cut(h, "=")
		if name == "" {
			return cli.WithHint(cli.Usagef("-H %q names no header", h), "-H NAME=VALUE, or -H NAME for a null value")
		}
		header := kgo.RecordHeader{Key: name}
		if hasValue {
			header.Value = []byte(value)
		}
		o.Headers = append(o.Headers, header)
	}
	p.override(f)
	o.DropPartitions = !p.keep
	o.RefuseEnvelopes = o.Format == ""
	if err := p.oneRecord(f.Changed("value")); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return p.usage(err)
	}
	return nil
}

// override lets the flags that are properties go before those.
func (p *producing) override(f *pflag.FlagSet) {
	if f.Changed("acks") {
		p.app.override("acks", p.o.Acks)
	}
	if f.Changed("compress") {
		codec, level, hasLevel := strings.Cut(p.o.Compression, ":")
		p.app.override("compression.type", codec)
		if hasLevel {
			p.app.override("compression.level", level)
		}
	}
}

// oneRecord looks after --value and --tombstone.
func (p *producing) oneRecord(value bool) error {
	if !value && !p.tombstone {
		return nil
	}
	flag := "--value"
	switch {
	case value && p.tombstone:
		return cli.Usagef("--value and --tombstone: a tombstone has no value")
	case p.tombstone && p.o.Key == nil:
		return cli.WithHint(cli.Usagef("--tombstone needs the key that it marks as deleted"), "kq produce %s -k KEY --tombstone", p.o.Topic)
	case p.tombstone:
		flag, p.o.EmptyNull = "--tombstone", true
	}
	if len(p.files) > 0 {
		return cli.Usagef("%s is one record, and takes no files", flag)
	}
	p.single, p.o.Whole = true, true
	return nil
}

// usage is the answer to options that cannot be.
func (p *producing) usage(err error) error {
	e := cli.Usagef("%w", err)
	switch {
	case errors.Is(err, format.ErrNotReadable), errors.Is(err, format.ErrFormat):
		return cli.WithHint(e, `kq produce reads -f value, -f json, or a template, as '%%k\t%%v\n'`)
	case errors.Is(err, format.ErrVerb):
		return cli.WithHint(e, "kq produce --help lists the verbs")
	}
	return e
}

// failed says what to do about an error of a run.
func (p *producing) failed(ctx context.Context, cl *kgo.Client, err error) error {
	switch {
	case errors.Is(err, produce.ErrNoDelimiter):
		return cli.WithHint(err, "each line is KEY, %q, VALUE; --keyless-ok takes lines without key", p.o.KeyDelim)
	case errors.Is(err, produce.ErrEnvelope):
		return cli.WithHint(cli.WithCode(err, cli.CodeUsage), "-f json stores the record it describes; -f value stores the JSON itself")
	case errors.Is(err, produce.ErrLineTooLong):
		return cli.WithHint(err, "is it text? --whole makes a file one record")
	}
	return missingTopic(ctx, cl, err, p.o.Topic)
}
