package spectest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"kq/pkg/streams/spec"
	"kq/pkg/streams/state"
)

// store compares what is in a store.
func (r *runner) store(e *spec.ExpectedStore) {
	what := "stores." + e.Name
	st := r.driver.Store(e.Name)
	if st == nil {
		r.fail(what, e.At(), "the job has no store %q: it has %s", e.Name, strings.Join(sortedKeys(r.plan.Stores), ", "))
		return
	}
	c := r.plan.Stores[e.Name]
	have, err := contents(c, st)
	if err != nil {
		r.fail(what, e.At(), "%v", err)
		return
	}
	var want []line
	for _, entry := range e.Entries {
		l := line{at: (*int64)(entry.At)}
		var err1, err2 error
		l.key, err1 = storeKey(c, st, entry.Key)
		l.value, err2 = expected(c, entry.Value, false)
		if err := cmp.Or(err1, err2); err != nil {
			r.fail(what, entry.Where.At(), "%v", err)
			return
		}
		want = append(want, l)
	}
	r.entries(what, e.At(), want, have)
}

// storeKey is the key of an expected entry.
func storeKey(c spec.Types, st state.Store, v any) (any, error) {
	k := st.Spec().Kind
	if c.Key == nil || k != state.WindowKind && k != state.SessionKind {
		return expected(c, v, true)
	}
	return windowed(c.Key, v, func(start int64) *int64 {
		if k == state.SessionKind {
			return nil
		}
		end := start + st.Spec().WindowSize.Milliseconds()
		return &end
	})
}

// contents are the entries of a store.
func contents(c spec.Types, st state.Store) (out []line, err error) {
	add := func(key any, value []byte, ts int64) {
		out = append(out, line{key: key, value: decode(c.Value, slices.Clone(value)), at: &ts})
	}
	of := func(key []byte) any { return decode(c.Key, slices.Clone(key)) }
	switch s := st.(type) {
	case *state.KeyValue:
		err = s.Range(nil, nil, false, func(key, value []byte, ts int64) bool { add(of(key), value, ts); return true })
	case *state.Versioned:
		err = s.Range(nil, nil, false, func(key, value []byte, from int64) bool { add(of(key), value, from); return true })
	case *state.Window:
		size := s.Spec().WindowSize.Milliseconds()
		err = s.FetchAll(0, math.MaxInt64, func(key []byte, start int64, value []byte, ts int64) bool {
			end := start + size
			add(window{of(key), start, &end}, value, ts)
			return true
		})
	case *state.Session:
		err = s.Fetch(nil, nil, func(key []byte, start, end int64, value []byte) bool {
			add(window{of(key), start, &end}, value, end)
			return true
		})
	default:
		err = fmt.Errorf("the contents of the store are the operator's own")
	}
	return out, err
}
