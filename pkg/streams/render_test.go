package streams_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kq/pkg/streams/driver"
	"kq/pkg/streams/state"
)

// rendered is bytes as the expected files have them: text as it is, all else as
// hex in angle brackets (Render.java does the same).
func rendered(b []byte) string {
	switch {
	case b == nil:
		return "<null>"
	case len(b) == 0:
		return "<>"
	}
	var out strings.Builder
	for i := 0; i < len(b); {
		end := i
		for end < len(b) && plain(b[end]) {
			end++
		}
		if end-i >= 3 || i == 0 && end > 0 {
			out.Write(b[i:end])
			i = end
			continue
		}
		out.WriteByte('<')
		for i < len(b) && !(i+3 <= len(b) && plain(b[i]) && plain(b[i+1]) && plain(b[i+2])) {
			fmt.Fprintf(&out, "%02x", b[i])
			i++
		}
		out.WriteByte('>')
	}
	return out.String()
}

func plain(c byte) bool { return c > 0x20 && c < 0x7f && c != '<' && c != '>' }

// recordLine is STEP: TIMESTAMP KEY VALUE HEADER=VALUE….
func recordLine(step int, r *driver.Record) string {
	ts := fmt.Sprint(r.Timestamp)
	if r.Timestamp < 0 {
		ts = "none"
	}
	line := fmt.Sprintf("%d: %s %s %s", step, ts, rendered(r.Key), rendered(r.Value))
	for _, h := range r.Headers {
		line += " " + h.Key + "=" + rendered(h.Value)
	}
	return line
}

// storeLines are the entries of a store, sorted.
func storeLines(t *testing.T, s state.Store) []string {
	t.Helper()
	lines := []string{}
	var err error
	switch s := s.(type) {
	case *state.KeyValue:
		err = s.Range(nil, nil, false, func(key, value []byte, ts int64) bool {
			lines = append(lines, fmt.Sprintf("%s %d %s", rendered(key), ts, rendered(value)))
			return true
		})
	case *state.Window:
		err = s.FetchAll(0, 1<<62, func(key []byte, start int64, value []byte, ts int64) bool {
			if s.Spec().Duplicates { // values of joins have no time of their own
				lines = append(lines, fmt.Sprintf("%s [%d) %s", rendered(key), start, rendered(value)))
				return true
			}
			lines = append(lines, fmt.Sprintf("%s [%d) %d %s", rendered(key), start, ts, rendered(value)))
			return true
		})
	case *state.Session:
		err = s.FindAll(0, 1<<62, func(key []byte, start, end int64, value []byte) bool {
			lines = append(lines, fmt.Sprintf("%s [%d,%d] %s", rendered(key), start, end, rendered(value)))
			return true
		})
	default:
		t.Fatalf("a store of type %T", s)
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

func TestRendered(t *testing.T) {
	for in, want := range map[string]string{
		"": "<>", "a": "a", "a b": "a<2062>", "ab\x00\x00": "ab<0000>", "\x00abc\x01ab": "<00>abc<016162>", "<x>": "<3c783e>", "\xe9": "<e9>",
	} {
		if got := rendered([]byte(in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	if got := rendered(nil); got != "<null>" {
		t.Error(got)
	}
}

// hexBytes is what {"hex": "00ff"} holds; ok is false for any other value.
func hexBytes(src []byte) (b []byte, ok bool) {
	var v struct {
		Hex *string `json:"hex"`
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if d.Decode(&v) != nil || v.Hex == nil {
		return nil, false
	}
	b = []byte{}
	_, err := fmt.Sscanf(*v.Hex, "%x", &b)
	return b, err == nil || *v.Hex == ""
}
