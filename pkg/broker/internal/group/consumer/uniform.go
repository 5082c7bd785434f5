package consumer

import (
	"slices"

	"kq/pkg/broker/internal/group/assign"
)

// topicPartition is one partition.
type topicPartition struct {
	topic     assign.TopicID
	partition int32
}

// assignUniform spreads the partitions over members that all subscribe to the same
// topics, and moves as few as it can (UniformHomogeneousAssignmentBuilder).
func (g *groupSpec) assignUniform() []assign.Assignment {
	topics := slices.Clone(g.members[0].topics)
	assign.HashSetOrder(topics, g.members[0].names, assign.HashID)
	out := make([]assign.Assignment, len(g.members))
	if len(topics) == 0 {
		for i := range out {
			out[i] = assign.Assignment{}
		}
		return out
	}
	total := 0
	subscribed := make(map[assign.TopicID]bool, len(topics))
	var free []topicPartition
	for _, t := range topics {
		subscribed[t] = true
		for p := range g.partitions[t] {
			if !g.assigned[t][p] {
				free = append(free, topicPartition{t, p})
			}
		}
		total += int(g.partitions[t])
	}
	least, extras := total/len(g.members), total%len(g.members)
	room := make([]int, len(g.members))
	for i := range g.members {
		quota, extra := least, extras > 0
		if extra {
			quota++
		}
		var given []topicPartition
		out[i], quota, given = keep(&g.members[i], subscribed, quota)
		free = append(free, given...)
		if quota > 0 && extra && len(g.members)-i > extras {
			quota, extra = quota-1, false // those who have more already may keep it
		}
		if extra {
			extras--
		}
		room[i] = quota
	}
	for i := range out {
		for ; room[i] > 0 && len(free) > 0; room[i]-- {
			out[i].Add(free[0].topic, free[0].partition)
			free = free[1:]
		}
	}
	return out
}

// keep is what a member keeps of its target, up to a quota of which the rest is
// told, and what it gives up for others.
func keep(m *assignee, subscribed map[assign.TopicID]bool, quota int) (kept assign.Assignment, rest int, given []topicPartition) {
	kept = make(assign.Assignment, len(m.target))
	old := m.target.Topics()
	assign.HashMapOrder(old, 0, assign.HashID)
	for _, t := range old {
		if !subscribed[t] {
			continue
		}
		ps := slices.Clone(m.target[t])
		if len(ps) <= quota {
			kept[t], quota = ps, quota-len(ps)
			continue
		}
		assign.HashSetOrder(ps, len(ps), func(p int32) int32 { return p })
		for _, p := range ps {
			if quota > 0 {
				quota--
				kept.Add(t, p)
			} else {
				given = append(given, topicPartition{t, p})
			}
		}
	}
	return kept, quota, given
}
