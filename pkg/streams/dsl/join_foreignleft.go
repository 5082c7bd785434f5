package dsl

import (
	"bytes"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// foreignSend makes subscriptions of the updates of the left table
// (SubscriptionSendProcessorSupplier of Kafka Streams 4.3.1).
type foreignSend struct {
	stateless
	*foreignJoin
	in, out topology.Record
}

func (p *foreignSend) Process(r *topology.Record) error {
	if r.Stale && p.versionedLeft {
		p.ctx.Drop("out of order")
		return nil
	}
	before, had, err := p.foreignOf(r, r.Old)
	if err != nil {
		return err
	}
	now, has, err := p.foreignOf(r, r.Value)
	if err != nil {
		return err
	}
	if p.left {
		return p.sendLeft(r, before, now, had)
	}
	return p.sendInner(r, before, now, had, has)
}

// foreignOf is the key of the other table that a value names, and whether it names one.
func (p *foreignSend) foreignOf(r *topology.Record, value codec.Value) (codec.Value, bool, error) {
	if value.Null() {
		return codec.Value{}, false, nil
	}
	p.in = *r
	p.in.Value, p.in.Old = value, codec.Value{}
	k, err := p.on(&p.in)
	return k, !k.Null(), err
}

func (p *foreignSend) sendLeft(r *topology.Record, before, now codec.Value, had bool) error {
	if r.Value.Null() && r.Old.Null() {
		return nil
	}
	if had {
		if moved, err := p.differ(&before, &now); err != nil {
			return err
		} else if moved {
			if err := p.send(r, before, deleteSilently); err != nil {
				return err
			}
		}
	}
	return p.send(r, now, answerAlways)
}

func (p *foreignSend) sendInner(r *topology.Record, before, now codec.Value, had, has bool) error {
	switch {
	case !has:
		if !r.Value.Null() {
			p.ctx.Drop("null foreign key")
		}
		if had {
			return p.send(r, before, deleteAndAnswer)
		}
		return nil
	case !had:
		return p.send(r, now, answerIfThere)
	}
	moved, err := p.differ(&before, &now)
	if err != nil {
		return err
	}
	if !moved {
		return p.send(r, now, answerIfThere)
	}
	if err := p.send(r, before, deleteSilently); err != nil {
		return err
	}
	// null where the new key has no row: the result with the old one has to go
	return p.send(r, now, answerAlways)
}

func (p *foreignSend) differ(a, b *codec.Value) (bool, error) {
	x, err := a.Bytes(p.foreign)
	if err != nil {
		return false, err
	}
	y, err := b.Bytes(p.foreign)
	return (x == nil) != (y == nil) || !bytes.Equal(x, y), err
}

func (p *foreignSend) send(r *topology.Record, foreign codec.Value, do instruction) error {
	key, err := r.Key.Bytes(p.key)
	if err != nil {
		return err
	}
	s := subscription{version: subscriptionVersion, do: do, key: key, partition: p.ctx.Partition}
	if !r.Value.Null() {
		b, err := r.Value.Bytes(p.value)
		if err != nil {
			return err
		}
		s.hashed, s.hash = true, hash128(b)
	}
	p.out = topology.Record{Key: foreign, Value: codec.Of(s), Timestamp: r.Timestamp, Headers: r.Headers}
	return p.ctx.Forward(&p.out)
}

// foreignResolve joins an answer with the row that asked, if it is still the
// same (ResponseJoinProcessorSupplier).
type foreignResolve struct {
	stateless
	*foreignJoin
	rows getter
	out  topology.Record
}

func (p *foreignResolve) Init(ctx *topology.Context) error {
	p.ctx, p.rows = ctx, p.mine.make()
	return p.rows.init(ctx)
}

func (p *foreignResolve) Process(r *topology.Record) error {
	v, err := r.Value.Any()
	if err != nil {
		return err
	}
	a, ok := v.(response)
	if !ok {
		return errForeign
	}
	row, _, err := p.rows.get(&r.Key)
	if err != nil {
		return err
	}
	same := row.Null() != a.hashed
	if same && a.hashed {
		b, err := row.Bytes(p.value)
		if err != nil {
			return err
		}
		same = hash128(b) == a.hash
	}
	if !same {
		p.ctx.Drop("outdated answer")
		return nil
	}
	p.out = *r
	p.out.Value = codec.Value{}
	if !a.value.Null() || p.left && !row.Null() {
		key := r.Key
		if p.out.Value, err = p.joiner(&key, &row, &a.value); err != nil {
			return err
		}
	}
	return p.ctx.Forward(&p.out)
}
