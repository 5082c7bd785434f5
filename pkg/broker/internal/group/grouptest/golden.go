package grouptest

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"kq/pkg/broker/internal/group/assign"
)

// Golden calls check with each group of a file that has one as JSON on each line,
// and wants at least so many.
func Golden[G any](t *testing.T, file string, least int, check func(n int, g *G)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<22)
	n := 0
	for ; sc.Scan(); n++ {
		g := new(G)
		if err := json.Unmarshal(sc.Bytes(), g); err != nil {
			t.Fatal(err)
		}
		check(n, g)
	}
	if err := sc.Err(); err != nil || n < least {
		t.Errorf("%d groups compared, %v; want %d", n, err, least)
	}
}

// TopicID is an id that is written in hexadecimal digits.
func TopicID(t *testing.T, s string) (id assign.TopicID) {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil || copy(id[:], b) != 16 {
		t.Fatalf("id %q: %v", s, err)
	}
	return id
}

// Assignment is one whose ids are written in hexadecimal digits.
func Assignment(t *testing.T, m map[string][]int32) assign.Assignment {
	t.Helper()
	a := make(assign.Assignment)
	for id, ps := range m {
		a[TopicID(t, id)] = ps
	}
	return a
}
