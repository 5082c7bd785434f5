package spec

import (
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/topology"
)

// processor runs the actions of a process step in one task.
type processor struct {
	*procedure
	ctx *topology.Context
	on  *script
	out topology.Record
}

// processor makes the processor of a task.
func (pr *procedure) processor() topology.Processor { return &processor{procedure: pr} }

// Init compiles the actions for this task, and starts the timers.
func (p *processor) Init(ctx *topology.Context) (err error) {
	p.ctx = ctx
	if p.on, err = p.script(p.step.On, append(recordVars(p.in), append(originVars(), variable{"now", expr.Int})...)); err != nil {
		return err
	}
	for _, e := range p.step.Every {
		do, err := p.script(e.Do, []variable{{"now", expr.Int}})
		if err != nil {
			return err
		}
		every, clock := e.Wall, topology.WallClock
		if e.Stream > 0 {
			every, clock = e.Stream, topology.StreamClock
		}
		ctx.Schedule(every, clock, func(now int64) error {
			do.vars.SetInt(do.slot("now"), now)
			return do.run(&topology.Record{Timestamp: now})
		})
	}
	return nil
}

// Process runs the actions for a record.
func (p *processor) Process(r *topology.Record) error {
	if len(p.on.acts) == 0 {
		return nil
	}
	if err := p.on.bound.record(p.on.runner, r); err != nil {
		return err
	}
	p.on.bound.origin(p.on.runner, p.ctx.Origin())
	p.on.vars.SetInt(p.on.slot("now"), p.ctx.Times().Wall)
	return p.on.run(r)
}

// script is a list of actions and their variables.
type script struct {
	*scope
	*runner
	p     *processor
	bound *bound
	acts  []*act
}

// act is a compiled action; expressions that it has not are nil.
type act struct {
	op                           string
	lets                         []*expr.Program
	slots                        []int
	cond, list, key, value, time *expr.Program
	start                        *expr.Program // of a session
	store                        string
}

func (s *script) slot(name string) int { return s.env.Slot(name) }

// script compiles actions. All names that they give are variables from the
// beginning: which action sees which was checked before.
func (p *processor) script(list []*Action, vars []variable) (*script, error) {
	for _, a := range list {
		for _, l := range a.Let {
			vars = append(vars, variable{l.Name, expr.Any})
		}
	}
	sc := newScope(append(vars, variable{"item", expr.Any})...)
	sc.windowed = p.in.windowed() && sc.key >= 0
	p.functions(sc.env)
	s := &script{scope: sc, p: p, runner: &runner{vars: sc.env.Vars()}}
	s.bound = &bound{scope: sc}
	s.bound.uses.key, s.bound.uses.window, s.bound.uses.headers = true, true, sc.headers >= 0
	c := &scriptCompiler{env: sc.env}
	for _, a := range list {
		s.acts = append(s.acts, c.act(a))
	}
	return s, c.err
}

// scriptCompiler keeps the first mistake; there is none in a job that was checked.
type scriptCompiler struct {
	env *expr.Env
	err error
}

func (c *scriptCompiler) program(src Expr, want expr.Type) *expr.Program {
	if src == "" || c.err != nil {
		return nil
	}
	p, err := expr.Compile(string(src), c.env, want)
	if err != nil {
		c.err = fmt.Errorf("compile action: %w", err)
	}
	return p
}

func (c *scriptCompiler) act(a *Action) *act {
	x := &act{op: a.op}
	switch a.op {
	case "let":
		for _, l := range a.Let {
			x.lets = append(x.lets, c.program(l.Expr, expr.Any))
			x.slots = append(x.slots, c.env.Slot(l.Name))
		}
	case "stop":
		x.cond = c.program(a.Stop, expr.Bool)
	case "put":
		x.store = a.Put.Store
		x.cond, x.list = c.program(a.Put.If, expr.Bool), c.program(a.Put.For, expr.List)
		x.key, x.value, x.time = c.program(a.Put.Key, expr.Any), c.program(a.Put.Value, expr.Any), c.program(a.Put.Time, expr.Any)
		x.start = c.program(a.Put.Start, expr.Any)
	case "delete":
		x.store = a.Delete.Store
		x.cond, x.list = c.program(a.Delete.If, expr.Bool), c.program(a.Delete.For, expr.List)
		x.key, x.time, x.start = c.program(a.Delete.Key, expr.Any), c.program(a.Delete.Time, expr.Any), c.program(a.Delete.Start, expr.Any)
	case "emit":
		x.cond, x.list = c.program(a.Emit.If, expr.Bool), c.program(a.Emit.For, expr.List)
		x.key, x.value, x.time = c.program(a.Emit.Key, expr.Any), c.program(a.Emit.Value, expr.Any), c.program(a.Emit.Time, expr.Any)
	}
	return x
}

// run does the actions, up to a stop whose condition holds.
func (s *script) run(r *topology.Record) error {
	for _, a := range s.acts {
		stop, err := s.act(a, r)
		if err != nil || stop {
			return err
		}
	}
	return nil
}

func (s *script) act(a *act, r *topology.Record) (stop bool, err error) {
	if a.op == "let" {
		for i, l := range a.lets {
			v, err := l.Run(s.vars)
			if err != nil {
				return false, err
			}
			s.vars.Set(a.slots[i], v)
		}
		return false, nil
	}
	if a.list == nil {
		ok, err := s.holds(a)
		if err != nil || !ok {
			return false, err
		}
		return a.op == "stop", s.do(a, r)
	}
	v, err := a.list.Run(s.vars)
	if err != nil {
		return false, err
	}
	list, _ := v.([]any)
	for _, item := range list {
		s.vars.Set(s.slot("item"), item)
		ok, err := s.holds(a)
		if err == nil && ok {
			err = s.do(a, r)
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func (s *script) holds(a *act) (bool, error) {
	if a.cond == nil {
		return true, nil
	}
	v, err := a.cond.Run(s.vars)
	ok, _ := v.(bool)
	return ok, err
}

// do does an action once, for a record or for an item.
func (s *script) do(a *act, r *topology.Record) error {
	if a.op == "stop" {
		return nil
	}
	key, err := value(a.key, s.vars, r.Key)
	if err != nil {
		return err
	}
	at, err := s.time(a.time, r.Timestamp)
	if err != nil {
		return err
	}
	start, err := s.time(a.start, at)
	if err != nil {
		return err
	}
	if a.op == "delete" {
		return s.p.write(a.store, &entryKey{key, start, at}, &codec.Value{}, r.Timestamp)
	}
	v, err := value(a.value, s.vars, r.Value)
	if err != nil {
		return err
	}
	if a.op == "put" {
		return s.p.write(a.store, &entryKey{key, start, at}, &v, r.Timestamp)
	}
	s.p.out = topology.Record{Key: key, Value: v, Timestamp: at, Headers: r.Headers}
	return s.p.ctx.Forward(&s.p.out)
}

// value is what a program makes, the value there is without one.
func value(p *expr.Program, vars *expr.Vars, otherwise codec.Value) (codec.Value, error) {
	if p == nil {
		return otherwise, nil
	}
	v, err := p.Run(vars)
	return codec.Of(v), err
}

// time is what a program makes, as milliseconds since 1970.
func (s *script) time(p *expr.Program, otherwise int64) (int64, error) {
	if p == nil {
		return otherwise, nil
	}
	v, err := p.Run(s.vars)
	if err != nil {
		return 0, err
	}
	return expr.Millis(v)
}
