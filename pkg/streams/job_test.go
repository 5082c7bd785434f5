package streams_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams"
	"kq/pkg/streams/spec"
)

const wordCount = `
app: wc
streams: {lines: {topic: in, value: string}}
pipelines:
  counts:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - window: {tumbling: 5s, grace: 1s}
      - count: {store: wc}
    to: {topic: out, key: {timeWindowed: string}, value: long}
tests:
  - {name: good, given: [{lines: {value: a}}], stores: {wc: {a@0: 1}}}
  - {name: bad, given: [{lines: {value: a}}], stores: {wc: {a@0: 2}}}
`

func TestJob(t *testing.T) {
	path := filepath.Join(t.TempDir(), "job.yaml")
	if err := os.WriteFile(path, []byte(wordCount), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := streams.Load(path, streams.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if j.App() != "wc" || !strings.HasPrefix(j.Describe(), "Topologies:\n") {
		t.Error(j.App(), j.Describe())
	}
	results := j.Test(nil)
	if len(results) != 2 || !results[0].OK() || results[1].OK() || results[1].File != path || results[1].At.Line != 15 {
		t.Errorf("%+v", results)
	}
	if results := j.Test(func(name string) bool { return name == "good" }); len(results) != 1 {
		t.Errorf("%+v", results)
	}
	var mistakes spec.Errors
	if _, err := streams.Parse("x.yaml", []byte("app: x\npipelines: {p: {from: nosuch}}"), streams.Options{}); !errors.As(err, &mistakes) || mistakes[0].Line != 2 {
		t.Error(err)
	}
	if _, err := streams.Load(path+"x", streams.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestTestDriver(t *testing.T) {
	j, err := streams.Parse("job.yaml", []byte(wordCount), streams.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := streams.NewTestDriver(j)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range []string{"a b", "a", "a"} {
		if err := d.Pipe("lines", streams.TestRecord{Value: line, Time: time.UnixMilli(int64(4000 * i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Pipe("lines", streams.TestRecord{Value: "late", Time: time.UnixMilli(0)}); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range d.Records("out") {
		w := r.Key.(streams.TestWindow)
		got += fmt.Sprintf("%v@%d=%v@%d ", w.Key, w.Start.UnixMilli(), r.Value, r.Time.UnixMilli())
	}
	if want := "a@0=1@0 b@0=1@0 a@0=2@4000 a@5000=1@8000 "; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if d.Records("out") != nil || fmt.Sprint(d.Dropped()) != "map[late:1]" || len(d.Topics()) != 2 {
		t.Error(d.Dropped(), d.Topics())
	}
	entries, err := d.Entries("wc")
	if err != nil || len(entries) != 3 || entries[0].Value != int64(2) {
		t.Errorf("%+v %v", entries, err)
	}
	if _, err := d.Entries("nosuch"); err == nil {
		t.Error("a store that is not there")
	}
	if err := d.Pipe("nosuch", streams.TestRecord{}); err == nil {
		t.Error("a stream that is not there")
	}
	if err := d.Pipe("lines", streams.TestRecord{Value: 5}); err == nil {
		t.Error("a number among texts")
	}
	if err := d.Advance(time.Second); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
