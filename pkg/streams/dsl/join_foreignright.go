package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// subscriptionStore is what foreign-key joins need of a *state.KeyValue.
type subscriptionStore interface {
	Get(key []byte) (value []byte, ts int64, err error)
	PutWith(key, value []byte, ts int64, headers []state.Header)
	Prefix(prefix []byte, reverse bool, f func(key, value []byte, ts int64) bool) error
}

// foreignReceive keeps subscriptions beside the other table (SubscriptionReceiveProcessorSupplier).
type foreignReceive struct {
	stateless
	*foreignJoin
	subscriptions subscriptionStore
	key           []byte
}

func (p *foreignReceive) Init(ctx *topology.Context) (err error) {
	p.ctx = ctx
	p.subscriptions, err = storeOf[subscriptionStore](ctx, p.store)
	return err
}

func (p *foreignReceive) Process(r *topology.Record) error {
	s, err := subscriptionOf(r)
	if err != nil {
		return err
	}
	if r.Key.Null() {
		if s.do != answerAlways {
			p.ctx.Drop("null foreign key")
			return nil
		}
		return p.ctx.Forward(r)
	}
	foreign, err := r.Key.Bytes(p.foreign)
	if err != nil {
		return err
	}
	var value []byte
	if s.do == answerAlways || s.do == answerIfThere {
		if value, err = r.Value.Bytes(subscriptionCodec{}); err != nil {
			return err
		}
	}
	p.key = append(foreignPrefix(p.key[:0], foreign), s.key...)
	p.subscriptions.PutWith(p.key, value, r.Timestamp, logged(r.Headers))
	return p.ctx.Forward(r)
}

func subscriptionOf(r *topology.Record) (subscription, error) {
	v, err := r.Value.Any()
	if err != nil {
		return subscription{}, err
	}
	s, ok := v.(subscription)
	if !ok {
		return s, errForeign
	}
	return s, nil
}

// foreignLook answers a subscription with the other table's row (SubscriptionJoinProcessorSupplier).
type foreignLook struct {
	stateless
	*foreignJoin
	rows getter
	out  topology.Record
}

func (p *foreignLook) Init(ctx *topology.Context) error {
	p.ctx, p.rows = ctx, p.theirs.make()
	return p.rows.init(ctx)
}

func (p *foreignLook) Process(r *topology.Record) error {
	s, err := subscriptionOf(r)
	if err != nil || s.do == deleteSilently {
		return err
	}
	var row codec.Value
	ts := r.Timestamp
	if !r.Key.Null() {
		v, since, err := p.rows.get(&r.Key)
		if err != nil {
			return err
		}
		if row = v; !row.Null() {
			ts = max(ts, since)
		}
	}
	if s.do == answerIfThere && row.Null() {
		return nil
	}
	if s.do == deleteAndAnswer {
		row = codec.Value{}
	}
	p.out = topology.Record{
		Key: codec.Encoded(s.key, p.key), Value: codec.Of(response{hashed: s.hashed, hash: s.hash, value: row, partition: s.partition}),
		Timestamp: ts, Headers: r.Headers,
	}
	return p.ctx.Forward(&p.out)
}

// foreignSpread answers all subscriptions of a row of the other table that was
// updated (ForeignTableJoinProcessorSupplier).
type foreignSpread struct {
	stateless
	*foreignJoin
	subscriptions subscriptionStore
	out           topology.Record
}

func (p *foreignSpread) Init(ctx *topology.Context) (err error) {
	p.ctx = ctx
	p.subscriptions, err = storeOf[subscriptionStore](ctx, p.store)
	return err
}

func (p *foreignSpread) Process(r *topology.Record) error {
	if r.Key.Null() {
		p.ctx.Drop("null key")
		return nil
	}
	if r.Stale && p.versionedRight {
		p.ctx.Drop("out of order")
		return nil
	}
	foreign, err := r.Key.Bytes(p.foreign)
	if err != nil {
		return err
	}
	scanned := p.subscriptions.Prefix(foreignPrefix(nil, foreign), false, func(_, value []byte, _ int64) bool {
		var v any
		if v, err = (subscriptionCodec{}).Decode(value); err != nil {
			return false
		}
		s := v.(subscription) // what Decode makes
		p.out = topology.Record{
			Key: codec.Encoded(s.key, p.key), Value: codec.Of(response{hashed: s.hashed, hash: s.hash, value: r.Value, partition: s.partition}),
			Timestamp: r.Timestamp, Headers: r.Headers,
		}
		err = p.ctx.Forward(&p.out)
		return err == nil
	})
	if err != nil {
		return err
	}
	return scanned
}
