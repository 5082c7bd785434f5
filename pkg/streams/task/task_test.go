package task_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// recorder is a processor that notes what it sees and passes it on.
type recorder struct {
	ctx  *topology.Context
	init func(*topology.Context)
	do   func(r *topology.Record) error
}

func (p *recorder) Init(ctx *topology.Context) error {
	p.ctx = ctx
	if p.init != nil {
		p.init(ctx)
	}
	return nil
}

func (p *recorder) Process(r *topology.Record) error {
	if p.do != nil {
		if err := p.do(r); err != nil {
			return err
		}
	}
	return p.ctx.Forward(r)
}

// bench is a task of two topics, a and b, through one processor to out.
type bench struct {
	*task.Task
	sent  []string
	drops []string
}

func newBench(t *testing.T, c task.Config, p *recorder, tune func(a *topology.Source)) *bench {
	t.Helper()
	b := topology.NewBuilder()
	a := &topology.Source{Topics: []string{"a"}, Key: codec.String{}, Value: codec.Long{}}
	if tune != nil {
		tune(a)
	}
	b.AddSource("from-a", a)
	b.AddSource("from-b", &topology.Source{Topics: []string{"b"}, Key: codec.String{}, Value: codec.Long{}})
	b.AddProcessor("middle", func() topology.Processor { return p }, "from-a", "from-b")
	b.AddSink("to-out", &topology.Sink{Topic: "out", Key: codec.String{}, Value: codec.Long{}}, "middle")
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	out := &bench{}
	c.Sub, c.App = top.Subs[0], "app"
	c.Store = func(string) any { return nil }
	c.Send = func(o *task.Output) error {
		out.sent = append(out.sent, fmt.Sprintf("%s %s %x @%d", o.Topic, o.Key, o.Value, o.Timestamp))
		return nil
	}
	c.Drop = func(node, why string) { out.drops = append(out.drops, node+": "+why) }
	if out.Task, err = task.New(c); err != nil {
		t.Fatal(err)
	}
	return out
}

func in(offset, ts int64) task.Input {
	return task.Input{Key: []byte("k"), Value: []byte{0, 0, 0, 0, 0, 0, 0, 1}, Offset: offset, Timestamp: ts}
}

func (b *bench) add(t *testing.T, topic string, records ...task.Input) {
	t.Helper()
	if err := b.Add(topic, 0, records); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) drain(t *testing.T) {
	t.Helper()
	for {
		took, err := b.Process(0)
		if err != nil {
			t.Fatal(err)
		}
		if !took {
			return
		}
	}
}

func TestOrderOfRecords(t *testing.T) {
	var seen []string
	p := &recorder{}
	p.do = func(r *topology.Record) error {
		o := p.ctx.Origin()
		seen = append(seen, fmt.Sprintf("%s/%d@%d stream %d", o.Topic, o.Offset, r.Timestamp, p.ctx.Times().Stream))
		return nil
	}
	b := newBench(t, task.Config{MaxIdle: -1}, p, nil)
	b.add(t, "b", in(0, 5), in(1, 10), in(2, 2))
	b.add(t, "a", in(7, 10), in(8, 1), in(9, 30))
	b.drain(t)
	want := []string{
		"b/0@5 stream 5",
		"a/7@10 stream 10", // equal heads: the source declared first
		"a/8@1 stream 10",  // offsets decide inside a partition
		"b/1@10 stream 10",
		"b/2@2 stream 10",
		"a/9@30 stream 30",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("order of records:\n%q\nwant\n%q", seen, want)
	}
	got := fmt.Sprint(b.Positions())
	if want := "[{a 0 10 30 map[]} {b 0 3 10 map[]}]"; got != want {
		t.Errorf("positions %s, want %s", got, want)
	}
}

func TestWaitForOtherPartitions(t *testing.T) {
	for _, c := range []struct {
		name string
		idle time.Duration
		end  int64 // of b, where nothing was fetched yet; -1 unknown
		took []bool
	}{
		{"never", -1, -1, []bool{true}},
		{"unknown end", 0, -1, []bool{false, false}},
		{"more on the broker", 0, 3, []bool{false, false}},
		{"caught up", 0, 0, []bool{true}},
		{"caught up, idle time left", 50 * time.Millisecond, 0, []bool{false, false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, task.Config{MaxIdle: c.idle}, &recorder{}, nil)
			b.add(t, "a", in(0, 1))
			b.Fetched("b", 0, 0, c.end)
			for i, want := range c.took {
				took, err := b.Process(1000 + int64(i)*30)
				if err != nil || took != want {
					t.Fatalf("call %d: took %v (%v), want %v", i, took, err, want)
				}
			}
		})
	}
}

func TestFailuresSayWhere(t *testing.T) {
	boom := errors.New("boom")
	p := &recorder{do: func(r *topology.Record) error {
		if r.Timestamp == 2 {
			return boom
		}
		if r.Timestamp == 4 {
			r2 := *r
			r2.Value = codec.Of("not a number")
			*r = r2
		}
		return nil
	}}
	b := newBench(t, task.Config{MaxIdle: -1}, p, nil)
	short := in(0, 1)
	short.Value = []byte{1}
	b.add(t, "a", short, in(1, 2), in(2, 3), in(3, 4))
	want := []struct {
		phase task.Phase
		node  string
	}{{task.Deserialize, "from-a"}, {task.Process, "middle"}, {}, {task.Produce, "to-out"}}
	for i, w := range want {
		took, err := b.Process(0)
		if !took {
			t.Fatalf("record %d was not taken", i)
		}
		var re *task.RecordError
		if w.node == "" {
			if err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
			continue
		}
		if !errors.As(err, &re) {
			t.Fatalf("record %d: %v is no RecordError", i, err)
		}
		if re.Phase != w.phase || re.Node != w.node || re.Origin.Offset != int64(i) {
			t.Errorf("record %d: %v in %s at %d, want %v in %s", i, re.Phase, re.Node, re.Origin.Offset, w.phase, w.node)
		}
	}
	if len(b.sent) != 1 {
		t.Errorf("sent %q, want the third record only", b.sent)
	}
	if got := b.Positions()[0].Next; got != 4 {
		t.Errorf("next offset %d, want 4: failed records count as taken", got)
	}
}

func TestTimestampExtractor(t *testing.T) {
	b := newBench(t, task.Config{MaxIdle: -1}, &recorder{}, func(a *topology.Source) {
		a.Timestamp = func(r *topology.Record, o *topology.Origin) (int64, error) { return r.Timestamp - 10, nil }
	})
	b.add(t, "a", in(0, 15), in(1, 3))
	b.drain(t)
	if want := []string{"out k 0000000000000001 @5"}; !slices.Equal(b.sent, want) {
		t.Errorf("sent %q, want %q", b.sent, want)
	}
	if want := []string{"from-a: negative timestamp"}; !slices.Equal(b.drops, want) {
		t.Errorf("drops %q, want %q", b.drops, want)
	}
	if next := b.Positions()[0].Next; next != 2 {
		t.Errorf("next offset %d, want 2", next)
	}
	b.add(t, "b", in(0, -1))
	if _, err := b.Process(0); err == nil {
		t.Error("a negative timestamp of the record itself was taken")
	}
}

func TestPunctuations(t *testing.T) {
	var fired []string
	note := func(what string) func(int64) error {
		return func(now int64) error { fired = append(fired, fmt.Sprintf("%s@%d", what, now)); return nil }
	}
	var stop func()
	p := &recorder{init: func(ctx *topology.Context) {
		ctx.Schedule(10*time.Millisecond, topology.StreamClock, note("stream"))
		stop = ctx.Schedule(100*time.Millisecond, topology.WallClock, note("wall"))
	}}
	b := newBench(t, task.Config{MaxIdle: -1, Wall: 1000}, p, nil)
	b.add(t, "a", in(0, 3), in(1, 5), in(2, 12), in(3, 47), in(4, 49), in(5, 50))
	b.drain(t)
	for _, wall := range []int64{1050, 1100, 1150, 1420, 1490, 1500} {
		if err := b.Punctuate(wall); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := b.Punctuate(9999); err != nil {
		t.Fatal(err)
	}
	want := []string{"stream@3", "stream@12", "stream@47", "stream@50", "wall@1100", "wall@1420", "wall@1500"}
	if !slices.Equal(fired, want) {
		t.Errorf("fired %q, want %q", fired, want)
	}
}

func TestResumeKeepsStreamTime(t *testing.T) {
	b := newBench(t, task.Config{MaxIdle: -1}, &recorder{}, nil)
	b.Resume(task.Position{Topic: "b", Partition: 0, Next: 41, Time: 900})
	if b.StreamTime() != 900 {
		t.Errorf("stream time %d, want 900", b.StreamTime())
	}
	b.Fetched("b", 0, 45, 45) // control records at the end
	if got := fmt.Sprint(b.Positions()); got != "[{b 0 45 900 map[]}]" {
		t.Errorf("positions %s", got)
	}
}
