package streams_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// vectors is the folder of cases (NAME.cases.json, written by hand) and of what
// Kafka Streams makes of them (NAME.expect.json, from go run ./internal/task golden streams).
var vectors = flag.String("vectors", "testdata/conformance", "replay the cases of this folder")

// suite is a file of cases.
type suite struct {
	Jobs   map[string]json.RawMessage `json:"jobs"`
	Inputs map[string][]step          `json:"inputs"`
	Cases  []caseText                 `json:"cases"`
}

// caseText is a case as it is written: a list in With or Input makes several cases of it.
type caseText struct {
	Name  string                     `json:"name"`
	Job   string                     `json:"job"`
	With  map[string]json.RawMessage `json:"with"`
	Input json.RawMessage            `json:"input"`
}

// vector is one case.
type vector struct {
	name  string
	job   []byte
	steps []step
	want  expected
	// counts are the partitions of topics, nil where they do not matter.
	counts func(topic string) int32
}

// step is [topic, key, value, timestamp], with {"header": "text"} behind it, or
// [duration], which moves the wall clock.
type step []json.RawMessage

// expected is what came out of a case: lines of records by topic, lines of
// entries by store. Failed is the step that failed, nil where none did.
type expected struct {
	Describe []string            `json:"describe,omitempty"`
	Out      map[string][]string `json:"out"`
	Stores   map[string][]string `json:"stores,omitempty"`
	Failed   *int                `json:"failed,omitempty"`
	Dropped  int64               `json:"dropped,omitempty"`
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(*vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// suites reads all cases, by the name of their file.
func suites(t *testing.T) map[string][]vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(*vectors, "*.cases.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	all := map[string][]vector{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".cases.json")
		var s suite
		readJSON(t, name+".cases.json", &s)
		want := map[string]expected{}
		readJSON(t, name+".expect.json", &want)
		for _, c := range s.Cases {
			for _, v := range s.expand(t, c) {
				var ok bool
				if v.want, ok = want[v.name]; !ok {
					t.Fatalf("%s: nothing is expected of %q (go run ./internal/task golden streams)", name, v.name)
				}
				delete(want, v.name)
				all[name] = append(all[name], v)
			}
		}
		for left := range want {
			t.Errorf("%s: something is expected of %q, which is no case", name, left)
		}
	}
	return all
}

// expand is the cases that c stands for.
func (s *suite) expand(t *testing.T, c caseText) (out []vector) {
	t.Helper()
	for word, value := range c.With {
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil {
			continue
		}
		for _, item := range items {
			one := c
			one.With = maps.Clone(c.With)
			one.With[word] = item
			out = append(out, s.expand(t, one)...)
		}
		return out
	}
	var names []string
	if json.Unmarshal(c.Input, &names) == nil {
		for _, name := range names {
			one := c
			one.Input, _ = json.Marshal(name) // a string
			out = append(out, s.expand(t, one)...)
		}
		return out
	}
	return []vector{s.one(t, c)}
}

// one is the case c, whose words are all single.
func (s *suite) one(t *testing.T, c caseText) vector {
	t.Helper()
	v := vector{name: c.Name}
	var input string
	if json.Unmarshal(c.Input, &input) == nil {
		v.steps = s.Inputs[input]
		v.name = strings.ReplaceAll(v.name, "<input>", input)
	} else if err := json.Unmarshal(c.Input, &v.steps); err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if len(v.steps) == 0 {
		t.Fatalf("%s has no input", c.Name)
	}
	var job bytes.Buffer
	if err := json.Compact(&job, s.Jobs[c.Job]); err != nil {
		t.Fatalf("%s: job %q: %v", c.Name, c.Job, err)
	}
	v.job = job.Bytes()
	for word, value := range c.With {
		var text string
		if json.Unmarshal(value, &text) == nil {
			v.job = bytes.ReplaceAll(v.job, []byte("<"+word+">"), []byte(text))
		} else {
			v.job = bytes.ReplaceAll(v.job, []byte(`"<`+word+`>"`), value)
			text = plainWords(value)
		}
		v.name = strings.ReplaceAll(v.name, "<"+word+">", text)
	}
	return v
}

var punctuation = regexp.MustCompile(`[{}"]`)

// plainWords is an object as a part of a name: tumbling 10ms grace 3ms.
func plainWords(object []byte) string {
	var b bytes.Buffer
	_ = json.Compact(&b, object) // it was read once
	return strings.NewReplacer(":", " ", ",", " ").Replace(punctuation.ReplaceAllString(b.String(), ""))
}

// value is a JSON value as codecs take it: integers are int64.
func value(src []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return settle(v)
}

func settle(v any) (any, error) {
	var err error
	switch x := v.(type) {
	case json.Number:
		if !strings.ContainsAny(x.String(), ".eE") {
			return x.Int64()
		}
		return x.Float64()
	case []any:
		for i := range x {
			if x[i], err = settle(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range x {
			if x[k], err = settle(x[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// members are the keys and values of an object, in its order.
func members(src []byte) (keys []string, values []any, err error) {
	d := json.NewDecoder(bytes.NewReader(src))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, nil, errors.Join(errors.New("not an object"), err)
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		v, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		keys, values = append(keys, k.(string)), append(values, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("more than an object")
	}
	return keys, values, nil
}

// lineDiff says where two lists of lines part.
func lineDiff(what string, want, got []string) string {
	if slices.Equal(want, got) {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d lines, want %d\n", what, len(got), len(want))
	shown := 0
	for i := range max(len(want), len(got)) {
		var w, g string
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g && shown < 6 {
			shown++
			fmt.Fprintf(&b, "  want %s\n   got %s\n", w, g)
		}
	}
	return b.String()
}
