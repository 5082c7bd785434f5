package streams_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"kq/pkg/streams/driver"
	"kq/pkg/streams/spec"
	"kq/pkg/streams/topology"
)

// retriggerModel is the join of a stream with a versioned table whose updates
// trigger it again: Kafka Streams has none, so that this stands in its place.
// It keeps all that ever came.
type retriggerModel struct {
	left     bool
	back     int64 // how far behind stream time a record may be
	now      int64 // stream time
	versions map[string]map[int64]*string
	seen     map[string][]*seenRecord
}

// seenRecord is a record of the stream; matched is whether its last result was one of the inner join.
type seenRecord struct {
	ts      int64
	value   string
	header  string
	matched bool
}

// asOf is the table's value of a key at a time, nil for none.
func (m *retriggerModel) asOf(key string, ts int64) *string {
	var best *string
	at := int64(-1)
	for from, v := range m.versions[key] {
		if from <= ts && from > at {
			at, best = from, v
		}
	}
	return best
}

// next is when the version that begins at ts ends.
func (m *retriggerModel) next(key string, ts int64) int64 {
	end := int64(1) << 62
	for from := range m.versions[key] {
		if from > ts {
			end = min(end, from)
		}
	}
	return end
}

func (m *retriggerModel) result(key string, s *seenRecord) string {
	right := m.asOf(key, s.ts)
	value := "<null>"
	switch {
	case right != nil:
		value = s.value + "-" + *right
	case m.left:
		value = s.value + "-null"
	}
	s.matched = right != nil
	return fmt.Sprintf("%d %s %s h=%s", s.ts, key, value, s.header)
}

// stream takes a record of the stream and returns what follows from it.
func (m *retriggerModel) stream(key string, s *seenRecord) []string {
	m.now = max(m.now, s.ts)
	m.seen[key] = append(m.seen[key], s)
	slices.SortStableFunc(m.seen[key], func(a, b *seenRecord) int { return int(a.ts - b.ts) })
	if out := m.result(key, s); s.matched || m.left {
		return []string{out}
	}
	return nil
}

// table takes an update of the table; value is nil for a deletion.
func (m *retriggerModel) table(key string, value *string, ts int64) (out []string) {
	m.now = max(m.now, ts)
	if m.versions[key] == nil {
		m.versions[key] = map[int64]*string{}
	}
	m.versions[key][ts] = value
	end := m.next(key, ts)
	for _, s := range m.seen[key] {
		if s.ts < ts || s.ts >= end || s.ts < m.now-m.back {
			continue
		}
		had := s.matched
		if line := m.result(key, s); had || s.matched || m.left {
			out = append(out, line)
		}
	}
	return out
}

const retriggerJob = `
app: again
streams: {l: {topic: left, value: string}}
tables: {t: {topic: right, value: string, versioned: 1h}}
pipelines:
  joined:
    from: l
    steps:
      - %s: {table: t, as: 'left + "-" + (right ?? "null")', valueType: string, retrigger: %dms, store: again}
    to: {topic: out, value: string}
`

// TestRetrigger compares random inputs with the model, record by record.
func TestRetrigger(t *testing.T) {
	for _, op := range []string{"join", "leftJoin"} {
		for seed := range uint64(60) {
			back := int64(10 + 20*(seed%3))
			t.Run(fmt.Sprintf("%s/%dms/%d", op, back, seed), func(t *testing.T) {
				d := driverOf(t, fmt.Sprintf(retriggerJob, op, back), nil)
				m := &retriggerModel{left: op == "leftJoin", back: back, versions: map[string]map[int64]*string{}, seen: map[string][]*seenRecord{}}
				rng := rand.New(rand.NewPCG(seed, 11))
				clock := int64(100)
				for i := range 120 {
					clock += rng.Int64N(4)
					ts := clock
					if rng.IntN(2) == 0 {
						ts -= rng.Int64N(40)
					}
					key, value := string(rune('a'+rng.IntN(2))), fmt.Sprint(i)
					r := driver.Record{Key: []byte(key), Timestamp: ts, Headers: []topology.Header{{Key: "h", Value: []byte(value)}}}
					var want []string
					if rng.IntN(2) == 0 {
						r.Value = []byte("L" + value)
						pipe(t, d, "left", r)
						want = m.stream(key, &seenRecord{ts: ts, value: "L" + value, header: value})
					} else {
						var v *string
						// Kafka's store forgets a deletion that replaces a value of the same time.
						if rng.IntN(4) > 0 || m.versions[key][ts] != nil {
							v = &value
							r.Value = []byte(value)
						}
						pipe(t, d, "right", r)
						want = m.table(key, v, ts)
					}
					if got := plainLines(d.Output("out")); !slices.Equal(got, want) {
						t.Fatalf("step %d, stream time %d, at %d of %s: %s\ngot  %q\nwant %q", i, m.now, ts, key, r.Value, got, want)
					}
				}
			})
		}
	}
}

// driverOf runs a job written in YAML; counts are the partitions of its topics.
func driverOf(t *testing.T, src string, counts func(string) int32) *driver.Driver {
	t.Helper()
	d, err := driver.New(topologyOf(t, []byte(src), counts), driver.Options{App: "again"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func topologyOf(t *testing.T, src []byte, counts func(string) int32) *topology.Topology {
	t.Helper()
	job, err := spec.Parse("job", src, spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := job.Compile(spec.CompileOptions{Counts: counts})
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Topology
}

func pipe(t *testing.T, d *driver.Driver, topic string, r driver.Record) {
	t.Helper()
	if err := d.Pipe(topic, r); err != nil {
		t.Fatal(err)
	}
}

// plainLines are records as TIMESTAMP KEY VALUE HEADER=VALUE.
func plainLines(records []driver.Record) (out []string) {
	for i := range records {
		line := recordLine(0, &records[i])
		out = append(out, line[len("0: "):])
	}
	return out
}

// TestRetriggerInOrder sends every update of the table before the records that
// it concerns: nothing is joined twice, and the buffer is in a changelog.
func TestRetriggerInOrder(t *testing.T) {
	d := driverOf(t, fmt.Sprintf(retriggerJob, "leftJoin", 50), nil)
	logged := 0
	for i := range int64(40) {
		pipe(t, d, "right", driver.Record{Key: []byte("k"), Value: []byte("v"), Timestamp: 2 * i})
		if got := d.Output("out"); got != nil {
			t.Fatalf("an update in time order: %q", plainLines(got))
		}
		pipe(t, d, "left", driver.Record{Key: []byte("k"), Value: []byte("x"), Timestamp: 2*i + 1})
		if got := plainLines(d.Output("out")); !slices.Equal(got, []string{fmt.Sprintf("%d k x-v", 2*i+1)}) {
			t.Fatalf("%q", got)
		}
	}
	outputs := map[string]int{}
	for _, topic := range d.Topics() {
		outputs[topic] = len(d.Output(topic))
		if topic != "again-t-changelog" {
			logged += outputs[topic]
		}
	}
	if logged < 40 {
		t.Errorf("the buffer has no changelog: %v", maps.Collect(maps.All(outputs)))
	}
}
