package cluster

import (
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// ProducerIDBlock is how many producer ids a broker gets at once
// (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE).
const ProducerIDBlock = 1000

// raiseFeatures finalizes what this release supports and the cluster has no level
// of, and raises metadata.version. A level never goes down here: the data may
// depend on it; and one that was set lower stays so.
func (s *stepper) raiseFeatures(features []Feature) (records []meta.Record) {
	have := s.img.Features()
	for _, f := range features {
		if level, set := have[f.Name]; f.Level > level && (!set || f.Name == metadataVersion) {
			records = append(records, &meta.FeatureLevel{Name: f.Name, Level: f.Level})
		}
	}
	return records
}

// registerSelf registers the broker of this process, ready to serve: what it
// has to load it loads while the new image is published. epoch is the offset
// that the record will have.
func (s *stepper) registerSelf(epoch int64, directory meta.ID, o Options) *meta.RegisterBroker {
	r := &meta.RegisterBroker{
		BrokerID: o.NodeID, IncarnationID: s.newID(), BrokerEpoch: epoch,
		Endpoints: o.Endpoints, Rack: o.Rack, LogDirs: []meta.ID{directory},
	}
	for _, f := range o.Features {
		r.Features = append(r.Features, meta.FeatureRange{Name: f.Name, Min: f.Min, Max: f.Max})
	}
	return r
}

// elect gives leaders to the partitions that wait for this broker. After an
// unclean stop those it leads already get a new leader epoch too: their ends may
// be gone, and clients find that out by the epoch (KIP-320).
func (s *stepper) elect(id int32, unclean bool) (records []meta.Record) {
	for _, t := range s.img.Topics() {
		for i := range t.Partitions {
			p := &t.Partitions[i]
			waits := p.Leader == -1 && slices.Contains(p.ISR, id)
			if waits || unclean && p.Leader == id {
				ch := meta.NewPartitionChange(t.ID, int32(i))
				ch.Leader = id
				records = append(records, ch)
			}
		}
	}
	return records
}

// allocateProducerIDs is the step of AllocateProducerIds
// (ProducerIdControlManager).
func (s *stepper) allocateProducerIDs(q *kmsg.AllocateProducerIDsRequest) (*kmsg.AllocateProducerIDsResponse, []meta.Record) {
	resp := kmsg.NewPtrAllocateProducerIDsResponse()
	b := s.img.Broker(q.BrokerID)
	next := s.img.NextProducerID()
	switch {
	case b == nil:
		resp.ErrorCode = kerr.BrokerIDNotRegistered.Code
	case b.Epoch != q.BrokerEpoch:
		resp.ErrorCode = kerr.StaleBrokerEpoch.Code
	case next > math.MaxInt64-ProducerIDBlock:
		resp.ErrorCode = kerr.UnknownServerError.Code
	default:
		resp.ProducerIDStart, resp.ProducerIDLen = next, ProducerIDBlock
		return resp, []meta.Record{&meta.ProducerIDs{BrokerID: q.BrokerID, BrokerEpoch: q.BrokerEpoch, NextProducerID: next + ProducerIDBlock}}
	}
	return resp, nil
}
