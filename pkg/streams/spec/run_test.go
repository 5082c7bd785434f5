package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/driver"
)

// drive compiles a job, gives it the records TOPIC KEY VALUE TIMESTAMP, and
// returns what comes out of a topic.
func drive(t *testing.T, src, out string, records ...string) string {
	t.Helper()
	d, err := driver.New(compile(t, src).Topology, driver.Options{App: "a", Wall: time.UnixMilli(77)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, r := range records {
		var topic, key, value string
		var ts int64
		if _, err := fmt.Sscan(r, &topic, &key, &value, &ts); err != nil {
			t.Fatal(err)
		}
		if err := d.Pipe(topic, driver.Record{Key: []byte(key), Value: []byte(value), Timestamp: ts}); err != nil {
			t.Fatalf("%s: %v", r, err)
		}
	}
	var got []string
	for _, r := range d.Output(out) {
		got = append(got, fmt.Sprintf("%s=%s@%d", r.Key, r.Value, r.Timestamp))
	}
	return strings.Join(got, " ")
}

func TestStepsRun(t *testing.T) {
	for name, tt := range map[string]struct {
		steps, want string
		records     []string
	}{
		"where a record came from": {
			"- filter: topic == \"in\"\n- filterNot: offset == 1\n- mapValues: topic + string(partition) + string(offset)\n- selectKey: key + string(offset)",
			"a0=in00@1 c2=in02@3",
			[]string{"in a x 1", "in b y 2", "in c z 3"},
		},
		"map": {"- map: {key: value + \"!\", value: key}", "x!=a@1", []string{"in a x 1"}},
		"flatMap": {
			"- flatMap: '[{\"key\": value, \"value\": 1}, {\"value\": \"two\"}]'", `x=1@1 a="two"@1`, []string{"in a x 1"},
		},
		"numbers are longs": {"- mapValues: len(value)\n- mapValues: string(value + 1)", "a=4@1", []string{"in a abc 1"}},
		"branches": {
			"- branch:\n    - {when: value == \"x\", steps: [{mapValues: value + \"1\"}], to: out}\n    - {when: value == \"y\", drop: true}\n    - {otherwise: true, to: out}",
			"a=x1@1 c=z@3",
			[]string{"in a x 1", "in b y 2", "in c z 3"},
		},
		"reduce, collect and topK": {
			"- groupByKey:\n- collect: {limit: 2, store: c}\n- toStream:", `a=["x"]@1 a=["x","y"]@2 a=["y","z"]@3`, []string{"in a x 1", "in a y 2", "in a z 3"},
		},
		"topK by an expression": {
			"- groupByKey:\n- topK: {k: 1, of: '{\"v\": value, \"n\": len(value)}', by: value.n}\n- mapValues: value[0].v\n- toStream:\n- mapValues: {value: value, valueType: string}",
			"a=x@1 a=yyy@2 a=yyy@3",
			[]string{"in a x 1", "in a yyy 2", "in a zz 3"},
		},
		"windows are visible": {
			"- groupByKey:\n- window: {tumbling: 10ms}\n- count:\n- toStream: key + \"@\" + string(window.start)\n- mapValues: string(value)",
			"a@0=1@1 a@10=1@12 a@10=2@13",
			[]string{"in a x 1", "in a x 12", "in a x 13"},
		},
		"sum of a group": {
			"- mapValues: int(value)\n- groupBy: '\"all\"'\n- sum:\n- toStream:\n- mapValues: string(value)", "all=2@1 all=5@2", []string{"in a 2 1", "in b 3 2"},
		},
		"avg": {"- mapValues: int(value)\n- groupByKey:\n- avg:\n- toStream:\n- mapValues: string(value)", "a=2@1 a=2.5@2", []string{"in a 2 1", "in a 3 2"}},
		"a table regrouped": {
			"- toTable:\n- groupBy: value\n- count: {store: by-value}\n- toStream:\n- mapValues: string(value)", "x=1@1 x=2@2 x=1@3 y=1@3", []string{"in a x 1", "in b x 2", "in a y 3"},
		},
		"cogroup": {
			"- groupByKey:\n- cogroup: {init: '\"\"', add: agg + value, with: [{stream: other, add: 'agg + \"-\" + value'}]}\n- toStream:",
			"a=x@1 a=x-y@2",
			[]string{"in a x 1", "other a y 2"},
		},
		"repartition": {"- repartition: {name: again, partitions: 3}", "a=x@1", []string{"in a x 1"}},
		"suppress":    {"- groupByKey:\n- count:\n- suppress: {until: 5ms}\n- toStream:\n- mapValues: string(value)", "a=2@2", []string{"in a x 1", "in a x 2", "in b x 9"}},
		"stream joins": {
			"- join: {stream: other, within: 5ms, as: left + right}", "a=xy@2", []string{"in a x 1", "other a y 2", "other a z 20"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			steps := "      " + strings.ReplaceAll(tt.steps, "\n", "\n      ")
			job := "app: a\nstreams: {in: {topic: in, value: string}, other: {topic: other, value: string}}\npipelines:\n  p:\n    from: in\n    steps:\n" + steps + "\n"
			if !strings.Contains(job, "branch:") {
				job += "    to: out\n"
			}
			if got := drive(t, job, "out", tt.records...); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTimesRun(t *testing.T) {
	for clock, want := range map[string]string{
		"timestamp: value.ts":                      `a={"ts":5}@5`,
		"timestamp: '\"1970-01-01T00:00:09Z\"'":    `a={"ts":5}@9000`,
		"timestamp: -1":                            "",
		"time: processing":                         `a={"ts":5}@77`,
		"time: ingestion":                          `a={"ts":5}@1`,
		"timestamp: partition + offset + value.ts": `a={"ts":5}@5`,
	} {
		got := drive(t, "app: a\nstreams:\n  in:\n    topic: in\n    "+clock+"\npipelines: {p: {from: in, to: out}}\n", "out", `in a {"ts":5} 1`)
		if got != want {
			t.Errorf("%s: got %s, want %s", clock, got, want)
		}
	}
}

func TestSinksRun(t *testing.T) {
	src := `
app: a
streams: {in: {topic: in, value: string}}
pipelines:
  p:
    from: in
    steps: [{to: raw}]
    to:
      - {topicExpr: '"out-" + value', partition: len(key) % partitions}
      - {topic: out, value: json}
`
	if got := drive(t, src, "out-x", "in a x 1", "in b y 2"); got != "a=x@1" {
		t.Errorf("by record: %s", got)
	}
	if got := drive(t, src, "out", "in a x 1"); got != `a="x"@1` {
		t.Errorf("as json: %s", got)
	}
	if got := drive(t, src, "raw", "in a x 1"); got != `a=x@1` {
		t.Errorf("in between: %s", got)
	}
}

// A job's sources and sinks say what is created, its topology what is read.
func TestTopics(t *testing.T) {
	src := `
app: a
config: {dlq: {topic: dead, create: {partitions: 1}}}
streams: {in: {topic: [a, b], create: {partitions: 2}}}
tables: {t: {topic: t, create: {partitions: 3}}}
pipelines:
  p: {from: in, steps: [{to: {topic: x, create: {partitions: 4}}}, {branch: [{otherwise: true, to: {topic: y, create: {partitions: 5}}}]}]}
`
	job, err := parse(t, src)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for name, c := range job.Created() {
		got[name] = c.Partitions
	}
	if want := "map[a:2 b:2 dead:1 t:3 x:4 y:5]"; fmt.Sprint(got) != want {
		t.Errorf("created %v, want %s", got, want)
	}
	if got, want := fmt.Sprint(compile(t, src).Inputs()), "[a b t]"; got != want {
		t.Errorf("inputs %s, want %s", got, want)
	}
}

// Compiling never panics, whatever a file that can be read says.
func FuzzCompile(f *testing.F) {
	for _, src := range sources(f, "jobs") {
		f.Add(src)
	}
	for _, src := range sources(f, "mistakes") {
		f.Add(src)
	}
	f.Fuzz(func(_ *testing.T, src string) {
		if job, err := Parse("job.yaml", []byte(src), Options{Getenv: noEnv}); err == nil {
			_, _ = job.Compile(CompileOptions{Counts: func(topic string) int32 { return int32(len(topic)) }})
		}
	})
}
