package sender

import (
	"fmt"
	"reflect"
	"testing"

	"kq/pkg/streams/topology"
)

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
