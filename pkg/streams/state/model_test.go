package state

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// seeded is a source of random numbers whose seed is in the test's log.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// model is a store as a plain map, with what a Discard goes back to.
type model struct{ now, committed map[string]string }

func newModel() *model { return &model{now: map[string]string{}, committed: map[string]string{}} }

// scan answers what a scan gives, as k=v.
func (m *model) scan(from, to []byte, reverse bool) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m.now)) {
		if k >= string(from) && (to == nil || k <= string(to)) {
			out = append(out, k+"="+m.now[k])
		}
	}
	if reverse {
		slices.Reverse(out)
	}
	return out
}

func randomKey(r *rand.Rand) []byte {
	k := make([]byte, 1+r.IntN(3))
	for i := range k {
		k[i] = []byte{0, 'a', 'b', 'c', 0xff}[r.IntN(5)]
	}
	return k
}

// step does one random thing to both.
func (m *model) step(t *testing.T, r *rand.Rand, db *DB, s *KeyValue, n int) {
	t.Helper()
	k := randomKey(r)
	switch op := r.IntN(20); {
	case op < 8:
		v := fmt.Sprint(n)
		s.Put(k, []byte(v), int64(n))
		m.now[string(k)] = v
	case op < 11:
		s.Put(k, nil, int64(n))
		delete(m.now, string(k))
	case op < 15:
		v, _, err := s.Get(k)
		want, ok := m.now[string(k)]
		if err != nil || string(v) != want || (v != nil) != ok {
			t.Fatalf("get %q: %q %v, want %q", k, v, err, want)
		}
	case op < 18:
		m.check(t, s, k, randomKey(r), r.IntN(2) == 0)
	case op == 18:
		if err := db.Commit(Checkpoint{StreamTime: int64(n)}); err != nil {
			t.Fatal(err)
		}
		m.committed = maps.Clone(m.now)
	default:
		db.Discard()
		m.now = maps.Clone(m.committed)
	}
}

func (m *model) check(t *testing.T, s *KeyValue, from, to []byte, reverse bool) {
	t.Helper()
	var got []string
	err := s.Range(from, to, reverse, func(k, v []byte, _ int64) bool {
		got = append(got, string(k)+"="+string(v))
		return true
	})
	if want := m.scan(from, to, reverse); err != nil || !slices.Equal(got, want) {
		t.Fatalf("range %q to %q reverse %v:\n got %q %v\nwant %q", from, to, reverse, got, err, want)
	}
}

func TestModel(t *testing.T) {
	for _, cache := range []int64{1, 16 << 20} {
		r := seeded(t)
		db := OpenMemory(Options{CacheBytes: cache})
		s := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
		m := newModel()
		for n := range 20000 {
			m.step(t, r, db, s, n)
		}
		m.check(t, s, nil, nil, false)
	}
}

// TestScanAndChange changes the store inside of a scan.
func TestScanAndChange(t *testing.T) {
	r := seeded(t)
	db := OpenMemory(Options{})
	s := addStore[*Raw](t, db, &Spec{Name: "raw", Kind: RawKind})
	for range 200 {
		for range 30 {
			s.Put(randomKey(r), []byte("v"))
		}
		if r.IntN(2) == 0 {
			if err := db.Commit(Checkpoint{}); err != nil {
				t.Fatal(err)
			}
		}
		var last []byte
		reverse := r.IntN(2) == 0
		err := s.Range(nil, nil, reverse, func(k, _ []byte) bool {
			if c := bytes.Compare(last, k); last != nil && (c == 0 || c > 0 != reverse) {
				t.Fatalf("%q after %q, reverse %v", k, last, reverse)
			}
			last = bytes.Clone(k)
			s.Delete(k)
			if r.IntN(3) == 0 {
				s.Put(randomKey(r), []byte("w"))
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Range(nil, nil, false, func(k, _ []byte) bool {
			s.Delete(k)
			return true
		})
		_ = s.Range(nil, nil, false, func(k, _ []byte) bool { t.Fatalf("%q is still there", k); return true })
	}
}
