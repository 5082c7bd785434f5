package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/client"
	"kq/internal/conf"
	"kq/pkg/consume/transfer"
)

// side is how to reach the cluster of a topic: that of the command, or that of a
// profile, which environment and -b do not change.
func (c *copying) side(profile string) (conf.Settings, error) {
	if profile == "" {
		return c.settings()
	}
	s, err := conf.Resolve(conf.Flags{
		Profile: profile, DialMap: c.dialMap, Timeout: c.timeout,
		CommandConfig: c.config, Properties: c.property.given, Overrides: c.overrides,
	}, func(name string) string {
		if name == conf.EnvBootstrap || name == conf.Env("bootstrap.servers") {
			return ""
		}
		return c.env.Getenv(name)
	})
	if err != nil {
		return s, err
	}
	for _, w := range s.Warnings {
		c.note("%s", w)
	}
	for _, n := range s.Notes {
		c.trace("%s", n)
	}
	return s, nil
}

// run connects to both sides and copies.
func (c *copying) run(cmd *cobra.Command) error {
	from, err := c.side(c.srcProfile)
	if err != nil {
		return err
	}
	if d, ok := from.Values.Duration("delivery.timeout.ms"); ok {
		c.o.Patience = d
	}
	if d, ok := from.Values.Duration("transaction.timeout.ms"); ok {
		c.o.TransactionTimeout = d
	}
	src, err := c.open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	if c.srcProfile == c.dstProfile {
		return src.Do(cmd.Context(), func(ctx context.Context) error { return c.between(ctx, src.Client, src.Client) })
	}
	to, err := c.side(c.dstProfile)
	if err != nil {
		return err
	}
	dst, err := c.open(to)
	if err != nil {
		return err
	}
	defer dst.Close()
	return src.Do(cmd.Context(), func(ctx context.Context) error {
		return dst.Do(ctx, func(ctx context.Context) error { return c.between(ctx, src.Client, dst.Client) })
	})
}

func (c *copying) open(s conf.Settings) (*client.Client, error) {
	cl, err := client.New(s, client.Options{Version: version().Version, Logf: c.trace}, transfer.ClientOptions()...)
	if err == nil {
		c.trace("asking %s (from %s)", list(s.Bootstrap), s.Origin)
	}
	return cl, err
}

// between copies, or tells what would be copied.
func (c *copying) between(ctx context.Context, src, dst *kgo.Client) error {
	c.o.Notice = func(text string) {
		if c.shown != nil {
			c.shown.clear()
		}
		c.note("%s", text)
	}
	if c.dry {
		p, err := transfer.Prepare(ctx, src, dst, c.o)
		if err != nil {
			return c.explain(ctx, src, dst, err)
		}
		return c.printPlan(p)
	}
	c.o.Meter = new(transfer.Meter)
	c.begin()
	r, err := transfer.Run(ctx, src, dst, c.o)
	c.end(r, err)
	if err != nil {
		return c.explain(ctx, src, dst, err)
	}
	return nil
}

// begin shows how far the copy is, on a terminal.
func (c *copying) begin() {
	c.began = time.Now()
	m := c.o.Meter
	c.shown = c.show(&progress{line: func() string {
		done, total := m.Progress()
		return progressLine(counts{records: m.Records(), bytes: m.Bytes(), read: done}, total, time.Since(c.began))
	}})
}

// end takes the line away, and says what was done.
func (c *copying) end(r transfer.Result, err error) {
	c.shown.stop()
	c.shown = nil
	took := time.Since(c.began)
	if c.summary != "" {
		c.printSummary(r, took, err)
		return
	}
	text := fmt.Sprintf("%s copied to %s, %s in %.1f s", plural(r.Records, "record"), c.o.Destination, megabytes(float64(r.Bytes)), took.Seconds())
	if r.Transactions > 0 {
		text += ", " + plural(r.Transactions, "transaction")
	}
	if err == nil || r.Records > 0 {
		c.note("%s", text)
	}
}
