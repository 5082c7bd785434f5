package api

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
	"kq/pkg/broker/logstore"
)

// firstAddingProduce is the first version of Produce that adds its partitions to
// the transaction by itself (KIP-890). Those before must have added them.
const firstAddingProduce = 12

// produceTxn is the transaction of a produce (ReplicaManager.handleProduceAppend).
type produceTxn struct {
	id         string
	producerID int64
	epoch      int16
	verify     bool // the log demands that the transaction is open or verified
	adding     bool // the version adds partitions
	parts      []txnPart
	next       int // the first of parts that of has not come to

	// state says who goes on: of the coordinator's answer and the goroutine that
	// asked for it, the second.
	state    atomic.Int32
	verified bool // the coordinator has answered, or need not
	begun    time.Time
}

// The states of a produceTxn.
const (
	txnAsking int32 = iota
	txnParked
	txnAnswered
)

// txnPart is a partition with a transactional batch.
type txnPart struct {
	qp       *wire.ProducePartition
	part     *topic.Partition
	sequence int32
	guard    *logstore.Guard // nil: the transaction is open there
	err      *kerr.Error
	message  *string
}

// of returns what was found out about a partition, nil when its batch is not
// transactional. Partitions come in the order of the request.
func (t *produceTxn) of(qp *wire.ProducePartition) *txnPart {
	if t == nil || t.next == len(t.parts) || t.parts[t.next].qp != qp {
		return nil
	}
	t.next++
	return &t.parts[t.next-1]
}

// beginTxn collects the transactional batches of a request. It returns what all
// of the request is refused with, and the message that goes with it.
func (op *produceOp) beginTxn() (*kerr.Error, *string) {
	if op.q.TransactionalID == nil {
		return kerr.TransactionalIDAuthorizationFailed, nil
	}
	t := &produceTxn{
		id: string(op.q.TransactionalID), producerID: -1, begun: time.Now(),
		adding: op.r.Header.Version >= firstAddingProduce,
		verify: op.s.Topics.BrokerFlag("transaction.partition.verification.enable"),
	}
	for i := range op.q.Topics {
		in := op.topicOf(&op.q.Topics[i])
		for j := range op.q.Topics[i].Partitions {
			qp := &op.q.Topics[i].Partitions[j]
			b, err := batch.Peek(qp.Records)
			if err != nil || !b.IsTransactional() || !b.HasProducerID() {
				continue
			}
			part, err := in.Partition(qp.Index)
			if err != nil || in.Internal && op.r.Header.ClientID != adminClientID {
				continue // refused whatever the transaction is
			}
			if t.producerID >= 0 && (t.producerID != b.ProducerID() || t.epoch != b.ProducerEpoch()) {
				text := "Transactional records contained more than one producer ID"
				return kerr.InvalidProducerIDMapping, &text
			}
			t.producerID, t.epoch = b.ProducerID(), b.ProducerEpoch()
			t.parts = append(t.parts, txnPart{qp: qp, part: part, sequence: b.BaseSequence()})
		}
	}
	op.txn = t
	return nil, nil
}

// topicOf returns the topic that a request names, nil when there is none.
func (op *produceOp) topicOf(qt *wire.ProduceTopic) *topic.Topic {
	if op.r.Header.Version >= 13 {
		return op.s.Topics.TopicByID(qt.ID)
	}
	return op.s.Topics.Topic(qt.Name)
}

// produceInTxn verifies and runs op, which holds the gate of its producer, and
// what has queued behind it.
func (s *Service) produceInTxn(op *produceOp) {
	for op != nil && op.verifyTxn() {
		id := op.txn.producerID
		op.run()
		op = s.produce.txns.leave(id)
	}
}

// verifyTxn reports whether op may run. If not, it goes on by itself later.
func (op *produceOp) verifyTxn() bool {
	t := op.txn
	if op.s.Txns == nil {
		t.refuse(op.r.Header.Version)
		return true
	}
	for !t.verified {
		q := t.startVerification()
		if q == nil {
			return true
		}
		t.state.Store(txnAsking)
		op.s.Txns.AddPartitionsToTxn(q, func(resp *kmsg.AddPartitionsToTxnResponse) {
			t.take(resp, op.r.Header.Version)
			if t.state.Swap(txnAnswered) == txnParked && !op.retryTxn() {
				op.s.produceInTxn(op)
			}
		})
		if t.state.CompareAndSwap(txnAsking, txnParked) || op.retryTxn() {
			return false
		}
	}
	return true
}

// retryTxn asks again a little later when the coordinator is still busy with the
// end of the producer's last transaction, which clients of versions that add
// partitions have no part in. It reports false when the answer is final.
func (op *produceOp) retryTxn() bool {
	t, s := op.txn, op.s
	limit := time.Duration(s.brokerNumber("add.partitions.to.txn.retry.backoff.max.ms")) * time.Millisecond
	if t.adding && time.Since(t.begun) < limit {
		for i := range t.parts {
			if t.parts[i].err == kerr.ConcurrentTransactions {
				backoff := time.Duration(s.brokerNumber("add.partitions.to.txn.retry.backoff.ms")) * time.Millisecond
				time.AfterFunc(backoff, func() { s.produceInTxn(op) })
				return true
			}
		}
	}
	t.verified = !t.outdated()
	return false
}

// outdated says that the marker of the producer's last transaction was written to
// a partition since the verification began: the coordinator, which may wait for
// that marker, is to be asked once more, with a new guard.
func (t *produceTxn) outdated() bool {
	for i := range t.parts {
		p := &t.parts[i]
		if p.err != nil || p.guard == nil || !t.adding {
			continue
		}
		guard, err := p.part.StartVerification(t.producerID, t.epoch, p.sequence, true)
		if err == nil && guard != p.guard {
			return true
		}
	}
	return false
}

// startVerification makes the request to the coordinator, nil when it need not be
// asked.
func (t *produceTxn) startVerification() *kmsg.AddPartitionsToTxnRequest {
	if !t.verify && !t.adding {
		return nil
	}
	rt := kmsg.NewAddPartitionsToTxnRequestTransaction()
	rt.TransactionalID, rt.ProducerID, rt.ProducerEpoch, rt.VerifyOnly = t.id, t.producerID, t.epoch, !t.adding
	for i := range t.parts {
		p := &t.parts[i]
		p.guard, p.err, p.message = nil, nil, nil
		guard, err := p.part.StartVerification(t.producerID, t.epoch, p.sequence, t.adding)
		if err != nil {
			p.err = errorOf(err)
			continue
		}
		if p.guard = guard; guard == nil {
			continue
		}
		if n := len(rt.Topics); n == 0 || rt.Topics[n-1].Topic != p.part.Topic {
			rt.Topics = append(rt.Topics, kmsg.AddPartitionsToTxnRequestTransactionTopic{Topic: p.part.Topic})
		}
		last := &rt.Topics[len(rt.Topics)-1]
		last.Partitions = append(last.Partitions, p.part.Index)
	}
	if len(rt.Topics) == 0 {
		return nil
	}
	q := kmsg.NewPtrAddPartitionsToTxnRequest()
	q.Version = 5
	q.Transactions = append(q.Transactions, rt)
	return q
}

// take notes what the coordinator says of the partitions, in words that clients
// of the version know (AddPartitionsToTxnManager).
func (t *produceTxn) take(resp *kmsg.AddPartitionsToTxnResponse, version int16) {
	codes := make(map[partitionName]int16)
	for i := range resp.Transactions {
		for j := range resp.Transactions[i].Topics {
			rt := &resp.Transactions[i].Topics[j]
			for _, p := range rt.Partitions {
				codes[partitionName{rt.Topic, p.Partition}] = p.ErrorCode
			}
		}
	}
	for i := range t.parts {
		p := &t.parts[i]
		if p.err != nil || p.guard == nil {
			continue
		}
		code, told := codes[partitionName{p.part.Topic, p.part.Index}]
		switch {
		case resp.ErrorCode != 0:
			code = resp.ErrorCode
		case !told:
			code = kerr.UnknownServerError.Code
		}
		p.fail(code, version)
	}
}

// fail notes the coordinator's error for the partition.
func (p *txnPart) fail(code, version int16) {
	if code == 0 {
		return
	}
	p.err = kerr.TypedErrorForCode(code)
	switch {
	case p.err == kerr.ProducerFenced:
		p.err = kerr.InvalidProducerEpoch // producers expect that one
	case p.err == kerr.TransactionAbortable && version <= 10:
		p.err = kerr.InvalidTxnState
	}
	msg := "Partition was not added to the transaction"
	switch p.err {
	case kerr.InvalidTxnState:
		p.message = &msg
	case kerr.ConcurrentTransactions:
		if version >= firstAddingProduce {
			return
		}
		fallthrough
	case kerr.NetworkException, kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable, kerr.NotCoordinator:
		// An error that all clients try again after, without new metadata.
		msg = fmt.Sprintf("Unable to verify the partition has been added to the transaction. Underlying error: %s", p.err.Message)
		p.err, p.message = kerr.NotEnoughReplicas, &msg
	}
}

// refuse refuses all transactional batches of a broker without transactions:
// versions before 11 hear that their partitions were not added, version 11 that
// the transaction must be aborted (KIP-890), and later ones that nobody knows the
// transactional id.
func (t *produceTxn) refuse(version int16) {
	code := kerr.InvalidProducerIDMapping.Code
	if version < firstAddingProduce {
		code = kerr.TransactionAbortable.Code
	}
	for i := range t.parts {
		t.parts[i].fail(code, version)
	}
}
