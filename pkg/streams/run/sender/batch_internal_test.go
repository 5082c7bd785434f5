package sender

import (
	"fmt"
	"reflect"
	"testing"

	"kq/pkg/streams/topology"
)

func TestMurmur2(t *testing.T) {
	for s, want := range map[string]int32{ // of Kafka's UtilsTest
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		if got := int32(murmur2([]byte(s))); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	if got := Partition([]byte("kafka"), 6); got != 4 {
		t.Errorf("kafka goes to %d of 6", got)
	}
}

func TestBatchKeepsRecords(t *testing.T) {
	want := []Record{
		{Key: []byte("k"), Value: []byte("v"), Timestamp: 1000},
		{Value: []byte{}, Timestamp: 900, Headers: []topology.Header{{Key: "h"}, {Key: "", Value: []byte("x")}}},
		{Key: []byte{}, Timestamp: 5000},
	}
	b := new(batch)
	for _, r := range want {
		b.add(r.Timestamp, r.Key, r.Value, r.Headers)
	}
	b.seal(producerID{7, 1}, 3, true)
	if got := b.records(); fmt.Sprint(got) != fmt.Sprint(want) || got[0].Headers != nil {
		t.Errorf("%v\nwant\n%v", got, want)
	}
	x, y := b.halves()
	if x.n != 1 || y.n != 2 || !reflect.DeepEqual(append(x.records(), y.records()...), b.records()) {
		t.Errorf("halves: %v %v", x.records(), y.records())
	}
	if b.max != 5000 || b.first != 1000 {
		t.Errorf("times %d..%d", b.first, b.max)
	}
}

func TestSequenceWraps(t *testing.T) {
	if got := next(2147483647, 1); got != 0 {
		t.Errorf("after the largest sequence comes %d", got)
	}
}
