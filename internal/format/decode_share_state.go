package format

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/staterec"
)

// shareState decodes __share_group_state.
func (d *decoder) shareState(r *kgo.Record, key, value *object) error {
	k, err := staterec.ParseShareStateKey(r.Key)
	if err != nil {
		return err
	}
	key.kind = k.Kind.String()
	if !key.json {
		key.buf = append(key.buf, key.kind...)
	}
	key.string("groupId", k.Group)
	key.id("topicId", k.TopicID)
	key.int("partition", int64(k.Partition))
	if r.Value == nil {
		return nil
	}
	if k.Kind == staterec.ShareSnapshot {
		err = walkValue(value, r.Value, staterec.ParseShareSnapshotValue, shareSnapshot)
	} else {
		err = walkValue(value, r.Value, staterec.ParseShareUpdateValue, shareUpdate)
	}
	if err == nil {
		value.valueKind(key.kind, r.Value)
	}
	return err
}

func shareSnapshot(o *object, v staterec.ShareSnapshotValue) {
	o.int("snapshotEpoch", int64(v.SnapshotEpoch))
	o.int("stateEpoch", int64(v.StateEpoch))
	o.int("leaderEpoch", int64(v.LeaderEpoch))
	o.int("startOffset", v.StartOffset)
	o.set("deliveryCompleteCount", int64(v.DeliveryComplete), -1)
	o.int("createTimestamp", v.CreateMs)
	o.int("writeTimestamp", v.WriteMs)
	list(o, "stateBatches", v.Batches, shareBatch)
}

func shareUpdate(o *object, v staterec.ShareUpdateValue) {
	o.int("snapshotEpoch", int64(v.SnapshotEpoch))
	o.int("leaderEpoch", int64(v.LeaderEpoch))
	o.int("startOffset", v.StartOffset)
	o.set("deliveryCompleteCount", int64(v.DeliveryComplete), -1)
	list(o, "stateBatches", v.Batches, shareBatch)
}

func shareBatch(o *object, b *staterec.ShareStateBatch) {
	o.int("firstOffset", b.First)
	o.int("lastOffset", b.Last)
	o.int("deliveryState", int64(b.State))
	o.int("deliveryCount", int64(b.Deliveries))
}
