package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
)

// GoldenDir holds the recorded transcripts, relative to this package.
const GoldenDir = "testdata/traps"

// SaveGolden writes a transcript as NAME.json, or NAME.kq.json for kq's side
// of a row that differs on purpose.
func SaveGolden(row *Row, got []Event, ours bool) error {
	if err := os.MkdirAll(GoldenDir, 0o755); err != nil {
		return fmt.Errorf("save golden: %w", err)
	}
	return os.WriteFile(goldenPath(row, ours), encode(got), 0o644)
}

// CheckGolden compares a transcript with its golden and returns one line a
// difference: path, what Kafka said, what came.
func CheckGolden(row *Row, got []Event, ours bool) ([]string, error) {
	p, err := os.ReadFile(goldenPath(row, ours))
	if err != nil {
		return nil, fmt.Errorf("read golden: %w", err)
	}
	var want, have any
	if err := json.Unmarshal(p, &want); err != nil {
		return nil, fmt.Errorf("read golden %s: %w", row.Name, err)
	}
	if err := json.Unmarshal(encode(got), &have); err != nil {
		return nil, fmt.Errorf("encode transcript: %w", err)
	}
	return diff("", want, have), nil
}

// Goldens names the rows that have a golden on disk (without the kq.json ones).
func Goldens() ([]string, error) {
	files, err := filepath.Glob(filepath.Join(GoldenDir, "*.json"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		name := filepath.Base(f[:len(f)-len(".json")])
		if filepath.Ext(name) != ".kq" {
			names = append(names, name)
		}
	}
	return names, nil
}

func goldenPath(row *Row, ours bool) string {
	if ours {
		return filepath.Join(GoldenDir, row.Name+".kq.json")
	}
	return filepath.Join(GoldenDir, row.Name+".json")
}

// encode renders a transcript as a JSON array, keys sorted, one event a line.
func encode(events []Event) []byte {
	var out bytes.Buffer
	for i, e := range events {
		sep := ",\n"
		if i == 0 {
			sep = "[\n"
		}
		out.WriteString(sep)
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e); err != nil {
			return []byte(err.Error()) // not JSON: the comparison reports it
		}
		out.Write(bytes.TrimSpace(line.Bytes()))
	}
	out.WriteString("\n]\n")
	return out.Bytes()
}

// diff walks two JSON values and reports every leaf that differs.
func diff(path string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return diffMaps(path, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return diffLists(path, w, g)
		}
	}
	if reflect.DeepEqual(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: want %s, got %s", path, brief(want), brief(got))}
}

func diffMaps(path string, want, got map[string]any) []string {
	keys := map[string]bool{}
	for k := range want {
		keys[k] = true
	}
	for k := range got {
		keys[k] = true
	}
	names := make([]string, 0, len(keys))
	for k := range keys {
		names = append(names, k)
	}
	sort.Strings(names)
	var out []string
	for _, k := range names {
		out = append(out, diff(path+"."+k, want[k], got[k])...)
	}
	return out
}

func diffLists(path string, want, got []any) []string {
	var out []string
	for i := range min(len(want), len(got)) {
		out = append(out, diff(fmt.Sprintf("%s[%d]", path, i), want[i], got[i])...)
	}
	if len(want) != len(got) {
		out = append(out, fmt.Sprintf("%s: want %d elements, got %d", path, len(want), len(got)))
	}
	return out
}

func brief(v any) string {
	p, err := json.Marshal(v)
	if err != nil {
		return errors.Join(errors.New("not JSON"), err).Error()
	}
	if len(p) > 600 {
		return string(p[:600]) + "…"
	}
	return string(p)
}
