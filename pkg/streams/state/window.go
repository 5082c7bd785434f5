package state

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// windowSuffix is what follows the key in a window's changelog key: start and sequence number.
const windowSuffix = 8 + 4

// Window keeps a value and its timestamp by key and window start. Starts are
// in milliseconds since 1970, not negative. Windows expire in segments as
// Kafka's do; reads never show one that starts at or before the store's stream
// time (the highest start put) less the retention. Values that it gives are
// valid until the next Commit or Discard and must not be changed.
type Window struct {
	core
	seg     segments
	scratch []byte
}

// windowKey appends the layout of Kafka's WindowKeySchema.
func windowKey(dst, key []byte, start int64, seq uint32) []byte {
	dst = append(dst, key...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(start))
	return binary.BigEndian.AppendUint32(dst, seq)
}

// splitWindowKey undoes windowKey.
func splitWindowKey(k []byte) (key []byte, start int64, seq uint32, ok bool) {
	n := len(k) - windowSuffix
	if n < 0 {
		return nil, 0, 0, false
	}
	return k[:n:n], int64(binary.BigEndian.Uint64(k[n:])), binary.BigEndian.Uint32(k[n+8:]), true
}

// data is the table's key; it is overwritten by the next call. A view, which
// several goroutines may read, has none to overwrite.
func (s *Window) data(key []byte, start int64, seq uint32) []byte {
	k := windowKey(area(s.scratch[:0], dataArea, s.seg.of(start)), key, start, seq)
	if !s.table.view {
		s.scratch = k
	}
	return k
}

// Put keeps value, which must not be changed afterwards, but not key. A nil
// value deletes; ts is the time of the changelog record then. The answer is
// false where the window has expired: the store does not take it, yet the
// changelog does, as Kafka's. A store with Duplicates keeps each value put.
func (s *Window) Put(key []byte, start int64, value []byte, ts int64) bool {
	return s.PutWith(key, start, value, ts, nil)
}

// PutWith is Put; the changelog record has these headers.
func (s *Window) PutWith(key []byte, start int64, value []byte, ts int64, headers []Header) bool {
	if s.spec.Duplicates {
		s.now.seq = (s.now.seq + 1) & maxSeq
	}
	nothing := value == nil && s.spec.Duplicates // Kafka's store does not even see it
	if !nothing {
		s.seg.see(&s.core, start)
	}
	k := s.data(key, start, s.now.seq)
	kept := s.seg.live(start, s.now.time)
	if kept && !nothing {
		k = s.table.put(k, value, ts)
		if s.spec.TimeOrdered {
			s.mark(windowIndexKey(nil, k[prefixLen:]), value != nil)
		}
	} else {
		k = append([]byte(nil), k...)
	}
	s.log(s.spec, k[prefixLen:len(k):len(k)], value, ts, headers)
	return kept
}

// windowIndexKey is the key of the index, by start and key, for a changelog's key.
func windowIndexKey(dst, k []byte) []byte {
	key, start, seq, _ := splitWindowKey(k)
	dst = append(area(dst, indexArea, start), key...)
	return binary.BigEndian.AppendUint32(dst, seq)
}

// Get answers a nil value where there is none. Stores with Duplicates have Fetch only.
func (s *Window) Get(key []byte, start int64) (value []byte, ts int64, err error) {
	if start < s.seg.from(start, s.now.time) {
		return nil, 0, nil
	}
	return s.table.get(s.data(key, start, 0))
}

// Fetch gives the windows of key with from <= start <= to by start, or in
// reverse, until f answers false. f may change the store.
func (s *Window) Fetch(key []byte, from, to int64, reverse bool, f func(start int64, value []byte, ts int64) bool) error {
	from, to = s.seg.from(from, s.now.time), min(to, s.now.time)
	return s.seg.walk(from, to, reverse, func(seg int64) (bool, error) {
		lo := windowKey(area(nil, dataArea, seg), key, from, 0)
		hi := windowKey(area(nil, dataArea, seg), key, to, maxSeq+1)
		more := true
		err := s.table.scan(lo, hi, reverse, func(k, value []byte, ts int64) bool {
			if len(k) != len(lo) { // a longer key that happens to lie between
				return true
			}
			_, start, _, _ := splitWindowKey(k[prefixLen:])
			more = f(start, value, ts)
			return more
		})
		return more, err
	})
}

// FetchAll gives the windows of all keys with from <= start <= to until f
// answers false: by start and key where the store is TimeOrdered or in memory,
// else segment by segment, in each by key and start, as Kafka's stores do. f may
// change the store.
func (s *Window) FetchAll(from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error {
	return s.FetchKeys(nil, nil, from, to, f)
}

// FetchKeys is FetchAll for keyFrom <= key <= keyTo; nil bounds are open.
func (s *Window) FetchKeys(keyFrom, keyTo []byte, from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error {
	from, to = s.seg.from(from, s.now.time), min(to, s.now.time)
	switch {
	case s.spec.TimeOrdered:
		return s.byTime(keyFrom, keyTo, from, to, f)
	case s.spec.Memory:
		return s.sorted(keyFrom, keyTo, from, to, f)
	}
	return s.bySegment(keyFrom, keyTo, from, to, f)
}

// sorted is bySegment in the order of starts.
func (s *Window) sorted(keyFrom, keyTo []byte, from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error {
	type found struct {
		item
		start int64
	}
	var all []found
	err := s.bySegment(keyFrom, keyTo, from, to, func(key []byte, start int64, value []byte, ts int64) bool {
		all = append(all, found{item{key, value, ts}, start})
		return true
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.start, b.start) })
	for i := range all {
		if e := &all[i]; !f(e.key, e.start, e.value, e.ts) {
			break
		}
	}
	return nil
}

func (s *Window) bySegment(keyFrom, keyTo []byte, from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error {
	return s.seg.walk(from, to, false, func(seg int64) (bool, error) {
		lo := append(area(nil, dataArea, seg), keyFrom...)
		more := true
		err := s.table.scan(lo, area(nil, dataArea, seg+1), false, func(k, value []byte, ts int64) bool {
			key, start, _, ok := splitWindowKey(k[prefixLen:])
			if !ok || start < from || start > to || !between(key, keyFrom, keyTo) {
				return true
			}
			more = f(key, start, value, ts)
			return more
		})
		return more, err
	})
}

func (s *Window) byTime(keyFrom, keyTo []byte, from, to int64, f func(key []byte, start int64, value []byte, ts int64) bool) error {
	return s.scanIndex(from, to, func(k []byte) (bool, error) {
		n := len(k) - 4
		key, start, seq := k[prefixLen:n:n], int64(binary.BigEndian.Uint64(k[1:])), binary.BigEndian.Uint32(k[n:])
		if !between(key, keyFrom, keyTo) {
			return true, nil
		}
		value, ts, err := s.table.get(s.data(key, start, seq))
		return err == nil && (value == nil || f(key, start, value, ts)), err
	})
}

func (s *Window) restore(w writer, c *Change) error {
	_, start, seq, ok := splitWindowKey(c.Key)
	if !ok {
		return errShort
	}
	s.seg.see(&s.core, start)
	if s.spec.Duplicates {
		s.now.seq = max(s.now.seq, seq&maxSeq)
	}
	if !s.seg.live(start, s.now.time) {
		return nil
	}
	k := append(area(s.scratch[:0], dataArea, s.seg.of(start)), c.Key...)
	s.scratch = k
	s.restored(w, k, c, windowIndexKey)
	return nil
}
