package assign

import (
	"cmp"
	"maps"
	"slices"
)

// Task is something to assign.
type Task struct {
	ID       TaskID
	Stateful bool // has a changelog
	// End is the sum of the end offsets of its changelogs.
	End int64
}

// Member is one thread of one process.
type Member struct {
	ID string
	Subscription
}

// Request is the group to plan for.
type Request struct {
	Tasks   []Task
	Members []Member
	// Standbys is how many copies of the state each stateful task has beside the active one.
	Standbys int
	// Warmups is how many tasks may be warmed up elsewhere at a time (max.warmup.replicas).
	Warmups int
	// AcceptableLag is how many changelog records a process may be behind to
	// take a task at once (acceptable.recovery.lag).
	AcceptableLag int64
}

// Plan is what each member runs, by member id.
type Plan struct {
	Members map[string]*Assignment
	// Again is set where a task waits for its owner to give it up: the group
	// has to meet once more when it has.
	Again bool
}

// process is a process of the group with its share.
type process struct {
	id      string
	members []*Member
	load    int // active tasks
	bySub   map[int32]int
	standby int
	offsets map[TaskID]int64
}

func (p *process) add(id TaskID, n int) { p.load += n; p.bySub[id.Sub] += n }

// planner holds one run of Make.
type planner struct {
	req     *Request
	procs   []*process
	byID    map[string]*process
	owner   map[TaskID]*Member // who runs it now
	target  map[TaskID]*process
	active  map[TaskID]*process // target, or the one who keeps it while the target warms up
	standby map[TaskID][]*process
	warming map[TaskID]*process
	share   int // of a thread, of the tasks looked at so far
}

// Make plans the group. A task stays where it is unless that would leave
// processes uneven; a stateful one moves when the new process has nearly all
// of its state, and is warmed up there until then. A task never changes hands
// in one step: its owner gives it up first, and the next plan gives it away.
func Make(req *Request) *Plan {
	p := newPlanner(req)
	p.balance()
	p.place()
	p.copies()
	return p.plan()
}

func newPlanner(req *Request) *planner {
	p := &planner{
		req: req, byID: map[string]*process{}, owner: map[TaskID]*Member{}, target: map[TaskID]*process{},
		active: map[TaskID]*process{}, standby: map[TaskID][]*process{}, warming: map[TaskID]*process{},
	}
	members := make([]*Member, len(req.Members))
	for i := range req.Members {
		members[i] = &req.Members[i]
	}
	slices.SortFunc(members, func(a, b *Member) int {
		return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.Thread, b.Thread), cmp.Compare(a.ID, b.ID))
	})
	known := map[TaskID]bool{}
	for i := range req.Tasks {
		known[req.Tasks[i].ID] = true
	}
	for _, m := range members {
		pr := p.byID[m.Process]
		if pr == nil {
			pr = &process{id: m.Process, offsets: map[TaskID]int64{}, bySub: map[int32]int{}}
			p.byID[m.Process] = pr
			p.procs = append(p.procs, pr)
		}
		pr.members = append(pr.members, m)
		for id, n := range m.Offsets {
			if have, ok := pr.offsets[id]; !ok || n == Latest || (have != Latest && n > have) {
				pr.offsets[id] = n
			}
		}
		for _, id := range m.Owned {
			// Of two that claim a task the one of the later generation has it.
			if o := p.owner[id]; known[id] && (o == nil || o.Generation < m.Generation) {
				p.owner[id] = m
			}
		}
	}
	return p
}

// lag is how many changelog records of a task a process lacks.
func (p *planner) lag(t *Task, pr *process) int64 {
	n, ok := pr.offsets[t.ID]
	switch {
	case !t.Stateful, ok && n == Latest:
		return 0
	case !ok || n < 0:
		return max(t.End, 0)
	}
	return max(t.End-n, 0)
}

func (p *planner) caughtUp(t *Task, pr *process) bool { return p.lag(t, pr) <= p.req.AcceptableLag }

func (p *planner) tasks() []*Task {
	out := make([]*Task, len(p.req.Tasks))
	for i := range p.req.Tasks {
		out[i] = &p.req.Tasks[i]
	}
	slices.SortFunc(out, func(a, b *Task) int { return a.ID.Compare(b.ID) })
	return out
}

// balance gives each task a target: its owner where there is one, then the
// least loaded process; then it moves tasks from the most to the least loaded.
// Tasks with state come first, so that they are spread evenly too.
func (p *planner) balance() {
	if len(p.procs) == 0 {
		return
	}
	for _, stateful := range []bool{true, false} {
		var tasks []*Task
		for _, t := range p.tasks() {
			if t.Stateful == stateful {
				tasks = append(tasks, t)
			}
		}
		for _, t := range tasks {
			if o := p.owner[t.ID]; o != nil {
				p.setTarget(t.ID, p.byID[o.Process])
			}
		}
		p.share += (len(tasks) + len(p.req.Members) - 1) / len(p.req.Members)
		for _, t := range tasks {
			if p.target[t.ID] == nil {
				p.setTarget(t.ID, slices.MinFunc(p.procs, func(a, b *process) int { return p.prefer(t, a, b) }))
			}
		}
		for p.moveOne(tasks) {
		}
	}
}

func (p *planner) setTarget(id TaskID, pr *process) {
	if old := p.target[id]; old != nil {
		old.add(id, -1)
	}
	p.target[id] = pr
	pr.add(id, 1)
}

// prefer orders processes for a task that nobody runs: the one with its state,
// where that leaves nobody with more than its share, then the least loaded.
func (p *planner) prefer(t *Task, a, b *process) int {
	rank := func(pr *process) int64 {
		if pr.load >= p.share*len(pr.members) {
			return 1 << 62
		}
		return p.lag(t, pr)
	}
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		cmp.Compare(a.load*len(b.members), b.load*len(a.members)),
		cmp.Compare(a.bySub[t.ID.Sub], b.bySub[t.ID.Sub]),
		cmp.Compare(a.id, b.id))
}

// moveOne moves one of the tasks where that makes two processes more even.
func (p *planner) moveOne(tasks []*Task) bool {
	movable := map[*process]bool{}
	for _, t := range tasks {
		movable[p.target[t.ID]] = true
	}
	var from, to *process
	for _, a := range p.procs {
		for _, b := range p.procs {
			better := movable[a] && a.load*len(b.members) > (b.load+1)*len(a.members)
			if better && (from == nil || a.load*len(from.members) > from.load*len(a.members) ||
				(a == from && b.load*len(to.members) < to.load*len(b.members))) {
				from, to = a, b
			}
		}
	}
	if from == nil {
		return false
	}
	var best *Task
	for _, t := range tasks {
		if p.target[t.ID] == from && (best == nil || p.easier(t, best, from, to)) {
			best = t
		}
	}
	p.setTarget(best.ID, to)
	return true
}

// easier says that x is the better one to move: nobody runs it, or its state is
// there, or its sub-topology is spread less evenly.
func (p *planner) easier(x, y *Task, from, to *process) bool {
	if p.owner[x.ID] == nil != (p.owner[y.ID] == nil) {
		return p.owner[x.ID] == nil
	}
	if lx, ly := p.caughtUp(x, to), p.caughtUp(y, to); lx != ly {
		return lx
	}
	return from.bySub[x.ID.Sub]-to.bySub[x.ID.Sub] > from.bySub[y.ID.Sub]-to.bySub[y.ID.Sub]
}

// place decides who runs a task now: the target, or where that lacks the
// state and somebody else has it, that one, while the target warms up.
func (p *planner) place() {
	left := p.req.Warmups
	for _, t := range p.tasks() {
		to := p.target[t.ID]
		if to == nil {
			continue
		}
		p.active[t.ID] = to
		if p.caughtUp(t, to) {
			continue
		}
		var keep *process
		if o := p.owner[t.ID]; o != nil {
			keep = p.byID[o.Process]
		}
		for _, pr := range p.procs {
			if pr != to && p.caughtUp(t, pr) && (keep == nil || !p.caughtUp(t, keep)) {
				keep = pr
			}
		}
		if keep == nil || keep == to || !p.caughtUp(t, keep) {
			continue
		}
		p.active[t.ID] = keep
		if left > 0 {
			p.warming[t.ID] = to
			left--
		}
	}
}

// copies adds standbys: on processes that have some state already, then the least loaded.
func (p *planner) copies() {
	for _, t := range p.tasks() {
		if !t.Stateful || p.active[t.ID] == nil {
			continue
		}
		if w := p.warming[t.ID]; w != nil {
			p.standby[t.ID] = append(p.standby[t.ID], w)
			w.standby++
		}
		var free []*process
		for _, pr := range p.procs {
			if pr != p.active[t.ID] && pr != p.warming[t.ID] {
				free = append(free, pr)
			}
		}
		slices.SortFunc(free, func(a, b *process) int {
			_, hasA := a.offsets[t.ID]
			_, hasB := b.offsets[t.ID]
			return cmp.Or(cmp.Compare(no(hasA), no(hasB)),
				cmp.Compare((a.load+a.standby)*len(b.members), (b.load+b.standby)*len(a.members)), cmp.Compare(a.id, b.id))
		})
		for _, pr := range free[:min(p.req.Standbys, len(free))] {
			p.standby[t.ID] = append(p.standby[t.ID], pr)
			pr.standby++
		}
	}
}

func no(b bool) int {
	if b {
		return 0
	}
	return 1
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
