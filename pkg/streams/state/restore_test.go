package state

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestRestoreFiles restores over a wipe, in files, and finds the last value of each key.
func TestRestoreFiles(t *testing.T) {
	o := Options{fs: vfs.NewMem()}
	db := openDB(t, "d", o)
	addStore[*KeyValue](t, db, &Spec{Name: "s"})
	check(t, db.Wipe("s")) // of nothing
	check(t, db.Restore("s", nil, Position{}))
	check(t, db.Close())
	db = openDB(t, "d", o)
	if c, err := db.Checkpoint(); len(c.Changelogs) != 1 || err != nil {
		t.Fatalf("a position of 0 is one: %+v %v", c, err)
	}
	s := addStore[*KeyValue](t, db, &Spec{Name: "s"})
	for round := range 3 {
		var changes []Change
		for i := range 1000 {
			c := Change{Key: fmt.Append(nil, i%300), Value: fmt.Append(nil, round, i), Timestamp: int64(i)}
			if i%300 == 7 {
				c.Value = nil
			}
			changes = append(changes, c)
		}
		check(t, db.Restore("s", changes[:450], Position{Offset: 450}))
		check(t, db.Restore("s", changes[450:], Position{Offset: 1000}))
		if v, ts, err := s.Get([]byte("99")); string(v) != fmt.Sprint(round, 999) || ts != 999 || err != nil {
			t.Fatalf("round %d: %q %d %v", round, v, ts, err)
		}
		if n, err := s.Count(); n != 299 || err != nil {
			t.Fatalf("round %d: %d keys %v", round, n, err)
		}
		if round == 1 {
			check(t, db.Wipe("s"))
			if n, err := s.Count(); n != 0 || err != nil {
				t.Fatalf("%d keys after a wipe: %v", n, err)
			}
		}
		check(t, db.Close())
		db = openDB(t, "d", o)
		s = addStore[*KeyValue](t, db, &Spec{Name: "s"})
		c, err := db.Checkpoint()
		if p, ok := c.Changelogs["s"]; err != nil || ok != (round != 1) || ok && p.Offset != 1000 {
			t.Fatalf("round %d: %+v %v", round, c, err)
		}
	}
}
