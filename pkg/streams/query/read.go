package query

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"kq/pkg/streams/state"
)

// read collects the entries of one part that p asks for, by key and start, at
// most p.limit of them.
func (s *Store) read(part *Part, p *params) ([]entry, error) {
	c := collector{limit: p.limit, reverse: p.reverse}
	var err error
	switch st := part.Store.(type) {
	case *state.KeyValue:
		err = readKeyValue(st, p, &c)
	case *state.Window:
		err = s.readWindow(st, p, &c)
	case *state.Session:
		err = readSession(st, p, &c)
	case *state.Versioned:
		err = readVersioned(st, p, &c)
	default:
		err = fmt.Errorf("a store of kind %s cannot be read", kind(s.Kind))
	}
	if err != nil {
		return nil, fmt.Errorf("read store %s: %w", s.Name, err)
	}
	return c.sorted(), nil
}

func readKeyValue(st *state.KeyValue, p *params, c *collector) error {
	if p.key != nil {
		value, ts, err := st.Get(p.key)
		if value != nil {
			c.add(p.key, 0, 0, value, ts)
		}
		return err
	}
	each := func(key, value []byte, ts int64) bool {
		c.add(key, 0, 0, value, ts)
		return len(c.entries) < p.limit // they come in order
	}
	if p.prefix != "" {
		return st.Prefix([]byte(p.prefix), p.reverse, each)
	}
	return st.Range(p.from, p.to, p.reverse, each)
}

func readVersioned(st *state.Versioned, p *params, c *collector) error {
	if p.key != nil {
		value, from, err := st.At(p.key, p.asOf)
		if value != nil {
			c.add(p.key, 0, 0, value, from)
		}
		return err
	}
	var failed error
	err := st.Range(p.from, p.to, p.reverse, func(key, value []byte, from int64) bool {
		if !bytes.HasPrefix(key, []byte(p.prefix)) {
			return true
		}
		if p.asOf != math.MaxInt64 {
			if value, from, failed = st.At(key, p.asOf); failed != nil {
				return false
			}
		}
		if value != nil {
			c.add(key, 0, 0, value, from)
		}
		return len(c.entries) < p.limit
	})
	return cmp.Or(failed, err)
}

func (s *Store) readWindow(st *state.Window, p *params, c *collector) error {
	size := s.WindowSize.Milliseconds()
	// A window counts by its start.
	first, last := max(0, p.first), p.last
	if p.key != nil {
		return st.Fetch(p.key, first, last, p.reverse, func(start int64, value []byte, ts int64) bool {
			c.add(p.key, start, start+size, value, ts)
			return len(c.entries) < p.limit
		})
	}
	return st.FetchKeys(p.from, p.to, first, last, func(key []byte, start int64, value []byte, ts int64) bool {
		if bytes.HasPrefix(key, []byte(p.prefix)) {
			c.add(key, start, start+size, value, ts)
		}
		return true
	})
}

func readSession(st *state.Session, p *params, c *collector) error {
	if p.key != nil {
		return st.Find(p.key, max(0, p.first), p.last, func(start, end int64, value []byte) bool {
			c.add(p.key, start, end, value, end)
			return true
		})
	}
	return st.Fetch(p.from, p.to, func(key []byte, start, end int64, value []byte) bool {
		if end >= p.first && start <= p.last && bytes.HasPrefix(key, []byte(p.prefix)) {
			c.add(key, start, end, value, end)
		}
		return true
	})
}

// count counts the entries of a part.
func (s *Store) count(part *Part) (int64, error) {
	n := int64(0)
	var err error
	switch st := part.Store.(type) {
	case *state.KeyValue:
		n, err = st.Count()
	case *state.Window:
		err = st.FetchAll(0, math.MaxInt64, func([]byte, int64, []byte, int64) bool { n++; return true })
	case *state.Session:
		err = st.Fetch(nil, nil, func([]byte, int64, int64, []byte) bool { n++; return true })
	case *state.Versioned:
		err = st.Range(nil, nil, false, func(_, _ []byte, _ int64) bool { n++; return true })
	}
	if err != nil {
		return 0, fmt.Errorf("count store %s: %w", s.Name, err)
	}
	return n, nil
}

// collector keeps the first entries of what it is given.
type collector struct {
	limit   int
	reverse bool
	entries []entry
}

func (c *collector) add(key []byte, start, end int64, value []byte, ts int64) {
	c.entries = append(c.entries, entry{bytes.Clone(key), start, end, bytes.Clone(value), ts})
	if len(c.entries) >= 4*c.limit+1000 {
		c.entries = c.sorted()
	}
}

// sorted is the first entries in order.
func (c *collector) sorted() []entry {
	slices.SortStableFunc(c.entries, func(a, b entry) int {
		n := cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
		if c.reverse {
			return -n
		}
		return n
	})
	return c.entries[:min(len(c.entries), c.limit)]
}
