package share

import (
	"testing"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
)

type goldenGroup struct {
	Same   bool
	Topics []struct {
		Name, ID   string
		Partitions int32
		Assignable []int32
	}
	Members []struct {
		ID     string
		Names  []string
		Target map[string][]int32
	}
	Want []map[string][]int32
}

// TestAssignorAsKafka compares with what Kafka 4.3.1's SimpleAssignor did with the
// same random groups (testdata/Simple.java).
func TestAssignorAsKafka(t *testing.T) {
	grouptest.Golden(t, "testdata/simple.jsonl", 150, func(n int, gg *goldenGroup) { checkGolden(t, n, gg) })
}

func checkGolden(t *testing.T, n int, gg *goldenGroup) {
	s := spec{same: gg.Same, assignable: make(map[assign.TopicID][]int32)}
	ids := make(map[string]assign.TopicID)
	for _, tp := range gg.Topics {
		ids[tp.Name] = grouptest.TopicID(t, tp.ID)
		s.assignable[ids[tp.Name]] = tp.Assignable
	}
	order := make([]string, 0, len(gg.Members))
	want := make(map[string]assign.Assignment)
	byID := make(map[string]assignee)
	for i, m := range gg.Members {
		a := assignee{id: m.ID, target: grouptest.Assignment(t, m.Target)}
		assign.HashSetOrder(m.Names, len(m.Names), assign.HashString)
		for _, name := range m.Names {
			if id, ok := ids[name]; ok {
				a.topics = append(a.topics, id)
			}
		}
		order, byID[m.ID], want[m.ID] = append(order, m.ID), a, grouptest.Assignment(t, gg.Want[i])
	}
	assign.HashMapOrder(order, 0, assign.HashString)
	for _, id := range order {
		s.members = append(s.members, byID[id])
	}
	for i, got := range s.assign() {
		if id := s.members[i].id; !got.Equal(want[id]) {
			t.Errorf("group %d (same %v), member %s of %d\ngot  %v\nwant %v", n, gg.Same, id, len(order), got, want[id])
		}
	}
}
