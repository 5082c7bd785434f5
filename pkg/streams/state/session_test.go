package state

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSessionChangelog has the bytes that Kafka Streams 4.3.1 wrote for a
// count in sessions of 1 s.
func TestSessionChangelog(t *testing.T) {
	var got []string
	db := OpenMemory(Options{Log: logged(&got)})
	s := addStore[*Session](t, db, &Spec{Name: "sc", Kind: SessionKind, Retention: time.Second})
	one, two := []byte{0, 0, 0, 0, 0, 0, 0, 1}, []byte{0, 0, 0, 0, 0, 0, 0, 2}
	s.Put([]byte("ab"), 1000, 1000, one, 1000)
	s.Put([]byte("ab"), 1000, 1000, nil, 2000)
	s.Put([]byte("ab"), 1000, 2000, two, 2000)
	s.Put([]byte("ab"), 3001, 3001, one, 3001)
	want := []string{
		"sc ts=1000 k=616200000000000003e800000000000003e8 v=0000000000000001",
		"sc ts=2000 k=616200000000000003e800000000000003e8 v=null",
		"sc ts=2000 k=616200000000000007d000000000000003e8 v=0000000000000002",
		"sc ts=3001 k=61620000000000000bb90000000000000bb9 v=0000000000000001",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if v, err := s.Get([]byte("ab"), 3001, 3001); err != nil || !bytes.Equal(v, one) {
		t.Fatalf("get: %x %v", v, err)
	}
	if v, err := s.Get([]byte("ab"), 1000, 2000); err != nil || v != nil {
		t.Fatalf("the store's time is 3001, its retention 1000: %x %v", v, err)
	}
}

type sessionEntry struct {
	key        string
	start, end int64
	value      string
}

type sessionModel struct {
	now       []sessionEntry
	time      int64
	retention int64
}

func (m *sessionModel) put(e sessionEntry) {
	m.time = max(m.time, e.end)
	interval := max(m.retention/2, 60_000)
	if e.end/interval < (m.time-m.retention)/interval {
		return
	}
	m.now = slices.DeleteFunc(m.now, func(x sessionEntry) bool { return x.key == e.key && x.start == e.start && x.end == e.end })
	if e.value != "" {
		m.now = append(m.now, e)
	}
}

func (m *sessionModel) find(match func(e sessionEntry) bool) []string {
	var found []sessionEntry
	for _, e := range m.now {
		if match(e) && e.end > m.time-m.retention {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b sessionEntry) int {
		switch {
		case a.end != b.end:
			return int(a.end - b.end)
		case a.start != b.start:
			return int(a.start - b.start)
		}
		return strings.Compare(a.key, b.key)
	})
	var out []string
	for _, e := range found {
		out = append(out, fmt.Sprintf("%x@%d-%d=%s", e.key, e.start, e.end, e.value))
	}
	return out
}

func (m *sessionModel) check(t *testing.T, s *Session, key []byte, a, b int64) {
	t.Helper()
	var got []string
	each := func(start, end int64, v []byte) bool {
		got = append(got, fmt.Sprintf("%x@%d-%d=%s", key, start, end, v))
		return true
	}
	want := m.find(func(e sessionEntry) bool { return e.key == string(key) && e.end >= a && e.start <= b })
	if err := s.Find(key, a, b, each); err != nil || !slices.Equal(got, want) {
		t.Fatalf("find %x, end from %d, start to %d: %v\n got %v\nwant %v", key, a, b, err, got, want)
	}
	got = nil
	slices.Reverse(want)
	if err := s.FindReverse(key, a, b, each); err != nil || !slices.Equal(got, want) {
		t.Fatalf("find in reverse %x: %v\n got %v\nwant %v", key, err, got, want)
	}
	got = nil
	err := s.FindAll(a, b, func(k []byte, start, end int64, v []byte) bool {
		got = append(got, fmt.Sprintf("%x@%d-%d=%s", k, start, end, v))
		return true
	})
	want = m.find(func(e sessionEntry) bool { return e.end >= a && e.end <= b })
	if !s.spec.TimeOrdered {
		slices.Sort(got)
		slices.Sort(want)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("find all %d to %d: %v\n got %v\nwant %v", a, b, err, got, want)
	}
	got = nil
	err = s.Fetch(key, key, func(k []byte, start, end int64, v []byte) bool { return each(start, end, v) })
	want = m.find(func(e sessionEntry) bool { return e.key == string(key) })
	slices.Sort(got)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("fetch %x: %v\n got %v\nwant %v", key, err, got, want)
	}
}

func TestSessionModel(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		r := seeded(t)
		db := OpenMemory(Options{})
		s := addStore[*Session](t, db, &Spec{Name: "s", Kind: SessionKind, Retention: 150 * time.Second, TimeOrdered: ordered})
		m := &sessionModel{time: -1, retention: 150_000}
		clock := int64(0)
		for n := range 4000 {
			key := bytes.Repeat([]byte{0}, r.IntN(20)+1)
			end := max(0, clock-r.Int64N(3*m.retention))
			start := end - min(end, r.Int64N(20_000))
			switch op := r.IntN(10); {
			case op < 5:
				s.Put(key, start, end, []byte(fmt.Sprint(n)), 0)
				m.put(sessionEntry{string(key), start, end, fmt.Sprint(n)})
			case op < 6 && len(m.now) > 0:
				e := m.now[r.IntN(len(m.now))]
				s.Put([]byte(e.key), e.start, e.end, nil, 0)
				m.put(sessionEntry{e.key, e.start, e.end, ""})
			case op < 8:
				m.check(t, s, key, start, end)
			case op < 9:
				clock += r.Int64N(m.retention)
			default:
				if err := db.Commit(Checkpoint{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		m.check(t, s, []byte{0}, 0, 1<<62)
	}
}

// TestSegmentedRestore restores what was logged and finds the same.
func TestSegmentedRestore(t *testing.T) {
	for _, kind := range []Kind{WindowKind, SessionKind} {
		for _, ordered := range []bool{false, true} {
			spec := &Spec{Name: "s", Kind: kind, Retention: 2 * time.Minute, Duplicates: kind == WindowKind, TimeOrdered: ordered}
			var changes []Change
			db := OpenMemory(Options{Log: func(_ *Spec, k, v []byte, ts int64, _ []Header) {
				changes = append(changes, Change{Key: k, Value: v, Timestamp: ts})
			}})
			s, _ := db.Add(spec)
			for i := range int64(100) {
				switch s := s.(type) {
				case *Window:
					s.Put([]byte{byte(i % 3)}, i*7000%400_000, []byte{1}, i)
				case *Session:
					s.Put([]byte{byte(i % 3)}, 0, i*7000%400_000, []byte{1}, i)
				}
			}
			again := OpenMemory(Options{})
			restored, _ := again.Add(spec)
			for len(changes) > 0 {
				n := min(7, len(changes))
				if err := again.Restore("s", changes[:n], Position{}); err != nil {
					t.Fatal(err)
				}
				changes = changes[n:]
			}
			if a, b := everything(t, s), everything(t, restored); !slices.Equal(a, b) || len(a) == 0 {
				t.Fatalf("%v restored:\n%v\nwas\n%v", kind, b, a)
			}
			if s.inner().now != restored.inner().now {
				t.Fatalf("progress %+v, was %+v", restored.inner().now, s.inner().now)
			}
			if err := again.Restore("s", []Change{{Key: []byte("short"), Value: []byte{}}}, Position{}); !errors.Is(err, errShort) {
				t.Fatalf("a short key: %v", err)
			}
		}
	}
}

// everything is what a scan of all shows.
func everything(t *testing.T, s Store) []string {
	t.Helper()
	var out []string
	var err error
	switch s := s.(type) {
	case *Window:
		err = s.FetchAll(0, 1<<62, func(k []byte, start int64, v []byte, ts int64) bool {
			out = append(out, fmt.Sprintf("%x@%d=%x %d", k, start, v, ts))
			return true
		})
	case *Session:
		err = s.FindAll(0, 1<<62, func(k []byte, start, end int64, v []byte) bool {
			out = append(out, fmt.Sprintf("%x@%d-%d=%x", k, start, end, v))
			return true
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzSessionKey(f *testing.F) {
	f.Add([]byte("ab"), int64(1000), int64(2000))
	f.Fuzz(func(t *testing.T, key []byte, start, end int64) {
		k := sessionKey(nil, key, start, end)
		gotKey, gotStart, gotEnd, ok := splitSessionKey(k)
		if !ok || !bytes.Equal(gotKey, key) || gotStart != start || gotEnd != end {
			t.Fatalf("%x: %x %d %d %v", k, gotKey, gotStart, gotEnd, ok)
		}
		if key, start, end, ok := splitSessionKey(key); ok && !bytes.Equal(sessionKey(nil, key, start, end), gotKey) {
			t.Fatalf("%x is not what it was", gotKey)
		}
	})
}
