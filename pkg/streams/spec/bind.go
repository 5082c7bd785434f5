package spec

import (
	"strings"
	"sync"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/topology"
)

// scope is the variables that an expression of one kind of step sees, and the
// numbers of their slots, -1 for those that it does not.
type scope struct {
	env                                    *expr.Env
	key, value, timestamp, headers, window int
	agg, left, right, a, b                 int
	topic, partition, offset, partitions   int
	windowed                               bool
	keyType, valueType                     expr.Type
}

// newScope declares variables: those of a record where it has one, and others by name.
func newScope(vars ...variable) *scope {
	s := &scope{env: expr.NewEnv()}
	for _, v := range vars {
		s.env.Var(v.name, v.typ)
	}
	s.number()
	return s
}

type variable struct {
	name string
	typ  expr.Type
}

func (s *scope) number() {
	s.key, s.value, s.timestamp, s.headers = s.env.Slot("key"), s.env.Slot("value"), s.env.Slot("timestamp"), s.env.Slot("headers")
	s.window, s.agg, s.left, s.right = s.env.Slot("window"), s.env.Slot("agg"), s.env.Slot("left"), s.env.Slot("right")
	s.a, s.b, s.topic, s.partition = s.env.Slot("a"), s.env.Slot("b"), s.env.Slot("topic"), s.env.Slot("partition")
	s.offset, s.partitions = s.env.Slot("offset"), s.env.Slot("partitions")
}

// recordVars are the variables that every record has.
func recordVars(f *flow) []variable {
	vars := []variable{{"key", f.keyType}, {"value", f.valueType}, {"timestamp", expr.Int}, {"headers", expr.Map}}
	if f.windowed() {
		vars = append(vars, windowVar())
	}
	return vars
}

func windowVar() variable {
	return variable{"window", expr.Object(map[string]expr.Type{"start": expr.Int, "end": expr.Int})}
}

// originVars are where a record came from.
func originVars() []variable {
	return []variable{{"topic", expr.String}, {"partition", expr.Int}, {"offset", expr.Int}}
}

// recordScope is the scope of an expression about a record of f.
func recordScope(f *flow, more ...variable) *scope {
	s := newScope(append(recordVars(f), more...)...)
	s.windowed, s.keyType, s.valueType = f.windowed(), f.keyType, f.valueType
	return s
}

// bound is a compiled expression in its scope. It serves any number of
// goroutines: each run takes a program of its own.
type bound struct {
	*scope
	prog *expr.Program
	typ  expr.Type
	pool *sync.Pool
	uses struct{ key, window, headers, origin bool }
	// plain is key or value where the expression is nothing else.
	plain string
}

// runner is a program with its variables.
type runner struct {
	prog  *expr.Program
	vars  *expr.Vars
	inner codec.Value // of a windowed key
}

func (c *compiler) bind(w *Where, key string, src Expr, s *scope, want expr.Type) *bound {
	p, err := expr.Compile(string(src), s.env, want)
	if err != nil {
		c.wrongExpr(w, key, string(src), err)
		return &bound{scope: s, typ: expr.Any} // what comes after it is checked too; nothing of it is run
	}
	b := &bound{scope: s, prog: p, typ: p.Type()}
	b.uses.key, b.uses.window, b.uses.headers = p.Uses("key"), p.Uses("window"), p.Uses("headers")
	b.uses.origin = s.topic >= 0 && (p.Uses("topic") || p.Uses("partition") || p.Uses("offset"))
	b.pool = &sync.Pool{New: func() any { return &runner{prog: p.Clone(), vars: s.env.Vars()} }}
	switch text := strings.TrimSpace(string(src)); {
	case text == "value" && s.value >= 0:
		b.plain, b.typ = text, s.valueType
	case text == "key" && s.key >= 0 && !s.windowed:
		b.plain, b.typ = text, s.keyType
	}
	if b.typ == nil {
		b.typ = expr.Any
	}
	return b
}

func (b *bound) take() *runner { return b.pool.Get().(*runner) }

func (b *bound) run(x *runner) (any, error) {
	out, err := x.prog.Run(x.vars)
	b.pool.Put(x)
	return out, err
}

// result is the result of a run as a value.
func (b *bound) result(x *runner) (codec.Value, error) {
	out, err := b.run(x)
	return codec.Of(out), err
}

// record sets the variables of a record.
func (b *bound) record(x *runner, r *topology.Record) error {
	if err := b.setKey(x, &r.Key); err != nil {
		return err
	}
	if b.value >= 0 {
		x.vars.SetValue(b.value, &r.Value)
	}
	if b.timestamp >= 0 {
		x.vars.SetInt(b.timestamp, r.Timestamp)
	}
	if b.uses.headers {
		x.vars.Set(b.headers, expr.Headers(len(r.Headers), func(i int) (string, []byte) { return r.Headers[i].Key, r.Headers[i].Value }))
	}
	return nil
}

// setKey sets the key, and of a windowed one the key inside and its window.
func (b *bound) setKey(x *runner, key *codec.Value) error {
	if b.key < 0 {
		return nil
	}
	if !b.windowed {
		x.vars.SetValue(b.key, key)
		return nil
	}
	if !b.uses.key && !b.uses.window {
		return nil
	}
	k, err := key.Any()
	if err != nil {
		return err
	}
	w, ok := k.(codec.Windowed)
	if !ok {
		x.vars.SetValue(b.key, key)
		return nil
	}
	x.inner = w.Key
	x.vars.SetValue(b.key, &x.inner)
	if b.window < 0 {
		return nil
	}
	x.vars.Set(b.window, map[string]any{"start": w.Start, "end": w.End})
	return nil
}

// origin sets where a record came from.
func (b *bound) origin(x *runner, o *topology.Origin) {
	x.vars.Set(b.topic, o.Topic)
	x.vars.SetInt(b.partition, int64(o.Partition))
	x.vars.SetInt(b.offset, o.Offset)
}

// ofRecord is the expression's value for a record.
func (b *bound) ofRecord(r *topology.Record) (any, error) {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return nil, err
	}
	return b.run(x)
}

// predicate is the expression as a condition.
func (b *bound) predicate(r *topology.Record) (bool, error) {
	v, err := b.ofRecord(r)
	ok, _ := v.(bool)
	return ok, err
}

// mapper is the expression as a value mapper; a bare key or value keeps its bytes.
func (b *bound) mapper() func(r *topology.Record) (codec.Value, error) {
	switch b.plain {
	case "value":
		return func(r *topology.Record) (codec.Value, error) { return r.Value, nil }
	case "key":
		return func(r *topology.Record) (codec.Value, error) { return r.Key, nil }
	}
	return func(r *topology.Record) (codec.Value, error) {
		v, err := b.ofRecord(r)
		return codec.Of(v), err
	}
}

// aggregator is the expression as one step of an aggregate.
func (b *bound) aggregator(r *topology.Record, agg *codec.Value) (codec.Value, error) {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return codec.Value{}, err
	}
	x.vars.SetValue(b.agg, agg)
	return b.result(x)
}

// merger is the expression as the aggregate of two sessions.
func (b *bound) merger(key, left, right *codec.Value) (codec.Value, error) {
	x := b.take()
	if err := b.setKey(x, key); err != nil {
		return codec.Value{}, err
	}
	x.vars.SetValue(b.a, left)
	x.vars.SetValue(b.b, right)
	return b.result(x)
}

// joiner is the expression as the result of a join.
func (b *bound) joiner(key, left, right *codec.Value) (codec.Value, error) {
	x := b.take()
	if err := b.setKey(x, key); err != nil {
		return codec.Value{}, err
	}
	x.vars.SetValue(b.left, left)
	x.vars.SetValue(b.right, right)
	return b.result(x)
}

// constant is the expression as the start of an aggregate.
func (b *bound) constant() (codec.Value, error) { return b.result(b.take()) }

// partitioner is the expression as the choice of a partition.
func (b *bound) partitioner(r *topology.Record, n int32) (int32, error) {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return 0, err
	}
	x.vars.SetInt(b.partitions, int64(n))
	v, err := b.run(x)
	if err != nil {
		return 0, err
	}
	p, err := codec.Whole(v)
	if err != nil || p < 0 || p >= int64(n) {
		return 0, &partitionError{value: v, of: n}
	}
	return int32(p), nil
}

// topicOf is the expression as the choice of a topic.
func (b *bound) topicOf(r *topology.Record, o *topology.Origin) (string, error) {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return "", err
	}
	b.origin(x, o)
	v, err := b.run(x)
	if err != nil {
		return "", err
	}
	name, ok := v.(string)
	if !ok || name == "" {
		return "", &topicError{value: v}
	}
	return name, nil
}

// time is the expression as a record's time.
func (b *bound) time(r *topology.Record, o *topology.Origin) (int64, error) {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return 0, err
	}
	b.origin(x, o)
	v, err := b.run(x)
	if err != nil {
		return 0, err
	}
	return expr.Millis(v)
}
