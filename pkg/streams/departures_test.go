package streams_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kq/internal/golden"
)

// mostDepartures is how many cases may differ from Kafka Streams.
const mostDepartures = 8

// departure is a case in which we differ on purpose: why, and what we give.
// What Kafka Streams gives is in the case's expected file.
type departure struct {
	Reason string `json:"reason"`
	expected
}

func readDepartures(t *testing.T) map[string]*departure {
	t.Helper()
	all := map[string]*departure{}
	readJSON(t, "departures.json", &all)
	return all
}

// TestDepartures finds departures that have no reason, that name no case, and
// those that are none any more. With -update it writes what we give.
func TestDepartures(t *testing.T) {
	departures, left := readDepartures(t), readDepartures(t)
	if len(departures) > mostDepartures {
		t.Errorf("%d cases depart from Kafka Streams, at most %d may", len(departures), mostDepartures)
	}
	for name, vs := range suites(t) {
		for i := range vs {
			d := departures[name+": "+vs[i].name]
			if d == nil {
				continue
			}
			delete(left, name+": "+vs[i].name)
			if golden.Update() {
				d.expected = replay(t, &vs[i])
				d.Describe = nil
			}
			theirs := vs[i].want
			theirs.Describe = nil
			if d.Reason == "" {
				t.Errorf("%s: no reason is given", vs[i].name)
			}
			if slices.Equal(marshal(t, &theirs), marshal(t, &d.expected)) {
				t.Errorf("%s: Kafka Streams does the same", vs[i].name)
			}
		}
	}
	for name := range left {
		t.Errorf("%q departs, but is no case", name)
	}
	if golden.Update() {
		writeDepartures(t, departures)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(" ", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

func writeDepartures(t *testing.T, all map[string]*departure) {
	t.Helper()
	var entries []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		entries = append(entries, " "+string(marshal(t, name))+": "+string(marshal(t, all[name])))
	}
	text := "{\n" + strings.Join(entries, ",\n") + "\n}\n"
	if err := os.WriteFile(filepath.Join(*vectors, "departures.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
