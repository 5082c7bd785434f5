package topic

import "kq/pkg/broker/logstore"

// The special timestamps of ListOffsets (ListOffsetsRequest).
const (
	LatestTimestamp        int64 = -1
	EarliestTimestamp      int64 = -2
	MaxTimestamp           int64 = -3
	EarliestLocalTimestamp int64 = -4
	LatestTieredTimestamp  int64 = -5
	EarliestPendingUpload  int64 = -6
)

// ListOptions says for whom an offset is looked up.
type ListOptions struct {
	LeaderEpoch int32     // the client's, -1 when it does not say
	Isolation   Isolation // LogEnd for everybody but consumers
	AnyReplica  bool      // a debugging client: followers answer too
}

// NoOffset is the answer when nothing is found.
var NoOffset = logstore.TimestampOffset{Offset: -1, Timestamp: -1, LeaderEpoch: -1}

// OffsetFor returns the offset that a timestamp stands for: a special one, or the
// first record with that timestamp or a later one. NoOffset when there is none.
// It follows Partition.fetchOffsetForTimestamp and ReplicaManager.fetchOffset of Kafka.
func (p *Partition) OffsetFor(timestamp int64, o ListOptions) (logstore.TimestampOffset, error) {
	l := p.lead.Load()
	if err := p.check(l, o.LeaderEpoch, !o.AnyReplica); err != nil {
		return NoOffset, err
	}
	limit := p.limit(o.Isolation)
	// A new leader may not know yet how far its predecessor's high watermark was.
	lagging := o.Isolation != LogEnd && l.epochStart > p.log.HighWatermark()
	found := NoOffset
	switch timestamp {
	case LatestTimestamp:
		if lagging {
			return NoOffset, ErrOffsetNotAvailable
		}
		return logstore.TimestampOffset{Offset: limit, Timestamp: -1, LeaderEpoch: l.epoch}, nil
	case EarliestTimestamp, EarliestLocalTimestamp:
		return p.earliest(), nil
	case LatestTieredTimestamp, EarliestPendingUpload:
		return NoOffset, nil // nothing is tiered
	case MaxTimestamp:
		t, ok, err := p.log.MaxTimestamp()
		if err != nil {
			return NoOffset, err
		}
		if ok {
			found = t
		}
	default:
		t, ok, err := p.log.OffsetForTime(timestamp, p.log.EndOffset())
		if err != nil {
			return NoOffset, err
		}
		if ok {
			found = t
		}
	}
	if found.Offset < 0 || found.Offset >= limit {
		if lagging {
			return NoOffset, ErrOffsetNotAvailable
		}
		return NoOffset, nil
	}
	return found, nil
}

// earliest is the log start offset and the epoch of the record there.
func (p *Partition) earliest() logstore.TimestampOffset {
	t := logstore.TimestampOffset{Offset: p.log.StartOffset(), Timestamp: -1, LeaderEpoch: -1}
	if epoch, ok := p.log.EpochForOffset(t.Offset); ok {
		t.LeaderEpoch = epoch
	}
	return t
}
