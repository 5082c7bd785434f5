package spec

import (
	"regexp"
	"slices"
	"sync"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// procedure is a process step that was checked: what each task makes its processor of.
type procedure struct {
	step   *Process
	in     *flow
	stores map[string]*procStore
	names  []string // of the stores
	rekeys bool     // an emit makes keys
}

// procStore is a store of a process step.
type procStore struct {
	spec       *state.Spec
	key, value codec.Codec
}

// process compiles the Processor API's step.
func (c *compiler) process(_ *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	x := s.Process
	pr := &procedure{step: x, in: f, stores: map[string]*procStore{}}
	for _, st := range x.Stores {
		if kept := c.procStore(st); kept != nil {
			pr.stores[st.Name], pr.names = kept, append(pr.names, st.Name)
		}
	}
	if len(x.On) == 0 && len(x.Every) == 0 {
		c.f.wrong(x.node, "on: is for records, every: for timers", "process has neither on: nor every:")
	}
	ck := &actionCheck{c: c, pr: pr}
	ck.actions(x.On, append(recordVars(f), append(originVars(), variable{"now", expr.Int})...))
	for _, e := range x.Every {
		switch {
		case (e.Wall > 0) == (e.Stream > 0):
			c.f.wrong(e.node, "", "a timer has an interval: either wall: or stream:")
		default:
			ck.timer = true
			ck.actions(e.Do, []variable{{"now", expr.Int}})
		}
	}
	out := *f
	out.topics, out.fixed = nil, nil
	out.setKey(c.codec(x.KeyType, ck.keyCodec(f), f.key), f.guessed || ck.keys != nil && x.KeyType == nil)
	out.setValue(c.codec(x.ValueType, ck.valueCodec(f), nil))
	if !ck.valued && x.ValueType == nil {
		out.valueType = f.valueType
	}
	if pr.rekeys = ck.keys != nil; pr.rekeys {
		return out.asStream(f.stream.Process(pr.processor, pr.names))
	}
	out.topics, out.fixed = f.topics, f.fixed
	return out.asStream(f.stream.ProcessValues(pr.processor, pr.names))
}

// procStore declares a store of a process step; one of the job's stores is shared by all that name it.
func (c *compiler) procStore(s *Store) *procStore {
	declared := c.declaredStore(s.Name)
	bare := len(s.keys) == 0
	if bare && declared == nil {
		c.f.wrong(s.node, "give it value: and key:, or declare it under the job's stores:", "there is no store %q under stores:", s.Name)
		return nil
	}
	if have := c.shared[s.Name]; have != nil && bare {
		return have
	}
	if declared != nil && !bare {
		c.f.wrong(s.node, "name it alone here: "+s.Name+":", "store %q is declared under stores: and here", s.Name)
		return nil
	}
	if bare {
		s = declared
	}
	o := c.named(&s.Where, nil, s.Name)
	kept := &procStore{key: c.codec(s.Key, codec.String{}, nil), value: c.codec(s.Value, codec.JSON{}, nil)}
	kept.spec = &state.Spec{
		Name: s.Name, Retention: s.Retention, WindowSize: s.Window, Memory: o.In == "memory", Config: s.Config, Unlogged: s.Changelog != nil && !*s.Changelog,
	}
	if s.In != "" {
		kept.spec.Memory = s.In == "memory"
	}
	switch s.Kind {
	case "window":
		kept.spec.Kind = state.WindowKind
	case "session":
		kept.spec.Kind = state.SessionKind
	case "versioned":
		kept.spec.Kind = state.VersionedKind
	}
	c.shape(s, kept.spec)
	c.b.AddStore(kept.spec)
	c.out.Stores[s.Name] = Types{kept.key, kept.value}
	c.shared[s.Name] = kept
	return kept
}

// shape checks that a store has the times that its kind needs, and no others.
func (c *compiler) shape(s *Store, spec *state.Spec) {
	switch of := map[state.Kind]string{state.WindowKind: "windows", state.SessionKind: "sessions", state.VersionedKind: "versions"}[spec.Kind]; {
	case of == "" && s.Retention > 0:
		c.f.wrong(s.keyNode("retention"), "", "retention: goes with kind: window, session or versioned")
	case of != "" && s.Retention <= 0:
		c.f.wrong(s.node, "retention: 1d, say", "a store of %s needs retention:, how long they are kept", of)
	case spec.Kind == state.WindowKind && s.Window <= 0:
		c.f.wrong(s.node, "window: 5m, say", "a store of windows needs window:, their size")
	case spec.Kind != state.WindowKind && s.Window > 0:
		c.f.wrong(s.keyNode("window"), "", "window: goes with kind: window")
	case spec.Kind == state.WindowKind && s.Window > s.Retention:
		c.f.wrong(s.keyNode("retention"), "", "retention: %s is shorter than a window, %s", show(s.Retention), show(s.Window))
	}
}

// actionCheck checks the actions of one process step.
type actionCheck struct {
	c      *compiler
	pr     *procedure
	timer  bool
	keys   []expr.Type // of the emits that make keys
	values []expr.Type // of the emits that make values
	valued bool        // an emit makes values
}

func (k *actionCheck) keyCodec(f *flow) codec.Codec {
	if k.keys == nil {
		return f.key
	}
	return keyCodecOf(sameType(k.keys))
}

func (k *actionCheck) valueCodec(f *flow) codec.Codec {
	if !k.valued {
		return f.value
	}
	return codecOf(sameType(k.values))
}

// sameType is the type that all have, any where they differ.
func sameType(types []expr.Type) expr.Type {
	for _, t := range types[1:] {
		if t != types[0] {
			return expr.Any
		}
	}
	return types[0]
}

// actions checks a list of actions; each sees the names that those before it gave.
func (k *actionCheck) actions(list []*Action, vars []variable) {
	for _, a := range list {
		switch a.op {
		case "let":
			for i := range a.Let {
				l := &a.Let[i]
				if slices.ContainsFunc(vars, func(v variable) bool { return v.name == l.Name }) {
					k.c.f.wrong(l.node, "", "there is something called %s already", l.Name)
				}
				vars = append(vars, variable{l.Name, k.expr(&l.Where, "expr", l.Expr, vars, expr.Any).typ})
			}
		case "stop":
			k.expr(&a.Where, "stop", a.Stop, vars, expr.Bool)
		case "put":
			k.put(a.Put, vars)
		case "delete":
			d := a.Delete
			vars := k.guard(&d.Where, d.If, d.For, vars)
			k.store(&d.Where, d.Store, d.Key, d.Time, d.Start, vars)
		case "emit":
			k.emit(a.Emit, vars)
		}
	}
}

// expr checks an expression that may call the functions of stores.
func (k *actionCheck) expr(w *Where, key string, src Expr, vars []variable, want expr.Type) *bound {
	if src == "" {
		return nil
	}
	s := newScope(vars...)
	s.windowed, s.keyType, s.valueType = k.pr.in.windowed() && !k.timer, k.pr.in.keyType, k.pr.in.valueType
	(&processor{procedure: k.pr}).functions(s.env)
	for _, m := range storeCall().FindAllStringSubmatch(string(src), -1) {
		if k.pr.stores[m[2]] == nil {
			k.c.f.wrong(w.valueNode(key), suggest(m[2], k.pr.names), "process has no store %q", m[2])
		}
	}
	return k.c.bind(w, key, src, s, want)
}

// storeCall is a function of stores and the name of its store.
var storeCall = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(get|all|range|fetch)\(\s*["']([^"']*)["']`) })

// guard checks if: and for:, and gives the variables that the rest sees.
func (k *actionCheck) guard(w *Where, cond, list Expr, vars []variable) []variable {
	if list != "" {
		k.expr(w, "for", list, vars, expr.List)
		vars = append(slices.Clone(vars), variable{"item", expr.Any})
	}
	k.expr(w, "if", cond, vars, expr.Bool)
	return vars
}

func (k *actionCheck) store(w *Where, name string, key, at, start Expr, vars []variable) *procStore {
	s := k.pr.stores[name]
	if s == nil {
		k.c.f.wrong(w.valueNode("store"), suggest(name, k.pr.names), "process has no store %q", name)
		return nil
	}
	if b := k.expr(w, "key", key, vars, expr.Any); b != nil {
		k.c.fits(w.valueNode("key"), "keys", b.typ, s.key)
	} else if k.timer {
		k.c.f.wrong(w.node, "", "a timer has no record: key: is needed")
	}
	k.expr(w, "time", at, vars, expr.Any)
	if k.expr(w, "start", start, vars, expr.Any); start != "" && s.spec.Kind != state.SessionKind {
		k.c.f.wrong(w.keyNode("start"), "the start of a window is its time:", "start: is for stores of kind: session, %s is none", name)
	}
	return s
}

func (k *actionCheck) put(p *Put, vars []variable) {
	vars = k.guard(&p.Where, p.If, p.For, vars)
	s := k.store(&p.Where, p.Store, p.Key, p.Time, p.Start, vars)
	b := k.expr(&p.Where, "value", p.Value, vars, expr.Any)
	if s != nil {
		k.c.fits(p.valueNode("value"), "values", b.typ, s.value)
	}
}

func (k *actionCheck) emit(e *Forward, vars []variable) {
	vars = k.guard(&e.Where, e.If, e.For, vars)
	if b := k.expr(&e.Where, "key", e.Key, vars, expr.Any); b != nil {
		k.keys = append(k.keys, b.typ)
	}
	switch b := k.expr(&e.Where, "value", e.Value, vars, expr.Any); {
	case b != nil:
		k.values, k.valued = append(k.values, b.typ), true
	case k.timer:
		k.c.f.wrong(e.node, "", "a timer has no record: value: is needed")
	default:
		k.values = append(k.values, k.pr.in.valueType)
	}
	k.expr(&e.Where, "time", e.Time, vars, expr.Any)
}

var _ topology.Processor = (*processor)(nil)

var _ dsl.ValueMapper = valueMapper(nil)
