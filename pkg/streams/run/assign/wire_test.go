package assign_test

import (
	"reflect"
	"testing"

	"kq/pkg/streams/run/assign"
)

func TestWireKeepsWhatItIsGiven(t *testing.T) {
	s := &assign.Subscription{Process: "p", Thread: 2, Endpoint: "h:1", Generation: 7, Owned: []assign.TaskID{{Sub: 1}}, Offsets: map[assign.TaskID]int64{{Partition: 3}: assign.Latest}}
	b, err := assign.EncodeSubscription([]string{"in"}, s)
	if err != nil {
		t.Fatal(err)
	}
	topics, got, err := assign.DecodeSubscription(b)
	if err != nil || !reflect.DeepEqual(topics, []string{"in"}) || !reflect.DeepEqual(got, s) {
		t.Fatalf("%v %+v %v", topics, got, err)
	}
	a := &assign.Assignment{Active: []assign.TaskID{{Sub: 0, Partition: 1}}, Hosts: assign.Hosts{"h:1": {Standby: []assign.TaskID{{}}}}, Probe: true}
	parts := map[string][]int32{"b": {1}, "a": {0, 1}}
	if b, err = assign.EncodeAssignment(parts, a); err != nil {
		t.Fatal(err)
	}
	gotParts, gotA, err := assign.DecodeAssignment(b)
	if err != nil || !reflect.DeepEqual(parts, gotParts) || !reflect.DeepEqual(a, gotA) {
		t.Fatalf("%v %+v %v", gotParts, gotA, err)
	}
	if _, none, err := assign.DecodeAssignment(nil); err != nil || len(none.Active) != 0 {
		t.Fatalf("an empty assignment: %v %v", none, err)
	}
}

func TestParseTaskID(t *testing.T) {
	for _, s := range []string{"", "1", "1_", "_1", "-1_0", "01_2", "1_2_3", "1_99999999999"} {
		if id, err := assign.ParseTaskID(s); err == nil {
			t.Errorf("%q is task %v", s, id)
		}
	}
	if id, err := assign.ParseTaskID("12_3"); err != nil || id != (assign.TaskID{Sub: 12, Partition: 3}) {
		t.Errorf("%v %v", id, err)
	}
}

func FuzzDecode(f *testing.F) {
	b, _ := assign.EncodeSubscription([]string{"in"}, &assign.Subscription{Owned: []assign.TaskID{{}}})
	f.Add(b)
	b, _ = assign.EncodeAssignment(map[string][]int32{"in": {0}}, &assign.Assignment{Standby: []assign.TaskID{{}}})
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if topics, s, err := assign.DecodeSubscription(b); err == nil {
			again, err := assign.EncodeSubscription(topics, s)
			if err != nil {
				t.Fatal(err)
			}
			if _, s2, err := assign.DecodeSubscription(again); err != nil || !reflect.DeepEqual(s, s2) {
				t.Fatalf("%+v, then %+v %v", s, s2, err)
			}
		}
		if parts, a, err := assign.DecodeAssignment(b); err == nil {
			if _, err := assign.EncodeAssignment(parts, a); err != nil {
				t.Fatal(err)
			}
		}
	})
}
