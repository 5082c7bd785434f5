package api

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// producerIDs hands out the ids of the block that this broker has from the
// controller. A block is on disk before the first of its ids is used, so that
// after any crash the rest of it is lost and none is given twice.
type producerIDs struct {
	mu        sync.Mutex
	next, end int64 // guarded by mu
	warned    bool  // that the controller gives none; guarded by mu
}

// handleInitProducerID answers InitProducerId 0-5 (KIP-98, KIP-360).
func handleInitProducerID(s *Service, r *Request, q *kmsg.InitProducerIDRequest) kmsg.Response {
	resp := kmsg.NewPtrInitProducerIDResponse()
	resp.ProducerID, resp.ProducerEpoch = -1, -1
	const none = -1
	switch {
	case (q.ProducerID == none) != (q.ProducerEpoch == none) && q.Version >= 3:
		resp.ErrorCode = kerr.InvalidRequest.Code
	case q.TransactionalID != nil && s.Txns != nil:
		s.Txns.InitProducerID(q, func(resp *kmsg.InitProducerIDResponse) { s.reply(r, resp) })
		return nil
	case q.TransactionalID != nil:
		resp.ErrorCode = kerr.NotCoordinator.Code
	default:
		// Also for a producer that has an id: without a transactional id nothing
		// ties the old one to it.
		if resp.ProducerID, resp.ErrorCode = s.NewProducerID(); resp.ErrorCode == 0 {
			resp.ProducerEpoch = 0
		}
	}
	return resp
}

// NewProducerID gives an id that no producer has had, or an error code. When the controller gives
// no block, clients are to try again, as in Kafka.
func (s *Service) NewProducerID() (id int64, code int16) {
	p := &s.producerIDs
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == p.end {
		b := s.Image().Broker(s.NodeID)
		if b == nil {
			return -1, kerr.CoordinatorLoadInProgress.Code
		}
		q := kmsg.NewPtrAllocateProducerIDsRequest()
		q.BrokerID, q.BrokerEpoch = s.NodeID, b.Epoch
		block := s.Controller.AllocateProducerIDs(context.Background(), q)
		if block.ErrorCode != 0 || block.ProducerIDLen <= 0 {
			if !p.warned { // clients try again and again
				s.Logger.Warn("no producer ids from the controller", "err", kerr.ErrorForCode(block.ErrorCode))
			}
			p.warned = true
			return -1, kerr.CoordinatorLoadInProgress.Code
		}
		p.warned = false
		p.next, p.end = block.ProducerIDStart, block.ProducerIDStart+int64(block.ProducerIDLen)
	}
	p.next++
	return p.next - 1, 0
}
