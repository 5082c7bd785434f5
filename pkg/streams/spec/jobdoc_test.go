package spec

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"kq/internal/golden"
)

// The page of the job file is made of the structs and their comments, as the schema is.
func TestJobFilePage(t *testing.T) {
	p := &page{docs: comments(t), done: map[reflect.Type]bool{}}
	p.line("<!-- Generated from the structs of pkg/streams/spec: go test ./pkg/streams/spec -update. -->")
	p.line("# The job file of kq streams")
	p.line("")
	p.line("One YAML file is one application. `kq streams init` writes examples, `kq streams validate` finds mistakes,")
	p.line("`kq streams schema` prints a JSON Schema for editors.")
	p.line("")
	p.line("- Expressions are texts. Quote those that hold `: { } [ ] #` or quotes: `'{\"a\": value.a}'`.")
	p.line("- Durations are `500ms` `5s` `10m` `24h` `7d` or sums as `1h30m`; sizes `0B` `512KB` `10MB` `1GB`.")
	p.line("- Types are %s; keys with windows have `{timeWindowed: TYPE}`, `{sessionWindowed: TYPE}` or `{windowedJson: TYPE}`; of an input `{timeWindowed: TYPE, size: 5m}`, as its bytes have no ends.", ticked(plainTypes()))
	p.line("- `${NAME}` and `${NAME:-default}` put variables of the environment in, `${vars.NAME}` those of the file; `$${` is a plain `${`.")
	p.line("- A value in (brackets) is what holds without the key.")
	p.line("%s", variablesText)
	p.table(reflect.TypeFor[Job](), "Top level")
	for len(p.next) > 0 {
		typ := p.next[0]
		p.next = p.next[1:]
		p.table(typ, typ.Name())
	}
	golden.EqualFile(t, "../../../docs/streams-job.md", p.b.String())
}

const variablesText = `
## What expressions see

| where | variables |
|---|---|
| every step | ` + "`key` `value` `timestamp` `headers`" + `, behind a window also ` + "`window.start` `window.end`" + ` (then ` + "`key`" + ` is the key inside) |
| filter, filterNot, mapValues, selectKey, process, timestamp:, topicExpr: | also ` + "`topic` `partition` `offset`" + ` |
| aggregates | also ` + "`agg`" + `; merge: sees ` + "`key` `a` `b`" + `; init: sees none |
| joins, as: | ` + "`key` `left` `right`" + `; on: and foreignKey: see the left record |
| partition: | also ` + "`partitions`" + `, their number |
| process | also the names of let:, ` + "`now`" + ` (the wall clock; in a timer the time that is due), ` + "`item`" + ` where there is for: |

Functions of process: ` + "`get(STORE, key)`" + `, with a time for windows and versions, with start and end for sessions; ` + "`all(STORE)`, `range(STORE, from, to)`" + `
and ` + "`fetch(STORE, key, from, to)`" + `, the windows that begin in that time or the sessions that touch it, give lists of ` + "`{key, value, timestamp}`" + `,
with ` + "`start`" + ` and ` + "`end`" + ` for windows and sessions. ` + "`kq streams eval`" + ` tries expressions.`

func ticked(words []string) string { return "`" + strings.Join(words, "` `") + "`" }

type page struct {
	b    strings.Builder
	docs map[string]string
	done map[reflect.Type]bool
	next []reflect.Type
}

func (p *page) line(format string, a ...any) { fmt.Fprintf(&p.b, format+"\n", a...) }

func (p *page) table(t reflect.Type, title string) {
	p.line("\n## %s\n", title)
	if t != reflect.TypeFor[Job]() {
		p.line("%s\n", p.docs[t.Name()])
	}
	p.line("| key | what | value |\n|---|---|---|")
	s := shapeOf(t)
	for _, k := range s.keys {
		f, tag := t.Field(s.fields[k]), s.tags[k]
		doc := p.docs[t.Name()+"."+f.Name]
		if tag.example != "" {
			doc += fmt.Sprintf(" E.g. `%s`", tag.example)
		}
		name := "`" + k + "`"
		if tag.required {
			name += " *"
		}
		if tag.bare {
			name += " †"
		}
		p.line("| %s | %s | %s |", name, strings.ReplaceAll(doc, "|", `\|`), p.value(f.Type, tag))
	}
	if s.bare != "" {
		p.line("\n† may stand alone, without the map.")
	}
}

// value says what a key takes, and queues the page of a struct.
func (p *page) value(t reflect.Type, tag fieldTag) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case durationType:
		return "duration"
	case reflect.TypeFor[Expr]():
		return "expression"
	case reflect.TypeFor[Size]():
		return "size"
	case reflect.TypeFor[Time]():
		return "time"
	case reflect.TypeFor[Type]():
		return "type"
	case reflect.TypeFor[Fields]():
		return "NAME: type"
	case reflect.TypeFor[Lets]():
		return "NAME: expression"
	case reflect.TypeFor[Until]():
		return "`windowClose` or duration"
	case reflect.TypeFor[map[string]string]():
		return "NAME: text"
	case reflect.TypeFor[Given]():
		return "STREAM: [[Record](#record)] or advance: duration"
	case reflect.TypeFor[ExpectedStore]():
		return "KEY: value"
	}
	switch t.Kind() {
	case reflect.Slice:
		item := p.value(t.Elem(), fieldTag{})
		switch {
		case tag.named:
			return "NAME: " + item
		case tag.one:
			return item + ", or a list"
		}
		return "list of " + item
	case reflect.Struct:
		if !p.done[t] {
			p.done[t] = true
			p.next = append(p.next, t)
		}
		return fmt.Sprintf("[%s](#%s)", t.Name(), strings.ToLower(t.Name()))
	case reflect.String:
		if len(tag.enum) > 0 {
			return ticked(tag.enum)
		}
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Map, reflect.Interface:
		return "value"
	}
	return "number"
}

// What show writes parseDuration reads.
func TestDurationsAreReadAsWritten(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, 5 * time.Second, 90 * time.Minute, 24 * time.Hour, 36*time.Hour + 1500*time.Millisecond, 7 * 24 * time.Hour} {
		if got, err := parseDuration(show(d)); err != nil || got != d {
			t.Errorf("%v is written %s and read %v, %v", d, show(d), got, err)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"5s", "1d2h3m4s5ms", "99999999999d", "0ms", "1m1m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDuration(s)
		if err != nil {
			return
		}
		if again, err := parseDuration(show(d)); err != nil || again != d {
			t.Errorf("%s is %v, written %s and read %v, %v", s, d, show(d), again, err)
		}
	})
}
