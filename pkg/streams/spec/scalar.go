package spec

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// Expr is the source of an expression, "" where there is none.
type Expr string

// Size is a number of bytes: 0B, 512KB, 10MB, 1GB (powers of 1024).
type Size int64

// Time is milliseconds since 1970, written as such, as RFC 3339 or as a duration since then.
type Time int64

// decodeScalar reads texts, numbers, booleans, durations and sizes.
func (f *file) decodeScalar(n *yaml.Node, v reflect.Value, tag fieldTag) {
	if n.Kind != yaml.ScalarNode {
		hint := ""
		if v.Type() == reflect.TypeFor[Expr]() {
			hint = "put the expression between single quotes: '{\"a\": value.a}'"
		}
		f.wrong(n, hint, "%sis %s, not %s", label(tag), kindOf(n), scalarName(v))
		return
	}
	text := f.interpolate(n)
	changed := text != n.Value
	switch {
	case v.Type() == durationType:
		d, err := parseDuration(text)
		if strings.HasPrefix(text, "-") && tag.negative {
			d, err = parseDuration(text[1:])
			d = -d
		}
		f.set(n, err, func() { v.SetInt(int64(d)) }, tag)
	case v.Type() == reflect.TypeFor[Size]():
		s, err := parseSize(text)
		f.set(n, err, func() { v.SetInt(int64(s)) }, tag)
	case v.Type() == reflect.TypeFor[Time]():
		t, err := parseTime(text)
		f.set(n, err, func() { v.SetInt(int64(t)) }, tag)
	case v.Type() == reflect.TypeFor[Expr]():
		if strings.TrimSpace(text) == "" {
			f.wrong(n, "", "%sis empty, not an expression", label(tag))
		}
		v.SetString(text)
	case v.Kind() == reflect.String:
		f.decodeText(n, text, v, tag)
	case v.Kind() == reflect.Bool:
		b, ok := map[string]bool{"true": true, "false": false}[text]
		if !ok || n.Style&quoted != 0 && !changed {
			f.wrong(n, "", "%sis %s, not true or false", label(tag), kindOf(n))
			return
		}
		v.SetBool(b)
	default:
		f.decodeInt(n, text, v, tag)
	}
}

const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle

func (f *file) set(n *yaml.Node, err error, set func(), tag fieldTag) {
	if err != nil {
		f.wrong(n, "", "%s%v", label(tag), err)
		return
	}
	set()
}

func (f *file) decodeText(n *yaml.Node, text string, v reflect.Value, tag fieldTag) {
	switch {
	case n.ShortTag() != "!!str" && text == n.Value:
		f.wrong(n, fmt.Sprintf("quote it: %q", text), "%sis %s, not a text", label(tag), kindOf(n))
	case text == "":
		f.wrong(n, "", "%sis empty", label(tag))
	case len(tag.enum) > 0 && !slices.Contains(tag.enum, text):
		f.wrong(n, suggest(text, tag.enum), "%s%q is none of %s", label(tag), clip(text), strings.Join(tag.enum, ", "))
	case tag.pattern != "" && !regexp.MustCompile(tag.pattern).MatchString(text):
		f.wrong(n, "letters, digits, dots, underscores and dashes", "%s%q is no name", label(tag), clip(text))
	}
	v.SetString(text)
}

func (f *file) decodeInt(n *yaml.Node, text string, v reflect.Value, tag fieldTag) {
	i, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 64)
	switch {
	case err != nil || n.Style&quoted != 0 && text == n.Value || v.OverflowInt(i) || i > math.MaxInt32 && v.Kind() == reflect.Int:
		f.wrong(n, "", "%sis %s, not a whole number", label(tag), kindOf(n))
		return
	case tag.min != "":
		if least, _ := strconv.ParseInt(tag.min, 10, 64); i < least {
			f.wrong(n, "", "%sis %d, the least is %d", label(tag), i, least)
		}
	}
	v.SetInt(i)
}

func scalarName(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return "a duration"
	case v.Type() == reflect.TypeFor[Size]():
		return "a size"
	case v.Type() == reflect.TypeFor[Time]():
		return "a time"
	case v.Type() == reflect.TypeFor[Expr]():
		return "an expression"
	case v.Kind() == reflect.String:
		return "a text"
	case v.Kind() == reflect.Bool:
		return "true or false"
	}
	return "a whole number"
}

var (
	durationForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{1,12}(ms|s|m|h|d))+$`) })
	durationPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(\d+)(ms|s|m|h|d)`) })
	sizeForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{1,12})(B|KB|MB|GB)$`) })
)

// parseDuration reads 500ms, 5s, 10m, 24h, 7d and sums as 1h30m.
func parseDuration(s string) (time.Duration, error) {
	if !durationForm().MatchString(s) {
		return 0, fmt.Errorf("%q is no duration, as 500ms, 5s, 10m, 24h, 7d or 1h30m", clip(s))
	}
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	var sum time.Duration
	for _, m := range durationPart().FindAllStringSubmatch(s, -1) {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		if d := time.Duration(n); d > (math.MaxInt64-sum)/units[m[2]] {
			return 0, fmt.Errorf("%q is too long: at most about 292 years", s)
		}
		sum += time.Duration(n) * units[m[2]]
	}
	return sum, nil
}

// parseSize reads 0B, 512KB, 10MB, 1GB.
func parseSize(s string) (Size, error) {
	m := sizeForm().FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is no size, as 0B, 512KB, 10MB or 1GB", clip(s))
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]int64{"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}[m[2]]
	if n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is too large", s)
	}
	return Size(n * unit), nil
}

// parseTime reads milliseconds, RFC 3339, a date, and durations since 1970.
func parseTime(s string) (Time, error) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return Time(ms), nil
	}
	if d, err := parseDuration(s); err == nil {
		return Time(d.Milliseconds()), nil
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return Time(t.UnixMilli()), nil
		}
	}
	return 0, fmt.Errorf("%q is no time: it is milliseconds since 1970, RFC 3339, or a duration since 1970 as 5s", clip(s))
}

// any is the value of a node as JSON has them: nil, bool, int64, float64,
// string, []any, map[string]any.
func (f *file) any(n *yaml.Node) any {
	if f.left--; f.left <= 0 {
		return nil
	}
	n = resolve(n)
	switch n.Kind {
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, f.any(c))
		}
		return out
	case yaml.MappingNode:
		out := map[string]any{}
		f.eachKey(n, func(key, value *yaml.Node) { out[key.Value] = f.any(value) })
		return out
	}
	text := f.interpolate(n)
	if n.Style&(quoted|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return text
	}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	var v any
	switch plain.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		if plain.Decode(&v) != nil {
			return text
		}
	default:
		return text // a date too
	}
	switch x := v.(type) {
	case int:
		return int64(x)
	case uint64:
		return float64(x)
	}
	return v
}
