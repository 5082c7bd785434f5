package state

import "testing"

func TestCheck(t *testing.T) {
	a, b, none := [16]byte{1}, [16]byte{2}, [16]byte{}
	for _, c := range []struct {
		name string
		at   Position
		now  Changelog
		want Verdict
	}{
		{"caught up", Position{a, 10, 3}, Changelog{a, 0, 10, 10}, Verdict{From: 10}},
		{"behind", Position{a, 4, 3}, Changelog{a, 0, 10, 10}, Verdict{From: 4}},
		{"at the log start", Position{a, 4, 3}, Changelog{a, 4, 10, 10}, Verdict{From: 4}},
		{"made anew", Position{a, 4, 3}, Changelog{b, 0, 10, 10}, Verdict{true, 0, "the changelog was deleted and made anew"}},
		{"made anew and empty", Position{a, 4, 3}, Changelog{b, 0, 0, -1}, Verdict{true, 0, "the changelog was deleted and made anew"}},
		{"truncated", Position{a, 11, 3}, Changelog{a, 2, 10, 10}, Verdict{true, 2, "the changelog ends at 10, below the checkpoint 11"}},
		{"truncated and grown again", Position{a, 8, 3}, Changelog{a, 0, 10, 7}, Verdict{true, 0, "the changelog was truncated to 7, below the checkpoint 8"}},
		{"the epoch is unknown", Position{a, 8, -1}, Changelog{a, 0, 10, -1}, Verdict{From: 8}},
		{"log start above", Position{a, 3, 3}, Changelog{a, 4, 10, 10}, Verdict{true, 4, "the changelog starts at 4, above the checkpoint 3"}},
		{"the broker has no topic ids", Position{a, 3, 3}, Changelog{none, 0, 10, 10}, Verdict{From: 3}},
		{"the checkpoint has no topic id", Position{none, 3, 3}, Changelog{a, 0, 10, 10}, Verdict{From: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.at.Check(c.now); got != c.want {
				t.Fatalf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestReconcile(t *testing.T) {
	db := OpenMemory(Options{})
	s := addStore[*KeyValue](t, db, &Spec{Name: "s"})
	now := Changelog{TopicID: [16]byte{1}, Start: 2, End: 5, EpochEnd: -1}
	if v, err := db.Reconcile("s", now); err != nil || v != (Verdict{Wipe: true, From: 2}) {
		t.Fatalf("without a position: %+v %v", v, err)
	}
	if err := db.Restore("s", []Change{{Key: []byte("a"), Value: []byte("1")}}, Position{Offset: 3}); err != nil {
		t.Fatal(err)
	}
	if v, err := db.Reconcile("s", now); err != nil || v != (Verdict{From: 3}) {
		t.Fatalf("in the log: %+v %v", v, err)
	}
	if c, _ := db.Checkpoint(); c.Changelogs["s"].TopicID != now.TopicID {
		t.Fatalf("the position takes the topic id: %+v", c)
	}
	now.TopicID[0]++
	if v, err := db.Reconcile("s", now); err != nil || !v.Wipe || v.From != 2 {
		t.Fatalf("made anew: %+v %v", v, err)
	}
	if v, _, _ := s.Get([]byte("a")); v != nil {
		t.Fatalf("not wiped: %q", v)
	}
	if _, err := db.Reconcile("x", now); err == nil {
		t.Fatal("an unknown store")
	}
}
