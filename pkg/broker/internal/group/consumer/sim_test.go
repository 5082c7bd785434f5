package consumer

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// simClient is a member as a client is one: it has what it was told to have, and lets
// go of partitions a while after it was told to.
type simClient struct {
	id, instance  string
	epoch         int32
	has, told     assign.Assignment
	topics        []string
	regex         string
	classic, lost bool
	generation    int32
}

// sim is a group with clients that do anything at any time.
type sim struct {
	*driver
	r       *rand.Rand
	clients map[string]*simClient
	n       int
}

// TestSimulation checks in every step that no partition has two owners, and that the
// group settles with all partitions assigned once everybody behaves.
func TestSimulation(t *testing.T) {
	seeds := []uint64{uint64(time.Now().UnixNano())}
	for seed := range uint64(40) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			s := &sim{driver: newDriver(t, grouptest.Topics("t1", "t2")), r: rand.New(rand.NewPCG(seed, 848)), clients: map[string]*simClient{}}
			if s.r.IntN(2) == 0 {
				s.config.AssignmentInterval = time.Second
			}
			for range 3 {
				for range 80 {
					s.anything()
					s.check()
				}
				s.settle()
			}
		})
	}
}

func (s *sim) some() *simClient {
	ids := slices.Sorted(maps.Keys(s.clients))
	if len(ids) == 0 {
		return nil
	}
	return s.clients[ids[s.r.IntN(len(ids))]]
}

func (s *sim) anything() {
	c := s.some()
	switch n := s.r.IntN(20); {
	case c == nil || n == 0 && len(s.clients) < 6:
		s.joinAny()
	case n == 1: // it dies without a word
		delete(s.clients, c.id)
	case n == 2:
		s.leave(c)
	case n == 3:
		name, n := fmt.Sprintf("t%d", s.r.IntN(4)), int32(s.r.IntN(6))
		if _, has, ok := s.topics.Topic(name); ok && n > 0 {
			n = max(n, has) // topics do not shrink
		}
		s.topics = s.topics.With(name, n)
	case n == 4 && !c.classic:
		c.topics, c.regex = s.subscription()
		s.beatOf(c, true)
	case n == 5:
		s.restart()
	case n == 6:
		s.refuse = kerr.NotCoordinator
	case n == 7:
		s.Now.UnixMs += int64(s.r.IntN(7_200_000)) - 3_600_000
	case n < 12:
		s.pass(time.Duration(s.r.IntN(20)) * time.Second)
	default:
		s.beatOf(c, s.r.IntN(4) == 0)
	}
}

func (s *sim) subscription() (topics []string, regex string) {
	switch s.r.IntN(4) {
	case 0:
		return []string{}, "t[12]"
	case 1:
		return []string{"t1"}, ""
	}
	return []string{"t1", "t2", "t3"}, ""
}

func (s *sim) joinAny() {
	s.n++
	c := &simClient{id: fmt.Sprintf("m%d", s.n), has: assign.Assignment{}}
	c.topics, c.regex = s.subscription()
	if s.r.IntN(4) == 0 {
		c.instance = fmt.Sprintf("i%d", s.n)
	}
	if s.r.IntN(4) == 0 {
		c.classic, c.instance, c.regex = true, "", ""
		if len(c.topics) == 0 {
			c.topics = []string{"t2"}
		}
		s.joinClassic(c)
		return
	}
	s.clients[c.id] = c
	s.beatOf(c, true)
}

// leave goes for good, or a static member comes back under another id.
func (s *sim) leave(c *simClient) {
	delete(s.clients, c.id)
	if c.classic {
		q := kmsg.NewPtrLeaveGroupRequest()
		q.Members = []kmsg.LeaveGroupRequestMember{{MemberID: c.id}}
		s.call(func(n int) any { return machine.Leave{Call: n, Request: q} })
		return
	}
	if c.instance == "" || s.r.IntN(2) == 0 {
		s.beat(beat{member: c.id, instance: c.instance, epoch: epochLeave})
		return
	}
	s.beat(beat{member: c.id, instance: c.instance, epoch: epochLeaveStatic})
	s.n++
	back := *c
	back.id, back.epoch, back.has = fmt.Sprintf("m%d", s.n), 0, assign.Assignment{}
	s.clients[back.id] = &back
	s.beatOf(&back, true)
}

// beatOf is a heartbeat, or what a classic member does instead.
func (s *sim) beatOf(c *simClient, full bool) {
	if c.classic {
		s.beatClassic(c)
		return
	}
	b := beat{member: c.id, instance: c.instance, epoch: c.epoch}
	if c.told != nil && s.r.IntN(3) > 0 { // it has got round to it
		c.has, c.told = c.told, nil
	}
	if full || c.epoch == 0 || c.lost {
		b.full, b.topics, b.regex = true, c.topics, c.regex
	}
	if c.epoch != 0 {
		b.owned = c.has
	} else {
		c.has, c.told = assign.Assignment{}, nil
	}
	r := s.beat(b)
	switch r.ErrorCode {
	case 0:
		if s.r.IntN(10) == 0 && c.epoch != 0 {
			c.lost = true
			return // the answer is lost: it says everything next time
		}
		c.lost = false
		c.epoch = r.MemberEpoch
		if a := assigned(r); a != nil {
			c.told = a
		}
	case kerr.NotCoordinator.Code: // it tries again
	default:
		c.epoch, c.has, c.told = 0, assign.Assignment{}, nil
		if r.ErrorCode == kerr.UnreleasedInstanceID.Code {
			delete(s.clients, c.id)
		}
	}
}

// check looks for partitions that two clients would read: none may have been told to
// have what another has not given back. A client that was removed does not count.
func (s *sim) check() {
	s.t.Helper()
	g, ok := s.m.(*Group)
	if !ok {
		return
	}
	owner := map[topicPartition]string{}
	for id, m := range g.members {
		for _, h := range []held{m.assigned, m.pending} {
			for t, ps := range h {
				for p := range ps {
					k := topicPartition{t, p}
					if other, ok := owner[k]; ok {
						s.t.Fatalf("members %s and %s both have partition %d", other, id, p)
					}
					owner[k] = id
					if g.owners[k] != id {
						s.t.Fatalf("member %s has partition %d, which is noted for %q", id, p, g.owners[k])
					}
				}
			}
		}
	}
	if len(owner) != len(g.owners) {
		s.t.Fatalf("%d partitions are noted, %d are had", len(g.owners), len(owner))
	}
	for id, c := range s.clients {
		m := g.members[id]
		if m == nil || c.classic || c.epoch != m.epoch {
			continue
		}
		for t, ps := range c.has {
			for _, p := range ps {
				if o := owner[topicPartition{t, p}]; o != id && o != "" {
					s.t.Fatalf("client %s still reads partition %d of %s", id, p, o)
				}
			}
		}
	}
}

// settle has everybody send heartbeats until nothing changes.
func (s *sim) settle() {
	s.t.Helper()
	s.refuse = nil
	if len(s.clients) == 0 {
		return
	}
	for range 60 {
		s.pass(4 * time.Second)
		for _, id := range slices.Sorted(maps.Keys(s.clients)) {
			if c := s.clients[id]; c != nil {
				s.beatOf(c, false)
				s.check()
			}
		}
	}
	g, ok := s.m.(*Group)
	if !ok || len(s.clients) == 0 {
		return
	}
	if len(g.members) != len(s.clients) || g.State() != Stable {
		s.t.Fatalf("%s with %d members, %d clients", g.State(), len(g.members), len(s.clients))
	}
	want := map[topicPartition]bool{}
	for _, m := range g.members {
		for t := range g.subscriptionIDs(m) {
			_, partitions, _ := s.topics.Topic(s.topics.TopicName(t))
			for p := range partitions {
				want[topicPartition{t, p}] = true
			}
		}
		if !m.assigned.partitions().Equal(g.target[m.id]) {
			s.t.Fatalf("member %s has %v, not %v", m.id, m.assigned, g.target[m.id])
		}
		if c := s.clients[m.id]; !c.classic && !c.has.Equal(g.target[m.id]) && c.told == nil {
			s.t.Fatalf("client %s has %v, not %v", m.id, c.has, g.target[m.id])
		}
	}
	for k := range want {
		if g.owners[k] == "" {
			s.t.Fatalf("nobody has partition %d of %s", k.partition, s.topics.TopicName(k.topic))
		}
	}
}
