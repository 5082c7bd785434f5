package topic

import (
	"fmt"

	"kq/pkg/broker/logstore"
)

// Deleted is what DeleteRecords did.
type Deleted struct {
	LowWatermark int64
	Waiting      bool // the ack was taken and its Done will be called
}

// ToHighWatermark as the offset of DeleteRecords means all that is replicated.
const ToHighWatermark int64 = -1

// DeleteRecords moves the log start to offset. ack waits for the replicas whose log
// start is still below it; when its Done is called without an error LowWatermark
// has the value to answer.
func (p *Partition) DeleteRecords(offset int64, ack *Ack) (Deleted, error) {
	l := p.lead.Load()
	none := Deleted{LowWatermark: -1}
	if err := p.check(l, -1, true); err != nil {
		return none, err
	}
	if l.refuse != nil {
		return none, l.refuse
	}
	if !p.conf.Load().Delete {
		return none, ErrPolicy
	}
	hw := p.log.HighWatermark()
	if offset == ToHighWatermark {
		offset = hw
	}
	if offset < 0 || offset > hw {
		return none, fmt.Errorf("delete records of %s up to %d: %w", p, offset, logstore.ErrOffsetOutOfRange)
	}
	if err := p.log.AdvanceStart(offset); err != nil {
		return none, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l = p.lead.Load(); l.refuse != nil {
		return none, l.refuse
	}
	low := p.lowWatermark(l)
	if low >= offset {
		return Deleted{LowWatermark: low}, nil
	}
	p.deletions.add(ack, offset)
	return Deleted{LowWatermark: low, Waiting: true}, nil
}

// LowWatermark is the lowest log start offset of the replicas, -1 when one is not known.
func (p *Partition) LowWatermark() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lowWatermark(p.lead.Load())
}
