package group

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// Verify is AddPartitionsToTxn of the transaction coordinator, in the batched form
// of version 4 and later.
type Verify func(q *kmsg.AddPartitionsToTxnRequest, done func(*kmsg.AddPartitionsToTxnResponse))

// The versions of TxnOffsetCommit from which a client knows TRANSACTION_ABORTABLE,
// and from which its offsets add the group's partition to the transaction (KIP-890).
const (
	abortableVersion = 4
	addVersion       = 5
)

// TxnOffsetCommit answers TxnOffsetCommit: offsets that count when the transaction
// of their producer commits.
func (c *Coordinator) TxnOffsetCommit(q *kmsg.TxnOffsetCommitRequest, reply func(*kmsg.TxnOffsetCommitResponse)) {
	resp, cs := c.txnOffsetCommit(q)
	refuse := func(err *kerr.Error) {
		cs.fail(err)
		reply(resp)
	}
	if len(cs.writes) == 0 {
		reply(resp)
		return
	}
	if q.Group == "" {
		refuse(kerr.InvalidGroupID)
		return
	}
	s, err := c.shard(q.Group)
	if err != nil {
		refuse(err)
		return
	}
	v := &verification{c: c, q: q, partition: s.partition, began: time.Now()}
	v.done = func(err *kerr.Error) {
		if err != nil {
			refuse(err)
			return
		}
		c.commitInTxn(q, &cs, &v.txn, func() { reply(resp) })
	}
	v.start()
}

func (c *Coordinator) txnOffsetCommit(q *kmsg.TxnOffsetCommitRequest) (*kmsg.TxnOffsetCommitResponse, commits) {
	img, now := c.o.Image(), c.o.Now().UnixMilli()
	resp := kmsg.NewPtrTxnOffsetCommitResponse()
	var cs commits
	for i := range q.Topics {
		qt := &q.Topics[i]
		rt := kmsg.NewTxnOffsetCommitResponseTopic()
		rt.Topic = qt.Topic
		rt.Partitions = make([]kmsg.TxnOffsetCommitResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			qp, rp := &qt.Partitions[j], &rt.Partitions[j]
			rp.Partition = qp.Partition
			w := write{
				topic: qt.Topic, named: true, partition: qp.Partition, code: &rp.ErrorCode,
				value: committed{offset: qp.Offset, epoch: qp.LeaderEpoch, commitMs: now, expireMs: -1, metadata: text(qp.Metadata)},
			}
			if q.Version < 2 {
				w.value.epoch = -1
			}
			if w.check(img) {
				cs.writes = append(cs.writes, w)
			}
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp, cs
}

// commitInTxn writes the offsets as part of their transaction. Before version 3
// nobody says who commits: the generation is -1 and the member empty.
func (c *Coordinator) commitInTxn(q *kmsg.TxnOffsetCommitRequest, cs *commits, txn *transaction, done func()) {
	commit := machine.Commit{Member: q.MemberID, Instance: q.InstanceID, Epoch: q.Generation, Version: q.Version, Transactional: true}
	if q.Version < 3 {
		commit.Member, commit.Instance, commit.Epoch = "", nil, -1
	}
	var fresh func(*group)
	if commit.Epoch < 0 {
		fresh = c.newClassic
	}
	found, err := c.turn(q.Group, fresh, func(t *turn) {
		check, err := t.g.machine.Commit(commit)
		err = forProducers(err)
		if err != nil {
			cs.fail(err)
			t.answer(func(*kerr.Error) { done() })
			return
		}
		if check != nil {
			cs.check = func(topic string, id [16]byte, partition int32) *kerr.Error {
				return forProducers(check(topic, id, partition))
			}
		}
		t.commit(cs, txn)
		t.answer(func(err *kerr.Error) {
			if err != nil {
				cs.fail(err)
			}
			done()
		})
	})
	switch {
	case err != nil:
		cs.fail(err)
		done()
	case !found:
		cs.fail(kerr.IllegalGeneration)
		done()
	}
}

// forProducers turns what producers do not know into what they do.
func forProducers(err *kerr.Error) *kerr.Error {
	if err == kerr.StaleMemberEpoch {
		return kerr.IllegalGeneration
	}
	return err
}

// verification finds out whether a group's partition is in the open transaction of a
// producer, or, for clients that leave it to us, adds it.
type verification struct {
	c         *Coordinator
	q         *kmsg.TxnOffsetCommitRequest
	partition int32
	began     time.Time
	txn       transaction
	done      func(*kerr.Error)
}

func (v *verification) start() {
	c, q := v.c, v.q
	v.txn = transaction{producer: q.ProducerID, epoch: q.ProducerEpoch}
	if c.o.Verify == nil {
		v.done(nil)
		return
	}
	v.txn.verify = c.o.Verification == nil || c.o.Verification() || q.Version >= addVersion
	if !v.txn.verify {
		v.done(nil)
		return
	}
	guard, err := c.o.Log.StartVerification(v.partition, q.ProducerID, q.ProducerEpoch, q.Version >= addVersion)
	if err != nil || guard == nil {
		v.done(appendError(err))
		return
	}
	v.txn.guard = guard
	v.ask()
}

func (v *verification) ask() {
	q := v.q
	a := kmsg.NewPtrAddPartitionsToTxnRequest()
	a.SetVersion(5)
	txn := kmsg.NewAddPartitionsToTxnRequestTransaction()
	txn.TransactionalID, txn.ProducerID, txn.ProducerEpoch = q.TransactionalID, q.ProducerID, q.ProducerEpoch
	txn.VerifyOnly = q.Version < addVersion
	topic := kmsg.NewAddPartitionsToTxnRequestTransactionTopic()
	topic.Topic, topic.Partitions = Topic, []int32{v.partition}
	txn.Topics = append(txn.Topics, topic)
	a.Transactions = append(a.Transactions, txn)
	v.c.o.Verify(a, func(resp *kmsg.AddPartitionsToTxnResponse) {
		err := verifyError(resp, q.Version)
		limit := v.c.o.milliseconds("add.partitions.to.txn.retry.backoff.max.ms")
		if err == kerr.ConcurrentTransactions && time.Since(v.began) < limit {
			// The end of the last transaction is under way, of which a client that
			// has partitions added knows nothing.
			time.AfterFunc(v.c.o.milliseconds("add.partitions.to.txn.retry.backoff.ms"), v.start)
			return
		}
		if err == nil && v.outdated() {
			v.start()
			return
		}
		v.done(err)
	})
}

// outdated says that the marker of the producer's last transaction was written
// since the verification began: the answer may be older than that.
func (v *verification) outdated() bool {
	guard, err := v.c.o.Log.StartVerification(v.partition, v.q.ProducerID, v.q.ProducerEpoch, v.q.Version >= addVersion)
	return err == nil && guard != v.txn.guard
}

// verifyError is what a client is told of a verification that failed
// (AddPartitionsToTxnManager): old ones try again, or see an invalid state.
func verifyError(resp *kmsg.AddPartitionsToTxnResponse, version int16) *kerr.Error {
	code := resp.ErrorCode
	for i := range resp.Transactions {
		for j := range resp.Transactions[i].Topics {
			for _, p := range resp.Transactions[i].Topics[j].Partitions {
				if code == 0 {
					code = p.ErrorCode
				}
			}
		}
	}
	err := kerr.TypedErrorForCode(code)
	switch err {
	case kerr.TransactionAbortable:
		if version < abortableVersion {
			return kerr.InvalidTxnState
		}
	case kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.NotEnoughReplicas:
		return kerr.CoordinatorNotAvailable
	case kerr.ProducerFenced:
		return kerr.InvalidProducerEpoch // which is what partitions say
	case kerr.ConcurrentTransactions:
		if version < addVersion {
			return kerr.CoordinatorNotAvailable
		}
	}
	return err
}
