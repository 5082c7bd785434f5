package format_test

import (
	"testing"

	"kq/internal/format"
	"kq/internal/staterec"
)

func TestDecodedShareState(t *testing.T) {
	snapshot := state(shareTopic, staterec.ShareStateKey{Group: "g", TopicID: [16]byte{15: 1}, Partition: 2},
		staterec.ShareSnapshotValue{SnapshotEpoch: 1, StateEpoch: 2, LeaderEpoch: 3, StartOffset: 4, CreateMs: 5, WriteMs: 6, DeliveryComplete: -1})
	update := state(shareTopic, staterec.ShareStateKey{Kind: staterec.ShareUpdate, Group: "g", TopicID: [16]byte{15: 1}, Partition: 2},
		staterec.ShareUpdateValue{
			SnapshotEpoch: 1, LeaderEpoch: 3, StartOffset: -1, DeliveryComplete: 0,
			Batches: []staterec.ShareStateBatch{{First: 4, Last: 5, State: 2, Deliveries: 1}},
		})
	const key = ` groupId=g topicId=AAAAAAAAAAAAAAAAAAAAAQ partition=2 `
	want := "ShareSnapshot" + key + "snapshotEpoch=1 stateEpoch=2 leaderEpoch=3 startOffset=4 createTimestamp=5 writeTimestamp=6 stateBatches=[]\n"
	if got := decoded(t, "value", format.DecodeAuto, snapshot); got != want {
		t.Errorf("a snapshot: %q, want %q", got, want)
	}
	want = "ShareUpdate" + key + `snapshotEpoch=1 leaderEpoch=3 startOffset=-1 deliveryCompleteCount=0 ` +
		`stateBatches=[{"firstOffset":4,"lastOffset":5,"deliveryState":2,"deliveryCount":1}]` + "\n"
	if got := decoded(t, "value", format.DecodeShare, update); got != want {
		t.Errorf("an update: %q, want %q", got, want)
	}
	snapshot.Value = nil
	if got := decoded(t, "value", format.DecodeAuto, snapshot); got != "ShareSnapshot"+key+"tombstone\n" {
		t.Errorf("a tombstone: %q", got)
	}
}
