package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWindowChangelog has the bytes that Kafka Streams 4.3.1 wrote for a
// windowed count of 5 s and for the stores of a stream-stream join.
func TestWindowChangelog(t *testing.T) {
	var got []string
	db := OpenMemory(Options{Log: logged(&got)})
	wc := addStore[*Window](t, db, &Spec{Name: "wc", Kind: WindowKind, WindowSize: 5 * time.Second, Retention: 6 * time.Second})
	wc.Put([]byte("ab"), 0, []byte{0, 0, 0, 0, 0, 0, 0, 1}, 1000)
	wc.Put([]byte("ab"), 5000, []byte{0, 0, 0, 0, 0, 0, 0, 1}, 6000)
	wc.Put([]byte("ab"), 5000, []byte{0, 0, 0, 0, 0, 0, 0, 2}, 6000)
	sj := addStore[*Window](t, db, &Spec{Name: "sj", Kind: WindowKind, Duplicates: true, Retention: 30 * time.Millisecond})
	sj.Put([]byte("k"), 3, []byte("A"), 3)
	sj.Put([]byte("k"), 40, []byte("E"), 40)
	sj.Put([]byte("k"), 60, []byte("F"), 60)
	want := []string{
		"wc ts=1000 k=6162000000000000000000000000 v=0000000000000001",
		"wc ts=6000 k=6162000000000000138800000000 v=0000000000000001",
		"wc ts=6000 k=6162000000000000138800000000 v=0000000000000002",
		"sj ts=3 k=6b000000000000000300000001 v=41",
		"sj ts=40 k=6b000000000000002800000002 v=45",
		"sj ts=60 k=6b000000000000003c00000003 v=46",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWindowExpiry(t *testing.T) {
	const minute = 60_000
	for _, c := range []struct {
		name   string
		memory bool
		start  int64 // put at stream time 180 000 with a retention of 60 000, whose segments have 60 000
		kept   bool
		read   bool
	}{
		{"of now", false, 3 * minute, true, true},
		{"of the oldest live segment, readable", false, 2*minute + 1, true, true},
		{"of the oldest live segment, expired", false, 2 * minute, true, false},
		{"of a dead segment", false, 2*minute - 1, false, false},
		{"readable, in memory", true, 2*minute + 1, true, true},
		{"expired, in memory", true, 2 * minute, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log []string
			db := OpenMemory(Options{Log: logged(&log)})
			s := addStore[*Window](t, db, &Spec{Name: "w", Kind: WindowKind, Retention: minute * time.Millisecond, Memory: c.memory})
			s.Put([]byte("now"), 3*minute, []byte("v"), 0)
			if kept := s.Put([]byte("a"), c.start, []byte("v"), 0); kept != c.kept {
				t.Fatalf("kept %v", kept)
			}
			if v, _, err := s.Get([]byte("a"), c.start); err != nil || (v != nil) != c.read {
				t.Fatalf("get %q %v", v, err)
			}
			n := 0
			_ = s.Fetch([]byte("a"), 0, 1<<62, false, func(int64, []byte, int64) bool { n++; return true })
			if (n == 1) != c.read {
				t.Fatalf("fetched %d", n)
			}
			if len(log) != 2 {
				t.Fatalf("an expired put is in the changelog too, as Kafka's: %q", log)
			}
		})
	}
}

// windowModel is a window store as a slice.
type windowModel struct {
	now, committed []windowEntry
	time, saved    int64
	retention      int64
	seq            int
}

type windowEntry struct {
	key   string
	start int64
	seq   int
	value string
}

func (m *windowModel) put(key string, start int64, value string, dup bool) {
	m.time = max(m.time, start)
	interval := max(m.retention/2, 60_000)
	if start/interval < (m.time-m.retention)/interval {
		return
	}
	seq := 0
	if dup {
		m.seq++
		seq = m.seq
	}
	m.now = slices.DeleteFunc(slices.Clone(m.now), func(e windowEntry) bool { return e.key == key && e.start == start && e.seq == seq })
	if value != "" {
		m.now = append(m.now, windowEntry{key, start, seq, value})
	}
}

// fetch answers key@start=value by order.
func (m *windowModel) fetch(match func(e windowEntry) bool, order func(a, b windowEntry) int) []string {
	var found []windowEntry
	for _, e := range m.now {
		if match(e) && e.start > m.time-m.retention {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, order)
	var out []string
	for _, e := range found {
		out = append(out, fmt.Sprintf("%x@%d=%s", e.key, e.start, e.value))
	}
	return out
}

func byStart(a, b windowEntry) int {
	if a.start != b.start {
		return int(a.start - b.start)
	}
	tail := func(e windowEntry) string { return string(binary.BigEndian.AppendUint32([]byte(e.key), uint32(e.seq))) }
	return strings.Compare(tail(a), tail(b)) // as bytes: no end of the key shows
}

func (m *windowModel) check(t *testing.T, s *Window, key []byte, from, to int64, reverse bool) {
	t.Helper()
	in := func(e windowEntry) bool { return e.start >= from && e.start <= to }
	var got []string
	err := s.Fetch(key, from, to, reverse, func(start int64, v []byte, _ int64) bool {
		got = append(got, fmt.Sprintf("%x@%d=%s", key, start, v))
		return true
	})
	want := m.fetch(func(e windowEntry) bool { return e.key == string(key) && in(e) }, byStart)
	if reverse {
		slices.Reverse(want)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("fetch %x %d to %d: %v\n got %v\nwant %v", key, from, to, err, got, want)
	}
	got = nil
	err = s.FetchAll(from, to, func(k []byte, start int64, v []byte, _ int64) bool {
		got = append(got, fmt.Sprintf("%x@%d=%s", k, start, v))
		return true
	})
	want = m.fetch(in, byStart)
	if !s.spec.TimeOrdered {
		slices.Sort(got)
		slices.Sort(want)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("fetch all %d to %d: %v\n got %v\nwant %v", from, to, err, got, want)
	}
}

// testWindowModel does random things to a store and to a model of it.
func testWindowModel(t *testing.T, db *DB, spec *Spec, again func(*DB) *DB) {
	r := seeded(t)
	s := addStore[*Window](t, db, spec)
	m := &windowModel{time: -1, saved: -1, retention: spec.Retention.Milliseconds()}
	clock := int64(0)
	for n := range 4000 {
		key := bytes.Repeat([]byte{0}, r.IntN(10)+1)
		key[0] = byte(r.IntN(2))
		start := max(0, clock-r.Int64N(3*m.retention))
		switch op := r.IntN(20); {
		case op < 10:
			v := fmt.Sprint(n)
			s.Put(key, start, []byte(v), int64(n))
			m.put(string(key), start, v, spec.Duplicates)
		case op < 12 && !spec.Duplicates:
			s.Put(key, start, nil, int64(n))
			m.put(string(key), start, "", false)
		case op < 16:
			m.check(t, s, key, start, start+r.Int64N(m.retention), r.IntN(2) == 0)
		case op < 17:
			clock += r.Int64N(m.retention)
		case op == 17 && !spec.Duplicates:
			db.Discard()
			m.now, m.time = m.committed, m.saved
		default:
			if err := db.Commit(Checkpoint{}); err != nil {
				t.Fatal(err)
			}
			m.committed, m.saved = m.now, m.time
			if r.IntN(10) == 0 {
				db = again(db)
				s = addStore[*Window](t, db, spec)
			}
		}
	}
	m.check(t, s, []byte{0}, 0, 1<<62, false)
}

func TestWindowModel(t *testing.T) {
	for _, dup := range []bool{false, true} {
		for _, ordered := range []bool{false, true} {
			spec := &Spec{Name: "w", Kind: WindowKind, Retention: 150 * time.Second, Duplicates: dup, TimeOrdered: ordered}
			testWindowModel(t, OpenMemory(Options{}), spec, func(db *DB) *DB { return db })
		}
	}
}

func FuzzWindowKey(f *testing.F) {
	f.Add([]byte("ab"), int64(5000), uint32(1))
	f.Fuzz(func(t *testing.T, key []byte, start int64, seq uint32) {
		k := windowKey(nil, key, start, seq)
		gotKey, gotStart, gotSeq, ok := splitWindowKey(k)
		if !ok || !bytes.Equal(gotKey, key) || gotStart != start || gotSeq != seq {
			t.Fatalf("%x: %x %d %d %v", k, gotKey, gotStart, gotSeq, ok)
		}
		if key, start, seq, ok := splitWindowKey(key); ok && !bytes.Equal(windowKey(nil, key, start, seq), gotKey) {
			t.Fatalf("%x is not what it was", gotKey)
		}
	})
}

// A null in a store with Duplicates has a changelog record but no time.
func TestWindowDuplicatesNull(t *testing.T) {
	db := OpenMemory(Options{})
	s := addStore[*Window](t, db, &Spec{Name: "w", Kind: WindowKind, Retention: 10 * time.Millisecond, Duplicates: true})
	s.Put([]byte("k"), 5, []byte("a"), 5)
	s.Put([]byte("k"), 50, nil, 50)
	seen := 0
	if err := s.Fetch([]byte("k"), 0, 100, false, func(int64, []byte, int64) bool { seen++; return true }); err != nil || seen != 1 {
		t.Fatalf("%d values, error %v", seen, err)
	}
}
