package assign_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"kq/pkg/streams/run/assign"
)

// group is a simulated application: members run what they are told.
type group struct {
	tasks   []assign.Task
	members map[string]*member
	gen     int32
	moves   int // of tasks that somebody ran
	req     assign.Request
}

type member struct {
	process string
	thread  int
	run     []assign.TaskID
	standby []assign.TaskID
	gen     int32
}

func newGroup(subs, parts int, stateful bool) *group {
	g := &group{members: map[string]*member{}, req: assign.Request{Warmups: 2, AcceptableLag: 10}}
	for s := range subs {
		for p := range parts {
			g.tasks = append(g.tasks, assign.Task{ID: assign.TaskID{Sub: int32(s), Partition: int32(p)}, Stateful: stateful, End: 1000})
		}
	}
	return g
}

func (g *group) request(local map[string]map[assign.TaskID]int64) *assign.Request {
	r := g.req
	r.Tasks = g.tasks
	for id, m := range g.members {
		s := assign.Subscription{Process: m.process, Thread: m.thread, Generation: m.gen, Owned: m.run, Offsets: map[assign.TaskID]int64{}, Endpoint: "host-" + m.process}
		for t, n := range local[m.process] {
			s.Offsets[t] = n
		}
		for _, t := range m.run {
			s.Offsets[t] = assign.Latest
		}
		r.Members = append(r.Members, assign.Member{ID: id, Subscription: s})
	}
	return &r
}

// round is one rebalance.
func (g *group) round(t *testing.T, local map[string]map[assign.TaskID]int64) *assign.Plan {
	t.Helper()
	req := g.request(local)
	plan := assign.Make(req)
	slices.SortFunc(req.Members, func(a, b assign.Member) int { return len(a.Owned) - len(b.Owned) })
	if again := assign.Make(req); !reflect.DeepEqual(plan, again) {
		t.Fatalf("the same group in another order got another plan:\n%v\n%v", plan, again)
	}
	owner := map[assign.TaskID]string{}
	for id, m := range g.members {
		for _, x := range m.run {
			owner[x] = id
		}
	}
	seen := map[assign.TaskID]bool{}
	for id, a := range plan.Members {
		for _, x := range a.Active {
			if o := owner[x]; o != "" && o != id {
				t.Fatalf("task %s goes to %s while %s runs it", x, id, o)
			}
			if seen[x] {
				t.Fatalf("task %s was given twice", x)
			}
			seen[x] = true
		}
	}
	g.gen++
	for id, m := range g.members {
		a := plan.Members[id]
		for _, x := range m.run {
			if !slices.Contains(a.Active, x) {
				g.moves++
			}
		}
		m.run, m.standby, m.gen = a.Active, a.Standby, g.gen
	}
	return plan
}

// settle runs rounds until nothing more moves.
func (g *group) settle(t *testing.T, local map[string]map[assign.TaskID]int64) int {
	t.Helper()
	for n := 1; n < 20; n++ {
		if !g.round(t, local).Again {
			return n
		}
	}
	t.Fatal("the group does not settle")
	return 0
}

func (g *group) check(t *testing.T) {
	t.Helper()
	perProcess, threads, total := map[string]int{}, map[string]int{}, 0
	for _, m := range g.members {
		perProcess[m.process] += len(m.run)
		threads[m.process]++
		total += len(m.run)
	}
	if total != len(g.tasks) && len(g.members) > 0 {
		t.Fatalf("%d of %d tasks run", total, len(g.tasks))
	}
	for a, na := range perProcess {
		for b, nb := range perProcess {
			if float64(na)/float64(threads[a]) > float64(nb+1)/float64(threads[b])+1e-9 {
				t.Fatalf("%s has %d tasks on %d threads, %s %d on %d", a, na, threads[a], b, nb, threads[b])
			}
		}
	}
	for id, m := range g.members {
		for id2, m2 := range g.members {
			if m.process == m2.process && len(m.run) > len(m2.run)+1 {
				t.Fatalf("thread %s has %d tasks, %s %d", id, len(m.run), id2, len(m2.run))
			}
		}
	}
}

func TestPlanSettlesEvenAndSticky(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		g := newGroup(1+r.IntN(3), 1+r.IntN(9), false)
		n := 0
		join := func() {
			n++
			p := fmt.Sprint("p", n)
			for th := range 1 + r.IntN(3) {
				g.members[fmt.Sprint(p, "-", th)] = &member{process: p, thread: th, gen: -1}
			}
		}
		leave := func() {
			if len(g.members) > 1 {
				ids := make([]string, 0)
				for id := range g.members {
					ids = append(ids, id)
				}
				slices.Sort(ids)
				delete(g.members, ids[r.IntN(len(ids))])
			}
		}
		join()
		for range 8 {
			if r.IntN(3) == 0 {
				leave()
			} else {
				join()
			}
			if rounds := g.settle(t, nil); rounds > 6 {
				t.Fatalf("%d rounds", rounds)
			}
			g.check(t)
			g.moves = 0
			g.settle(t, nil)
			if g.moves != 0 {
				t.Fatalf("%d tasks move in a group that has not changed", g.moves)
			}
		}
	}
}

func TestPlanKeepsTasksWithTheirState(t *testing.T) {
	g := newGroup(1, 4, true)
	g.req.Warmups = 1
	g.members["a"] = &member{process: "a", gen: -1}
	g.settle(t, nil)
	g.members["b"] = &member{process: "b", gen: -1}
	plan := g.round(t, nil)
	if len(g.members["a"].run) != 4 || len(g.members["b"].standby) != 1 || !plan.Members["a"].Probe || plan.Again {
		t.Fatalf("a runs %v, b warms up %v", g.members["a"].run, g.members["b"].standby)
	}
	warm := g.members["b"].standby[0]
	local := map[string]map[assign.TaskID]int64{"b": {warm: 995}}
	g.settle(t, local)
	if !slices.Contains(g.members["b"].run, warm) || len(g.members["b"].standby) != 1 || g.moves != 1 {
		t.Fatalf("b runs %v and warms up %v", g.members["b"].run, g.members["b"].standby)
	}
}

func TestPlanRestoresAtOnceWhereNobodyHasTheState(t *testing.T) {
	g := newGroup(2, 4, true)
	for _, p := range []string{"a", "b"} {
		g.members[p] = &member{process: p, gen: -1}
	}
	if plan := g.round(t, nil); plan.Again || plan.Members["a"].Probe {
		t.Fatal("an empty group waits for nobody")
	}
	g.check(t)
	delete(g.members, "b")
	g.round(t, nil)
	g.check(t)
}

func TestPlanStandbys(t *testing.T) {
	g := newGroup(1, 6, true)
	g.req.Standbys = 1
	for _, p := range []string{"a", "b", "c"} {
		g.members[p] = &member{process: p, gen: -1}
	}
	plan := g.round(t, nil)
	copies := map[assign.TaskID]int{}
	for id, m := range g.members {
		for _, s := range m.standby {
			if slices.Contains(m.run, s) {
				t.Fatalf("%s runs %s and keeps a standby of it", id, s)
			}
			copies[s]++
		}
	}
	if len(copies) != 6 {
		t.Fatalf("copies %v", copies)
	}
	if h := plan.Members["a"].Hosts; len(h) != 3 || len(h["host-b"].Active) != 2 {
		t.Fatalf("hosts %v", h)
	}
	// The owner dies: its tasks go where their standbys are.
	lost, where := g.members["a"].run, map[assign.TaskID]string{}
	local := map[string]map[assign.TaskID]int64{}
	for _, p := range []string{"b", "c"} {
		local[p] = map[assign.TaskID]int64{}
		for _, s := range g.members[p].standby {
			where[s] = p
			local[p][s] = 1000
		}
	}
	delete(g.members, "a")
	g.round(t, local)
	for _, x := range lost {
		if w := where[x]; len(g.members[w].run) <= 3 && !slices.Contains(g.members[w].run, x) {
			t.Errorf("task %s had a standby on %s, which runs %v", x, w, g.members[w].run)
		}
	}
}

func TestPlanSpreadsTasksWithStateEvenly(t *testing.T) {
	g := newGroup(2, 4, false)
	for i := range g.tasks {
		g.tasks[i].Stateful, g.tasks[i].End = g.tasks[i].ID.Sub == 1, 0
	}
	for _, p := range []string{"a", "b"} {
		g.members[p] = &member{process: p, gen: -1}
		g.settle(t, nil)
	}
	g.check(t)
	for p, m := range g.members {
		n := 0
		for _, x := range m.run {
			n += int(x.Sub)
		}
		if n != 2 {
			t.Errorf("%s runs %d of 4 tasks with state: %v", p, n, m.run)
		}
	}
}
