package staterec

import (
	"bytes"
	"errors"
	"testing"
)

func shareStateValues() []written {
	return []written{
		{name: "share-snapshot/0", value: ShareSnapshotValue{
			SnapshotEpoch: 1, StateEpoch: 2, LeaderEpoch: 3, StartOffset: 4, CreateMs: 5, WriteMs: 6, DeliveryComplete: 7,
			Batches: []ShareStateBatch{{First: 4, Last: 9, Deliveries: 1}, {First: 10, Last: 10, State: 4, Deliveries: 5}},
		}},
		{name: "share-snapshot/0-new", value: ShareSnapshotValue{StartOffset: -1, DeliveryComplete: -1}},
		{name: "share-update/0", value: ShareUpdateValue{
			SnapshotEpoch: 1, LeaderEpoch: 3, StartOffset: 4, DeliveryComplete: 2,
			Batches: []ShareStateBatch{{First: 4, Last: 9, State: 2, Deliveries: 1}},
		}},
		{name: "share-update/0-none", value: ShareUpdateValue{LeaderEpoch: -1, StartOffset: -1, DeliveryComplete: -1}},
	}
}

func TestShareStateKeysAsKafka(t *testing.T) {
	for name, want := range map[string]ShareStateKey{
		"share-key/0": {Kind: ShareSnapshot, Group: "group", TopicID: id(1), Partition: 3},
		"share-key/1": {Kind: ShareUpdate, Group: "gröup", TopicID: id(2), Partition: 2147483647},
	} {
		b := goldens(t)[name]
		if k, err := ParseShareStateKey(b); err != nil || k != want {
			t.Errorf("%s: %+v, %v; want %+v", name, k, err, want)
		}
		if got := want.Append(nil); !bytes.Equal(got, b) {
			t.Errorf("%s: written as %x, Kafka writes %x", name, got, b)
		}
	}
	if k, err := ParseShareStateKey([]byte{0, 2, 0, 0}); !errors.Is(err, ErrUnknownKind) || k.Kind != 2 {
		t.Errorf("a key of kind 2: %+v, %v", k, err)
	}
}

func FuzzShareStateKey(f *testing.F) {
	f.Add(goldens(f)["share-key/0"])
	f.Add(goldens(f)["share-key/1"])
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseShareStateKey(b)
		if err != nil {
			return
		}
		if again, err := ParseShareStateKey(k.Append(nil)); err != nil || again != k {
			t.Fatalf("%+v, written and read again %+v, %v", k, again, err)
		}
	})
}
