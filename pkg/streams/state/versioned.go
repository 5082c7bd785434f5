package state

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The areas of a versioned store: what its tables' keys start with.
const (
	latestArea  = 0 // area, key: the latest version, where that is a value
	historyArea = 1 // area, segment of validTo, key, validFrom: flag and value; the time is validTo
	graveArea   = 2 // area, key: the time of the latest version, where that is a tombstone
	graveIndex  = 3 // area, time, key: to forget tombstones that are out of the history
)

// The flags of a version in the history.
const (
	flagTombstone = 0
	flagValue     = 1
)

// Latest is the validTo of a version that no other one follows.
const Latest = -1

// Versioned keeps the versions of each key for the retention (KIP-889): Kafka's
// VersionedKeyValueStore. Times are in milliseconds since 1970. Values that it
// gives are valid until the next Commit or Discard and must not be changed.
type Versioned struct {
	core
	retention, interval int64
	scratch             []byte
}

func newVersioned(c core) *Versioned {
	return &Versioned{core: c, retention: c.spec.Retention.Milliseconds(), interval: versionInterval(c.spec)}
}

// versionInterval is the length of a segment of the history, in milliseconds.
func versionInterval(s *Spec) int64 { return max(s.Retention.Milliseconds()/3, 2000) }

// version is one of a key: valid for validFrom <= time < validTo.
type version struct {
	validFrom, validTo int64
	value              []byte // nil for a tombstone
	found              bool
}

// at is a table's key; it is overwritten by the next call, but for a view's.
func (s *Versioned) at(area byte, key []byte) []byte {
	k := append(append(s.scratch[:0], area), key...)
	if !s.table.view {
		s.scratch = k
	}
	return k
}

// Put adds the version that starts at ts; a nil value is a tombstone. It keeps
// value, which must not be changed afterwards, but not key. The answer is
// validTo, where the next version starts or Latest, and false where ts lies
// before the store's stream time less the retention: the store does not take
// it then, yet the changelog does, as Kafka's. A version of the same ts is replaced.
func (s *Versioned) Put(key, value []byte, ts int64) (validTo int64, ok bool, err error) {
	if s.table.view {
		return 0, false, nil
	}
	validTo, ok, err = s.put(key, value, ts)
	if err == nil {
		s.log(s.spec, bytes.Clone(key), value, ts, nil)
	}
	return validTo, ok, err
}

func (s *Versioned) put(key, value []byte, ts int64) (validTo int64, ok bool, err error) {
	if ts < s.now.time-s.retention {
		return 0, false, nil
	}
	if err := s.see(ts); err != nil {
		return 0, false, err
	}
	latest, err := s.latest(key)
	switch {
	case err != nil:
		return 0, false, err
	case latest.found && ts < latest.validFrom:
		validTo, err = s.insert(key, value, ts, latest.validFrom)
		return validTo, err == nil, err
	case latest.found && ts > latest.validFrom:
		latest.validTo = ts
		s.remember(key, &latest)
	case latest.value != nil && value == nil:
		return Latest, true, s.erase(key, ts)
	}
	s.setLatest(key, value, ts, &latest)
	return Latest, true, nil
}

// latest is the last version of key, be it a tombstone.
func (s *Versioned) latest(key []byte) (version, error) {
	value, ts, err := s.table.get(s.at(latestArea, key))
	if err != nil || value != nil {
		return version{validFrom: ts, value: value, found: value != nil}, err
	}
	grave, ts, err := s.table.get(s.at(graveArea, key))
	return version{validFrom: ts, found: grave != nil}, err
}

// setLatest puts the last version of key in the place of old.
func (s *Versioned) setLatest(key, value []byte, ts int64, old *version) {
	if old.found && old.value == nil {
		s.unbury(key, old.validFrom)
	}
	if value != nil || old.value != nil {
		s.table.put(s.at(latestArea, key), value, ts)
	}
	if value == nil {
		s.table.put(s.at(graveArea, key), []byte{}, ts)
		s.table.put(append(area(nil, graveIndex, ts), key...), []byte{}, 0)
	}
}

// erase replaces the latest version, a value that starts at ts, by a tombstone.
// Kafka's store keeps no trace of that time unless the version before ends
// there: what comes later with an earlier time is the latest version again.
func (s *Versioned) erase(key []byte, ts int64) error {
	s.table.put(s.at(latestArea, key), nil, ts)
	before, err := s.find(key, ts-1, ts)
	if err != nil || !before.found || before.validTo != ts {
		return err
	}
	died := ts
	if before.value == nil {
		s.table.put(s.historyKey(key, before.validFrom, before.validTo), nil, 0)
		died = before.validFrom
	}
	s.table.put(s.at(graveArea, key), []byte{}, died)
	s.table.put(append(area(nil, graveIndex, died), key...), []byte{}, 0)
	return nil
}

func (s *Versioned) unbury(key []byte, ts int64) {
	s.table.put(s.at(graveArea, key), nil, 0)
	s.table.put(append(area(nil, graveIndex, ts), key...), nil, 0)
}

// historyKey is the key of the version of key that starts at from and ends in a segment.
func (s *Versioned) historyKey(key []byte, from, to int64) []byte {
	k := append(area(nil, historyArea, to/s.interval), key...)
	return binary.BigEndian.AppendUint64(k, uint64(from))
}

// remember puts a version into the history.
func (s *Versioned) remember(key []byte, v *version) {
	flagged := []byte{flagTombstone}
	if v.value != nil {
		flagged = append(append(make([]byte, 0, 1+len(v.value)), flagValue), v.value...)
	}
	s.table.put(s.historyKey(key, v.validFrom, v.validTo), flagged, v.validTo)
}

// insert puts a version before the latest one, which starts at latest.
func (s *Versioned) insert(key, value []byte, ts, latest int64) (validTo int64, err error) {
	next := version{validFrom: ts, validTo: latest, value: value}
	v, err := s.find(key, ts, latest)
	if err != nil {
		return 0, err
	}
	switch {
	case !v.found:
	case v.validFrom > ts:
		next.validTo = v.validFrom
	case v.validFrom == ts:
		next.validTo = v.validTo
	default: // ts splits v
		next.validTo = v.validTo
		s.table.put(s.historyKey(key, v.validFrom, v.validTo), nil, 0)
		v.validTo = ts
		s.remember(key, &v)
	}
	s.remember(key, &next)
	return next.validTo, nil
}

// find is the first version of the history that ends after ts; ends are not after last.
func (s *Versioned) find(key []byte, ts, last int64) (v version, err error) {
	for seg := max(0, ts, s.now.time-s.retention) / s.interval; seg <= last/s.interval && !v.found && err == nil; seg++ {
		lo := binary.BigEndian.AppendUint64(append(area(nil, historyArea, seg), key...), 0)
		hi := just(binary.BigEndian.AppendUint64(append(area(nil, historyArea, seg), key...), math.MaxInt64))
		err = s.table.scan(lo, hi, false, func(k, value []byte, to int64) bool {
			if len(k) != len(lo) || to <= ts {
				return true
			}
			v = version{validFrom: int64(binary.BigEndian.Uint64(k[len(k)-8:])), validTo: to, found: true}
			if value[0] == flagValue {
				v.value = value[1:]
			}
			return false
		})
	}
	return v, err
}

// Get is the latest version, a nil value where there is none or where it is a tombstone.
func (s *Versioned) Get(key []byte) (value []byte, validFrom int64, err error) {
	return s.table.get(s.at(latestArea, key))
}

// At is the version that was valid at asOf, a nil value for none; where that
// is a tombstone which is remembered, validFrom is its time. What is older
// than the store's stream time less the retention is not answered, unless it
// is the latest version.
func (s *Versioned) At(key []byte, asOf int64) (value []byte, validFrom int64, err error) {
	last, err := s.latest(key)
	if err != nil || last.value != nil && last.validFrom <= asOf {
		return last.value, last.validFrom, err
	}
	if asOf < s.now.time-s.retention {
		return nil, 0, nil
	}
	if last.found && last.validFrom <= asOf {
		return nil, last.validFrom, nil
	}
	v, err := s.find(key, asOf, s.now.time)
	if err != nil || v.validFrom > asOf {
		return nil, 0, err
	}
	return v.value, v.validFrom, nil
}

// Range gives the latest versions of keys with from <= key <= to in the order
// of their bytes, or in reverse, until f answers false. Nil bounds are open.
func (s *Versioned) Range(from, to []byte, reverse bool, f func(key, value []byte, validFrom int64) bool) error {
	lo, hi := append([]byte{latestArea}, from...), []byte{latestArea + 1}
	if to != nil {
		hi = just(append([]byte{latestArea}, to...))
	}
	return s.table.scan(lo, hi, reverse, func(k, value []byte, ts int64) bool { return f(k[1:], value, ts) })
}

// see moves the stream time and forgets what lies before the history.
func (s *Versioned) see(ts int64) error {
	if ts <= s.now.time {
		return nil
	}
	s.now.time = ts
	first := max(0, ts-s.retention) / s.interval
	if first <= s.now.expired {
		return nil
	}
	s.now.expired = first
	s.table.cuts = append(s.table.cuts[:0], cut{[]byte{historyArea}, area(nil, historyArea, first)})
	return s.table.scan([]byte{graveIndex}, area(nil, graveIndex, first*s.interval), false, func(k, _ []byte, _ int64) bool {
		key, died := k[prefixLen:], int64(binary.BigEndian.Uint64(k[1:]))
		s.unbury(key, died)
		return true
	})
}

func (s *Versioned) restore(_ writer, c *Change) error {
	_, _, err := s.put(c.Key, c.Value, c.Timestamp)
	return err
}
