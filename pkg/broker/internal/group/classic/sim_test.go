package classic

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var simSeed = flag.Uint64("sim.seed", 0, "the seed of the simulation, 0 for a new one")

// The states of a simulated client.
const (
	simOut     = iota // has no member id, or was told that it is none
	simJoining        // waits for a JoinGroup
	simSyncing        // waits for a SyncGroup
	simIn             // has an assignment
	simDead           // sends nothing any more
)

// simClient is a client that behaves, until it crashes.
type simClient struct {
	name       string
	instance   *string
	id         string
	state      int
	call       string // that it waits for
	since      time.Duration
	generation int32
	leader     bool
	members    []string
	beat       time.Duration // of the last heartbeat
	topics     int
	version    int16
}

// sim is random clients of one group.
type sim struct {
	*rig
	rnd     *rand.Rand
	clients []*simClient
	names   int
	trace   []string
	// assigned is what each generation assigned to each member: nobody may be told
	// anything else.
	assigned map[int32]map[string]string
	stable   int
}

// TestSimulation runs random clients that join, leave, crash, come back and change
// their minds, with restarts and failed appends, and checks what must always hold.
func TestSimulation(t *testing.T) {
	seed := *simSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("replay with -sim.seed=%d", seed)
	for round := range uint64(40) {
		o := Options{MaxSize: 6}
		if round%2 == 1 {
			o.InitialRebalanceDelay = 500 * time.Millisecond
		}
		s := &sim{rig: newRig(t, o), rnd: rand.New(rand.NewPCG(seed, round)), assigned: map[int32]map[string]string{}}
		s.run(1500)
		if t.Failed() {
			t.Fatalf("seed %d round %d\n%v", seed, round, s.trace)
		}
		if s.stable == 0 {
			t.Errorf("seed %d round %d: the group was never stable: %s\n%v", seed, round, s.g, s.trace)
		}
	}
}

func (s *sim) say(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf("%v ", s.at)+fmt.Sprintf(format, args...)+"\n")
	if len(s.trace) > 60 {
		s.trace = s.trace[1:]
	}
}

func (s *sim) run(steps int) {
	for range steps {
		s.fail = nil
		if s.rnd.IntN(50) == 0 {
			s.fail = kerr.NotCoordinator
		}
		s.act()
		s.fail = nil
		s.pass(time.Duration(s.rnd.IntN(200)) * time.Millisecond)
		for _, c := range s.clients {
			if s.rnd.IntN(100) == 0 {
				s.fail = kerr.NotCoordinator
			}
			s.drive(c)
			s.fail = nil
		}
		s.clients = slices.DeleteFunc(s.clients, func(c *simClient) bool { return c.state == simDead })
		s.check()
		if s.t.Failed() {
			return
		}
	}
	s.quiesce()
}

// act is one thing that happens from outside.
func (s *sim) act() {
	var c *simClient
	if len(s.clients) > 0 {
		c = s.clients[s.rnd.IntN(len(s.clients))]
	}
	switch n := s.rnd.IntN(100); {
	case n < 8 && len(s.clients) < 9 || c == nil:
		s.names++
		c = &simClient{name: fmt.Sprintf("m%d", s.names), version: int16(s.rnd.IntN(10))}
		if s.rnd.IntN(3) == 0 {
			c.version, c.instance = 9, ptr(fmt.Sprintf("i%d", s.rnd.IntN(3)))
		}
		s.clients = append(s.clients, c)
		s.say("%s comes", c.name)
	case n < 12 && c.state != simDead:
		s.say("%s crashes", c.name)
		c.state = simDead
	case n < 15 && c.state == simIn:
		s.say("%s leaves", c.name)
		s.leave(kmsg.LeaveGroupRequestMember{MemberID: c.id, InstanceID: c.instance})
		c.state = simDead
	case n < 18 && c.state == simIn:
		s.say("%s changes its mind", c.name)
		c.topics++
		s.joinAgain(c)
	case n < 19 && s.g.state == Stable:
		s.say("restart")
		s.restart()
	case n < 20 && c.state == simIn && c.instance != nil:
		s.say("%s is started again", c.name)
		c.id, c.state = "", simOut
	}
}

// restart reads the group back; whoever waited has lost its connection.
func (s *sim) restart() {
	generation := s.g.generation
	s.reload()
	if s.g.generation != generation {
		s.t.Errorf("generation %d was read back as %d", generation, s.g.generation)
	}
	for _, c := range s.clients {
		if c.state == simJoining || c.state == simSyncing {
			c.state = simOut
		}
	}
}

func (s *sim) joinAgain(c *simClient) {
	q := joinReq(c.id, c.instance)
	q.Version = c.version
	q.SessionTimeoutMillis, q.RebalanceTimeoutMillis = 6000, 8000
	q.Protocols[0].Metadata = subscribe(fmt.Sprintf("topic-%d", c.topics))
	s.names++
	c.call = s.join(q, fmt.Sprintf("%s-%d", c.name, s.names))
	c.state, c.since = simJoining, s.at
}

// drive lets a client do what it has to.
func (s *sim) drive(c *simClient) {
	switch c.state {
	case simOut:
		s.joinAgain(c)
	case simJoining:
		if s.answers[c.call] != nil {
			s.onJoin(c, s.joined(c.call))
		}
	case simSyncing:
		if s.answers[c.call] != nil {
			s.onSync(c)
		}
	case simIn:
		if s.at-c.beat > 3*time.Second {
			c.beat = s.at
			s.lost(c, s.heartbeat(c.id, c.instance, c.generation))
		}
	}
}

// lost takes an error of a request of a member.
func (s *sim) lost(c *simClient, err *kerr.Error) {
	switch err {
	case nil:
	case kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.NotCoordinator:
		s.joinAgain(c)
	case kerr.FencedInstanceID, kerr.GroupMaxSizeReached:
		c.state = simDead
	default:
		c.id = ""
		s.joinAgain(c)
	}
}

func (s *sim) onJoin(c *simClient, r *kmsg.JoinGroupResponse) {
	switch err := kerr.TypedErrorForCode(r.ErrorCode); err {
	case nil:
	case kerr.MemberIDRequired:
		c.id = r.MemberID
		s.joinAgain(c)
		return
	default:
		s.say("%s joins: %v", c.name, err)
		s.lost(c, err)
		return
	}
	c.id, c.generation, c.leader = r.MemberID, r.Generation, r.LeaderID == r.MemberID
	c.members = nil
	for _, m := range r.Members {
		c.members = append(c.members, m.MemberID)
	}
	if c.leader && len(c.members) == 0 {
		s.t.Errorf("%s leads generation %d and does not know whom", c.name, c.generation)
	}
	if s.rnd.IntN(30) == 0 {
		s.say("%s crashes before it syncs", c.name)
		c.state = simDead
		return
	}
	var pairs []string
	if c.leader && !r.SkipAssignment {
		for _, m := range c.members {
			pairs = append(pairs, m, fmt.Sprintf("%d to %s", c.generation, m))
		}
	}
	c.call = s.sync(c.id, c.generation, assign(pairs...), func(q *kmsg.SyncGroupRequest) { q.InstanceID = c.instance })
	c.state, c.since = simSyncing, s.at
}

func (s *sim) onSync(c *simClient) {
	r := s.synced(c.call)
	if err := kerr.TypedErrorForCode(r.ErrorCode); err != nil {
		s.say("%s syncs: %v", c.name, err)
		s.lost(c, err)
		return
	}
	of := s.assigned[c.generation]
	if of == nil {
		of = map[string]string{}
		s.assigned[c.generation] = of
	}
	key := c.id
	if c.instance != nil {
		key = *c.instance // its next life has the same
	}
	got := string(r.MemberAssignment)
	if was, ok := of[key]; ok && was != got {
		s.t.Errorf("%s was assigned %q and then %q", key, was, got)
	}
	of[key] = got
	c.state, c.beat = simIn, s.at
}

// check is what always holds.
func (s *sim) check() {
	g, t := s.g, s.t
	awaiting := 0
	for _, m := range g.order {
		if m.join != nil {
			awaiting++
		}
		if g.members[m.id] != m || m.instance != nil && g.static[*m.instance] != m.id {
			t.Errorf("%s is not where it should be", m.id)
		}
		if m.sync != nil && g.state != CompletingRebalance {
			t.Errorf("%s waits for an assignment in %s", m.id, g.state)
		}
		if m.join != nil && g.state != PreparingRebalance {
			t.Errorf("%s waits for a generation in %s", m.id, g.state)
		}
		if _, ok := s.timers[sessionKey(m.id)]; !ok && !m.alive() && !g.waitsFor(m) {
			t.Errorf("%s has no session and waits for nothing", m.id)
		}
	}
	for id := range g.pending {
		if _, ok := s.timers[sessionKey(id)]; !ok {
			t.Errorf("pending %s never expires", id)
		}
	}
	if awaiting != g.awaiting || len(g.order) != len(g.members) {
		t.Errorf("%d of %d members wait, counted %d of %d", awaiting, len(g.order), g.awaiting, len(g.members))
	}
	if (g.state == Stable || g.state == CompletingRebalance) && g.members[g.leader] == nil {
		t.Errorf("%s has leader %q, who is no member", g, g.leader)
	}
	if g.state == Empty && len(g.members) > 0 || g.state != Empty && g.state != PreparingRebalance && len(g.members) == 0 {
		t.Errorf("%s", g)
	}
	if _, ok := s.timers[joinKey]; !ok && g.state == PreparingRebalance {
		t.Errorf("%s waits for ever", g)
	}
	if _, ok := s.timers[syncKey]; !ok && g.state == CompletingRebalance {
		t.Errorf("%s waits for ever", g)
	}
	if g.state == Stable {
		s.stable++
	}
	for _, c := range s.clients {
		if c.state == simJoining && s.answers[c.call] == nil && s.at-c.since > 40*time.Second {
			t.Fatalf("%s waits for its join since %v: %s\n%v", c.name, c.since, g, s.trace)
		}
		if c.state == simSyncing && s.answers[c.call] == nil && s.at-c.since > 20*time.Second {
			t.Fatalf("%s waits for its assignment since %v: %s\n%v", c.name, c.since, g, s.trace)
		}
	}
}

// waitsFor says that a member without a session is waited for by the group's own
// timers: it was away while its session ran out.
func (g *Group) waitsFor(m *member) bool { return g.state == PreparingRebalance || g.unsynced[m.id] }

// quiesce lets nothing happen any more: those that live are in one generation.
func (s *sim) quiesce() {
	for range 600 {
		s.pass(100 * time.Millisecond)
		for _, c := range s.clients {
			s.drive(c)
		}
		s.check()
	}
	for _, c := range s.clients {
		if c.state == simDead {
			continue
		}
		if c.state != simIn || c.generation != s.g.generation || s.g.state != Stable {
			s.t.Errorf("%s is in state %d of generation %d in the end: %s", c.name, c.state, c.generation, s.g)
		}
	}
}
