package state

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
)

func addStore[S Store](t testing.TB, db *DB, spec *Spec) S {
	t.Helper()
	s, err := db.Add(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s.(S)
}

// logged collects changelog records as text.
func logged(into *[]string) Log {
	return func(s *Spec, key, value []byte, ts int64, headers []Header) {
		v := "null"
		if value != nil {
			v = fmt.Sprintf("%x", value)
		}
		*into = append(*into, fmt.Sprintf("%s ts=%d k=%x v=%s", s.Name, ts, key, v))
	}
}

func TestKeyValueLogs(t *testing.T) {
	var got []string
	db := OpenMemory(Options{Log: logged(&got)})
	s := addStore[*KeyValue](t, db, &Spec{Name: "cnt"})
	table := addStore[*KeyValue](t, db, &Spec{Name: "t", SourceTopic: "input"})
	s.Put([]byte("E"), []byte{1}, 1)
	s.Put([]byte("E"), nil, 2)
	s.Put([]byte("F"), []byte{}, 3)
	table.Put([]byte("E"), []byte{1}, 1)
	want := []string{"cnt ts=1 k=45 v=01", "cnt ts=2 k=45 v=null", "cnt ts=3 k=46 v="}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if v, ts, err := s.Get([]byte("F")); v == nil || ts != 3 || err != nil {
		t.Fatalf("an empty value is a value: %v %d %v", v, ts, err)
	}
}

func TestAdd(t *testing.T) {
	db := OpenMemory(Options{})
	spec := &Spec{Name: "s"}
	a, _ := db.Add(spec)
	if b, err := db.Add(spec); a != b || err != nil {
		t.Fatalf("adding twice: %v %v", b, err)
	}
	if _, err := db.Add(&Spec{Name: "s", Kind: RawKind}); !errors.Is(err, ErrStore) {
		t.Fatalf("another kind: %v", err)
	}
	if db.Store("s") != a || db.Store("x") != nil || len(db.Stores()) != 1 {
		t.Fatal("Store")
	}
}

func TestRestore(t *testing.T) {
	var got []string
	db := OpenMemory(Options{Log: logged(&got)})
	s := addStore[*KeyValue](t, db, &Spec{Name: "s"})
	p := Position{TopicID: [16]byte{1}, Offset: 3, Epoch: 2}
	err := db.Restore("s", []Change{
		{Key: []byte("a"), Value: []byte("1"), Timestamp: 1},
		{Key: []byte("b"), Value: []byte("2"), Timestamp: 2},
		{Key: []byte("a"), Timestamp: 3},
	}, p)
	if err != nil || len(got) != 0 {
		t.Fatalf("%v, logged %q", err, got)
	}
	if v, _, _ := s.Get([]byte("a")); v != nil {
		t.Fatalf("a is %q", v)
	}
	if v, ts, _ := s.Get([]byte("b")); string(v) != "2" || ts != 2 {
		t.Fatalf("b is %q %d", v, ts)
	}
	db.Discard()
	if v, _, _ := s.Get([]byte("b")); string(v) != "2" {
		t.Fatalf("after a discard b is %q", v)
	}
	if c, _ := db.Checkpoint(); c.Changelogs["s"] != p {
		t.Fatalf("checkpoint %+v", c)
	}
	s.Put([]byte("c"), []byte("3"), 3)
	if err := db.Restore("s", nil, p); !errors.Is(err, ErrStore) {
		t.Fatalf("restore over changes: %v", err)
	}
	if err := db.Wipe("s"); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Count(); n != 0 {
		t.Fatalf("%d entries after a wipe", n)
	}
	if c, _ := db.Checkpoint(); len(c.Changelogs) != 0 {
		t.Fatalf("checkpoint after a wipe %+v", c)
	}
}

func TestRawRestore(t *testing.T) {
	db := OpenMemory(Options{})
	s := addStore[*Raw](t, db, &Spec{Name: "s", Kind: RawKind, Restore: func(s *Raw, c *Change) error {
		if c.Value == nil {
			return errors.New("bad record")
		}
		s.Put(append([]byte("x"), c.Key...), c.Value)
		return nil
	}})
	if err := db.Restore("s", []Change{{Key: []byte("a"), Value: []byte("1")}}, Position{Offset: 1}); err != nil {
		t.Fatal(err)
	}
	if err := db.Restore("s", []Change{{Key: []byte("b"), Value: []byte("1")}, {Key: []byte("a")}}, Position{Offset: 3}); err == nil {
		t.Fatal("no error")
	}
	if v, _ := s.Get([]byte("xa")); string(v) != "1" {
		t.Fatalf("xa is %q", v)
	}
	if v, _ := s.Get([]byte("xb")); v != nil {
		t.Fatalf("half a batch: xb is %q", v)
	}
	if c, _ := db.Checkpoint(); c.Changelogs["s"].Offset != 1 {
		t.Fatalf("checkpoint %+v", c)
	}
}

func TestCommit(t *testing.T) {
	db := OpenMemory(Options{})
	s := addStore[*KeyValue](t, db, &Spec{Name: "s"})
	s.Put([]byte("a"), []byte("1"), 1)
	one := Checkpoint{Changelogs: map[string]Position{"s": {Offset: 1}}, Inputs: map[string]map[int32]int64{"in": {0: 5, 1: 7}}, StreamTime: 9}
	if err := db.Commit(one); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(Checkpoint{Inputs: map[string]map[int32]int64{"in": {1: 8}}, StreamTime: 8}); err != nil {
		t.Fatal(err)
	}
	c, err := db.Checkpoint()
	want := Checkpoint{Changelogs: one.Changelogs, Inputs: map[string]map[int32]int64{"in": {0: 5, 1: 8}}, StreamTime: 9}
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Fatalf("checkpoint %+v %v, want %+v", c, err, want)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(one); !errors.Is(err, ErrClosed) {
		t.Fatalf("commit after close: %v", err)
	}
}
