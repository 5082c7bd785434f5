package spec

import (
	"strings"
	"testing"

	"kq/internal/golden"
	"kq/pkg/streams/driver"
)

func compile(t *testing.T, src string) *Compiled {
	t.Helper()
	job, err := parse(t, src)
	if err != nil {
		t.Fatal(err)
	}
	c, err := job.Compile(CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every job under testdata compiles to the topology beside it.
func TestJobsDescribe(t *testing.T) {
	for name, src := range sources(t, "jobs") {
		golden.EqualFile(t, strings.TrimSuffix(name, ".yaml")+".describe", compile(t, src).Topology.Describe())
	}
}

func TestExamplesCompile(t *testing.T) {
	for name, src := range examples(t) {
		job, err := Parse(name, []byte(src), Options{Getenv: noEnv})
		if err == nil {
			err = job.Validate()
		}
		if err != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestWordCountRuns(t *testing.T) {
	c := compile(t, sources(t, "jobs")["testdata/jobs/wordcount.yaml"])
	d, err := driver.New(c.Topology, driver.Options{App: "app"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, line := range []string{"all streams lead to kafka", "Hello, Kafka streams"} {
		if err := d.Pipe("streams-plaintext-input", driver.Record{Value: []byte(line), Timestamp: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	got := ""
	for _, r := range d.Output("streams-wordcount-output") {
		got += string(r.Key) + string('0'+rune(r.Value[7])) + " "
	}
	if want := "all1 streams1 lead1 to1 kafka1 hello1 kafka2 streams2 "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
