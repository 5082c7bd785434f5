package streams

import (
	"io"
	"log/slog"

	"kq/pkg/streams/spec"
	"kq/pkg/streams/spec/spectest"
	"kq/pkg/streams/topology"
)

// Options are what a job is loaded with.
type Options struct {
	// Getenv looks a variable of ${NAME} up (os.LookupEnv).
	Getenv func(name string) (string, bool)
	// Vars go before the file's own vars.
	Vars map[string]string
	// Print is where print steps write to; nil discards it.
	Print io.Writer
	// Logger gets the texts of peek and foreach steps, and what happens while the job runs; nil discards them.
	Logger *slog.Logger
}

// Validate fills the defaults in.
func (o *Options) Validate() error {
	if o.Print == nil {
		o.Print = io.Discard
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Job is a streams application from a job file, checked.
type Job struct {
	o        Options
	file     string
	spec     *spec.Job
	compiled *spec.Compiled
}

// Load reads and checks the job file at path. Mistakes are spec.Errors, each with
// its place.
func Load(path string, o Options) (*Job, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	j, err := spec.Load(path, spec.Options{Getenv: o.Getenv, Vars: o.Vars})
	if err != nil {
		return nil, err
	}
	return compile(path, j, o)
}

// Parse is Load for a file that is at hand; name stands in its errors.
func Parse(name string, src []byte, o Options) (*Job, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	j, err := spec.Parse(name, src, spec.Options{Getenv: o.Getenv, Vars: o.Vars})
	if err != nil {
		return nil, err
	}
	return compile(name, j, o)
}

func compile(file string, s *spec.Job, o Options) (*Job, error) {
	j := &Job{o: o, file: file, spec: s}
	var err error
	j.compiled, err = s.Compile(j.compileOptions(nil))
	return j, err
}

func (j *Job) compileOptions(counts func(topic string) int32) spec.CompileOptions {
	return spec.CompileOptions{Counts: counts, Print: j.o.Print, Logger: j.o.Logger}
}

// App is the application id.
func (j *Job) App() string { return j.spec.App }

// Spec is the job file.
func (j *Job) Spec() *spec.Job { return j.spec }

// Topology is the job's graph, as far as it can be told without a cluster.
func (j *Job) Topology() *topology.Topology { return j.compiled.Topology }

// Describe is the text of Kafka's Topology#describe.
func (j *Job) Describe() string { return j.compiled.Topology.Describe() }

// TestResult is what became of a test of the job file.
type TestResult = spectest.Result

// Test runs the tests of the job file, without a broker, in the order of the file;
// those whose name matches says no for are left out, nil is all.
func (j *Job) Test(matches func(name string) bool) []TestResult {
	plan := spectest.New(j.file, j.spec, j.compiled)
	out := []TestResult{}
	for _, t := range j.spec.Tests {
		if matches == nil || matches(t.Name) {
			out = append(out, spectest.Run(plan, t))
		}
	}
	return out
}
