package interop

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// goodHistory is two partitions copied in three attempts, an aborted one and
// one that never came to an end.
func goodHistory() *History {
	h := &History{
		Sent: []int{4, 2},
		Attempts: map[string]Attempt{
			"a-1": {Committed, 3}, "a-2": {Aborted, 3}, "b-1": {Unknown, 3}, "b-2": {Unknown, 2},
		},
	}
	for _, r := range []Read{{0, 0, "0-0|a-1"}, {0, 1, "0-1|a-1"}, {1, 0, "1-0|a-1"}, {0, 7, "0-2|b-1"}, {0, 9, "0-3|b-1"}, {1, 5, "1-1|b-1"}} {
		h.Final = append(h.Final, r)
		h.Live = append(h.Live, r)
	}
	return h
}

// TestHistoryFaults plants each fault in a good history: the verdict counts it and nothing else.
func TestHistoryFaults(t *testing.T) {
	if v := goodHistory().Check(); !v.Exact() || !v.NoLoss() {
		t.Fatalf("a good history: %v", v)
	}
	for _, tt := range []struct {
		name  string
		plant func(h *History)
		want  Verdict
	}{
		{"a record sent and never copied", func(h *History) { h.Sent[1]++ }, Verdict{Lost: 1}},
		{"an attempt of unknown end that lost a record", func(h *History) { h.Final, h.Live = h.Final[:5], h.Live[:5] }, Verdict{Lost: 1, Torn: 1}},
		{"a committed attempt that lost a record", func(h *History) { h.Final, h.Live = h.Final[1:], h.Live[1:] }, Verdict{Lost: 1, Torn: 1}},
		{"a record copied by two attempts", func(h *History) {
			h.Attempts["c-1"] = Attempt{Committed, 1}
			h.Final = append(h.Final, Read{1, 9, "1-1|c-1"})
		}, Verdict{Duplicated: 1}},
		{"an attempt appended twice", func(h *History) { h.Final = append(h.Final, Read{0, 10, "0-3|b-1"}) }, Verdict{Duplicated: 1, Torn: 1}},
		{"an aborted record in the end", func(h *History) {
			h.Attempts["b-1"] = Attempt{Aborted, 3}
			h.Live = nil
		}, Verdict{Aborted: 3}},
		{"an aborted record seen on the way only", func(h *History) { h.Live = append(h.Live, Read{0, 3, "0-2|a-2"}) }, Verdict{Aborted: 1}},
		{"two records in the wrong order", func(h *History) { h.Final[3].Offset, h.Final[4].Offset, h.Live = 9, 7, nil }, Verdict{Reordered: 1}},
		{"a record that went away again", func(h *History) { h.Live = append(h.Live, Read{0, 12, "0-3|b-2"}) }, Verdict{Changed: 1}},
		{"an offset that holds another record now", func(h *History) { h.Live[0].Value = "0-1|a-1" }, Verdict{Changed: 1}},
		{"a record in the wrong partition", func(h *History) { h.Final = append(h.Final, Read{1, 9, "0-3|b-1"}) }, Verdict{Foreign: 1}},
		{"a record nobody sent", func(h *History) { h.Final = append(h.Final, Read{0, 12, "0-4|b-1"}) }, Verdict{Foreign: 1}},
		{"nonsense", func(h *History) { h.Final = append(h.Final, Read{0, 12, "hello"}) }, Verdict{Foreign: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := goodHistory()
			tt.plant(h)
			got := h.Check()
			if len(got.Examples) == 0 {
				t.Error("no example in words")
			}
			counts := *got
			counts.Examples = nil
			if fmt.Sprintf("%+v", counts) != fmt.Sprintf("%+v", tt.want) {
				t.Errorf("found %v, want %+v", got, tt.want)
			}
			if got.Exact() || got.NoLoss() != (tt.want.Lost+tt.want.Foreign == 0) {
				t.Errorf("exact %v, no loss %v: %v", got.Exact(), got.NoLoss(), got)
			}
		})
	}
}

func TestParseAttempts(t *testing.T) {
	got := ParseAttempts([]string{"= 0,1", "commit a-1 3", "abort a-2 1", "unknown a-3 2", "commit a-4", "commit a-5 many", "begin a-6 1", ""})
	want := map[string]Attempt{"a-1": {Committed, 3}, "a-2": {Aborted, 1}, "a-3": {Unknown, 2}}
	if !maps.Equal(got, want) {
		t.Errorf("parsed %v, want %v; names %v", got, want, slices.Sorted(maps.Keys(got)))
	}
}
