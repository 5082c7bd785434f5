package produce

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestMurmur2: what org.apache.kafka.common.utils.Utils of Kafka 4.3.1 says, and
// the partition of 7, and of 100, that its producer takes for the key.
func TestMurmur2(t *testing.T) {
	for _, tt := range []struct {
		key        string
		hash       uint32
		of7, of100 int
	}{
		{"", 275646681, 2, 81},
		{"a", 2731586172, 5, 24},
		{"ab", 316155434, 0, 34},
		{"abc", 479470107, 4, 7},
		{"abcd", 2971317748, 5, 0},
		{"21", 3321034988, 3, 40},
		{"foobar", 3504634814, 0, 66},
		{"a-little-bit-long-string", 3308985760, 1, 12},
		{"a-little-bit-longer-string", 2808662467, 0, 19},
		{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 4236069325, 3, 77},
		{"kafka", 3496464228, 3, 80},
		{"anna", 2886363351, 2, 3},
		{"order-000001", 596492369, 4, 69},
		{"é€😀", 4062148730, 1, 82},
		{"\xff\x80\x00\xfe\xff", 39874303, 0, 3},
	} {
		key := []byte(tt.key)
		if got := murmur2(key); got != tt.hash {
			t.Errorf("%q: %d, want %d", tt.key, got, tt.hash)
		}
		if a, b := KeyPartition(key, 7), KeyPartition(key, 100); a != tt.of7 || b != tt.of100 {
			t.Errorf("%q: partitions %d and %d, want %d and %d", tt.key, a, b, tt.of7, tt.of100)
		}
	}
}

func record(key, value string, partition int32) *kgo.Record {
	r := &kgo.Record{Value: []byte(value), Partition: partition}
	if key != "-" {
		r.Key = []byte(key)
	}
	return r
}

func TestPartitioners(t *testing.T) {
	for _, how := range append(Partitioners(), "") {
		p := (&partitioner{how: how}).ForTopic("t")
		var keyed, keyless [7]int
		changes, last := 0, -1
		for range 10000 {
			k := record("anna", strings.Repeat("x", 92), anyPartition)
			keyed[p.Partition(k, 7)]++
			r := record("-", strings.Repeat("x", 992), anyPartition)
			on := p.Partition(r, 7)
			keyless[on]++
			if on != last {
				changes, last = changes+1, on
			}
			if named := p.Partition(record("anna", "", 6), 7); named != 6 {
				t.Fatalf("%s: a record that names partition 6 goes to %d", how, named)
			}
		}
		byKey := how == "" || how == "murmur2"
		if byKey != (keyed[2] == 10000) {
			t.Errorf("%s: a key went to %v", how, keyed)
		}
		for i, n := range keyless {
			if n == 0 {
				t.Errorf("%s: nothing without key went to %d", how, i)
			}
		}
		if sticky := how != "rr"; sticky != (changes < 500) {
			t.Errorf("%s: %d changes", how, changes)
		}
		if got := p.RequiresConsistency(record("anna", "", anyPartition)); got != byKey {
			t.Errorf("%s: the same key keeps its partition: %v", how, got)
		}
		if !p.RequiresConsistency(record("-", "", 0)) {
			t.Errorf("%s: a partition that is named may be left out", how)
		}
	}
}

func TestPartitionMissing(t *testing.T) {
	var notices []string
	p := (&partitioner{notice: func(s string) { notices = append(notices, s) }}).ForTopic("t")
	for range 3 {
		if got := p.Partition(record("anna", "", 7), 7); got != 2 {
			t.Errorf("partition 7 of 7 goes to %d, the key belongs to 2", got)
		}
	}
	if len(notices) != 1 || !strings.Contains(notices[0], "partition 7, the topic has 7") {
		t.Errorf("notices: %q", notices)
	}
	r := record("anna", "", 7)
	if got := (&partitioner{fixed: true}).ForTopic("t").Partition(r, 7); got != -1 {
		t.Errorf("a fixed partition that is missing: %d", got)
	}
	if n, ok := missing(r); n != 7 || !ok {
		t.Errorf("the record tells %d, %v", n, ok)
	}
	if _, ok := missing(record("-", "", anyPartition)); ok {
		t.Error("any partition is a missing one")
	}
}
