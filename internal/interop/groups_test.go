//go:build interop

package interop

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// groupKind is a library in one of its ways of being in a group.
type groupKind struct {
	library
	protocol, strategy string
}

func (k groupKind) String() string {
	return strings.Join([]string{k.name, k.protocol, k.strategy}, " ")
}

func groupKinds() (kinds []groupKind) {
	for _, l := range libraries() {
		if l.classic {
			kinds = append(kinds, groupKind{l, "classic", "range"})
		}
		if l.cooperative {
			kinds = append(kinds, groupKind{l, "classic", "cooperative-sticky"})
		}
		if l.consumer {
			kinds = append(kinds, groupKind{l, "consumer", "uniform"})
		}
	}
	return kinds
}

// TestGroups takes the members of every library through joins, clean leaves
// and the restart of a static member, while records are written: the
// partitions are always divided, a static member comes back without a
// rebalance, and every record is read once.
func TestGroups(t *testing.T) {
	s := startServer(t, t.TempDir())
	together(t, groupKinds(), groupKind.String, func(t *testing.T, k groupKind) {
		d := newDance(t, s, k)
		a := d.join("a", "")
		d.settle("a owns all partitions", a)
		b := d.join("b", "")
		d.settle("a and b share the partitions", a, b)
		a.stop(t)
		d.settle("b owns what a left", b)
		if k.static {
			d.restartStatic(b)
		}
		b.stop(t)
		d.finish()
	})
}

// danceParts is how many partitions the members share.
const danceParts = 4

// dance is one group on its way through TestGroups.
type dance struct {
	t       *testing.T
	kind    groupKind
	options map[string]string
	changed watch
	members []*worker
	writer  *kgo.Client
	written int
}

func newDance(t *testing.T, s *server, k groupKind) *dance {
	t.Helper()
	name := strings.ReplaceAll(k.String(), " ", "-")
	createWith(t, s.addr, name, danceParts)
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.addr), kgo.DefaultProduceTopic(name), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression())) // what every library can read
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return &dance{
		t: t, kind: k, changed: make(watch, 1), writer: cl,
		options: map[string]string{"bootstrap": s.addr, "topic": name, "group": name, "protocol": k.protocol, "strategy": k.strategy},
	}
}

// join starts a member, a static one when instance is set.
func (d *dance) join(name, instance string) *worker {
	d.t.Helper()
	o := maps.Clone(d.options)
	if instance != "" {
		o["instance"] = instance
	}
	w := d.kind.start(d.t, d.changed, name, "group", o)
	d.members = append(d.members, w)
	return w
}

// settle waits until the members divide all partitions among themselves, then
// writes records and waits until they are read.
func (d *dance) settle(what string, members ...*worker) {
	d.t.Helper()
	d.changed.until(d.t, 40*time.Second, what, func() bool { return divided(members) })
	for range 100 {
		d.writer.Produce(d.t.Context(), kgo.StringRecord(strconv.Itoa(d.written)), nil)
		d.written++
	}
	if err := d.writer.Flush(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	d.changed.until(d.t, 40*time.Second, fmt.Sprintf("%s and read %d records", what, d.written), func() bool { return len(d.reads()) == d.written })
}

// divided tells whether the members own disjoint partitions, everyone some, all together all.
func divided(members []*worker) bool {
	owner := map[int]bool{}
	for _, w := range members {
		own := w.owned()
		for _, p := range own {
			if owner[p] {
				return false
			}
			owner[p] = true
		}
		if len(own) == 0 {
			return false
		}
	}
	return len(owner) == danceParts
}

// reads counts how often each record was read.
func (d *dance) reads() map[string]int {
	seen := map[string]int{}
	for _, w := range d.members {
		for _, l := range w.said() {
			if f := strings.Fields(l); len(f) == 4 && f[0] == "r" {
				seen[f[3]]++
			}
		}
	}
	return seen
}

// restartStatic adds a static member beside b, stops it, and starts it again:
// it gets its partitions back and b sees no rebalance.
func (d *dance) restartStatic(b *worker) {
	d.t.Helper()
	first := d.join("static", "one")
	d.settle("b and a static member share the partitions", b, first)
	owned, changes := fmt.Sprint(first.owned()), b.changes()
	first.stop(d.t)
	again := d.join("static again", "one")
	d.settle("the static member is back", b, again)
	if got := fmt.Sprint(again.owned()); got != owned {
		d.t.Errorf("the static member owned %s, came back to %s", owned, got)
	}
	if got := b.changes(); got != changes {
		d.t.Errorf("the return of a static member moved partitions of the other: %s", b.brief())
	}
	again.stop(d.t)
	d.removeStatic("one") // or b would wait for the session's end
	d.settle("b owns all partitions again", b)
}

// removeStatic removes a static member as an administrator does.
func (d *dance) removeStatic(instance string) {
	d.t.Helper()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = d.options["group"]
	m := kmsg.NewLeaveGroupRequestMember()
	m.InstanceID = &instance
	req.Members = append(req.Members, m)
	resp, err := req.RequestWith(d.t.Context(), d.writer)
	if err != nil || resp.ErrorCode != 0 || len(resp.Members) != 1 || resp.Members[0].ErrorCode != 0 {
		d.t.Fatalf("remove static member %s: %v, %+v", instance, err, resp)
	}
}

// finish checks what was read, and that the group has committed all of it.
func (d *dance) finish() {
	d.t.Helper()
	for value, n := range d.reads() {
		if n != 1 {
			d.t.Errorf("record %s was read %d times", value, n)
		}
	}
	ends := endOffsets(d.t, d.writer, d.options["topic"], danceParts)
	if got := committedOffsets(d.t, d.writer, d.options["group"]); !maps.Equal(got, ends) {
		d.t.Errorf("committed %v, the partitions end at %v", got, ends)
	}
}

// committedOffsets asks for the offsets of a group that reads one topic.
func committedOffsets(t *testing.T, cl *kgo.Client, name string) map[int32]int64 {
	t.Helper()
	req := kmsg.NewPtrOffsetFetchRequest()
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = name
	req.Groups = append(req.Groups, group)
	resp, err := req.RequestWith(t.Context(), cl)
	if err != nil || len(resp.Groups) != 1 || resp.Groups[0].ErrorCode != 0 {
		t.Fatalf("fetch the offsets of group %s: %v, %+v", name, err, resp)
	}
	got := map[int32]int64{}
	for _, topic := range resp.Groups[0].Topics {
		for _, p := range topic.Partitions {
			got[p.Partition] = p.Offset
		}
	}
	return got
}

// endOffsets asks for the high watermarks of a topic.
func endOffsets(t *testing.T, cl *kgo.Client, topic string, partitions int32) map[int32]int64 {
	t.Helper()
	ends := map[int32]int64{}
	for p := range partitions {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		resp, err := listOffsets(7, topic, p, -1).RequestWith(ctx, cl)
		cancel()
		if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
			t.Fatalf("end of %s-%d: %v, %+v", topic, p, err, resp)
		}
		ends[p] = resp.Topics[0].Partitions[0].Offset
	}
	return ends
}
