package streams_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"kq/pkg/streams/topology"
)

// ofJoin is the beginning of a join that needs equal partition counts.
var ofJoin = regexp.MustCompile(`(\{"(?:join|leftJoin|outerJoin)":\{)("(?:stream|table)":"[a-z]+",")`)

// TestCopartitionAuto replays the joins of the conformance cases with topics of
// four and two partitions. Kafka Streams refuses them; with copartition: auto
// their results are those of equal topics, through one more repartition topic
// of four partitions.
func TestCopartitionAuto(t *testing.T) {
	for _, name := range []string{"stream-stream", "stream-table", "table-table"} {
		for _, few := range []string{"left", "right"} {
			t.Run(name+"/fewer "+few, func(t *testing.T) {
				counts := func(topic string) int32 {
					if topic == few {
						return 2
					}
					return 4
				}
				moved := 0
				vs := suites(t)[name]
				for i := range vs {
					if autoCase(t, &vs[i], counts) {
						moved++
					}
				}
				if moved < 20 {
					t.Errorf("only %d joins went through a topic more", moved)
				}
			})
		}
	}
}

// autoCase replays a case with and without copartition: auto; it tells whether the case has such a join.
func autoCase(t *testing.T, v *vector, counts func(string) int32) bool {
	t.Helper()
	auto := *v
	auto.job = ofJoin.ReplaceAll(v.job, []byte(`$1"copartition":"auto",$2`))
	plain := topologyOf(t, v.job, nil)
	_, err := plain.Resolve(counts)
	var refused *topology.CopartitionError
	if !errors.As(err, &refused) || v.want.Failed != nil {
		return false // keys that change anyway, nothing that is joined, or a departure
	}
	for _, word := range []string{"has 4 partitions", "has 2 partitions"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q does not say %q", v.name, err, word)
		}
	}
	wide := topologyOf(t, auto.job, counts)
	p, err := wide.Resolve(counts)
	if err != nil {
		t.Errorf("%s: %v", v.name, err)
		return true
	}
	if len(wide.Repartitions) != len(plain.Repartitions)+1 {
		t.Errorf("%s: %d repartition topics, %d without auto", v.name, len(wide.Repartitions), len(plain.Repartitions))
	}
	for topic, n := range p.Internal {
		if n != 4 {
			t.Errorf("%s: %s has %d partitions", v.name, topic, n)
		}
	}
	auto.counts = counts
	got := replay(t, &auto)
	if diff := lineDiff(fmt.Sprintf("%s: topic out", v.name), v.want.Out["out"], got.Out["out"]); diff != "" {
		t.Error(diff)
	}
	return true
}
