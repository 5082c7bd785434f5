package driver_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// moving is a task that can be stopped and started again from nothing but its changelogs.
type moving struct {
	t       *testing.T
	top     *topology.Topology
	logs    map[string][]state.Change
	db      *state.DB
	task    *task.Task
	out     []string
	offsets int64
}

func (m *moving) start() {
	m.t.Helper()
	m.db = state.OpenMemory(state.Options{Log: func(s *state.Spec, key, value []byte, ts int64, h []state.Header) {
		m.logs[s.Name] = append(m.logs[s.Name], state.Change{Key: bytes.Clone(key), Value: bytes.Clone(value), Timestamp: ts, Headers: h})
	}})
	sub := m.top.Subs[0]
	stores := map[string]state.Store{}
	for _, spec := range sub.Stores {
		s, err := m.db.Add(spec)
		if err != nil {
			m.t.Fatal(err)
		}
		if err := m.db.Restore(spec.Name, m.logs[spec.Name], state.Position{}); err != nil {
			m.t.Fatal(err)
		}
		stores[spec.Name] = s
	}
	var err error
	m.task, err = task.New(task.Config{
		Sub: sub, App: "app", MaxIdle: -1,
		Store: func(name string) any { return stores[name] },
		Send: func(o *task.Output) error {
			v := "null"
			if o.Value != nil {
				v = string(o.Value)
			}
			m.out = append(m.out, fmt.Sprintf("%s@%d", v, o.Timestamp))
			return nil
		},
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *moving) stop() {
	m.t.Helper()
	if err := m.task.Close(); err != nil {
		m.t.Fatal(err)
	}
	if err := m.db.Close(); err != nil {
		m.t.Fatal(err)
	}
}

// arrival is a record of a topic.
type arrival struct {
	topic, value string
	ts           int64
}

func (m *moving) pipe(r arrival) {
	m.t.Helper()
	in := task.Input{Key: []byte("k"), Value: []byte(r.value), Timestamp: r.ts, Offset: m.offsets}
	if r.value == "null" {
		in.Value = nil
	}
	if err := m.task.Add(r.topic, 0, []task.Input{in}); err != nil {
		m.t.Fatal(err)
	}
	m.offsets++
	if _, err := m.task.Process(0); err != nil {
		m.t.Fatal(err)
	}
	if err := m.db.Commit(state.Checkpoint{StreamTime: m.task.StreamTime()}); err != nil {
		m.t.Fatal(err)
	}
}

func dashed(_, left, right *codec.Value) (codec.Value, error) {
	var both [2]string
	for i, v := range []*codec.Value{left, right} {
		d, err := v.Any()
		if err != nil {
			return codec.Value{}, err
		}
		both[i] = "null"
		if d != nil {
			both[i] = d.(string) // what the string codec reads
		}
	}
	return codec.Of(both[0] + "-" + both[1]), nil
}

// A task that moves before every record makes the results of one that stays.
func TestJoinsMove(t *testing.T) {
	const ms = time.Millisecond
	grace := 10 * ms
	stream := func(b *dsl.Builder, topic string) *dsl.Stream { return b.Stream([]string{topic}, dsl.Consumed{}) }
	versioned := func(b *dsl.Builder) *dsl.Table {
		return b.Table("r", dsl.Consumed{}, dsl.Materialized{Store: "R", History: time.Second})
	}
	for name, c := range map[string]struct {
		build func(b *dsl.Builder) *dsl.Stream
		in    []arrival
		want  string
	}{
		"outer join": {
			func(b *dsl.Builder) *dsl.Stream {
				return stream(b, "l").OuterJoin(stream(b, "r"), dashed, dsl.Within(15*ms), dsl.StreamJoined{})
			},
			[]arrival{{"l", "A", 3}, {"r", "a", 4}, {"l", "E", 40}, {"l", "E2", 40}, {"r", "x", 80}, {"l", "F", 100}, {"r", "f", 140}},
			"A-a@4 E-null@40 E2-null@40 null-x@80 F-null@100",
		},
		"grace": {func(b *dsl.Builder) *dsl.Stream {
			return stream(b, "l").JoinTable(versioned(b), dashed, dsl.Joined{Grace: &grace})
		}, []arrival{{"r", "a", 1}, {"l", "A", 5}, {"l", "B", 5}, {"r", "b", 4}, {"l", "C", 20}, {"l", "D", 30}}, "A-b@5 B-b@5 C-b@20"},
		"retrigger": {func(b *dsl.Builder) *dsl.Stream {
			return stream(b, "l").JoinTable(versioned(b), dashed, dsl.Joined{Retrigger: 100 * ms})
		}, []arrival{{"r", "a", 1}, {"l", "A", 5}, {"l", "B", 5}, {"r", "null", 4}, {"r", "b", 5}, {"r", "null", 3}}, "A-a@5 B-a@5 null@5 null@5 A-b@5 B-b@5"},
	} {
		for _, moves := range []bool{false, true} {
			if got := run(t, c.build, c.in, moves); got != c.want {
				t.Errorf("%s, moves %v:\n got %s\nwant %s", name, moves, got, c.want)
			}
		}
	}
}

func run(t *testing.T, build func(b *dsl.Builder) *dsl.Stream, in []arrival, moves bool) string {
	t.Helper()
	b := dsl.NewBuilder()
	b.Key, b.Value = codec.String{}, codec.String{}
	build(b).To("out", dsl.Produced{})
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := &moving{t: t, top: top, logs: map[string][]state.Change{}}
	m.start()
	for _, r := range in {
		if moves {
			m.stop()
			m.start()
		}
		m.pipe(r)
	}
	m.stop()
	return strings.Join(m.out, " ")
}
