package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

func parse(t *testing.T, src string) (*Job, error) {
	t.Helper()
	return Parse("job.yaml", []byte(src), Options{Getenv: noEnv})
}

// sources are the YAML files of a folder under testdata, by file.
func sources(t testing.TB, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/" + folder + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(b)
	}
	return out
}

func TestParseJobs(t *testing.T) {
	for name, src := range sources(t, "jobs") {
		if _, err := Parse(name, []byte(src), Options{Getenv: noEnv}); err != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestParsedStructs(t *testing.T) {
	src := sources(t, "jobs")["testdata/jobs/everything.yaml"]
	j, err := Parse("job.yaml", []byte(src), Options{Getenv: func(k string) (string, bool) {
		return "8", k == "THREADS"
	}})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case j.App != "everything", j.Config.Threads != 8, j.Config.StateDir != "/var/lib/kq/streams", j.Config.Commit != 100*time.Millisecond:
		t.Errorf("config: %+v", j.Config)
	case j.Config.DLQ.Topic != "orders-dlq", j.Config.OnError.Deserialize != "dlq", j.Config.Kafka.Linger != 5*time.Millisecond:
		t.Errorf("config: %+v", j.Config)
	case j.Streams[0].Topic[0] != "orders-eu", len(j.Streams[0].Fields) != 3, j.Streams[0].Fields[1].Type != "double":
		t.Errorf("streams: %+v", j.Streams[0])
	}
	var names []string
	for _, p := range j.Pipelines {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "hourly unique route bigOnes alerts" {
		t.Errorf("pipelines in the order %s", got)
	}
	hourly := j.Pipelines[0]
	if got := hourly.Steps[1].Op(); got != "window" || hourly.Steps[1].Window.Tumbling != time.Hour {
		t.Errorf("step 2 is %s %+v", got, hourly.Steps[1].Window)
	}
	if s := hourly.Steps[3].Suppress; !s.Until.WindowClose || s.Buffer.Records != 100000 {
		t.Errorf("suppress: %+v", s)
	}
	if b := j.Pipelines[2].Steps[2].Branch; len(b) != 3 || b[0].Name != "big" || b[0].To[0].Topic != "orders-big" || b[2].To[0].TopicExpr == "" {
		t.Errorf("branches: %+v", b)
	}
	if at := j.Pipelines[0].Steps[2].Avg.ValueAt("of"); at != (Pos{28, 19}) {
		t.Errorf("of stands at %v", at)
	}
	if p := j.Pipelines[4].Steps[0].Process; p.Stores[0].Name != "last" || len(p.On) != 3 || p.Every[0].Wall != 30*time.Second || p.On[0].Let[0].Name != "prev" {
		t.Errorf("process: %+v", p)
	}
}

func TestParsedTests(t *testing.T) {
	j, err := parse(t, `
app: a
streams: {in: {topic: t}}
pipelines: {p: {from: in, to: out}}
tests:
  - name: all forms
    given:
      - in: [{key: a, value: {n: 1, f: 1.5, big: 9007199254740993, ok: true, no: null, l: [x]}, at: 5s, headers: {h: v}}]
      - advance: 10s
      - in: {key: b, at: 2026-01-01T00:00:00Z}
    expect:
      out: [{key: a}]
      other: {last: {a: 1, b: null}, count: 2, contains: [{key: {key: a, start: 0}}]}
    stores: {s: {a: 1}, w: [{key: a, value: 2}]}
    dropped: 3
`)
	if err != nil {
		t.Fatal(err)
	}
	x := j.Tests[0]
	r := x.Given[0].Records[0]
	v := r.Value.(map[string]any)
	if v["n"] != int64(1) || v["f"] != 1.5 || v["big"] != int64(9007199254740993) || v["ok"] != true || v["no"] != nil || *r.At != 5000 || r.Headers["h"] != "v" {
		t.Errorf("record: %+v", r)
	}
	if x.Given[1].Advance != 10*time.Second || x.Given[2].Records[0].Has("value") || *x.Given[2].Records[0].At != 1767225600000 {
		t.Errorf("given: %+v", x.Given)
	}
	if len(x.Expect) != 2 || x.Expect[0].Name != "out" || len(x.Expect[0].Records) != 1 || *x.Expect[1].Count != 2 || len(x.Expect[1].Last) != 2 {
		t.Errorf("expect: %+v", x.Expect)
	}
	if x.Stores[0].Entries[0].Key != "a" || x.Stores[1].Entries[0].Value != int64(2) || *x.Dropped != 3 {
		t.Errorf("stores: %+v", x.Stores)
	}
}

func TestSeveralMistakesAtOnce(t *testing.T) {
	_, err := parse(t, "app: a\nconfg: {}\npipelines: {p: {from: in, steps: [{fliter: x}], too: t}}\n")
	var all Errors
	if !errors.As(err, &all) || len(all) != 3 {
		t.Fatalf("not three mistakes: %v", err)
	}
	want := []Pos{{2, 1}, {3, 36}, {3, 49}}
	for i, e := range all {
		if e.Pos != want[i] || e.Hint == "" {
			t.Errorf("mistake %d at %v: %v hint %q", i, e.Pos, e, e.Hint)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range sources(f, "jobs") {
		f.Add([]byte(src))
	}
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("app: ${x\npipelines: {p: {from: [a, b], steps: [{count: }, {window: {day: 1}}]}}"))
	f.Add([]byte("a: &a [1,1,1,1]\nb: &b [*a,*a,*a,*a]\nvars: {c: *b}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		_, err := Parse("job.yaml", src, Options{Getenv: noEnv})
		var all Errors
		if err != nil && errors.As(err, &all) && (len(all) == 0 || err.Error() == "") {
			t.Error("a mistake without words")
		}
	})
}
