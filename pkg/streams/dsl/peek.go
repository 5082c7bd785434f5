package dsl

import (
	"fmt"
	"io"

	"kq/pkg/streams/topology"
)

// Peek looks at every record and passes it on.
func (s *Stream) Peek(f Action, n ...Named) *Stream {
	return s.below(n, "KSTREAM-PEEK-", func() topology.Processor { return &peek{f: f, on: true} })
}

// ForEach looks at every record and ends the stream.
func (s *Stream) ForEach(f Action, n ...Named) {
	s.below(n, "KSTREAM-FOREACH-", func() topology.Processor { return &peek{f: f} })
}

// Print writes every record as a line "[label]: key, value" and ends the stream.
func (s *Stream) Print(o Printed) {
	label := o.Label
	if label == "" {
		label = s.name
	}
	to := o.To
	if to == nil {
		to = io.Discard
	}
	s.below([]Named{o.Name}, "KSTREAM-PRINTER-", func() topology.Processor {
		return &peek{f: func(r *topology.Record) error { return printRecord(to, label, r) }}
	})
}

func printRecord(to io.Writer, label string, r *topology.Record) error {
	key, err := r.Key.Any()
	if err != nil {
		return err
	}
	value, err := r.Value.Any()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, "[%s]: %s, %s\n", label, text(key), text(value)); err != nil {
		return fmt.Errorf("print record: %w", err)
	}
	return nil
}

// text is how a value is printed; null as in Java.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

type peek struct {
	stateless
	f  Action
	on bool
}

func (p *peek) Process(r *topology.Record) error {
	if err := p.f(r); err != nil || !p.on {
		return err
	}
	return p.ctx.Forward(r)
}
