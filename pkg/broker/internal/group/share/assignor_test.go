package share

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"kq/pkg/broker/internal/group/assign"
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

func topicID(t *testing.T, s string) (id assign.TopicID) {
	b, err := hex.DecodeString(s)
	if err != nil || copy(id[:], b) != 16 {
		t.Fatalf("id %q: %v", s, err)
	}
	return id
}

func goldenOf(t *testing.T, m map[string][]int32) assign.Assignment {
	a := make(assign.Assignment)
	for id, ps := range m {
		a[topicID(t, id)] = ps
	}
	return a
}

// TestAssignorAsKafka compares with what Kafka 4.3.1's SimpleAssignor did with the
// same random groups (testdata/Simple.java).
func TestAssignorAsKafka(t *testing.T) {
	f, err := os.Open("testdata/simple.jsonl")
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
	s := spec{same: gg.Same, assignable: make(map[assign.TopicID][]int32)}
	ids := make(map[string]assign.TopicID)
	for _, tp := range gg.Topics {
		ids[tp.Name] = topicID(t, tp.ID)
		s.assignable[ids[tp.Name]] = tp.Assignable
	}
	order := make([]string, 0, len(gg.Members))
	want := make(map[string]assign.Assignment)
	byID := make(map[string]assignee)
	for i, m := range gg.Members {
		a := assignee{id: m.ID, target: goldenOf(t, m.Target)}
		assign.HashSetOrder(m.Names, len(m.Names), assign.HashString)
		for _, name := range m.Names {
			if id, ok := ids[name]; ok {
				a.topics = append(a.topics, id)
			}
		}
		order, byID[m.ID], want[m.ID] = append(order, m.ID), a, goldenOf(t, gg.Want[i])
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
