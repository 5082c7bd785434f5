package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/client"
	"kq/pkg/produce"
)

func (p *producing) run(cmd *cobra.Command) error {
	inputs, size, closeAll, err := p.open()
	if err != nil {
		return err
	}
	defer closeAll()
	typed := p.env.InTTY && reads(inputs, p.env.In)
	if typed {
		p.note("a record a line; end with Ctrl-D")
	}
	if err := p.properties(); err != nil {
		return err
	}
	p.o.Logger = client.Logger(p.trace)
	p.o.Meter = new(produce.Meter)
	notices := make(chan string, 1) // there is one at most
	p.o.Notice = func(text string) { notices <- text }
	return p.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		done := func() {}
		if !typed {
			done = p.progress(size, p.counts).stop
		}
		r, err := produce.Run(ctx, cl, p.o, inputs)
		done()
		select {
		case text := <-notices:
			p.note("%s", text)
		default:
		}
		if p.o.TransactionalID != "" {
			p.noteTransactions(r)
		}
		if err != nil {
			if p.o.TransactionalID == "" && r.Records > 0 && !errors.Is(err, produce.ErrFailed) {
				p.note("%s written, %d failed", plural(r.Records, "record"), r.Failed)
			}
			return p.failed(ctx, cl, err)
		}
		p.trace("%s written to %s", plural(r.Records, "record"), p.o.Topic)
		return nil
	}, append(produce.DefaultClientOptions(), p.o.ClientOptions()...)...)
}

// noteTransactions tells what was committed, and what was not.
func (p *producing) noteTransactions(r produce.Result) {
	text := plural(r.Records, "record") + " committed in " + plural(r.Transactions, "transaction")
	if r.Failed > 0 {
		text += ", " + plural(r.Failed, "record") + " not committed"
	}
	p.note("%s", text)
}

// properties looks after those that a client does not know by itself: what they
// say where no flag does.
func (p *producing) properties() error {
	s, err := p.settings()
	if err != nil {
		return err
	}
	if d, ok := s.Values.Duration("delivery.timeout.ms"); ok {
		p.o.DeliveryTimeout = d
	}
	if d, ok := s.Values.Duration("transaction.timeout.ms"); ok {
		p.o.TransactionTimeout = d
	}
	if p.o.Partitioner != "" {
		return nil
	}
	switch rule := s.Values.Text("partitioner"); rule {
	case "murmur2_random":
		p.o.Partitioner = "murmur2"
	case "random":
		p.o.Partitioner = "sticky"
	default:
		p.o.Partitioner = rule
	}
	if err := p.o.Validate(); err != nil {
		return p.usage(err)
	}
	return nil
}

// counts is how far the run came.
func (p *producing) counts() counts {
	m := p.o.Meter
	return counts{records: m.Records(), bytes: m.Bytes(), read: m.Read()}
}
