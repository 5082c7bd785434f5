package dsl

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// heldBench runs one cached processor; commits are the test's.
type heldBench struct {
	t   *testing.T
	p   topology.Processor
	out []string // new(old)@ts of what was forwarded, and changelog: for what was logged
	ctx *topology.Context

	forwarded func() // is called before a record is noted
}

func heldBy(t *testing.T, old bool, build func(*Group) *Table) *heldBench {
	t.Helper()
	builder := NewBuilder()
	table := build(stringStream(builder, "in").GroupByKey(Grouped{}))
	if old {
		table.sendOld(true)
	}
	top, err := builder.Build()
	if err != nil {
		t.Fatal(err)
	}
	h := &heldBench{t: t, p: top.Node("n").New(), forwarded: func() {}}
	db := state.OpenMemory(state.Options{Log: func(_ *state.Spec, _, value []byte, ts int64, _ []state.Header) {
		h.out = append(h.out, fmt.Sprintf("log:%s@%d", value, ts))
	}})
	store, err := db.Add(top.Store("s"))
	if err != nil {
		t.Fatal(err)
	}
	task := &standIn{stores: map[string]any{"s": store}, progress: map[string]int64{}}
	next := []topology.Next{{Name: "out", Process: func(r *topology.Record) error {
		h.forwarded()
		key := textOf(&r.Key)
		if w, err := r.Key.Any(); err == nil {
			if w, ok := w.(codec.Windowed); ok {
				key = fmt.Sprintf("%s[%d,%d]", textOf(&w.Key), w.Start, w.End)
			}
		}
		h.out = append(h.out, fmt.Sprintf("%s=%s(%s)@%d", key, textOf(&r.Value), textOf(&r.Old), r.Timestamp))
		return nil
	}}}
	h.ctx = topology.NewContext("n", "0_0", 0, task, next)
	if err := h.p.Init(h.ctx); err != nil {
		t.Fatal(err)
	}
	return h
}

// pipe takes records as key=value@ts, separated by spaces.
func (h *heldBench) pipe(in string) {
	h.t.Helper()
	for _, s := range strings.Fields(in) {
		var key, value string
		var ts int64
		if _, err := fmt.Sscan(spaced(s), &key, &value, &ts); err != nil {
			h.t.Fatal(err)
		}
		r := topology.Record{Key: codec.Of(key), Value: codec.Of(value), Timestamp: ts}
		if err := h.p.Process(&r); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *heldBench) want(want ...string) {
	h.t.Helper()
	if !slices.Equal(h.out, want) {
		h.t.Errorf("got  %q\nwant %q", h.out, want)
	}
	h.out = nil
}

func (h *heldBench) commit(want ...string) {
	h.t.Helper()
	if err := h.p.(topology.Committer).BeforeCommit(); err != nil {
		h.t.Fatal(err)
	}
	h.want(want...)
}

func cachedText(bytes int) Materialized {
	return Materialized{Store: "s", Value: codec.String{}, Cached: true, CacheBytes: bytes}
}

func TestCacheHoldsUpdatesBack(t *testing.T) {
	h := heldBy(t, true, func(g *Group) *Table { return g.Reduce(concat, cachedText(0), "n") })
	h.pipe("a=1@1 b=2@2 a=3@5 a=4@3")
	h.want()
	h.commit("log:2@2", "b=2(null)@2", "log:134@5", "a=134(null)@5")
	h.pipe("b=5@9 a=6@10")
	h.commit("log:25@9", "b=25(2)@9", "log:1346@10", "a=1346(134)@10")
	h.commit()
}

func TestCacheWithoutOldValues(t *testing.T) {
	h := heldBy(t, false, func(g *Group) *Table {
		return g.Aggregate(empty, func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
			if textOf(&r.Value) == "x" {
				return codec.Value{}, nil
			}
			return concat(r, agg)
		}, cachedText(0), "n")
	})
	h.pipe("a=1@1 a=x@2")
	h.commit() // made and deleted: nobody ever knew
	h.pipe("a=1@3")
	h.commit("log:1@3", "a=1(null)@3")
	h.pipe("a=x@4")
	h.commit("log:@4", "a=null(null)@4")
}

func TestFullCacheGivesWay(t *testing.T) {
	h := heldBy(t, false, func(g *Group) *Table { return g.Reduce(concat, cachedText(300), "n") })
	h.pipe("a=1@1 b=1@2")
	h.want()
	h.pipe("a=2@3 c=1@4")
	h.want("log:1@2", "b=1(null)@2", "log:12@3", "a=12(null)@3", "log:1@4", "c=1(null)@4")
}

func TestCachedWindows(t *testing.T) {
	h := heldBy(t, true, func(g *Group) *Table {
		return g.WindowedBy(Tumbling(10*ms, 20*ms)).Reduce(concat, cachedText(0), "n")
	})
	h.pipe("a=1@1 a=2@12 a=3@3")
	h.commit("log:2@12", "a[10,20]=2(null)@12", "log:13@3", "a[0,10]=13(null)@3")
	h.pipe("a=4@4")
	h.commit("log:134@4", "a[0,10]=134(13)@4")

	h = heldBy(t, false, func(g *Group) *Table {
		return g.WindowedBySliding(SlidingWindows{Difference: 10 * ms, Grace: 20 * ms}).Reduce(concat, cachedText(0), "n")
	})
	h.pipe("a=1@20 a=2@25")
	h.commit("log:1@20", "a[10,20]=1(null)@20", "log:2@25", "a[21,31]=2(null)@25", "log:12@25", "a[15,25]=12(null)@25")

	h = heldBy(t, false, func(g *Group) *Table {
		return g.WindowedBySession(SessionWindows{Gap: 5 * ms, Grace: 20 * ms}).Reduce(concat, cachedText(0), "n")
	})
	h.pipe("a=1@1 a=2@5 b=9@6")
	h.commit("log:12@5", "a[1,5]=12(null)@5", "log:9@6", "b[6,6]=9(null)@6")
	h.pipe("a=3@8")
	h.commit("log:@8", "a[1,5]=null(null)@5", "log:123@8", "a[1,8]=123(null)@8")
}

// Other operators of the task see what is held back, also while it is written.
func TestReadersSeeWhatIsHeldBack(t *testing.T) {
	var table *Table
	h := heldBy(t, true, func(g *Group) *Table {
		table = g.Reduce(concat, cachedText(0), "n")
		return table
	})
	reader := table.view().make()
	if err := reader.init(h.ctx); err != nil {
		t.Fatal(err)
	}
	look := func() string {
		out := ""
		for _, key := range []string{"a", "b"} {
			k := codec.Of(key)
			v, ts, err := reader.get(&k)
			if err != nil {
				t.Fatal(err)
			}
			out += fmt.Sprintf("%s=%s@%d ", key, textOf(&v), ts)
		}
		return out
	}
	h.pipe("a=1@1 b=2@2 a=3@3")
	h.want()
	if got, want := look(), "a=13@3 b=2@2 "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h.forwarded = func() { h.out = append(h.out, look()) }
	h.commit("log:2@2", "a=13@3 b=2@2 ", "b=2(null)@2", "log:13@3", "a=13@3 b=2@2 ", "a=13(null)@3")
	// What comes while all is written is of the next time.
	h.forwarded = func() {
		h.forwarded = func() {}
		h.pipe("b=x@9 a=y@9")
	}
	h.pipe("a=4@4 b=5@5")
	h.commit("log:134@4", "a=134(13)@4", "log:25@5", "b=25(2)@5")
	h.commit("log:25x@9", "b=25x(25)@9", "log:134y@9", "a=134y(134)@9")
}

// The processors of one store share its cache, and the last of them writes it.
func TestProcessorsShareACache(t *testing.T) {
	task := &standIn{}
	ctx := topology.NewContext("n", "0_0", 0, task, nil)
	wrote := ""
	one := holdBack(ctx, "s", 0, func(*cached) error { wrote += "one "; return nil })
	two := holdBack(ctx, "s", 0, func(e *cached) error { wrote += string(e.value) + " "; return nil })
	for i, c := range []*cache{one, two, one} {
		if err := c.put([]byte("k"), &cached{key: []byte("k"), value: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.flush(); err != nil || wrote != "2 " || two.flush() != nil || wrote != "2 " {
		t.Errorf("wrote %q, %v", wrote, err)
	}
	if other := holdBack(ctx, "other", 0, nil); other == one {
		t.Error("two stores have one cache")
	}
}
