package txn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Ids and epochs of the table: the producer, the one before it, a fresh one, and
// somebody else.
const (
	pid    = 7
	before = 6
	fresh  = 99
	other  = 55
)

var part = Partition{"t", 0}

// states are the transactional ids of the table.
func states() map[string]Txn {
	base := Txn{ProducerID: pid, PreviousProducerID: before, NextProducerID: none, Epoch: 5, LastEpoch: none, TimeoutMs: 60000, StartMs: none}
	with := func(f func(*Txn)) Txn {
		t := base
		f(&t)
		return t
	}
	open := func(t *Txn) {
		t.State, t.StartMs, t.Partitions, t.PreviousProducerID = Ongoing, 100, []Partition{part}, pid
	}
	return map[string]Txn{
		"new":           NewMachine().txn,
		"Empty":         base,
		"Empty retried": with(func(t *Txn) { t.LastEpoch = 4 }),
		"Empty last":    with(func(t *Txn) { t.Epoch = maxEpoch }),
		"Ongoing":       with(open),
		"Ongoing last":  with(func(t *Txn) { open(t); t.Epoch = maxEpoch }),
		"PrepareCommit": with(func(t *Txn) { open(t); t.State, t.Version = PrepareCommit, Version2 }),
		"PrepareAbort":  with(func(t *Txn) { open(t); t.State = PrepareAbort }),
		"PrepareCommit last": with(func(t *Txn) {
			open(t)
			t.State, t.Version, t.Epoch, t.LastEpoch, t.NextProducerID = PrepareCommit, Version2, maxEpoch+1, maxEpoch, fresh
		}),
		"CompleteCommit": with(func(t *Txn) { open(t); t.State, t.Partitions, t.LastEpoch = CompleteCommit, nil, 4 }),
		"CompleteAbort":  with(func(t *Txn) { open(t); t.State, t.Partitions = CompleteAbort, nil }),
		"CompleteCommit replaced": with(func(t *Txn) {
			open(t)
			t.State, t.Partitions, t.ProducerID, t.Epoch, t.LastEpoch = CompleteCommit, nil, fresh, 0, maxEpoch
		}),
	}
}

// events are those of the table, each with what distinguishes it.
func events() map[string]Event {
	return map[string]Event{
		"init":             Init{TimeoutMs: 1000, ProducerID: none, Epoch: none, FreshID: none},
		"init, fresh":      Init{TimeoutMs: 1000, ProducerID: none, Epoch: none, FreshID: fresh},
		"init e5":          Init{TimeoutMs: 1000, ProducerID: pid, Epoch: 5, FreshID: fresh},
		"init e4":          Init{TimeoutMs: 1000, ProducerID: pid, Epoch: 4, FreshID: fresh},
		"init e3":          Init{TimeoutMs: 1000, ProducerID: pid, Epoch: 3, FreshID: fresh},
		"init last":        Init{TimeoutMs: 1000, ProducerID: pid, Epoch: maxEpoch, FreshID: fresh},
		"init other":       Init{TimeoutMs: 1000, ProducerID: other, Epoch: 5, FreshID: fresh},
		"add":              Add{ProducerID: pid, Epoch: 5, Version: Version2, Partitions: []Partition{{"u", 1}, part}},
		"add same":         Add{ProducerID: pid, Epoch: 5, Partitions: []Partition{part}},
		"add e4":           Add{ProducerID: pid, Epoch: 4, Partitions: []Partition{part}},
		"add e6":           Add{ProducerID: pid, Epoch: 6, Partitions: []Partition{part}},
		"add other":        Add{ProducerID: other, Epoch: 5, Partitions: []Partition{part}},
		"add nobody":       Add{ProducerID: none, Epoch: none, Partitions: []Partition{part}},
		"abort0 nobody":    End{ProducerID: none, Epoch: none, FreshID: none},
		"abort2 nobody":    End{ProducerID: none, Epoch: none, Version: Version2, FreshID: fresh},
		"commit0":          End{ProducerID: pid, Epoch: 5, Commit: true, FreshID: none},
		"abort0":           End{ProducerID: pid, Epoch: 5, FreshID: none},
		"commit0 e4":       End{ProducerID: pid, Epoch: 4, Commit: true, FreshID: none},
		"commit0 e6":       End{ProducerID: pid, Epoch: 6, Commit: true, FreshID: none},
		"commit0 other":    End{ProducerID: other, Epoch: 5, Commit: true, FreshID: none},
		"commit2":          End{ProducerID: pid, Epoch: 5, Commit: true, Version: Version2, FreshID: none},
		"abort2":           End{ProducerID: pid, Epoch: 5, Version: Version2, FreshID: none},
		"commit2 e4":       End{ProducerID: pid, Epoch: 4, Commit: true, Version: Version2, FreshID: none},
		"abort2 e4":        End{ProducerID: pid, Epoch: 4, Version: Version2, FreshID: none},
		"commit2 e3":       End{ProducerID: pid, Epoch: 3, Commit: true, Version: Version2, FreshID: none},
		"commit2 e6":       End{ProducerID: pid, Epoch: 6, Commit: true, Version: Version2, FreshID: none},
		"commit2 other":    End{ProducerID: other, Epoch: 5, Commit: true, Version: Version2, FreshID: none},
		"commit2 last":     End{ProducerID: pid, Epoch: maxEpoch, Commit: true, Version: Version2, FreshID: none},
		"commit2 last, id": End{ProducerID: pid, Epoch: maxEpoch, Commit: true, Version: Version2, FreshID: fresh},
		"abort2 last, id":  End{ProducerID: pid, Epoch: maxEpoch, Version: Version2, FreshID: fresh},
		"timed out":        TimedOut{FreshID: none},
		"timed out, id":    TimedOut{FreshID: fresh},
		"expired":          Expired{},
		"marked":           Marked{},
	}
}

// show writes effects as short as they can be told apart.
func show(e Effects) string {
	var s []string
	answer := func(a Answer) string {
		if a.Code != 0 || a.Epoch == none {
			return fmt.Sprint(a.Code)
		}
		return fmt.Sprintf("0 %d/%d", a.ProducerID, a.Epoch)
	}
	if e.NeedID {
		s = append(s, "id?")
	}
	if e.Wait {
		s = append(s, "wait "+answer(e.Answer))
	}
	if t := e.Append; t != nil {
		w := fmt.Sprintf("%s %d/%d", t.State, t.ProducerID, t.Epoch)
		if t.LastEpoch != none {
			w += fmt.Sprintf(" last %d", t.LastEpoch)
		}
		if t.NextProducerID != none {
			w += fmt.Sprintf(" next %d", t.NextProducerID)
		}
		if len(t.Partitions) > 0 {
			w += fmt.Sprint(" ", t.Partitions)
		}
		s = append(s, w)
	}
	if e.Delete {
		s = append(s, "delete")
	}
	if e.Again {
		s = append(s, "again")
	}
	if e.Answered {
		s = append(s, answer(e.Answer))
	}
	return strings.Join(s, "; ")
}

// TestTable is every event in every state. What is not listed does nothing.
func TestTable(t *testing.T) {
	all := events()
	for state, txn := range states() {
		rows, ok := table()[state]
		if !ok {
			t.Errorf("%s is not in the table", state)
		}
		for name := range rows {
			if _, ok := all[name]; !ok {
				t.Errorf("%s: no event %s", state, name)
			}
		}
		for name, e := range all {
			m := LoadedMachine(txn)
			if got, want := show(m.Step(200, e)), rows[name]; got != want {
				t.Errorf("%s: %s: %q, want %q", state, name, got, want)
			}
		}
	}
}

// While something is written, everything that could change it waits; of version 0
// only what would not be refused anyway.
func TestTableWhilePending(t *testing.T) {
	refused := map[string]string{
		"commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49", "abort0 nobody": "49",
		"timed out": "", "timed out, id": "", "expired": "", "marked": "",
	}
	for name, e := range events() {
		m := LoadedMachine(states()["Empty"])
		m.Step(200, events()["add"])
		want, ok := refused[name]
		if !ok {
			want = "wait 51"
		}
		if got := show(m.Step(200, e)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A step that cannot be written has not happened.
func TestFailedAppend(t *testing.T) {
	for state, txn := range states() {
		for name, e := range events() {
			m := LoadedMachine(txn)
			if eff := m.Step(200, e); eff.Append == nil && !eff.Delete {
				continue
			}
			if !m.Busy() {
				t.Errorf("%s: %s: not busy while it is written", state, name)
			}
			if got := show(m.Step(300, Failed{Code: 15})); got != "15" {
				t.Errorf("%s: %s: failed: %q", state, name, got)
			}
			if show(Effects{Append: &m.txn}) != show(Effects{Append: &txn}) || m.pending != nil {
				t.Errorf("%s: %s: the state changed: %+v", state, name, m.txn)
			}
			first, again := LoadedMachine(txn), m
			if a, b := show(first.Step(400, e)), show(again.Step(400, e)); a != b {
				t.Errorf("%s: %s: again: %q, want %q", state, name, b, a)
			}
		}
	}
}

// What a client is told when the step is written, and what follows.
func TestCommittedSteps(t *testing.T) {
	for _, row := range []struct{ state, event, want, markers, then string }{
		{"new", "init, fresh", "0 99/0", "", ""},
		{"Empty", "init", "0 7/6", "", ""},
		{"Empty", "init e5", "0 7/6", "", ""},
		{"Empty last", "init, fresh", "0 99/0", "", ""},
		{"Empty", "add", "0", "", ""},
		{"Empty", "abort2", "0 7/6", "abort 7/6 []", "CompleteAbort 7/6 last 5"},
		{"Ongoing", "commit0", "0", "commit 7/5 [{t 0}]", "CompleteCommit 7/5"},
		{"Ongoing", "abort0", "0", "abort 7/5 [{t 0}]", "CompleteAbort 7/5"},
		{"Ongoing", "commit2", "0 7/6", "commit 7/6 [{t 0}]", "CompleteCommit 7/6 last 5"},
		{"Ongoing", "abort2", "0 7/6", "abort 7/6 [{t 0}]", "CompleteAbort 7/6 last 5"},
		{"Ongoing last", "commit2 last, id", "0 99/0", "commit 7/32767 [{t 0}]", "CompleteCommit 99/0 last 32766"},
		{"Ongoing", "timed out", "51", "abort 7/6 [{t 0}]", "CompleteAbort 7/6 last 5"},
		{"Ongoing last", "timed out, id", "51", "abort 7/32767 [{t 0}]", "CompleteAbort 99/0 last 32766"},
		{"Ongoing", "init", "51", "abort 7/6 [{t 0}]", "CompleteAbort 7/6 last 5"},
		{"PrepareCommit", "marked", "0 0/0", "", ""},
		{"Empty", "expired", "gone", "", ""},
	} {
		m := LoadedMachine(states()[row.state])
		m.Step(200, events()[row.event])
		eff := m.Step(200, Committed{})
		got, markers, then := show(eff), "", ""
		if eff.Gone {
			got = "gone"
		}
		if mk := eff.Markers; mk != nil {
			end := "abort"
			if mk.Commit {
				end = "commit"
			}
			markers = fmt.Sprintf("%s %d/%d %v", end, mk.ProducerID, mk.Epoch, mk.Partitions)
			then = show(m.Step(300, Marked{}))
		}
		if got != row.want || markers != row.markers || then != row.then {
			t.Errorf("%s: %s: %q, markers %q, then %q; want %q, %q, %q", row.state, row.event, got, markers, then, row.want, row.markers, row.then)
		}
	}
}

// A decision that was read back is carried out as if nothing had happened.
func TestResume(t *testing.T) {
	for state, txn := range states() {
		m := LoadedMachine(txn)
		eff := m.Resume()
		if (eff.Markers != nil) != txn.State.prepared() {
			t.Errorf("%s: %+v", state, eff)
		}
		if mk := eff.Markers; mk != nil && (mk.Commit != (txn.State == PrepareCommit) || !slices.Equal(mk.Partitions, txn.Partitions) || mk.Epoch != txn.Epoch) {
			t.Errorf("%s: markers %+v", state, mk)
		}
	}
}

// Verification tells each partition apart, and does not wait for anything.
func TestVerify(t *testing.T) {
	for _, row := range []struct {
		state      string
		producerID int64
		epoch      int16
		code       int16
		each       []int16
	}{
		{"Ongoing", pid, 5, 0, []int16{0, 120}},
		{"Ongoing", other, 5, 49, nil},
		{"Ongoing", pid, 4, 90, nil},
		{"Ongoing", pid, 6, 90, nil},
		{"Empty", pid, 5, 0, []int16{120, 120}},
		{"CompleteCommit", pid, 5, 0, []int16{120, 120}},
		{"PrepareCommit", pid, 5, 51, nil},
		{"PrepareAbort", pid, 5, 51, nil},
		{"PrepareAbort", pid, 4, 90, nil},
	} {
		m := LoadedMachine(states()[row.state])
		code, each := m.Verify(row.producerID, row.epoch, []Partition{part, {"t", 1}})
		if code != row.code || !slices.Equal(each, row.each) {
			t.Errorf("%s: %d %v, want %d %v", row.state, code, each, row.code, row.each)
		}
	}
}
