package state

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

var errShort = errors.New("a changelog key is too short")

// sessionSuffix is what follows the key in a session's changelog key: end and start.
const sessionSuffix = 8 + 8

// Session keeps an aggregate by key, session start and end. Times are in
// milliseconds since 1970, not negative. Sessions expire in segments of their
// end as Kafka's do; reads never show one that ends at or before the store's
// stream time (the highest end put) less the retention. Values that it gives
// are valid until the next Commit or Discard and must not be changed.
type Session struct {
	core
	seg     segments
	scratch []byte
}

// sessionKey appends the layout of Kafka's SessionKeySchema.
func sessionKey(dst, key []byte, start, end int64) []byte {
	dst = append(dst, key...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(end))
	return binary.BigEndian.AppendUint64(dst, uint64(start))
}

// splitSessionKey undoes sessionKey.
func splitSessionKey(k []byte) (key []byte, start, end int64, ok bool) {
	n := len(k) - sessionSuffix
	if n < 0 {
		return nil, 0, 0, false
	}
	return k[:n:n], int64(binary.BigEndian.Uint64(k[n+8:])), int64(binary.BigEndian.Uint64(k[n:])), true
}

// data is the table's key; it is overwritten by the next call, but for a view's.
func (s *Session) data(key []byte, start, end int64) []byte {
	k := sessionKey(area(s.scratch[:0], dataArea, s.seg.of(end)), key, start, end)
	if !s.table.view {
		s.scratch = k
	}
	return k
}

// Put keeps value, which must not be changed afterwards, but not key. A nil
// value removes the session. ts is the time of the changelog record. The answer
// is false where the session has expired: the store does not take it, yet the
// changelog does, as Kafka's.
func (s *Session) Put(key []byte, start, end int64, value []byte, ts int64) bool {
	s.seg.see(&s.core, end)
	k := s.data(key, start, end)
	kept := s.seg.live(end, s.now.time)
	if kept {
		k = s.table.put(k, value, ts)
		if s.spec.TimeOrdered {
			s.mark(sessionIndexKey(nil, k[prefixLen:]), value != nil)
		}
	} else {
		k = append([]byte(nil), k...)
	}
	s.log(s.spec, k[prefixLen:len(k):len(k)], value, ts, nil)
	return kept
}

// sessionIndexKey is the key of the index, by end, start and key, for a changelog's key.
func sessionIndexKey(dst, k []byte) []byte {
	key, start, end, _ := splitSessionKey(k)
	dst = area(dst, indexArea, end)
	dst = binary.BigEndian.AppendUint64(dst, uint64(start))
	return append(dst, key...)
}

// Get is the aggregate of exactly that session, nil where there is none.
func (s *Session) Get(key []byte, start, end int64) ([]byte, error) {
	if end < s.seg.from(end, s.now.time) {
		return nil, nil
	}
	value, _, err := s.table.get(s.data(key, start, end))
	return value, err
}

// Find gives the sessions of key with end >= earliestEnd and start <=
// latestStart by end and start, until f answers false. f may change the store.
func (s *Session) Find(key []byte, earliestEnd, latestStart int64, f func(start, end int64, value []byte) bool) error {
	return s.find(key, earliestEnd, latestStart, false, f)
}

// FindReverse is Find from the last session to the first.
func (s *Session) FindReverse(key []byte, earliestEnd, latestStart int64, f func(start, end int64, value []byte) bool) error {
	return s.find(key, earliestEnd, latestStart, true, f)
}

func (s *Session) find(key []byte, earliestEnd, latestStart int64, reverse bool, f func(start, end int64, value []byte) bool) error {
	from := s.seg.from(earliestEnd, s.now.time)
	return s.seg.walk(from, s.now.time, reverse, func(seg int64) (bool, error) {
		lo := sessionKey(area(nil, dataArea, seg), key, 0, from)
		hi := just(sessionKey(area(nil, dataArea, seg), key, math.MaxInt64, math.MaxInt64))
		more := true
		err := s.table.scan(lo, hi, reverse, func(k, value []byte, _ int64) bool {
			if len(k) != len(lo) {
				return true
			}
			_, start, end, _ := splitSessionKey(k[prefixLen:])
			if start > latestStart {
				return true
			}
			more = f(start, end, value)
			return more
		})
		return more, err
	})
}

// FindAll gives the sessions of all keys with earliestEnd <= end <= latestEnd
// until f answers false: by end, start and key where the store is TimeOrdered,
// by end, key and start where it is in memory, else segment by segment, in each
// by key, end and start. f may change the store.
func (s *Session) FindAll(earliestEnd, latestEnd int64, f func(key []byte, start, end int64, value []byte) bool) error {
	from, to := s.seg.from(earliestEnd, s.now.time), min(latestEnd, s.now.time)
	if s.spec.TimeOrdered {
		return s.byTime(from, to, f)
	}
	if !s.spec.Memory {
		return s.keys(nil, nil, from, to, f)
	}
	type found struct {
		item
		start, end int64
	}
	var all []found
	err := s.keys(nil, nil, from, to, func(key []byte, start, end int64, value []byte) bool {
		all = append(all, found{item{key: key, value: value}, start, end})
		return true
	})
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.end, b.end) })
	for i := 0; err == nil && i < len(all); i++ {
		if e := &all[i]; !f(e.key, e.start, e.end, e.value) {
			break
		}
	}
	return err
}

// Fetch gives the sessions with keyFrom <= key <= keyTo, segment by segment, in
// each by key, end and start, until f answers false. Nil bounds are open.
func (s *Session) Fetch(keyFrom, keyTo []byte, f func(key []byte, start, end int64, value []byte) bool) error {
	return s.keys(keyFrom, keyTo, s.seg.from(0, s.now.time), s.now.time, f)
}

func (s *Session) keys(keyFrom, keyTo []byte, from, to int64, f func(key []byte, start, end int64, value []byte) bool) error {
	return s.seg.walk(from, to, false, func(seg int64) (bool, error) {
		lo := append(area(nil, dataArea, seg), keyFrom...)
		more := true
		err := s.table.scan(lo, area(nil, dataArea, seg+1), false, func(k, value []byte, _ int64) bool {
			key, start, end, ok := splitSessionKey(k[prefixLen:])
			if !ok || end < from || end > to || !between(key, keyFrom, keyTo) {
				return true
			}
			more = f(key, start, end, value)
			return more
		})
		return more, err
	})
}

func (s *Session) byTime(from, to int64, f func(key []byte, start, end int64, value []byte) bool) error {
	return s.scanIndex(from, to, func(k []byte) (bool, error) {
		end, start := int64(binary.BigEndian.Uint64(k[1:])), int64(binary.BigEndian.Uint64(k[prefixLen:]))
		key := k[prefixLen+8:]
		value, _, err := s.table.get(s.data(key, start, end))
		return err == nil && (value == nil || f(key, start, end, value)), err
	})
}

func (s *Session) restore(w writer, c *Change) error {
	_, _, end, ok := splitSessionKey(c.Key)
	if !ok {
		return errShort
	}
	s.seg.see(&s.core, end)
	if !s.seg.live(end, s.now.time) {
		return nil
	}
	k := append(area(s.scratch[:0], dataArea, s.seg.of(end)), c.Key...)
	s.scratch = k
	s.restored(w, k, c, sessionIndexKey)
	return nil
}

// between says that from <= key <= to; nil bounds are open.
func between(key, from, to []byte) bool {
	return (from == nil || bytes.Compare(key, from) >= 0) && (to == nil || bytes.Compare(key, to) <= 0)
}
