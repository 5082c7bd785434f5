package spec

import (
	"errors"
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
)

// The stores of a process step, as far as it uses them; those of package state are ones.
type (
	entryStore interface {
		Get(key []byte) (value []byte, ts int64, err error)
		Put(key, value []byte, ts int64)
		Range(from, to []byte, reverse bool, f func(key, value []byte, ts int64) bool) error
	}
	windowStore interface {
		Get(key []byte, start int64) (value []byte, ts int64, err error)
		Put(key []byte, start int64, value []byte, ts int64) bool
		Fetch(key []byte, from, to int64, reverse bool, f func(start int64, value []byte, ts int64) bool) error
		FetchAll(from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error
	}
	sessionStore interface {
		Get(key []byte, start, end int64) ([]byte, error)
		Put(key []byte, start, end int64, value []byte, ts int64) bool
		Find(key []byte, earliestEnd, latestStart int64, f func(start, end int64, value []byte) bool) error
		Fetch(keyFrom, keyTo []byte, f func(key []byte, start, end int64, value []byte) bool) error
	}
	historyStore interface {
		Get(key []byte) (value []byte, validFrom int64, err error)
		At(key []byte, asOf int64) (value []byte, validFrom int64, err error)
		Put(key, value []byte, ts int64) (validTo int64, ok bool, err error)
		Range(from, to []byte, reverse bool, f func(key, value []byte, validFrom int64) bool) error
	}
)

// errStoreUse is matched by calls that a store has not.
var errStoreUse = errors.New("use of a store")

// functions declares get, all, range and fetch.
func (p *processor) functions(env *expr.Env) {
	env.Func("get", p.get, expr.Any)
	env.Func("all", p.all, expr.List)
	env.Func("range", p.between, expr.List)
	env.Func("fetch", p.fetch, expr.List)
}

// store is the store that the first argument names.
func (p *processor) store(fn string, args []any, least, most int) (*procStore, any, error) {
	if len(args) < least || len(args) > most {
		return nil, nil, fmt.Errorf("%w: %s takes %d to %d arguments", errStoreUse, fn, least, most)
	}
	name, _ := args[0].(string)
	s := p.stores[name]
	if s == nil {
		return nil, nil, fmt.Errorf("%w: %s: there is no store %v", errStoreUse, fn, args[0])
	}
	return s, p.ctx.Store(name), nil
}

// entryKey is where a value is kept: time is that of the value, the start of
// its window, or the end of the session that begins at start.
type entryKey struct {
	key         codec.Value
	start, time int64
}

// write puts a value, or deletes a key where it is null; ts is the time of the record.
func (p *processor) write(name string, at *entryKey, value *codec.Value, ts int64) error {
	s := p.stores[name]
	k, err := at.key.Bytes(s.key)
	if err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	if k == nil {
		p.ctx.Drop("null key")
		return nil
	}
	v, err := value.Bytes(s.value)
	if err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	switch store := p.ctx.Store(name).(type) {
	case entryStore:
		store.Put(k, v, at.time)
	case windowStore:
		if at.time < 0 {
			return fmt.Errorf("%w: store %s: a window from %d", errStoreUse, name, at.time)
		}
		store.Put(k, at.time, v, at.time)
	case sessionStore:
		if at.start < 0 || at.start > at.time {
			return fmt.Errorf("%w: store %s: a session from %d to %d", errStoreUse, name, at.start, at.time)
		}
		store.Put(k, at.start, at.time, v, ts)
	case historyStore:
		_, _, err = store.Put(k, v, at.time)
	default:
		err = fmt.Errorf("%w: %s is a %T", errStoreUse, name, store)
	}
	return err
}

func (s *procStore) encode(v any) ([]byte, error) {
	x := codec.Of(v)
	return x.Bytes(s.key)
}

func (s *procStore) decode(b []byte) (any, error) {
	x := codec.Encoded(b, s.value)
	return x.Any()
}

// get is get(store, key); of windows and versions get(store, key, time), of
// sessions get(store, key, start, end).
func (p *processor) get(args ...any) (any, error) {
	s, store, err := p.store("get", args, 2, 4)
	if err != nil || args[1] == nil {
		return nil, err
	}
	key, err := s.encode(args[1])
	if err != nil {
		return nil, err
	}
	var at [2]int64
	for i, v := range args[2:] {
		if at[i], err = expr.Millis(v); err != nil {
			return nil, err
		}
	}
	given := len(args) - 2
	_, session := store.(sessionStore)
	if session != (given == 2) {
		return nil, fmt.Errorf("%w: get(store, key, start, end) is for sessions, and sessions have no other", errStoreUse)
	}
	var b []byte
	switch x := store.(type) {
	case entryStore:
		b, _, err = x.Get(key)
	case windowStore:
		b, _, err = x.Get(key, at[0])
	case sessionStore:
		b, err = x.Get(key, at[0], at[1])
	case historyStore:
		if given == 1 {
			b, _, err = x.At(key, at[0])
		} else {
			b, _, err = x.Get(key)
		}
	}
	if err != nil || b == nil {
		return nil, err
	}
	return s.decode(b)
}

// entries collects {"key", "value", "timestamp"} of what a scan finds, of
// windows and sessions with "start" and "end" too.
type entries struct {
	s    *procStore
	list []any
	err  error
}

func (e *entries) add(key, value []byte, ts int64) bool {
	return e.put(key, value, map[string]any{"timestamp": ts})
}

// window adds one that begins at start; its timestamp is that, too.
func (e *entries) window(key, value []byte, start int64) bool {
	return e.put(key, value, map[string]any{"timestamp": start, "start": start, "end": start + e.s.spec.WindowSize.Milliseconds()})
}

// session adds one; its timestamp is its end.
func (e *entries) session(key, value []byte, start, end int64) bool {
	return e.put(key, value, map[string]any{"timestamp": end, "start": start, "end": end})
}

func (e *entries) put(key, value []byte, m map[string]any) bool {
	if m["key"], e.err = e.s.key.Decode(key); e.err == nil {
		m["value"], e.err = e.s.decode(value)
	}
	if e.err == nil {
		e.list = append(e.list, m)
	}
	return e.err == nil
}

func (e *entries) result(err error) (any, error) {
	if err == nil {
		err = e.err
	}
	if e.list == nil {
		e.list = []any{}
	}
	return e.list, err
}

// all is all(store): its entries, in the order of their keys' bytes.
func (p *processor) all(args ...any) (any, error) {
	s, store, err := p.store("all", args, 1, 1)
	if err != nil {
		return nil, err
	}
	e := &entries{s: s}
	switch x := store.(type) {
	case entryStore:
		err = x.Range(nil, nil, false, e.add)
	case historyStore:
		err = x.Range(nil, nil, false, e.add)
	case sessionStore:
		err = x.Fetch(nil, nil, func(key []byte, start, end int64, value []byte) bool { return e.session(key, value, start, end) })
	case windowStore:
		err = x.FetchAll(0, 1<<62, func(key []byte, start int64, value []byte, _ int64) bool { return e.window(key, value, start) })
	}
	return e.result(err)
}

// between is range(store, from, to): the entries of these keys, both included.
func (p *processor) between(args ...any) (any, error) {
	s, store, err := p.store("range", args, 3, 3)
	if err != nil {
		return nil, err
	}
	from, err := s.encode(args[1])
	if err != nil {
		return nil, err
	}
	to, err := s.encode(args[2])
	if err != nil {
		return nil, err
	}
	x, ok := store.(interface {
		Range(from, to []byte, reverse bool, f func(key, value []byte, ts int64) bool) error
	})
	if !ok {
		return nil, fmt.Errorf("%w: range is not for windows or sessions", errStoreUse)
	}
	e := &entries{s: s}
	return e.result(x.Range(from, to, false, e.add))
}

// fetch is fetch(store, key, from, to): the windows of a key that begin in this
// time, or the sessions of which some part lies in it, both ends included.
func (p *processor) fetch(args ...any) (any, error) {
	s, store, err := p.store("fetch", args, 4, 4)
	if err != nil {
		return nil, err
	}
	key, err := s.encode(args[1])
	if err != nil {
		return nil, err
	}
	from, err := expr.Millis(args[2])
	if err != nil {
		return nil, err
	}
	to, err := expr.Millis(args[3])
	if err != nil {
		return nil, err
	}
	e := &entries{s: s}
	switch x := store.(type) {
	case windowStore:
		err = x.Fetch(key, from, to, false, func(start int64, value []byte, _ int64) bool { return e.window(key, value, start) })
	case sessionStore:
		err = x.Find(key, from, to, func(start, end int64, value []byte) bool { return e.session(key, value, start, end) })
	default:
		err = fmt.Errorf("%w: fetch is for windows and sessions", errStoreUse)
	}
	return e.result(err)
}
