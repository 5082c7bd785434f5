package topic

import (
	"kq/pkg/broker/batch"
	"kq/pkg/broker/logstore"
)

// Marker ends a transaction in a partition.
type Marker struct {
	ProducerID       int64
	ProducerEpoch    int16
	CoordinatorEpoch int32
	Committed        bool
	// TxnVersion 2 and later demand a producer epoch above that of the
	// transaction (KIP-890).
	TxnVersion  int16
	TimestampMs int64
}

// AppendMarker appends the control batch that ends a producer's transaction,
// whether it has one here or not. Errors are those of Append; of the producer
// errors logstore.ErrInvalidProducerEpoch and logstore.ErrCoordinatorFenced.
func (p *Partition) AppendMarker(m Marker, ack *Ack, fired *Fired) (Appended, error) {
	how := batch.MarkerAbort
	if m.Committed {
		how = batch.MarkerCommit
	}
	b := batch.EndTxnMarker(batch.MarkerOptions{
		Type: how, ProducerID: m.ProducerID, ProducerEpoch: m.ProducerEpoch,
		CoordinatorEpoch: m.CoordinatorEpoch, TimestampMs: m.TimestampMs,
	})
	return p.Append(b, AppendOptions{
		Acks: -1, Origin: logstore.OriginCoordinator, TxnVersion: m.TxnVersion, Ack: ack, Fired: fired,
	})
}

// StartVerification is logstore.Log.StartVerification on the leader
// (Partition.maybeStartTransactionVerification).
func (p *Partition) StartVerification(producerID int64, epoch int16, sequence int32, epochBump bool) (*logstore.Guard, error) {
	if err := p.check(p.lead.Load(), -1, true); err != nil {
		return nil, err
	}
	return p.log.StartVerification(producerID, epoch, sequence, epochBump)
}

// ActiveProducers lists the producers that the leader remembers, by id
// (Partition.activeProducerState).
func (p *Partition) ActiveProducers() ([]logstore.ProducerState, error) {
	if err := p.check(p.lead.Load(), -1, true); err != nil {
		return nil, err
	}
	return p.log.ActiveProducers(), nil
}
