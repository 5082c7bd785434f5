package dsl

import (
	"time"

	"kq/pkg/streams/topology"
)

// Handler is a processor spelled as functions. One is made for each task, so
// that its functions may share variables. Any of them may be nil.
type Handler struct {
	Init func(ctx *topology.Context) error
	// On gets every record; what is to go on it forwards with ctx.
	On    func(ctx *topology.Context, r *topology.Record) error
	Every []Every
	Close func() error
}

// Every is a punctuation of a Handler: stream time moves it with the records
// of the task, the wall clock without them.
type Every struct {
	Interval time.Duration
	Clock    topology.Clock
	// Do gets the time that is due, in milliseconds since 1970. What it forwards has no origin.
	Do func(ctx *topology.Context, now int64) error
}

// Process runs a processor that may forward records with any key; the stores
// named were added with AddStore.
func (s *Stream) Process(make func() topology.Processor, stores []string, n ...Named) *Stream {
	out := s.process(make, stores, "KSTREAM-PROCESSOR-", one(n))
	out.Key, out.Value, out.moved = nil, nil, true
	return out
}

// ProcessValues runs a processor that forwards records under the key they came with.
func (s *Stream) ProcessValues(make func() topology.Processor, stores []string, n ...Named) *Stream {
	out := s.process(make, stores, "KSTREAM-PROCESSVALUES-", one(n))
	out.Value = nil
	return out
}

// Handle is Process for a processor spelled as functions.
func (s *Stream) Handle(make func() Handler, stores []string, n ...Named) *Stream {
	return s.Process(func() topology.Processor { return &handler{Handler: make()} }, stores, n...)
}

// process adds the node; a number is taken only where it has no name.
func (s *Stream) process(make func() topology.Processor, stores []string, prefix string, n Named) *Stream {
	name := string(n)
	if name == "" {
		name = s.b.number(prefix)
	}
	out := *s
	out.name, out.node = name, s.b.process(name, make, s.node)
	s.b.top.Connect(name, stores...)
	return &out
}

type handler struct {
	Handler
	ctx *topology.Context
}

func (p *handler) Init(ctx *topology.Context) error {
	p.ctx = ctx
	for _, e := range p.Every {
		ctx.Schedule(e.Interval, e.Clock, func(now int64) error { return e.Do(ctx, now) })
	}
	if p.Handler.Init == nil {
		return nil
	}
	return p.Handler.Init(ctx)
}

func (p *handler) Process(r *topology.Record) error {
	if p.On == nil {
		return nil
	}
	return p.On(p.ctx, r)
}

func (p *handler) Close() error {
	if p.Handler.Close == nil {
		return nil
	}
	return p.Handler.Close()
}
