package consumer

import (
	"testing"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
)

type goldenGroup struct {
	Assignor string
	Same     bool
	Topics   []struct {
		Name, ID   string
		Partitions int32
	}
	Members []struct {
		ID, Instance string
		Names        []string
		Target       map[string][]int32
	}
	Want []map[string][]int32
}

// TestAssignorsAsKafka compares with what the assignors of Kafka 4.3.1 did with the
// same random groups (testdata/Assignors.java).
func TestAssignorsAsKafka(t *testing.T) {
	grouptest.Golden(t, "testdata/assignors.jsonl", 150, func(n int, gg *goldenGroup) { checkGolden(t, n, gg) })
}

func checkGolden(t *testing.T, n int, gg *goldenGroup) {
	spec := groupSpec{same: gg.Same, partitions: make(map[assign.TopicID]int32), assigned: make(map[assign.TopicID]map[int32]bool)}
	ids := make(map[string]assign.TopicID)
	for _, tp := range gg.Topics {
		ids[tp.Name] = grouptest.TopicID(t, tp.ID)
		spec.partitions[ids[tp.Name]] = tp.Partitions
	}
	order := make([]string, 0, len(gg.Members))
	want := make(map[string]assign.Assignment)
	byID := make(map[string]assignee)
	for i, m := range gg.Members {
		a := assignee{id: m.ID, instance: m.Instance, names: len(m.Names), target: grouptest.Assignment(t, m.Target)}
		assign.HashSetOrder(m.Names, len(m.Names), assign.HashString)
		for _, name := range m.Names {
			if id, ok := ids[name]; ok {
				a.topics = append(a.topics, id)
			}
		}
		for id, ps := range a.target {
			if spec.assigned[id] == nil {
				spec.assigned[id] = make(map[int32]bool)
			}
			for _, p := range ps {
				spec.assigned[id][p] = true
			}
		}
		order, byID[m.ID], want[m.ID] = append(order, m.ID), a, grouptest.Assignment(t, gg.Want[i])
	}
	assign.HashMapOrder(order, 0, assign.HashString)
	for _, id := range order {
		spec.members = append(spec.members, byID[id])
	}
	for i, got := range spec.assign(gg.Assignor) {
		if id := spec.members[i].id; !got.Equal(want[id]) {
			t.Errorf("group %d (%s, same %v), member %s\ngot  %v\nwant %v", n, gg.Assignor, gg.Same, id, got, want[id])
		}
	}
}
