package share

import (
	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
)

// kept is what the share coordinator keeps of a share partition (ShareGroupOffset).
type kept struct {
	staterec.ShareSnapshotValue
	updates  int   // records since the last snapshot
	snapshot int64 // offset of the last snapshot in __share_group_state
	// The highest epochs that were seen, which fence lower ones.
	leaderFence, stateFence int32
}

// snapshotted takes over a snapshot that lies at an offset. limit is how many
// updates may follow one.
func (s *kept) snapshotted(v staterec.ShareSnapshotValue, offset int64, limit int) {
	s.ShareSnapshotValue, s.snapshot = v, offset
	s.leaderFence, s.stateFence = max(s.leaderFence, v.LeaderEpoch), max(s.stateFence, v.StateEpoch)
	if s.updates >= limit {
		s.updates = 0
	}
}

// updated takes over an update.
func (s *kept) updated(v staterec.ShareUpdateValue) {
	if v.StartOffset != -1 {
		s.StartOffset = v.StartOffset
	}
	if v.LeaderEpoch != -1 {
		s.LeaderEpoch = v.LeaderEpoch
	}
	s.leaderFence = max(s.leaderFence, v.LeaderEpoch)
	s.DeliveryComplete = v.DeliveryComplete
	s.Batches = combine(s.Batches, v.Batches, s.StartOffset)
	s.updates++
}

// change is what a share partition's leader writes.
type change struct {
	start    int64 // -1: as it was
	complete int32
	leader   int32 // the new leader epoch; -1: as it was
	batches  []staterec.ShareStateBatch
}

// next is the record of a change: an update, or a snapshot when there were limit
// updates since the last one (ShareCoordinatorShard.generateShareStateRecord). When
// it is written, apply takes it over, with its offset.
func (s *kept) next(k Key, ch change, limit int, nowMs int64) (rec statelog.Record, apply func(offset int64)) {
	leader := s.LeaderEpoch
	if ch.leader != -1 {
		leader = ch.leader
	}
	if s.updates >= limit {
		v := staterec.ShareSnapshotValue{
			SnapshotEpoch: s.SnapshotEpoch + 1, StateEpoch: s.StateEpoch, LeaderEpoch: leader, StartOffset: ch.start,
			CreateMs: nowMs, WriteMs: nowMs, DeliveryComplete: ch.complete,
		}
		if ch.start == -1 {
			v.StartOffset = s.StartOffset
		}
		v.Batches = combine(s.Batches, ch.batches, v.StartOffset)
		return snapshotRecord(k, v), func(offset int64) { s.snapshotted(v, offset, limit) }
	}
	v := staterec.ShareUpdateValue{
		SnapshotEpoch: s.SnapshotEpoch, LeaderEpoch: leader, StartOffset: ch.start,
		DeliveryComplete: ch.complete, Batches: combine(nil, ch.batches, ch.start),
	}
	rec = statelog.Record{Key: k.record(staterec.ShareUpdate), Value: v.Append(nil)}
	return rec, func(int64) { s.updated(v) }
}

func snapshotRecord(k Key, v staterec.ShareSnapshotValue) statelog.Record {
	return statelog.Record{Key: k.record(staterec.ShareSnapshot), Value: v.Append(nil)}
}
