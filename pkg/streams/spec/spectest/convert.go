package spectest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"kq/pkg/streams/codec"
)

// errType is a value of a test that is not of its topic's type.
var errType = errors.New("wrong type")

// window is a windowed key as a test writes it; end is nil where it does not say.
type window struct {
	key   any
	start int64
	end   *int64
}

// convert turns what a test says into what c writes. text says that it was the
// key of a map, where numbers are texts.
func convert(c codec.Codec, v any, text bool) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch w := c.(type) {
	case codec.TimeWindowed:
		return windowed(w.Inner, v, func(start int64) *int64 { end := start + w.Size; return &end })
	case codec.CalendarWindowed:
		return windowed(w.Inner, v, func(start int64) *int64 { end := w.End(start); return &end })
	case codec.SessionWindowed:
		return windowed(w.Inner, v, func(int64) *int64 { return nil })
	case codec.WindowedJSON:
		return windowed(w.Inner, v, func(int64) *int64 { return nil })
	}
	if s, ok := v.(string); ok && text {
		v = fromText(c, s)
	}
	if c.Name() == "json" {
		return v, nil
	}
	if s, ok := v.(string); ok && c.Name() == "bytes" {
		if h, ok := strings.CutPrefix(s, "0x"); ok {
			if b, err := hex.DecodeString(h); err == nil {
				return b, nil
			}
		}
		return []byte(s), nil
	}
	if _, isText := v.(string); isText != (c.Name() == "string" || c.Name() == "uuid") {
		hint := ""
		if !isText {
			hint = "; put it between quotes"
		}
		return nil, fmt.Errorf("%w: %s is no %s%s", errType, show(v), c.Name(), hint)
	}
	b, err := c.Append(nil, v)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errType, show(v), err)
	}
	return c.Decode(b) // as it comes out again: a whole number for a double is one
}

// fromText reads the key of a map.
func fromText(c codec.Codec, s string) any {
	switch c.Name() {
	case "long", "int", "short":
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n
		}
	case "double", "float":
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	case "bool":
		if b, err := strconv.ParseBool(s); err == nil {
			return b
		}
	case "json":
		if v, err := (codec.JSON{}).Decode([]byte(s)); err == nil {
			return v
		}
	}
	return s
}

// windowed reads {key: …, start: …, end: …} or KEY@START or KEY@START/END.
func windowed(inner codec.Codec, v any, end func(start int64) *int64) (any, error) {
	form := fmt.Errorf("%w: %s is no windowed key: write KEY@START, KEY@START/END or {key: …, start: …, end: …}, in milliseconds since 1970", errType, show(v))
	w := window{}
	switch x := v.(type) {
	case string:
		i := strings.LastIndexByte(x, '@')
		if i < 0 {
			return nil, form
		}
		first, last, both := strings.Cut(x[i+1:], "/")
		start, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return nil, form
		}
		w.key, w.start, w.end = fromText(inner, x[:i]), start, end(start)
		if both {
			n, err := strconv.ParseInt(last, 10, 64)
			if err != nil {
				return nil, form
			}
			w.end = &n
		}
	case map[string]any:
		start, ok := x["start"].(int64)
		if !ok {
			return nil, form
		}
		w.key, w.start, w.end = x["key"], start, end(start)
		if n, ok := x["end"].(int64); ok {
			w.end = &n
		}
	default:
		return nil, form
	}
	key, err := convert(inner, w.key, false)
	w.key = key
	return w, err
}

// encode turns what a test gives into bytes; nil is null.
func encode(c codec.Codec, v any) ([]byte, error) {
	x, err := convert(c, v, false)
	if err != nil || x == nil {
		return nil, err
	}
	if w, ok := x.(window); ok {
		if w.end == nil {
			return nil, fmt.Errorf("%w: %s has no end", errType, show(v))
		}
		x = codec.Windowed{Key: codec.Of(w.key), Start: w.start, End: *w.end}
	}
	b, err := c.Append(nil, x)
	if b == nil && err == nil {
		b = []byte{}
	}
	return b, err
}

// decode is the value that bytes hold, as tests write it. What cannot be read is
// shown as bytes.
func decode(c codec.Codec, b []byte) any {
	if b == nil {
		return nil
	}
	if c == nil {
		return b
	}
	v, err := c.Decode(b)
	if err != nil {
		return b
	}
	if w, ok := v.(codec.Windowed); ok {
		key, err := w.Key.Any()
		if err != nil {
			return b
		}
		return window{key, w.Start, &w.End}
	}
	return v
}

// same says that what came is what was expected: numbers by their value, a window
// without an end is any of that start.
func same(want, got any) bool {
	switch w := want.(type) {
	case window:
		g, ok := got.(window)
		return ok && same(w.key, g.key) && w.start == g.start && (w.end == nil || g.end == nil || *w.end == *g.end)
	case int64:
		switch g := got.(type) {
		case int64:
			return w == g
		case float64:
			return float64(w) == g
		}
		return false
	case float64:
		switch g := got.(type) {
		case int64:
			return w == float64(g)
		case float64:
			return w == g || w != w && g != g
		}
		return false
	case []byte:
		g, ok := got.([]byte)
		return ok && string(w) == string(g)
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !same(w[i], g[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for k := range w {
			if x, ok := g[k]; !ok || !same(w[k], x) {
				return false
			}
		}
		return true
	}
	return want == got
}

// printable says that bytes are better shown as a text.
func printable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if r < ' ' {
			return false
		}
	}
	return true
}
