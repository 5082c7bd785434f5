package main

import (
	"io"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
	"kq/pkg/consume"
)

// recordSink makes the sink that prints records, and the progress that is shown
// where they go somewhere else than to a terminal and come to an end.
func (a *app) recordSink(as format.Formatter, follow bool) (consume.Sink, *readProgress) {
	p := &readProgress{a: a, out: a.env.Out}
	if follow || a.env.OutTTY || !a.env.ErrTTY || a.quiet {
		return consume.NewWriter(a.env.Out, as), p
	}
	p.Sink = consume.NewWriter(p, as)
	return p, p
}

// readProgress counts what is printed. Without a Sink it shows nothing.
type readProgress struct {
	consume.Sink
	a     *app
	out   io.Writer
	shown *progress

	records, bytes atomic.Int64
}

// Record passes a record on.
func (p *readProgress) Record(r *kgo.Record) error {
	p.records.Add(1)
	return p.Sink.Record(r)
}

// Write passes on what was printed.
func (p *readProgress) Write(b []byte) (int, error) {
	n, err := p.out.Write(b)
	p.bytes.Add(int64(n))
	return n, err
}

func (p *readProgress) begin() {
	if p.Sink != nil {
		p.shown = p.a.progress(0, func() counts { return counts{records: p.records.Load(), bytes: p.bytes.Load()} })
	}
}

func (p *readProgress) clear() {
	if p.shown != nil {
		p.shown.clear()
	}
}

func (p *readProgress) end() {
	if p.shown != nil {
		p.shown.stop()
		p.shown = nil
	}
}
