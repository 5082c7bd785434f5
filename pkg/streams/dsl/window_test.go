package dsl

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
)

// The bytes are those of "session count gap 1s grace 0", recorded from Kafka Streams 4.3.1.
func TestSessionBytes(t *testing.T) {
	builder := NewBuilder()
	stringStream(builder, "in").GroupByKey(Grouped{}).WindowedBySession(SessionWindows{Gap: time.Second}).
		Count(Materialized{Store: "sc"}).ToStream().To("out", Produced{})
	b := start(t, builder)
	for _, ts := range []int64{1000, 2000, 3001} {
		b.pipe("in", "ab", "x", ts)
	}
	show := func(topic string) string {
		var out []string
		for _, r := range b.Output(topic) {
			v := "null"
			if r.Value != nil {
				v = hex.EncodeToString(r.Value)
			}
			out = append(out, fmt.Sprintf("ts=%d k=%x v=%s", r.Timestamp, r.Key, v))
		}
		return strings.Join(out, "\n")
	}
	if got, want := show("app-sc-changelog"), `ts=1000 k=616200000000000003e800000000000003e8 v=0000000000000001
ts=2000 k=616200000000000003e800000000000003e8 v=null
ts=2000 k=616200000000000007d000000000000003e8 v=0000000000000002
ts=3001 k=61620000000000000bb90000000000000bb9 v=0000000000000001`; got != want {
		t.Errorf("changelog\n%s\nwant\n%s", got, want)
	}
	if got, want := show("out"), `ts=1000 k=616200000000000003e800000000000003e8 v=0000000000000001
ts=1000 k=616200000000000003e800000000000003e8 v=null
ts=2000 k=616200000000000007d000000000000003e8 v=0000000000000002
ts=3001 k=61620000000000000bb90000000000000bb9 v=0000000000000001`; got != want {
		t.Errorf("out\n%s\nwant\n%s", got, want)
	}
}

type windowed struct {
	name string
	cut  func(*Group) *Windowed
	fold Fold
	key  codec.Codec
	in   string // value@ts of the key k
	want string
	drop int64 // late records
}

func windowCases(t *testing.T) []windowed {
	session := func(gap, grace time.Duration, e Emit) func(*Group) *Windowed {
		return func(g *Group) *Windowed {
			return g.WindowedBySession(SessionWindows{Gap: gap, Grace: grace}).Emit(e)
		}
	}
	sliding := func(d, grace time.Duration, e Emit) func(*Group) *Windowed {
		return func(g *Group) *Windowed {
			return g.WindowedBySliding(SlidingWindows{Difference: d, Grace: grace}).Emit(e)
		}
	}
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	day := Days(1, amsterdam, 0)
	sessions, ten := codec.SessionWindowed{Inner: codec.String{}}, codec.TimeWindowed{Inner: codec.String{}, Size: 10}
	joined := Fold{Add: concat}
	final := Emit{OnClose: true}
	return []windowed{
		{"a session that joins two", session(5*ms, 6*ms, Emit{}), joined, sessions, "a@0 b@10 c@5", "k[0,0]=a@0 k[10,10]=b@10 k[0,0]=null@0 k[10,10]=null@10 k[0,10]=abc@10", 0},
		{"a session of one time is overwritten", session(5*ms, 0, Emit{}), joined, sessions, "a@1 b@1", "k[1,1]=a@1 k[1,1]=ab@1", 0},
		{"a late session", session(5*ms, 0, Emit{}), joined, sessions, "a@20 b@14 c@15", "k[20,20]=a@20 k[20,20]=null@20 k[15,20]=ac@20", 1},
		{"sessions once closed", session(5*ms, 1*ms, final), joined, sessions, "a@0 b@6 c@12 d@13", "k[0,0]=a@0 k[6,6]=b@6", 0},
		{"a session ends just now", session(5*ms, 0, final), joined, sessions, "a@0 b@5 c@11", "k[0,5]=ab@5", 0},
		{"sliding once closed", sliding(10*ms, 0, final), Counting(), ten, "a@10 b@15 c@30", "k[0,10]=1@10 k[5,15]=2@15 k[11,21]=1@15", 0},
		{"sliding early records", sliding(10*ms, 20*ms, Emit{}), joined, ten, "a@5 b@2 c@9", "k[0,10]=a@5 k[3,13]=a@5 k[0,10]=ab@5 k[3,13]=ac@9 k[6,16]=c@9 k[0,10]=abc@9", 0},
		{
			"calendar days have 23 and 25 hours", func(g *Group) *Windowed { return g.WindowedBy(day) }, Counting(),
			day.key(codec.String{}), "a@1774742400000 b@1774825199999 c@1774825200000", "k[1774738800000,1774821600000]=1@1774742400000 k[1774821600000,1774908000000]=1@1774825199999 k[1774821600000,1774908000000]=2@1774825200000", 0,
		},
		{
			"days once closed", func(g *Group) *Windowed { return g.WindowedBy(day).Emit(final) }, Counting(),
			day.key(codec.String{}), "a@1774742400000 b@1774821600000", "k[1774738800000,1774821600000]=1@1774742400000", 0,
		},
		{
			"hopping, each window dropped by itself", func(g *Group) *Windowed { return g.WindowedBy(Hopping(10*ms, 5*ms, 0)) }, Counting(),
			ten, "a@20 b@14", "k[15,25]=1@20 k[20,30]=1@20", 2,
		},
	}
}

func TestWindows(t *testing.T) {
	for _, c := range windowCases(t) {
		t.Run(c.name, func(t *testing.T) {
			builder := NewBuilder()
			c.cut(stringStream(builder, "in").GroupByKey(Grouped{})).Fold(c.fold, Materialized{}).ToStream().To("out", Produced{})
			b := start(t, builder)
			for _, in := range strings.Fields(c.in) {
				v, at, _ := strings.Cut(in, "@")
				var ts int64
				if _, err := fmt.Sscan(at, &ts); err != nil {
					t.Fatal(err)
				}
				b.pipe("in", "k", v, ts)
			}
			var value codec.Codec = codec.String{}
			if c.fold.Value != nil {
				value = c.fold.Value
			}
			b.want("out", c.key, value, c.want)
			if got := b.Dropped()["late"]; got != c.drop {
				t.Errorf("%d late, want %d", got, c.drop)
			}
		})
	}
}

// The wall clock closes what no record closes, and what comes later is late.
func TestIdleWindowsClose(t *testing.T) {
	builder := NewBuilder()
	stringStream(builder, "in").GroupByKey(Grouped{}).WindowedBy(Tumbling(10*time.Second, 0)).
		Emit(Emit{OnClose: true, Idle: 30 * time.Second}).Count(Materialized{}).ToStream().To("out", Produced{})
	b := start(t, builder)
	key := codec.TimeWindowed{Inner: codec.String{}, Size: 10000}
	advance := func(d time.Duration, want string) {
		t.Helper()
		for ; d > 0; d -= time.Second {
			if err := b.AdvanceWall(time.Second); err != nil {
				t.Fatal(err)
			}
		}
		b.want("out", key, codec.Long{}, want)
	}
	b.pipe("in", "k", "a", 5000)
	advance(29*time.Second, "")
	b.pipe("in", "k", "a", 5000)
	advance(29*time.Second, "")
	advance(time.Second, "k[0,10000]=2@5000")
	b.pipe("in", "k", "a", 6000)
	if b.Dropped()["late"] != 1 {
		t.Errorf("dropped %v", b.Dropped())
	}
	advance(60*time.Second, "")
}

func TestWindowedCogroup(t *testing.T) {
	builder := NewBuilder()
	one, two := stringStream(builder, "one").GroupByKey(Grouped{}), stringStream(builder, "two").GroupByKey(Grouped{})
	one.Cogroup(concat).And(two, concat).WindowedBy(Tumbling(10*ms, 0)).
		Aggregate(func() (codec.Value, error) { return codec.Of(">"), nil }, nil, nil, Materialized{Value: codec.String{}}).ToStream().To("out", Produced{})
	b := start(t, builder)
	b.pipe("one", "k", "a", 1)
	b.pipe("two", "k", "b", 2)
	b.pipe("one", "k", "c", 12)
	b.want("out", codec.TimeWindowed{Inner: codec.String{}, Size: 10}, codec.String{}, "k[0,10]=>a@1 k[0,10]=>ab@2 k[10,20]=>c@12")
}
