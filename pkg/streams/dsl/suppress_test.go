package dsl

import (
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// rawTable is a table of texts that is kept, with a suppress below it.
func suppressedTable(b *Builder, s Suppressed) {
	stringTable(b, "t", Materialized{Store: "s"}).Suppress(s).ToStream().To("out", Produced{})
}

// The bytes are those of "suppress window close", recorded from Kafka Streams 4.3.1.
func TestSuppressChangelogBytes(t *testing.T) {
	builder := NewBuilder()
	stringStream(builder, "in").GroupByKey(Grouped{}).WindowedBy(Tumbling(5*time.Second, 0)).
		Count(Materialized{Store: "wc"}).Suppress(Suppressed{Name: "sup", WindowClose: true}).ToStream().To("out", Produced{})
	b := start(t, builder)
	check := func(want ...string) {
		t.Helper()
		var got []string
		for _, topic := range []string{"app-sup-store-changelog", "out"} {
			for _, r := range b.Output(topic) {
				v := "null"
				if r.Value != nil {
					v = hex.EncodeToString(r.Value)
				}
				line := fmt.Sprintf("%s %x %s", topic, r.Key, v)
				for _, h := range r.Headers {
					line += fmt.Sprintf(" %s=%x", h.Key, h.Value)
				}
				if r.Timestamp >= 0 {
					line += fmt.Sprintf(" @%d", r.Timestamp)
				}
				got = append(got, line)
			}
		}
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("got %q\nwant %q", got, want)
			}
		}
	}
	b.pipe("in", "ab", "x", 1000)
	check("app-sup-store-changelog 61620000000000000000 00000000000003e8000000000000000000000002696e0000000000000000000000080000000000000000fffffffe0000000800000000000000010000000000001388 v=03")
	b.pipe("in", "zz", "x", 5000)
	check("app-sup-store-changelog 7a7a0000000000001388 0000000000001388000000000000000100000002696e0000000000000000000000080000000000000000fffffffe0000000800000000000000010000000000002710 v=03",
		"app-sup-store-changelog 61620000000000000000 null",
		"out 61620000000000000000 0000000000000001 @1000")
}

func TestSuppress(t *testing.T) {
	type in struct {
		key, value string
		ts         int64
		want       string
	}
	for _, c := range []struct {
		name string
		s    Suppressed
		in   []in
	}{
		{"the wait begins with the first update, the last one is sent as of its own time", Suppressed{Wait: 2 * ms}, []in{
			{"a", "1", 0, ""}, {"a", "2", 1, ""}, {"b", "1", 2, "a=2@1"}, {"b", "2", 3, ""}, {"c", "1", 4, "b=2@3"},
		}},
		{"no wait", Suppressed{}, []in{{"a", "1", 5, "a=1@5"}, {"a", "null", 3, "a=null@3"}, {"b", "1", 5, "b=1@5"}}},
		{"records emit early, the oldest first", Suppressed{Wait: time.Hour, Records: 1}, []in{
			{"b", "1", 1, ""}, {"a", "1", 1, "a=1@1"}, {"a", "2", 0, "a=2@0"}, {"c", "1", 5, "b=1@1"},
		}},
		{"bytes emit early", Suppressed{Wait: time.Hour, Bytes: 40}, []in{{"a", "1", 1, ""}, {"b", "12345678", 2, "a=1@1"}, {"b", "1234567890123", 3, "b=1234567890123@3"}}},
		{"a deletion is forwarded", Suppressed{Wait: 1 * ms}, []in{{"a", "1", 1, ""}, {"a", "null", 2, "a=null@2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			builder := NewBuilder()
			suppressedTable(builder, c.s)
			b := start(t, builder)
			for _, r := range c.in {
				b.pipe("t", r.key, r.value, r.ts)
				b.want("out", codec.String{}, codec.String{}, r.want)
			}
		})
	}
}

func TestSuppressStopsWhenFull(t *testing.T) {
	builder := NewBuilder()
	suppressedTable(builder, Suppressed{Wait: time.Hour, Records: 1, Stop: true})
	b := start(t, builder)
	b.pipe("t", "a", "1", 1)
	if err := b.Pipe("t", record("b", "1", 2)); !errors.Is(err, ErrBufferFull) {
		t.Errorf("error %v", err)
	}
}

func TestSuppressNeedsWindows(t *testing.T) {
	for name, build := range map[string]func(*Builder){
		"no windows":       func(b *Builder) { suppressedTable(b, Suppressed{WindowClose: true}) },
		"emits early":      func(b *Builder) { suppressedTable(b, Suppressed{WindowClose: true, Records: 1}) },
		"a wait":           func(b *Builder) { suppressedTable(b, Suppressed{WindowClose: true, Wait: 1}) },
		"a negative limit": func(b *Builder) { suppressedTable(b, Suppressed{Records: -1}) },
		"versioned": func(b *Builder) {
			stringTable(b, "t", Materialized{Store: "s", History: time.Hour}).Suppress(Suppressed{}).ToStream().To("out", Produced{})
		},
	} {
		b := NewBuilder()
		build(b)
		if _, err := b.Build(); !errors.Is(err, ErrUsage) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// What is restored from the changelog is what was held.
func TestSuppressRestores(t *testing.T) {
	key := []byte("k")
	var log []state.Change
	var db *state.DB
	open := func() *waiting {
		db = state.OpenMemory(state.Options{Log: func(_ *state.Spec, key, value []byte, _ int64, headers []state.Header) {
			log = append(log, state.Change{Key: key, Value: value, Headers: headers})
		}})
		s, err := db.Add(&state.Spec{Name: "s", Kind: state.RawKind, Restore: restoreSuppressed})
		if err != nil {
			t.Fatal(err)
		}
		return &waiting{store: s.(*state.Raw)}
	}
	w := open()
	if err := w.measure(); err != nil {
		t.Fatal(err)
	}
	for _, h := range []held{{ts: 5, time: 9, fresh: []byte("1"), headers: []topology.Header{{Key: "h", Value: []byte("v")}, {Key: "n"}}}, {ts: 6, time: 11, old: []byte("1"), fresh: []byte("2")}} {
		if err := w.put(key, &h); err != nil {
			t.Fatal(err)
		}
		if err := w.log(key); err != nil {
			t.Fatal(err)
		}
	}
	records, bytes, first := w.records, w.bytes, w.first
	again := open()
	if err := db.Restore("s", log, state.Position{}); err != nil {
		t.Fatal(err)
	}
	if err := again.measure(); err != nil {
		t.Fatal(err)
	}
	if again.records != records || again.bytes != bytes || again.first != first || first != 9 {
		t.Errorf("restored %+v, want %d records, %d bytes, first %d", again, records, bytes, first)
	}
	if _, h, err := again.find(key); err != nil || string(h.fresh) != "2" || h.prior != nil || string(h.old) != "1" {
		t.Errorf("restored %+v, %v", h, err)
	}
}

// The order is that of java.util.HashSet<Bytes> for these keys on JDK 17.
func TestJavaSetOrder(t *testing.T) {
	var s javaSet
	for _, k := range []string{"b", "a", "zz", "a"} {
		s.add([]byte(k))
	}
	if got := fmt.Sprintf("%s", s.drain()); got != "[a b zz]" {
		t.Errorf("order %s", got)
	}
	if got := s.drain(); got != nil {
		t.Errorf("left %s", got)
	}
	for i := range 40 {
		s.add(fmt.Appendf(nil, "key%d", i*7919%1000))
	}
	const want = "[key190 key28 key271 key595 key352 key570 key676 key137 key433 key894 key299 key56 key651 key757 key218 key514 key975 key732 key838 key813 " +
		"key919 key380 key165 key0 key461 key84 key489 key841 key785 key246 key3 key542 key922 key866 key327 key623 key947 key408 key704 key109]"
	if got := fmt.Sprintf("%s", s.drain()); got != want {
		t.Errorf("order %s", got)
	}
}

func FuzzHeld(f *testing.F) {
	f.Add((&held{ts: 1, prior: []byte("p"), old: []byte("p"), fresh: []byte("n"), headers: []topology.Header{{Key: "k"}}}).append(nil))
	f.Add((&held{}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHeld(b)
		if err != nil {
			return
		}
		again, err := decodeHeld(h.append(nil))
		if err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", h) {
			t.Errorf("%x: %+v, again %+v, %v", b, h, again, err)
		}
	})
}

func FuzzChange(f *testing.F) {
	f.Add([]byte{2, 54, 53, 2})
	f.Add([]byte{65, 1})
	f.Add([]byte{65, 1, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := ChangeOf{Inner: codec.Bytes{}}
		d, err := c.Decode(b)
		if err != nil {
			return
		}
		out, err := c.Append(nil, d)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		again, err := c.Decode(out)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		x, y := d.(Change), again.(Change)
		for _, p := range [][2]*codec.Value{{&x.New, &y.New}, {&x.Old, &y.Old}} {
			if textOf(p[0]) != textOf(p[1]) || p[0].Null() != p[1].Null() {
				t.Errorf("%x became %x", b, out)
			}
		}
	})
}
