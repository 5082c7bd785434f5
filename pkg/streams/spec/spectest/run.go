package spectest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kq/pkg/streams/driver"
	"kq/pkg/streams/spec"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// Run runs one test.
func Run(p *Plan, t *spec.Test) Result {
	began := time.Now()
	r := runner{plan: p, test: t, written: map[string][]driver.Record{}}
	r.run()
	return Result{File: p.File, Name: t.Name, At: t.At(), Failures: r.failures, Took: time.Since(began)}
}

type runner struct {
	plan     *Plan
	test     *spec.Test
	driver   *driver.Driver
	written  map[string][]driver.Record
	skipped  int64 // records that a handler of errors dropped
	failures []Failure
}

func (r *runner) fail(what string, at spec.Pos, format string, a ...any) {
	r.failures = append(r.failures, Failure{What: what, At: at, Message: fmt.Sprintf(format, a...)})
}

func (r *runner) run() {
	var err error
	r.driver, err = driver.New(r.plan.Topology, driver.Options{App: r.plan.App, Wall: time.UnixMilli(0), OnError: r.handle})
	if err != nil {
		r.fail("", r.test.At(), "%v", err)
		return
	}
	ended := r.feed()
	for _, topic := range r.driver.Topics() {
		r.written[topic] = append(r.written[topic], r.driver.Output(topic)...)
	}
	if r.test.Error != "" && !ended && len(r.failures) == 0 {
		r.fail("error", r.test.KeyAt("error"), "nothing failed, an error with %q was expected", r.test.Error)
	}
	if len(r.failures) == 0 {
		r.compare()
	}
	if err := r.driver.Close(); err != nil && len(r.failures) == 0 {
		r.fail("", r.test.At(), "close the job: %v", err)
	}
}

// feed gives the records and moves the clock; it says that the job stopped with
// the error that was expected.
func (r *runner) feed() (ended bool) {
	var given givenClock
	for _, g := range r.test.Given {
		if g.Source == "" {
			if err := r.driver.AdvanceWall(g.Advance); err != nil {
				return r.stopped("given.advance", g.At(), err)
			}
			continue
		}
		source, ok := r.plan.Sources[g.Source]
		if !ok {
			r.fail("given."+g.Source, g.At(), "the job reads no stream, table, global or topic %q: there are %s", g.Source, strings.Join(r.names(), ", "))
			return false
		}
		for _, rec := range g.Records {
			in, err := record(source, rec, given.at((*int64)(rec.At), r.driver.Wall()))
			if err != nil {
				r.fail("given."+g.Source, rec.Where.At(), "%v", err)
				return false
			}
			if err := r.driver.Pipe(source.Topic, in); err != nil {
				return r.stopped("given."+g.Source, rec.Where.At(), err)
			}
		}
	}
	return false
}

// givenClock tells the times of records that are given: a record that says none
// has that of the one before it, or the wall clock's where that is later.
type givenClock struct{ last int64 }

func (c *givenClock) at(said *int64, wall time.Time) int64 {
	if said != nil {
		c.last = *said
	} else {
		c.last = max(c.last, wall.UnixMilli())
	}
	return c.last
}

// names are those that given: takes.
func (r *runner) names() []string {
	var names []string
	for name := range r.plan.Sources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func record(s Source, rec *spec.Record, at int64) (driver.Record, error) {
	key, err := encode(s.Key, rec.Key)
	if err != nil {
		return driver.Record{}, fmt.Errorf("key: %w", err)
	}
	value, err := encode(s.Value, rec.Value)
	if err != nil {
		return driver.Record{}, fmt.Errorf("value: %w", err)
	}
	out := driver.Record{Key: key, Value: value, Timestamp: at}
	for _, name := range sortedKeys(rec.Headers) {
		out.Headers = append(out.Headers, topology.Header{Key: name, Value: []byte(rec.Headers[name])})
	}
	return out, nil
}

// stopped is an error of the job.
func (r *runner) stopped(what string, at spec.Pos, err error) bool {
	if r.test.Error != "" {
		if strings.Contains(err.Error(), r.test.Error) {
			return true
		}
		r.fail("error", r.test.KeyAt("error"), "it failed otherwise: %v", err)
		return true
	}
	r.fail(what, at, "the job stopped: %v", err)
	return true
}

// handle does what the job's onError says.
func (r *runner) handle(e *task.RecordError) error {
	policy := "fail"
	if r.plan.OnError != nil {
		policy = r.plan.OnError(e.Phase)
	}
	switch policy {
	case "continue":
		r.skipped++
		return nil
	case "dlq":
		if r.plan.DLQ == "" {
			return errors.Join(e, errors.New("there is no dead-letter topic"))
		}
		r.skipped++
		if e.Origin.Offset >= 0 { // a timer's error has no record
			d := task.DeadLetter(e.Input, e.Origin, e.Phase, e.Err)
			out := driver.Record{Key: d.Key, Value: d.Value, Timestamp: d.Timestamp, Headers: d.Headers}
			r.written[r.plan.DLQ] = append(r.written[r.plan.DLQ], out)
		}
		return nil
	}
	return e
}
