package dsl

import (
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// standIn is a task that keeps its progress and its stores from one life of a processor to the next.
type standIn struct {
	stores   map[string]any
	progress map[string]int64
	times    topology.Times
	origin   topology.Origin
	dropped  []string
	shared   map[string]any
}

func (s *standIn) Store(name string) any                          { return s.stores[name] }
func (s *standIn) Origin() *topology.Origin                       { return &s.origin }
func (s *standIn) Times() *topology.Times                         { return &s.times }
func (s *standIn) Schedule(*topology.Punctuation) (cancel func()) { return func() {} }
func (s *standIn) Drop(_, reason string)                          { s.dropped = append(s.dropped, reason) }
func (s *standIn) SetProgress(name string, n int64)               { s.progress[name] = n }
func (s *standIn) Progress(name string) (n int64, ok bool)        { n, ok = s.progress[name]; return n, ok }

func (s *standIn) Shared(store string) any { return s.shared[store] }

func (s *standIn) Share(store string, v any) {
	if s.shared == nil {
		s.shared = map[string]any{}
	}
	s.shared[store] = v
}

func (s *standIn) run(p topology.Processor, to *[]int64) error {
	return p.Init(topology.NewContext("n", "0_0", 0, s, []topology.Next{{Name: "out", Process: func(r *topology.Record) error {
		k, err := r.Key.Any()
		if err != nil {
			return err
		}
		*to = append(*to, k.(codec.Windowed).Start)
		return nil
	}}}))
}

// A task that goes on elsewhere neither forwards a closed window again, nor
// takes a record for it, nor loses one.
func TestClosedWindowsAfterARestart(t *testing.T) {
	b := NewBuilder()
	stringStream(b, "in").GroupByKey(Grouped{}).WindowedBy(Tumbling(10*ms, 0)).Emit(Emit{OnClose: true}).Count(Materialized{Store: "s"}, "n")
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	db := state.OpenMemory(state.Options{})
	store, err := db.Add(top.Store("s"))
	if err != nil {
		t.Fatal(err)
	}
	task := &standIn{stores: map[string]any{"s": store}, progress: map[string]int64{}}
	var out []int64
	for _, life := range []struct {
		ts   []int64
		want []int64
	}{{[]int64{1, 5, 25}, []int64{0}}, {[]int64{6, 26}, nil}, {[]int64{31}, []int64{20}}} {
		out = nil
		p := top.Node("n").New()
		if err := task.run(p, &out); err != nil {
			t.Fatal(err)
		}
		for _, ts := range life.ts {
			r := topology.Record{Key: codec.Of("k"), Value: codec.Of("v"), Timestamp: ts}
			if err := p.Process(&r); err != nil {
				t.Fatal(err)
			}
		}
		if len(out) != len(life.want) || len(out) > 0 && out[0] != life.want[0] {
			t.Errorf("%v closed %v, want %v", life.ts, out, life.want)
		}
	}
	if len(task.dropped) != 1 || task.dropped[0] != "late" {
		t.Errorf("dropped %q", task.dropped)
	}
}
