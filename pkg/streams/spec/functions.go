package spec

import (
	"fmt"
	"log/slog"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// valueMapper makes a value of a record.
type valueMapper = func(r *topology.Record) (codec.Value, error)

// pairOf is a mapper of keys and values of two of them.
func pairOf(key, value valueMapper) func(r *topology.Record) (k, v codec.Value, err error) {
	return func(r *topology.Record) (k, v codec.Value, err error) {
		if k, err = key(r); err == nil {
			v, err = value(r)
		}
		return k, v, err
	}
}

// values gives each item of the expression's list; words are cut out of the
// bytes of a line and no list is made.
func (b *bound) values(r *topology.Record, emit func(value codec.Value) error) error {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return err
	}
	err := x.prog.Each(x.vars, emit)
	b.pool.Put(x)
	return err
}

// list is the expression's list; null is an empty one.
func (b *bound) list(r *topology.Record) ([]any, error) {
	v, err := b.ofRecord(r)
	if err != nil || v == nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%s gave %T, not a list", b.prog.Source(), v)
	}
	return list, nil
}

// records gives each {"key": …, "value": …} of the expression's list.
func (b *bound) records(r *topology.Record, emit func(key, value codec.Value) error) error {
	list, err := b.list(r)
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s gave a list with %T in it, not with {\"key\": …, \"value\": …}", b.prog.Source(), v)
		}
		key := r.Key
		if k, ok := m["key"]; ok {
			key = codec.Of(k)
		}
		if err = emit(key, codec.Of(m["value"])); err != nil {
			return err
		}
	}
	return err
}

// logged logs the expression's text.
func (b *bound) logged(log *slog.Logger) func(r *topology.Record) error {
	return func(r *topology.Record) error {
		v, err := b.ofRecord(r)
		if err == nil {
			log.Info(fmt.Sprint(v))
		}
		return err
	}
}

// logRecord logs a record's key and value.
func logRecord(log *slog.Logger) func(r *topology.Record) error {
	return func(r *topology.Record) error {
		key, err := r.Key.Any()
		if err != nil {
			return err
		}
		value, err := r.Value.Any()
		if err == nil {
			log.Info("record", "key", key, "value", value, "timestamp", r.Timestamp)
		}
		return err
	}
}
