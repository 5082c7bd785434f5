package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/format"
	"kq/pkg/produce"
)

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
	if f.Changed("txn") && o.TransactionalID == "" {
		return cli.WithHint(cli.Usagef("--txn names no transactional id"), "give a name that no other producer uses, as --txn load-1")
	}
	o.TransactionBatch = int64(p.batch)
	if p.batch > 0 && o.TransactionalID == "" {
		return cli.WithHint(cli.Usagef("--batch is how many records a transaction has, and there is no --txn"), "--txn ID makes transactions")
	}
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
	case errors.Is(err, produce.ErrUnconfirmed):
		return cli.WithHint(err, "kq consume shows what is committed; kq txn describe %s tells how the transaction ended", shellQuote(p.o.TransactionalID))
	case errors.Is(err, kerr.InvalidProducerEpoch), errors.Is(err, kerr.ProducerFenced), errors.Is(err, kerr.InvalidTxnState):
		return cli.WithHint(err, "another producer began with the transactional id %q, or the transaction was open longer than it may be: -X transaction.timeout.ms", p.o.TransactionalID)
	case errors.Is(err, kerr.InvalidTransactionTimeout):
		return cli.WithHint(err, "the brokers' transaction.max.timeout.ms is lower than transaction.timeout.ms")
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return cli.WithHint(err, deniedHint)
	case errors.Is(err, kerr.KafkaStorageError):
		return cli.WithHint(err, "a disk of the broker is full or broken: its log says which")
	}
	return missingTopic(ctx, cl, err, p.o.Topic)
}
