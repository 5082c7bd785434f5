package dsl

import (
	"math"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// addRetrigger adds the processor that joins again what a late update of the
// table concerns, and the node in which its results meet those of the join.
func (b *Builder) addRetrigger(c *tableJoin, t *Table, join *node, o Joined) (string, *node) {
	c.retrigger, c.retained = o.Retrigger.Milliseconds(), join.name+"-Retrigger"
	name := b.suffixed(o.Name, "-retrigger", "KSTREAM-RETRIGGER-")
	merge := b.suffixed(o.Name, "-merge", "KSTREAM-MERGE-")
	again := b.process(name, func() topology.Processor { return &retrigger{tableJoin: c} }, t.node)
	again.relaxed = join.relaxed
	b.top.Connect(name, c.view.stores...)
	// A millisecond more, because a store shows only what is younger than its retention.
	b.addStore(&state.Spec{
		Name: c.retained, Kind: state.WindowKind, Retention: o.Retrigger + time.Millisecond, WindowSize: time.Millisecond,
		Memory: o.Memory, Unlogged: o.Unlogged, Config: o.Config,
	}, join.name, name)
	return merge, b.process(merge, func() topology.Processor { return &passThrough{} }, join, again)
}

// retainedStore is what a retrigger needs of a *state.Window: by key and time
// of stream records, a list of those that have both.
type retainedStore interface {
	pairStore
	Get(key []byte, start int64) (value []byte, ts int64, err error)
}

// An entry of such a list is a buffered record with its length before it. The
// buffer time at its end says whether the record has a result: 1, or 0.

func retained(list []byte, entry *buffered, matched bool) []byte {
	b := entry.append(nil)
	setMatched(b, matched)
	return appendSized(list, b)
}

func setMatched(entry []byte, matched bool) {
	entry[len(entry)-1] = 0
	if matched {
		entry[len(entry)-1] = 1
	}
}

// retainer keeps the stream records that a join has seen.
type retainer struct {
	*tableJoin
	ctx   *topology.Context
	store retainedStore
}

func openRetainer(ctx *topology.Context, c *tableJoin) (*retainer, error) {
	store, err := storeOf[retainedStore](ctx, c.retained)
	return &retainer{tableJoin: c, ctx: ctx, store: store}, err
}

func (k *retainer) keep(r *topology.Record, matched bool) error {
	if r.Timestamp < k.ctx.Times().Stream-k.retrigger {
		return nil
	}
	key, err := r.Key.Bytes(k.key)
	if err != nil {
		return err
	}
	value, err := r.Value.Bytes(k.value)
	if err != nil {
		return err
	}
	list, _, err := k.store.Get(key, r.Timestamp)
	if err != nil {
		return err
	}
	entry := &buffered{ts: r.Timestamp, origin: *k.ctx.Origin(), headers: r.Headers, value: value}
	k.store.Put(key, r.Timestamp, retained(append([]byte(nil), list...), entry, matched), r.Timestamp)
	return nil
}

// retrigger is asked with every update of the table: the stream records from
// the time of the update until the table's next version get a new result,
// under the key and time of their first one. Records older than the task's
// stream time less the duration are left alone.
type retrigger struct {
	stateless
	*tableJoin
	table getter
	store retainedStore
	out   topology.Record
}

func (p *retrigger) Init(ctx *topology.Context) (err error) {
	p.ctx, p.table = ctx, p.view.make()
	if err := p.table.init(ctx); err != nil {
		return err
	}
	p.store, err = storeOf[retainedStore](ctx, p.retained)
	return err
}

func (p *retrigger) Process(r *topology.Record) error {
	key, err := r.Key.Bytes(p.key)
	if err != nil {
		return err
	}
	from := max(r.Timestamp, p.ctx.Times().Stream-p.tableJoin.retrigger, 0)
	scanned := p.store.Fetch(key, from, math.MaxInt64, false, func(start int64, list []byte, _ int64) bool {
		value, since, bad := p.table.at(&r.Key, start)
		if err = bad; err != nil || since > r.Timestamp {
			return false // of the next version, which goes for all that follow too
		}
		err = p.repeat(key, start, list, value)
		return err == nil
	})
	if err != nil {
		return err
	}
	return scanned
}

// repeat joins the records of one key and time with another value of the table.
func (p *retrigger) repeat(key []byte, start int64, list []byte, value codec.Value) error {
	matched := !value.Null()
	list = append([]byte(nil), list...)
	changed := false
	d := bufferReader{b: list}
	for len(d.b) > 0 && !d.bad {
		b := d.sized()
		entry, err := decodeBuffered(b)
		if err != nil {
			return err
		}
		had := b[len(b)-1] == 1
		if had != matched {
			setMatched(b, matched)
			changed = true
		}
		if !matched && !had && !p.left {
			continue
		}
		if err := p.emit(key, entry, value); err != nil {
			return err
		}
	}
	if changed {
		p.store.Put(key, start, list, start)
	}
	return nil
}

func (p *retrigger) emit(key []byte, entry *buffered, right codec.Value) (err error) {
	p.out = topology.Record{Key: codec.Encoded(key, p.key), Timestamp: entry.ts, Headers: entry.headers}
	if !right.Null() || p.left {
		left := codec.Encoded(entry.value, p.value)
		if p.out.Value, err = p.joiner(&p.out.Key, &left, &right); err != nil {
			return err
		}
	}
	return p.ctx.Forward(&p.out)
}
