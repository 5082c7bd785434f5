package state

// KeyValue keeps a value and its timestamp by key. Values that it gives are
// valid until the next Commit or Discard and must not be changed.
type KeyValue struct{ core }

// Get answers a nil value where there is none.
func (s *KeyValue) Get(key []byte) (value []byte, ts int64, err error) { return s.table.get(key) }

// Put keeps value, which must not be changed afterwards, but not key. A nil
// value deletes; ts is the time of the changelog record then.
func (s *KeyValue) Put(key, value []byte, ts int64) { s.PutWith(key, value, ts, nil) }

// PutWith is Put; the changelog record has these headers.
func (s *KeyValue) PutWith(key, value []byte, ts int64, headers []Header) {
	key = s.table.put(key, value, ts)
	s.log(s.spec, key, value, ts, headers)
}

// Range gives the entries with from <= key <= to in the order of their bytes,
// or in reverse, until f answers false. Nil bounds are open.
func (s *KeyValue) Range(from, to []byte, reverse bool, f func(key, value []byte, ts int64) bool) error {
	return s.table.scan(from, just(to), reverse, f)
}

// Prefix gives the entries whose key starts with prefix.
func (s *KeyValue) Prefix(prefix []byte, reverse bool, f func(key, value []byte, ts int64) bool) error {
	return s.table.scan(prefix, after(prefix), reverse, f)
}

// Count counts the entries by walking over them.
func (s *KeyValue) Count() (int64, error) {
	n := int64(0)
	err := s.table.scan(nil, nil, false, func(_, _ []byte, _ int64) bool { n++; return true })
	return n, err
}

func (s *KeyValue) restore(w writer, c *Change) error {
	if c.Value == nil {
		w.remove(c.Key)
	} else {
		w.set(c.Key, c.Value, c.Timestamp)
	}
	return nil
}

// just is the first key above key, nil for nil.
func just(key []byte) []byte {
	if key == nil {
		return nil
	}
	return append(key[:len(key):len(key)], 0)
}
