package share

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// simMember is what a client knows.
type simMember struct {
	epoch  int32
	has    assign.Assignment
	topics []string
}

// TestSimulation lets clients, topics, the share coordinator and the log do anything.
// At every step the records say what the group says; once everybody behaves, every
// partition is somebody's, and clients know what they have.
func TestSimulation(t *testing.T) {
	seeds := []uint64{uint64(time.Now().UnixNano())}
	for seed := range uint64(12) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			d := newDriver(t, grouptest.Topics("t1", "t2"))
			r := rand.New(rand.NewPCG(seed, 932))
			if r.IntN(2) == 0 {
				d.config.AssignmentInterval = time.Second
			}
			clients := map[string]*simMember{}
			for range 3 {
				for range 80 {
					d.anything(r, clients)
					d.sameAsLog()
				}
				d.settle(clients)
			}
		})
	}
}

func (d *driver) anything(r *rand.Rand, clients map[string]*simMember) {
	id := fmt.Sprintf("m%d", r.IntN(7))
	c := clients[id]
	switch n := r.IntN(20); {
	case n == 0:
		delete(clients, id)
	case n == 1 && c != nil:
		d.beat(beat{member: id, epoch: epochLeave})
		delete(clients, id)
	case n == 2:
		name, n := fmt.Sprintf("t%d", r.IntN(4)), int32(r.IntN(6))
		if _, has, ok := d.topics.Topic(name); ok && n > 0 {
			n = max(n, has) // topics do not shrink
		}
		d.topics = d.topics.With(name, n)
	case n == 3:
		d.do(d.g.Clean(d.Now))
	case n == 4:
		d.restart()
	case n == 5:
		d.refuse = kerr.NotCoordinator
	case n == 6:
		d.Now.UnixMs += int64(r.IntN(7_200_000)) - 3_600_000
	case n == 7 && len(d.asked) > 0:
		d.do(d.g.Uninitialized(d.Now, partitionsOf(d.asked[0])))
		d.asked = d.asked[1:]
	case n < 10 && len(d.asked) > 0:
		d.do(d.g.Initialized(d.Now, partitionsOf(d.asked[0])))
		d.asked = d.asked[1:]
	case n < 13:
		d.pass(time.Duration(r.IntN(20)) * time.Second)
	default:
		if c == nil {
			c = &simMember{has: assign.Assignment{}}
			clients[id] = c
		}
		if c.epoch == 0 || r.IntN(6) == 0 {
			c.topics = [][]string{{"t1"}, {"t1", "t2", "t3"}, {"t0", "t2"}}[r.IntN(3)]
		}
		d.beatOf(id, c, r.IntN(4) == 0)
	}
}

// beatOf is a heartbeat of a client, which believes what it is told.
func (d *driver) beatOf(id string, c *simMember, full bool) {
	b := beat{member: id, epoch: c.epoch}
	if full || c.epoch == 0 {
		b.topics = c.topics
	}
	r := d.beat(b)
	switch r.ErrorCode {
	case 0:
		c.epoch = r.MemberEpoch
		if a := assigned(r); a != nil {
			c.has = a
		}
	case kerr.NotCoordinator.Code:
	case kerr.UnknownMemberID.Code, kerr.FencedMemberEpoch.Code, kerr.GroupIDNotFound.Code:
		c.epoch, c.has = 0, assign.Assignment{}
	default:
		d.t.Fatalf("code %d: %s", r.ErrorCode, textOf(r.ErrorMessage))
	}
}

// sameAsLog compares the group with what a start would read.
func (d *driver) sameAsLog() {
	d.t.Helper()
	g := d.reload()
	if got, want := g.Describe(), d.g.Describe(); !reflect.DeepEqual(sorted(got), sorted(want)) {
		d.t.Fatalf("reads as %+v\nis       %+v", got, want)
	}
	if !g.Partitions().Equal(d.g.Partitions()) {
		d.t.Fatalf("states %v, in the log %v", d.g.Partitions(), g.Partitions())
	}
}

// settle lets everybody behave until nothing changes any more.
func (d *driver) settle(clients map[string]*simMember) {
	d.t.Helper()
	d.refuse = nil
	for range 12 {
		for id, c := range clients {
			d.beatOf(id, c, true)
		}
		d.made()
		d.pass(10 * time.Second)
	}
	d.do(d.g.Clean(d.Now))
	held := assign.Assignment{}
	for id, c := range clients {
		m := d.g.members[id]
		if m == nil || m.epoch != c.epoch || !m.assigned.Equal(c.has) {
			d.t.Fatalf("client %s believes %+v, is %+v", id, c, m)
		}
		for topic, ps := range c.has {
			for _, p := range ps {
				held.Add(topic, p)
			}
		}
	}
	want := assign.Assignment{}
	for name := range subscribed(d.viewMembers()) {
		if id, n, ok := d.topics.Topic(name); ok {
			want[id] = upTo(n)
		}
	}
	if !held.Equal(want) {
		d.t.Fatalf("held %v, want %v", held, want)
	}
}

func (d *driver) viewMembers() (out []*member) {
	for _, m := range d.g.members {
		out = append(out, m)
	}
	return out
}

// FuzzReplay loads any records and goes on from there: nothing of it may panic.
func FuzzReplay(f *testing.F) {
	d := newDriver(f, grouptest.Topics("t", "u"))
	d.beat(beat{member: "a", topics: []string{"t", "u"}})
	d.made()
	d.beat(beat{member: "a", epoch: 2})
	for _, r := range d.log {
		f.Add(r.Key, r.Value, []byte{}, []byte(nil))
	}
	f.Add(d.log[0].Key, d.log[0].Value, d.log[len(d.log)-1].Key, d.log[len(d.log)-1].Value)
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 []byte) {
		d := newDriver(t, grouptest.Topics("t", "u"))
		d.beat(beat{member: "a", topics: []string{"t"}})
		d.made()
		for _, r := range []machine.Record{{Key: k1, Value: v1}, {Key: k2, Value: v2}} {
			if k, err := staterec.ParseKey(r.Key); err == nil {
				_ = d.g.Replay(&k, r.Value)
			}
		}
		d.do(d.g.Step(d.Now, machine.Loaded{}))
		for id, m := range d.g.members {
			d.beat(beat{member: id, epoch: m.epoch})
			d.beat(beat{member: id, topics: []string{"t", "u"}})
		}
		d.do(d.g.Clean(d.Now))
		d.g.Describe()
		d.g.Info().Tombstones()
	})
}
