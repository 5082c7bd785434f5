package streams_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/driver"
	"kq/pkg/streams/spec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// input is a topic that a job reads: the codecs of its records.
type input struct {
	key, value codec.Codec
	versioned  string // the store, where the topic is a versioned table
}

// inputs are the topics of a job.
func inputs(t *testing.T, job *spec.Job) map[string]input {
	t.Helper()
	named := func(ty *spec.Type, otherwise string) codec.Codec {
		name := otherwise
		if ty != nil {
			name = ty.String()
		}
		c, ok := codec.Named(name)
		if !ok {
			t.Fatalf("no codec is called %s", name)
		}
		return c
	}
	all := map[string]input{}
	for _, s := range job.Streams {
		for _, topic := range s.Topic {
			all[topic] = input{key: named(s.Key, "string"), value: named(s.Value, "json")}
		}
	}
	for _, s := range append(slices.Clone(job.Tables), job.Globals...) {
		in := input{key: named(s.Key, "string"), value: named(s.Value, "json")}
		if s.Versioned > 0 {
			in.versioned = s.Store.Name
		}
		all[s.Topic] = in
	}
	return all
}

// encoded are the bytes of a key or value of a step.
func encoded(c codec.Codec, src json.RawMessage) ([]byte, error) {
	if b, ok := hexBytes(src); ok {
		return b, nil
	}
	v, err := value(src)
	if err != nil {
		return nil, err
	}
	if n, ok := v.(int64); ok && (c == codec.Double{} || c == codec.Float{}) {
		v = float64(n)
	}
	x := codec.Of(v)
	return x.Bytes(c)
}

// record is the record of a step.
func (s step) record(in input) (driver.Record, error) {
	var r driver.Record
	var err error
	if r.Key, err = encoded(in.key, s[1]); err != nil {
		return r, fmt.Errorf("key: %w", err)
	}
	if r.Value, err = encoded(in.value, s[2]); err != nil {
		return r, fmt.Errorf("value: %w", err)
	}
	if err := json.Unmarshal(s[3], &r.Timestamp); err != nil {
		return r, fmt.Errorf("timestamp: %w", err)
	}
	if len(s) < 5 {
		return r, nil
	}
	keys, values, err := members(s[4])
	for i, k := range keys {
		h := topology.Header{Key: k}
		if text, ok := values[i].(string); ok {
			h.Value = []byte(text)
		}
		r.Headers = append(r.Headers, h)
	}
	return r, err
}

// player replays one case.
type player struct {
	v      *vector
	inputs map[string]input
	d      *driver.Driver
	got    expected
}

// replay runs a case and returns what came out of it.
func replay(t *testing.T, v *vector) expected {
	t.Helper()
	job, err := spec.Parse(v.name, v.job, spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := job.Compile(spec.CompileOptions{Counts: v.counts})
	if err != nil {
		t.Fatal(err)
	}
	o := driver.Options{App: job.App}
	p := &player{v: v, inputs: inputs(t, job), got: expected{Out: map[string][]string{}, Stores: map[string][]string{}}}
	if job.Config.OnError.Deserialize == "continue" {
		o.OnError = p.skip
	}
	p.got.Describe = lines(compiled.Topology.Describe())
	p.d, err = driver.New(compiled.Topology, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range v.steps {
		if err := p.take(t, s); err != nil {
			if v.want.Failed == nil {
				t.Errorf("step %d: %v", i, err)
			}
			p.got.Failed = &i
		}
		for _, topic := range p.d.Topics() {
			if p.got.Failed != nil {
				break // nothing of a step that fails is sure to be written
			}
			for _, r := range p.d.Output(topic) {
				p.got.Out[topic] = append(p.got.Out[topic], recordLine(i, &r))
			}
		}
		if p.got.Failed != nil {
			break
		}
	}
	for _, n := range p.d.Dropped() {
		p.got.Dropped += n
	}
	if p.got.Failed == nil {
		p.stores(t)
	}
	if err := p.d.Close(); err != nil && p.got.Failed == nil {
		t.Error(err)
	}
	return p.got
}

// skip leaves a record out that does not decode.
func (p *player) skip(e *task.RecordError) error {
	if e.Phase != task.Deserialize {
		return e
	}
	p.got.Dropped++
	return nil
}

// take runs one step.
func (p *player) take(t *testing.T, s step) error {
	t.Helper()
	var name string
	if err := json.Unmarshal(s[0], &name); err != nil {
		t.Fatal(err)
	}
	if len(s) == 1 {
		by, err := time.ParseDuration(name)
		if err != nil {
			t.Fatal(err)
		}
		return p.d.AdvanceWall(by)
	}
	r, err := s.record(p.inputs[name])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p.d.Pipe(name, r)
}

// stores reads the stores that the expected file shows.
func (p *player) stores(t *testing.T) {
	t.Helper()
	for name := range maps.Keys(p.v.want.Stores) {
		s := p.d.Store(name)
		if s == nil {
			t.Errorf("there is no store %s", name)
			continue
		}
		if s, ok := s.(*state.Versioned); ok {
			p.got.Stores[name] = p.versions(t, name, s)
			continue
		}
		p.got.Stores[name] = storeLines(t, s)
	}
}

// versions are the keys of a versioned table at each time of the input.
func (p *player) versions(t *testing.T, store string, s *state.Versioned) []string {
	t.Helper()
	keys, times := map[string]bool{}, map[int64]bool{}
	for _, step := range p.v.steps {
		var topic string
		if err := json.Unmarshal(step[0], &topic); err != nil {
			t.Fatal(err)
		}
		if len(step) < 4 {
			continue
		}
		r, err := step.record(p.inputs[topic])
		if err != nil {
			t.Fatal(err)
		}
		times[r.Timestamp] = true
		if p.inputs[topic].versioned == store && r.Key != nil {
			keys[string(r.Key)] = true
		}
	}
	out := []string{}
	for key := range keys {
		show := func(when string, value []byte, from int64, err error) {
			if err != nil {
				t.Fatal(err)
			}
			if value != nil {
				out = append(out, fmt.Sprintf("%s@%s %d %s", rendered([]byte(key)), when, from, rendered(value)))
			}
		}
		for ts := range times {
			value, from, err := s.At([]byte(key), ts)
			show(fmt.Sprint(ts), value, from, err)
		}
		value, from, err := s.Get([]byte(key))
		show("latest", value, from, err)
	}
	slices.Sort(out)
	return out
}
