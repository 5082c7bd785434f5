package state

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

func TestVersioned(t *testing.T) {
	type put struct {
		value   string // "" is a tombstone
		ts      int64
		validTo int64 // -2: not taken
	}
	type read struct {
		asOf int64
		want string
	}
	for _, c := range []struct {
		name  string
		puts  []put
		reads []read
	}{
		{"one value", []put{{"a", 10, Latest}}, []read{{9, ""}, {10, "a@10"}, {99, "a@10"}}},
		{"two in order", []put{{"a", 10, Latest}, {"b", 20, Latest}}, []read{{9, ""}, {19, "a@10"}, {20, "b@20"}}},
		{"out of order", []put{{"b", 20, Latest}, {"a", 10, 20}}, []read{{9, ""}, {19, "a@10"}, {20, "b@20"}}},
		{"between two", []put{{"a", 10, Latest}, {"c", 30, Latest}, {"b", 20, 30}}, []read{{19, "a@10"}, {29, "b@20"}, {30, "c@30"}}},
		{"the same time again", []put{{"a", 10, Latest}, {"b", 10, Latest}}, []read{{9, ""}, {10, "b@10"}}},
		{"the same time again, older", []put{{"a", 10, Latest}, {"c", 20, Latest}, {"b", 10, 20}}, []read{{15, "b@10"}, {20, "c@20"}}},
		{"a tombstone last", []put{{"a", 10, Latest}, {"", 20, Latest}}, []read{{19, "a@10"}, {20, ""}, {99, ""}}},
		{"a tombstone first", []put{{"", 20, Latest}, {"a", 10, 20}}, []read{{10, "a@10"}, {20, ""}}},
		{"a tombstone first, then a value", []put{{"", 20, Latest}, {"b", 30, Latest}, {"a", 10, 20}}, []read{{10, "a@10"}, {19, "a@10"}, {20, ""}, {30, "b@30"}}},
		{"a tombstone between", []put{{"a", 10, Latest}, {"b", 30, Latest}, {"", 20, 30}}, []read{{19, "a@10"}, {20, ""}, {30, "b@30"}}},
		{"two tombstones", []put{{"", 20, Latest}, {"", 30, Latest}, {"a", 25, 30}}, []read{{24, ""}, {25, "a@25"}, {30, ""}}},
		{"a value in the place of a tombstone", []put{{"", 20, Latest}, {"a", 20, Latest}}, []read{{20, "a@20"}}},
		{"a tombstone in the place of a value", []put{{"a", 20, Latest}, {"", 20, Latest}}, []read{{20, ""}}},
		{"a tombstone in the place of the only value is forgotten", []put{{"a", 20, Latest}, {"", 20, Latest}, {"b", 10, Latest}}, []read{{10, "b@10"}, {20, "b@10"}}},
		{"a tombstone in the place of the second value", []put{{"a", 10, Latest}, {"b", 20, Latest}, {"", 20, Latest}, {"c", 15, 20}}, []read{{14, "a@10"}, {15, "c@15"}, {20, ""}}},
		{"a tombstone in the place of a value after a tombstone", []put{{"a", 10, Latest}, {"", 14, Latest}, {"b", 20, Latest}, {"", 20, Latest}, {"c", 15, Latest}}, []read{{13, "a@10"}, {14, ""}, {15, "c@15"}, {20, "c@15"}}},
		{"too late", []put{{"b", 5000, Latest}, {"a", 3999, -2}, {"a", 4000, 5000}}, []read{{3999, ""}, {4000, "a@4000"}, {5000, "b@5000"}}},
		{"out of the history", []put{{"a", 10, Latest}, {"b", 2000, Latest}, {"c", 4000, Latest}}, []read{{2999, ""}, {3000, "b@2000"}, {4000, "c@4000"}}},
		{"the latest never expires", []put{{"a", 10, Latest}}, []read{{1 << 50, "a@10"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var logs []string
			db := OpenMemory(Options{Log: logged(&logs)})
			s := addStore[*Versioned](t, db, &Spec{Name: "v", Kind: VersionedKind, Retention: time.Second})
			for _, p := range c.puts {
				var v []byte
				if p.value != "" {
					v = []byte(p.value)
				}
				validTo, ok, err := s.Put([]byte("k"), v, p.ts)
				if !ok {
					validTo = -2
				}
				if err != nil || validTo != p.validTo {
					t.Fatalf("put %+v: %d %v", p, validTo, err)
				}
			}
			for _, r := range c.reads {
				if got := versionAt(t, s, "k", r.asOf); got != r.want {
					t.Errorf("at %d: %q, want %q", r.asOf, got, r.want)
				}
			}
			if len(logs) != len(c.puts) {
				t.Errorf("every put is in the changelog: %q", logs)
			}
		})
	}
}

func versionAt(t *testing.T, s *Versioned, key string, asOf int64) string {
	t.Helper()
	v, from, err := s.At([]byte(key), asOf)
	if err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%s@%d", v, from)
}

// versionModel keeps all versions of all keys, by start.
type versionModel struct {
	now       map[string]map[int64]string
	time      int64
	retention int64
}

func (m *versionModel) put(key, value string, ts int64) (validTo int64) {
	if ts < m.time-m.retention {
		return -2
	}
	m.time = max(m.time, ts)
	if m.now[key] == nil {
		m.now[key] = map[int64]string{}
	}
	if value == "" && m.erase(key, ts) {
		return Latest
	}
	m.now[key][ts] = value
	validTo = Latest
	for from := range m.now[key] {
		if from > ts && (validTo == Latest || from < validTo) {
			validTo = from
		}
	}
	return validTo
}

// erase forgets the latest version, a value of the time ts, unless the one before is a value too.
func (m *versionModel) erase(key string, ts int64) bool {
	starts := slices.Sorted(maps.Keys(m.now[key]))
	last := len(starts) - 1
	if last < 0 || starts[last] != ts || m.now[key][ts] == "" || last > 0 && m.now[key][starts[last-1]] != "" {
		return false
	}
	delete(m.now[key], ts)
	return true
}

func (m *versionModel) at(key string, asOf int64) string {
	starts := slices.Sorted(maps.Keys(m.now[key]))
	for i := len(starts) - 1; i >= 0; i-- {
		if from := starts[i]; from <= asOf {
			latest := i == len(starts)-1
			if m.now[key][from] == "" || !latest && asOf < m.time-m.retention {
				return ""
			}
			return fmt.Sprintf("%s@%d", m.now[key][from], from)
		}
	}
	return ""
}

func (m *versionModel) clone() *versionModel {
	out := &versionModel{now: map[string]map[int64]string{}, time: m.time, retention: m.retention}
	for k, v := range m.now {
		out.now[k] = maps.Clone(v)
	}
	return out
}

// testVersionedModel does random things to a store and to a model of it.
func testVersionedModel(t *testing.T, db *DB, again func(*DB) *DB) {
	r := seeded(t)
	spec := &Spec{Name: "v", Kind: VersionedKind, Retention: 20 * time.Second}
	s := addStore[*Versioned](t, db, spec)
	m := &versionModel{now: map[string]map[int64]string{}, time: -1, retention: 20_000}
	committed := m.clone()
	clock := int64(0)
	for n := range 5000 {
		key := string([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}[:1+r.IntN(10)])
		ts := max(0, clock-r.Int64N(30)*1000)
		switch op := r.IntN(20); {
		case op < 9:
			var v []byte
			if r.IntN(3) > 0 {
				v = fmt.Append(nil, n)
			}
			want := m.put(key, string(v), ts)
			validTo, ok, err := s.Put([]byte(key), v, ts)
			if !ok {
				validTo = -2
			}
			if err != nil || validTo != want {
				t.Fatalf("%d: put %x %q at %d: %d %v, want %d", n, key, v, ts, validTo, err, want)
			}
		case op < 15:
			if got, want := versionAt(t, s, key, ts), m.at(key, ts); got != want {
				t.Fatalf("%d: %x at %d: %q, want %q", n, key, ts, got, want)
			}
		case op < 18:
			clock += r.Int64N(5000)
		case op < 19:
			db.Discard()
			m = committed.clone()
		default:
			if err := db.Commit(Checkpoint{}); err != nil {
				t.Fatal(err)
			}
			committed = m.clone()
			if r.IntN(10) == 0 {
				db = again(db)
				s = addStore[*Versioned](t, db, spec)
			}
		}
	}
}

func TestVersionedModel(t *testing.T) {
	testVersionedModel(t, OpenMemory(Options{}), func(db *DB) *DB { return db })
}

func TestVersionedRestore(t *testing.T) {
	var changes []Change
	db := OpenMemory(Options{Log: func(_ *Spec, k, v []byte, ts int64, _ []Header) {
		changes = append(changes, Change{Key: k, Value: v, Timestamp: ts})
	}})
	spec := &Spec{Name: "v", Kind: VersionedKind, Retention: 20 * time.Second}
	s := addStore[*Versioned](t, db, spec)
	r := seeded(t)
	for n := range 500 {
		_, _, _ = s.Put([]byte{byte(r.IntN(3))}, fmt.Append(nil, n), int64(n)*100+r.Int64N(30_000))
	}
	again := OpenMemory(Options{})
	restored := addStore[*Versioned](t, again, spec)
	for len(changes) > 0 {
		n := min(1+r.IntN(50), len(changes))
		if err := again.Restore("v", changes[:n], Position{}); err != nil {
			t.Fatal(err)
		}
		changes = changes[n:]
	}
	for key := range 3 {
		for asOf := int64(0); asOf < 90_000; asOf += 50 {
			k := string([]byte{byte(key)})
			if a, b := versionAt(t, s, k, asOf), versionAt(t, restored, k, asOf); a != b {
				t.Fatalf("%d at %d: %q, restored %q", key, asOf, a, b)
			}
		}
	}
}
