package streams_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// fewest is how many cases there are at least of each kind.
var fewest = map[string]int{
	"stream-stream": 45, "stream-table": 25, "table-table": 20, "windows": 60,
	"suppress": 20, "foreign-key": 25, "aggregates": 25, "formats": 30, "cache": 30,
}

// TestConformance replays what TopologyTestDriver of Kafka Streams did with the
// same jobs and the same records: raw bytes of every topic, internal ones
// too, with order, timestamps and headers, the stores at the end, how many
// records were dropped, and Topology#describe.
func TestConformance(t *testing.T) {
	all, departures := suites(t), readDepartures(t)
	for name, n := range fewest {
		if len(all[name]) < n {
			t.Errorf("%s has %d cases, want %d", name, len(all[name]), n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			for i := range all[name] {
				v := &all[name][i]
				t.Run(v.name, func(t *testing.T) {
					t.Parallel()
					want := &v.want
					if d := departures[name+": "+v.name]; d != nil {
						want = &d.expected
					}
					check(t, want, replay(t, v))
				})
			}
		})
	}
}

// check compares what came out of a case.
func check(t *testing.T, want *expected, got expected) {
	t.Helper()
	if want.Describe != nil {
		say(t, lineDiff("describe", want.Describe, got.Describe))
	}
	for _, topic := range keys(want.Out, got.Out) {
		say(t, lineDiff("topic "+topic, want.Out[topic], got.Out[topic]))
	}
	switch {
	case want.Failed == nil && got.Failed == nil:
	case want.Failed == nil || got.Failed == nil:
		t.Errorf("failed: %v, want %v", got.Failed != nil, want.Failed != nil)
	case *want.Failed != *got.Failed:
		t.Errorf("failed at step %d, want %d", *got.Failed, *want.Failed)
	}
	for _, store := range keys(want.Stores, got.Stores) {
		say(t, lineDiff("store "+store, want.Stores[store], got.Stores[store]))
	}
	if want.Dropped != got.Dropped {
		t.Errorf("%d records were dropped, want %d", got.Dropped, want.Dropped)
	}
}

func say(t *testing.T, difference string) {
	t.Helper()
	if difference != "" {
		t.Error(difference)
	}
}

func keys(a, b map[string][]string) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func lines(s string) []string { return strings.Split(s, "\n") }
