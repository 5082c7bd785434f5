package spectest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/spec"
	"kq/pkg/streams/spec/spectest"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// plan is a job that counts words, by itself and in windows of ten seconds.
func plan() *spectest.Plan {
	b := dsl.NewBuilder()
	lines := b.Stream([]string{"in"}, dsl.Consumed{Key: codec.String{}, Value: codec.String{}})
	words := lines.FlatMapValues(func(r *topology.Record, emit func(codec.Value) error) error {
		v, err := r.Value.Any()
		if err != nil {
			return err
		}
		for _, w := range strings.Fields(v.(string)) {
			if w == "boom" {
				return errBoom
			}
			if err := emit(codec.Of(w)); err != nil {
				return err
			}
		}
		return nil
	}).As(nil, codec.String{})
	byWord := words.GroupBy(func(r *topology.Record) (codec.Value, error) { return r.Value, nil }, dsl.Grouped{Key: codec.String{}})
	byWord.Count(dsl.Materialized{Store: "counts"}).ToStream().To("out", dsl.Produced{})
	byWord.WindowedBy(dsl.Windows{Size: 10 * time.Second, Advance: 10 * time.Second}).Count(dsl.Materialized{Store: "wc"}).ToStream().To("windows", dsl.Produced{})
	top, err := b.Build()
	if err != nil {
		panic(err)
	}
	text := spec.Types{Key: codec.String{}, Value: codec.String{}}
	return &spectest.Plan{
		File: "job.yaml", App: "app", Topology: top,
		Sources: map[string]spectest.Source{"lines": {Topic: "in", Types: text}, "in": {Topic: "in", Types: text}},
		Topics: map[string]spec.Types{
			"in": text, "out": {Key: codec.String{}, Value: codec.Long{}},
			"windows": {Key: codec.TimeWindowed{Inner: codec.String{}, Size: 10000}, Value: codec.Long{}},
		},
		Stores: map[string]spec.Types{"counts": {Key: codec.String{}, Value: codec.Long{}}, "wc": {Key: codec.String{}, Value: codec.Long{}}},
	}
}

type boom struct{}

func (boom) Error() string { return "boom it is" }

var errBoom = boom{}

// run runs the tests of a file whose tests: is the text.
func run(t *testing.T, p *spectest.Plan, text string) []spectest.Result {
	t.Helper()
	job, err := spec.Parse("job.yaml", []byte("app: app\nstreams: {lines: {topic: in}}\npipelines: {p: {from: lines}}\ntests:\n"+text), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []spectest.Result
	for _, test := range job.Tests {
		out = append(out, spectest.Run(p, test))
	}
	return out
}

// report is all failures as lines.
func report(results []spectest.Result) string {
	var b strings.Builder
	for _, r := range results {
		for _, f := range r.Failures {
			b.WriteString(f.What + ": " + f.Message + "\n")
			for _, line := range f.Diff {
				b.WriteString(line + "\n")
			}
		}
	}
	return b.String()
}

func TestPass(t *testing.T) {
	got := report(run(t, plan(), `
- name: counts
  given:
    - lines: [{value: a b a, at: 5}]
    - advance: 3s
    - in: {value: b}
  expect:
    out:
      - {key: a, value: 1, at: 5}
      - {key: b}
      - {key: a, value: 2}
      - {value: 2, at: 3000}
    windows:
      last: {a@0: 2, b@0: 2}
      contains: [{key: {key: a, start: 0}, value: 1}, {key: a@0/10000, value: 2}]
      count: 4
    app-counts-changelog: {count: 4}
    nothing-came-here: []
  stores:
    counts: {a: 2, b: 2}
    wc: [{key: a@0, value: 2, at: 5}, {key: b@0, value: 2}]
  dropped: 0
- name: it stops
  given: [{lines: {value: a boom}}]
  error: boom it is
  expect: {out: []}
- name: late
  given: [{lines: [{value: a, at: 30s}, {value: a, at: 1s}]}]
  dropped: 1
`))
	if got != "expect.nothing-came-here: the job writes no topic \"nothing-came-here\": it writes in, out, windows\n" {
		t.Error(got)
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"- {name: x, given: [{lines: {value: a b c}}], expect: {out: [{key: a, value: 1}, {key: c, value: 2}]}}", `expect.out: 2 records expected, 3 came
  {key: a, value: 1}
- {key: c, value: 2}
+ {key: b, value: 1, at: 0}
+ {key: c, value: 1, at: 0}
`},
		{"- {name: x, given: [{lines: {value: a b}}], expect: {out: {last: {a: 2, c: 1}}}}", `expect.out.last: 2 keys expected, 2 there
- a: 2
+ a: 1
- c: 1
+ b: 1
`},
		{"- {name: x, given: [{lines: {value: a}}], expect: {out: {count: 2, contains: [{key: b}]}}}", `expect.out.contains: some records did not come
- {key: b}
+ {key: a, value: 1, at: 0}
expect.out.count: 1 record came, not 2
`},
		{"- {name: x, given: [{lines: {value: a, at: 70}}], stores: {wc: {a@10000: 1}, counts: {}, nosuch: {}}}", `stores.wc: 1 key expected, 1 there
- a@10000/20000: 1
+ a@0/10000: 1
stores.counts: 0 keys expected, 1 there
+ a: 1
stores.nosuch: the job has no store "nosuch": it has counts, wc
`},
		{"- {name: x, given: [{lines: {value: a}}], dropped: 3}", "dropped: 0 records dropped, not 3\n"},
		{"- {name: x, given: [{lines: [{value: a, at: 30s}, {value: a, at: 1s}]}], dropped: 0}", "dropped: 1 record dropped (late: 1), not 0\n"},
		{"- {name: x, given: [{lines: {value: boom}}]}", "given.lines: the job stopped: task 0_0: process in-0 at offset 0 in KSTREAM-FLATMAPVALUES-0000000001: boom it is\n"},
		{"- {name: x, given: [{lines: {value: a}}], error: boom}", "error: nothing failed, an error with \"boom\" was expected\n"},
		{"- {name: x, given: [{lines: {value: boom}}], error: bang}", "error: it failed otherwise: task 0_0: process in-0 at offset 0 in KSTREAM-FLATMAPVALUES-0000000001: boom it is\n"},
		{"- {name: x, given: [{lnes: {value: a}}]}", "given.lnes: the job reads no stream, table, global or topic \"lnes\": there are in, lines\n"},
		{"- {name: x, given: [{lines: {value: 5}}]}", "given.lines: value: wrong type: 5 is no string; put it between quotes\n"},
		{"- {name: x, given: [{lines: {value: a}}], expect: {out: [{key: a, value: one}]}}", "expect.out: wrong type: one is no long\n"},
		{"- {name: x, given: [{lines: {value: a}}], expect: {windows: {last: {a: 1}}}}", "expect.windows.last: wrong type: a is no windowed key: write KEY@START, KEY@START/END or {key: …, start: …, end: …}, in milliseconds since 1970\n"},
	} {
		if got := report(run(t, plan(), c.text)); got != c.want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.text, got, c.want)
		}
	}
}

// TestHandlers: what onError says, and where dead letters go.
func TestHandlers(t *testing.T) {
	text := `- {name: x, given: [{lines: [{value: a boom, at: 7, headers: {trace: t1}}, {value: b}]}], dropped: 1, expect: {out: [{key: a}, {key: b}], dead: [{value: a boom, at: 7, headers: {
    trace: t1, __streams.errors.exception: process error, __streams.errors.message: boom it is,
    __streams.errors.topic: in, __streams.errors.partition: "0", __streams.errors.offset: "0"}}]}}`
	p := plan()
	p.OnError, p.DLQ = func(task.Phase) string { return "dlq" }, "dead"
	if got := report(run(t, p, text)); got != "" {
		t.Error(got)
	}
	p.OnError = func(task.Phase) string { return "continue" }
	if got := report(run(t, p, "- {name: x, given: [{lines: [{value: a boom}, {value: b}]}], dropped: 1}")); got != "" {
		t.Error(got)
	}
}

// TestTimes: a record that says no time has that of the one before it, or the
// wall clock's where that is later; the driver of Go tests does the same.
func TestTimes(t *testing.T) {
	if got := report(run(t, plan(), `
- name: times
  given:
    - lines: [{value: a}, {value: a, at: 30s}, {value: a}]
    - advance: 20s
    - lines: [{value: a}, {value: a, at: 5s}, {value: a}]
    - advance: 20s
    - lines: {value: a}
  expect:
    out: [{at: 0}, {at: 30s}, {at: 30s}, {at: 30s}, {at: 30s}, {at: 30s}, {at: 40s}]
    windows: [{at: 0}, {at: 30s}, {at: 30s}, {at: 30s}, {at: 40s}]
  dropped: 2
`)); got != "" {
		t.Error(got)
	}
	d, err := spectest.NewDriver(plan())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, at := range []time.Time{{}, time.UnixMilli(30_000), {}} {
		if err := d.Pipe("lines", spectest.Record{Value: "b", Time: at}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Advance(50 * time.Second); err != nil {
		t.Fatal(err)
	}
	if err := d.Pipe("in", spectest.Record{Value: "c"}); err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, r := range d.Records("out") {
		got = append(got, r.Time.UnixMilli())
	}
	if want := []int64{0, 30_000, 30_000, 50_000}; !slices.Equal(got, want) {
		t.Errorf("the times are %v, not %v", got, want)
	}
}
