package run

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/topology"
)

// grow gives a topic more partitions.
func grow(t *testing.T, cl *kgo.Client, topic string, to int) {
	t.Helper()
	if _, err := kadm.NewClient(cl).UpdatePartitions(t.Context(), to, topic); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, steps func(b *dsl.Builder)) *topology.Topology {
	t.Helper()
	b := dsl.NewBuilder()
	steps(b)
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func text() dsl.Consumed { return dsl.Consumed{Key: codec.String{}, Value: codec.String{}} }

// TestInputsGrow: partitions that an input gets while two instances run are read
// by new tasks; what is behind a repartition topic of a fixed size stays.
func TestInputsGrow(t *testing.T) {
	b := broker(t, "lines:1", "copy:1", "counts:1")
	cl := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	top := func() *topology.Topology {
		return build(t, func(b *dsl.Builder) {
			s := b.Stream([]string{"lines"}, text())
			s.To("copy", dsl.Produced{})
			s.Repartition(dsl.Repartitioned{Name: "two", Partitions: 2}).GroupByKey(dsl.Grouped{}).
				Count(dsl.Materialized{Store: "counts"}).ToStream().To("counts", dsl.Produced{})
		})
	}
	tune := func(o *Options) { o.Refresh = 50 * time.Millisecond }
	one, two := start(t, b, top(), tune), start(t, b, top(), tune)
	until(t, "three tasks run", func() bool { return one.active()+two.active() == 3 })
	grow(t, cl, "lines", 4)
	until(t, "six tasks run on both", func() bool { return one.active()+two.active() == 6 && one.active() > 1 && two.active() > 1 })
	for p := range int32(4) {
		r := &kgo.Record{Topic: "lines", Partition: p, Key: []byte("k"), Value: fmt.Appendf(nil, "from %d", p)}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	read(t, b, "counts", func(got *table) bool { return got.last["k"] == 4 })
	read(t, b, "copy", func(got *table) bool { return got.n == 4 })
	one.stop(t)
	two.stop(t)
}

// TestInternalTopicsDoNotGrow: where an internal topic would need more partitions
// the application ends and names it with both counts, as Kafka's does.
func TestInternalTopicsDoNotGrow(t *testing.T) {
	for name, c := range map[string]struct {
		steps func(b *dsl.Builder)
		want  string
	}{
		"changelog": {func(b *dsl.Builder) {
			b.Stream([]string{"lines"}, text()).GroupByKey(dsl.Grouped{}).Count(dsl.Materialized{Store: "counts"}).ToStream().To("counts", dsl.Produced{})
		}, "app-counts-changelog has 1, the topology needs 3"},
		"repartition": {func(b *dsl.Builder) {
			b.Stream([]string{"lines"}, text()).GroupBy(func(r *topology.Record) (codec.Value, error) { return r.Value, nil }, dsl.Grouped{Name: "words"}).
				Count(dsl.Materialized{Store: "counts"}).ToStream().To("counts", dsl.Produced{})
		}, "app-words-repartition has 1, the topology needs 3"},
	} {
		t.Run(name, func(t *testing.T) {
			b := broker(t, "lines:1", "counts:1")
			i := start(t, b, build(t, c.steps), func(o *Options) { o.Refresh = 20 * time.Millisecond })
			until(t, "it runs", func() bool { return i.active() > 0 })
			grow(t, client(t, b), "lines", 3)
			err := <-i.done
			i.done <- err
			if !errors.Is(err, ErrPartitions) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestJoinedInputsGrow: of two topics that are joined one gets its partitions
// first; the application goes on when the other has them.
func TestJoinedInputsGrow(t *testing.T) {
	b := broker(t, "lines:1", "names:1", "joined:1")
	cl := client(t, b)
	i := start(t, b, build(t, func(b *dsl.Builder) {
		names := b.Table("names", text(), dsl.Materialized{Store: "names", Unlogged: true})
		b.Stream([]string{"lines"}, text()).JoinTable(names, func(_, left, _ *codec.Value) (codec.Value, error) { return *left, nil }, dsl.Joined{}).To("joined", dsl.Produced{})
	}), func(o *Options) { o.Refresh = 200 * time.Millisecond })
	until(t, "it runs", func() bool { return i.active() == 1 })
	grow(t, cl, "lines", 2)
	grow(t, cl, "names", 2)
	until(t, "two tasks run", func() bool { return i.active() == 2 })
	grow(t, cl, "lines", 3)
	err := <-i.done
	i.done <- err
	var differ *topology.CopartitionError
	if !errors.As(err, &differ) || !strings.Contains(err.Error(), "lines") || !strings.Contains(err.Error(), "names") {
		t.Errorf("%v", err)
	}
}
