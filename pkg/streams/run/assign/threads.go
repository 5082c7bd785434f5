package assign

import "slices"

// plan spreads each process's tasks over its threads and holds back those that
// somebody else still runs.
func (p *planner) plan() *Plan {
	out := &Plan{Members: map[string]*Assignment{}}
	for i := range p.req.Members {
		out.Members[p.req.Members[i].ID] = &Assignment{Version: wireVersion, Probe: len(p.warming) > 0}
	}
	perProcess := map[*process][]TaskID{}
	perStandby := map[*process][]TaskID{}
	for _, t := range p.tasks() {
		if a := p.active[t.ID]; a != nil {
			perProcess[a] = append(perProcess[a], t.ID)
		}
		for _, s := range p.standby[t.ID] {
			perStandby[s] = append(perStandby[s], t.ID)
		}
	}
	hosts := Hosts{}
	for _, pr := range p.procs {
		for id, m := range p.spread(pr, perProcess[pr]) {
			if o := p.owner[id]; o != nil && o.ID != m.ID {
				out.Again = true
				continue
			}
			a := out.Members[m.ID]
			a.Active = append(a.Active, id)
		}
		for i, id := range perStandby[pr] {
			a := out.Members[pr.members[i%len(pr.members)].ID]
			a.Standby = append(a.Standby, id)
		}
		var h HostTasks
		for _, m := range pr.members {
			a := out.Members[m.ID]
			sortTasks(a.Active)
			sortTasks(a.Standby)
			h.Active = append(h.Active, a.Active...)
			h.Standby = append(h.Standby, a.Standby...)
		}
		if e := pr.members[0].Endpoint; e != "" {
			hosts[e] = HostTasks{Active: sortTasks(h.Active), Standby: sortTasks(h.Standby)}
		}
	}
	for _, a := range out.Members {
		a.Hosts = hosts
	}
	return out
}

// spread gives a process's tasks to its threads: to the one that has it where
// that has room, then to the one with the fewest.
func (p *planner) spread(pr *process, tasks []TaskID) map[TaskID]*Member {
	out := make(map[TaskID]*Member, len(tasks))
	load := map[*Member]int{}
	// this many threads may have one more than the others
	least, extra := len(tasks)/len(pr.members), len(tasks)%len(pr.members)
	for _, id := range tasks {
		o := p.owner[id]
		if o == nil || o.Process != pr.id {
			continue
		}
		if load[o] == least && extra > 0 {
			extra--
		} else if load[o] >= least {
			continue
		}
		out[id] = o
		load[o]++
	}
	for _, id := range tasks {
		if out[id] != nil {
			continue
		}
		m := slices.MinFunc(pr.members, func(a, b *Member) int { return load[a] - load[b] })
		out[id] = m
		load[m]++
	}
	return out
}
