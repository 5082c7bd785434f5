package state

// Raw is an ordered map of bytes. Puts make no changelog records: the operator
// spells them with Log. Values that it gives are valid until the next Commit
// or Discard and must not be changed.
type Raw struct{ core }

// RestoreFunc applies a changelog record to a store with Put and Delete.
type RestoreFunc func(s *Raw, c *Change) error

// Get answers nil where there is none.
func (s *Raw) Get(key []byte) ([]byte, error) {
	value, _, err := s.table.get(key)
	return value, err
}

// Put keeps value, which must not be changed afterwards, but not key. A nil value deletes.
func (s *Raw) Put(key, value []byte) { s.table.put(key, value, 0) }

// Delete removes key.
func (s *Raw) Delete(key []byte) { s.table.put(key, nil, 0) }

// Range gives the entries with lo <= key < hi in the order of their bytes, or in
// reverse, until f answers false. Nil bounds are open. f may change the store.
func (s *Raw) Range(lo, hi []byte, reverse bool, f func(key, value []byte) bool) error {
	return s.table.scan(lo, hi, reverse, func(k, v []byte, _ int64) bool { return f(k, v) })
}

// Log sends a changelog record; a nil value is a tombstone, ts -1 leaves the time unset.
func (s *Raw) Log(key, value []byte, ts int64, headers []Header) {
	s.log(s.spec, key, value, ts, headers)
}

func (s *Raw) restore(_ writer, c *Change) error {
	if s.spec.Restore != nil {
		return s.spec.Restore(s, c)
	}
	s.Put(c.Key, c.Value)
	return nil
}
