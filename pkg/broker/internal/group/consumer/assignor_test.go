package consumer

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"kq/pkg/broker/internal/group/assign"
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

func topicID(t *testing.T, s string) (id assign.TopicID) {
	b, err := hex.DecodeString(s)
	if err != nil || copy(id[:], b) != 16 {
		t.Fatalf("id %q: %v", s, err)
	}
	return id
}

func assignmentOf(t *testing.T, m map[string][]int32) assign.Assignment {
	a := make(assign.Assignment)
	for id, ps := range m {
		a[topicID(t, id)] = ps
	}
	return a
}

// TestAssignorsAsKafka compares with what the assignors of Kafka 4.3.1 did with the
// same random groups (testdata/Assignors.java).
func TestAssignorsAsKafka(t *testing.T) {
	f, err := os.Open("testdata/assignors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<22)
	n := 0
	for ; sc.Scan(); n++ {
		var gg goldenGroup
		if err := json.Unmarshal(sc.Bytes(), &gg); err != nil {
			t.Fatal(err)
		}
		checkGolden(t, n, &gg)
	}
	if n < 150 {
		t.Errorf("%d groups compared", n)
	}
}

func checkGolden(t *testing.T, n int, gg *goldenGroup) {
	spec := groupSpec{same: gg.Same, partitions: make(map[assign.TopicID]int32), assigned: make(map[assign.TopicID]map[int32]bool)}
	ids := make(map[string]assign.TopicID)
	for _, tp := range gg.Topics {
		ids[tp.Name] = topicID(t, tp.ID)
		spec.partitions[ids[tp.Name]] = tp.Partitions
	}
	order := make([]string, 0, len(gg.Members))
	want := make(map[string]assign.Assignment)
	byID := make(map[string]assignee)
	for i, m := range gg.Members {
		a := assignee{id: m.ID, instance: m.Instance, names: len(m.Names), target: assignmentOf(t, m.Target)}
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
		order, byID[m.ID], want[m.ID] = append(order, m.ID), a, assignmentOf(t, gg.Want[i])
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
