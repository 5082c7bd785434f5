package main

import (
	"github.com/spf13/cobra"

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
Without -f, input that kq consume printed as JSON is refused.

With --txn all records are one transaction: the end of the input commits it, and
an interrupt, a line that is no record or any other failure aborts it. With
--batch too, a failure aborts what was not committed so far.`,
		Example: `  echo hello | kq produce greetings
  kq produce words /usr/share/dict/words
  kq produce users -K '\t' < users.tsv         # key, tab, value
  kq produce users -k anna --value '{"age":7}' # one record
  kq produce users -k anna --tombstone
  kq consume a -f json | kq produce b -f json  # a copy
  kq produce users --txn load-1 < users.txt    # all of them or none`,
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
	complete(cmd, "format", format.ReadableNames()...)
	f.Int32VarP(&p.partition, "partition", "p", 0, "write to this partition, `NUMBER`")
	f.StringVar(&p.o.Partitioner, "partitioner", "", "choose partitions by `RULE`: murmur2, as Kafka does by the key (default); sticky; or rr, in turn")
	f.BoolVar(&p.keep, "keep-partition", true, "write to the partition that the input names, where the topic has it; on unless =false")
	f.BoolVar(&p.o.Now, "now", false, "the time of all records is now, not what the input says")
	f.StringVar(&p.o.Acks, "acks", "", "wait for `ACKS`: all replicas in sync (default), 1 or 0, which may lose and repeat records")
	f.StringVar(&p.o.Compression, "compress", "", "compress with `CODEC`: none (default), gzip, snappy, lz4 or zstd, and :LEVEL")
	f.StringVar(&p.o.TransactionalID, "txn", "", "write one transaction, with the transactional `ID`")
	f.Var(&p.batch, "batch", "with --txn, commit every `NUMBER` of records")
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
	batch             countValue
}
