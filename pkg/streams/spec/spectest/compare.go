package spectest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kq/pkg/streams/driver"
	"kq/pkg/streams/spec"
)

// line is a record or an entry: what is compared, and how it is shown.
type line struct {
	key, value any
	at         *int64 // nil: any
	headers    map[string]string
	anyValue   bool // the value is not compared
	anyKey     bool
}

func (l *line) show() string {
	var parts []string
	if !l.anyKey {
		parts = append(parts, "key: "+show(l.key))
	}
	if !l.anyValue {
		parts = append(parts, "value: "+show(l.value))
	}
	if l.at != nil {
		parts = append(parts, "at: "+strconv.FormatInt(*l.at, 10))
	}
	if len(l.headers) > 0 {
		h := map[string]any{}
		for k, v := range l.headers {
			h[k] = v
		}
		parts = append(parts, "headers: "+show(h))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// accepts says that got is what l expects.
func (l *line) accepts(got *line) bool {
	if !l.anyKey && !same(l.key, got.key) || !l.anyValue && !same(l.value, got.value) || l.at != nil && *l.at != *got.at {
		return false
	}
	for k, v := range l.headers {
		if h, ok := got.headers[k]; !ok || h != v {
			return false
		}
	}
	return true
}

// compare compares everything that the test expects.
func (r *runner) compare() {
	for _, e := range r.test.Expect {
		r.topic(e)
	}
	for _, s := range r.test.Stores {
		r.store(s)
	}
	if r.test.Dropped == nil {
		return
	}
	sum := r.skipped
	reasons := r.driver.Dropped()
	var list []string
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		sum += reasons[reason]
		list = append(list, fmt.Sprintf("%s: %d", reason, reasons[reason]))
	}
	if sum != *r.test.Dropped {
		text := ""
		if len(list) > 0 {
			text = " (" + strings.Join(list, ", ") + ")"
		}
		r.fail("dropped", r.test.KeyAt("dropped"), "%s dropped%s, not %d", count(int(sum), "record"), text, *r.test.Dropped)
	}
}

// topic compares what was written to a topic.
func (r *runner) topic(e *spec.Expected) {
	what := "expect." + e.Name
	records, came := r.written[e.Name]
	c, known := r.plan.Topics[e.Name]
	if !known && !came && !strings.HasPrefix(e.Name, r.plan.App+"-") && e.Name != r.plan.DLQ {
		r.fail(what, e.At(), "the job writes no topic %q: it writes %s", e.Name, strings.Join(sortedKeys(r.plan.Topics), ", "))
		return
	}
	got := make([]line, len(records))
	for i := range records {
		got[i] = lineOf(c, &records[i])
	}
	if e.Has("records") || e.Records != nil || !e.Has("last") && !e.Has("contains") && !e.Has("count") {
		if want, ok := r.lines(what, c, e.Records); ok {
			r.inOrder(what, e.At(), want, got)
		}
	}
	if e.Has("contains") {
		r.contains(what+".contains", c, e, got)
	}
	if e.Has("last") {
		r.last(what+".last", c, e, got)
	}
	if e.Count != nil && *e.Count != int64(len(got)) {
		r.fail(what+".count", e.KeyAt("count"), "%s came, not %d", count(len(got), "record"), *e.Count)
	}
}

func lineOf(c spec.Types, rec *driver.Record) line {
	l := line{key: decode(c.Key, rec.Key), value: decode(c.Value, rec.Value), at: &rec.Timestamp}
	if len(rec.Headers) > 0 {
		l.headers = map[string]string{}
		for _, h := range rec.Headers {
			l.headers[h.Key] = string(h.Value)
		}
	}
	return l
}

// lines are expected records; ok is false after a mistake in one.
func (r *runner) lines(what string, c spec.Types, records []*spec.Record) (list []line, ok bool) {
	for _, rec := range records {
		l := line{anyKey: !rec.Has("key"), anyValue: !rec.Has("value"), headers: rec.Headers, at: (*int64)(rec.At)}
		var err1, err2 error
		l.key, err1 = expected(c, rec.Key, true)
		l.value, err2 = expected(c, rec.Value, false)
		if err := cmp.Or(err1, err2); err != nil {
			r.fail(what, rec.Where.At(), "%v", err)
			return nil, false
		}
		list = append(list, l)
	}
	return list, true
}

// expected is a key or a value of a topic whose codecs may not be known: bytes then.
func expected(c spec.Types, v any, key bool) (any, error) {
	use, text := c.Value, false
	if key {
		use = c.Key
		if use != nil {
			_, isText := v.(string)
			text = isText && use.Name() != "json"
		}
	}
	if use != nil {
		return convert(use, v, text)
	}
	if s, ok := v.(string); ok {
		return []byte(s), nil
	}
	return v, nil
}

// inOrder compares all records, in order.
func (r *runner) inOrder(what string, at spec.Pos, want, got []line) {
	lines, differ := diff(want, got)
	if !differ {
		return
	}
	r.failures = append(r.failures, Failure{
		What: what, At: at, Message: fmt.Sprintf("%s expected, %d came", count(len(want), "record"), len(got)), Diff: lines,
	})
}

func (r *runner) contains(what string, c spec.Types, e *spec.Expected, got []line) {
	want, ok := r.lines(what, c, e.Contains)
	if !ok {
		return
	}
	left := slices.Clone(got)
	var missing []string
	for i := range want {
		at := slices.IndexFunc(left, func(l line) bool { return want[i].accepts(&l) })
		if at < 0 {
			missing = append(missing, "- "+want[i].show())
			continue
		}
		left = slices.Delete(left, at, at+1)
	}
	if len(missing) > 0 {
		for i := range left {
			missing = append(missing, "+ "+left[i].show())
		}
		r.failures = append(r.failures, Failure{What: what, At: e.KeyAt("contains"), Message: "some records did not come", Diff: missing})
	}
}

// last compares the last value of each key.
func (r *runner) last(what string, c spec.Types, e *spec.Expected, got []line) {
	var have []line
	for i := range got {
		at := slices.IndexFunc(have, func(l line) bool { return same(l.key, got[i].key) })
		if at >= 0 {
			have = slices.Delete(have, at, at+1)
		}
		have = append(have, line{key: got[i].key, value: got[i].value})
	}
	var want []line
	for _, k := range sortedKeys(e.Last) {
		key, err := expected(c, k, true)
		if err == nil && c.Key != nil && c.Key.Name() == "json" {
			key = k
			if v := fromText(c.Key, k); !slices.ContainsFunc(have, func(l line) bool { return same(any(k), l.key) }) {
				key = v
			}
		}
		value, err2 := expected(c, e.Last[k], false)
		if err := cmp.Or(err, err2); err != nil {
			r.fail(what, e.KeyAt("last"), "%v", err)
			return
		}
		want = append(want, line{key: key, value: value})
	}
	r.entries(what, e.KeyAt("last"), want, have)
}

// entries compares what is there by key, in any order.
func (r *runner) entries(what string, at spec.Pos, want, have []line) {
	var out []string
	left := slices.Clone(have)
	for i := range want {
		j := slices.IndexFunc(left, func(l line) bool { return same(want[i].key, l.key) })
		switch {
		case j < 0:
			out = append(out, "- "+entryOf(&want[i]))
			continue
		case !same(want[i].value, left[j].value) || want[i].at != nil && left[j].at != nil && *want[i].at != *left[j].at:
			out = append(out, "- "+entryOf(&want[i]), "+ "+entryOf(&left[j]))
		}
		left = slices.Delete(left, j, j+1)
	}
	for i := range left {
		out = append(out, "+ "+entryOf(&left[i]))
	}
	if len(out) > 0 {
		r.failures = append(r.failures, Failure{What: what, At: at, Message: fmt.Sprintf("%s expected, %d there", count(len(want), "key"), len(have)), Diff: out})
	}
}

// count is "1 key", "2 keys".
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func entryOf(l *line) string { return show(l.key) + ": " + show(l.value) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
