package txn

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fencedCode is code as clients of a version know it: those of before fencedSince
// do not know PRODUCER_FENCED.
func fencedCode(code, version, fencedSince int16) int16 {
	if code == kerr.ProducerFenced.Code && version < fencedSince {
		return kerr.InvalidProducerEpoch.Code
	}
	return code
}

// InitProducerID answers InitProducerId 0-5 with a transactional id.
func (c *Coordinator) InitProducerID(q *kmsg.InitProducerIDRequest, reply func(*kmsg.InitProducerIDResponse)) {
	answer := func(a Answer) {
		resp := kmsg.NewPtrInitProducerIDResponse()
		resp.Version = q.Version
		resp.ErrorCode = fencedCode(a.Code, q.Version, 4)
		resp.ProducerID, resp.ProducerEpoch = a.ProducerID, a.Epoch
		reply(resp)
	}
	switch {
	case q.Version >= 3 && (q.ProducerID == none) != (q.ProducerEpoch == none):
		answer(refuse(kerr.InvalidRequest.Code))
	case q.TransactionalID == nil || *q.TransactionalID == "":
		answer(refuse(kerr.InvalidRequest.Code))
	case q.TransactionTimeoutMillis <= 0 || int64(q.TransactionTimeoutMillis) > c.o.MaxTimeout().Milliseconds():
		answer(refuse(kerr.InvalidTransactionTimeout.Code))
	default:
		e := Init{TimeoutMs: q.TransactionTimeoutMillis, ProducerID: none, Epoch: none, FreshID: none}
		if q.Version >= 3 {
			e.ProducerID, e.Epoch = q.ProducerID, q.ProducerEpoch
		}
		c.submit(*q.TransactionalID, e, true, answer)
	}
}

// EndTxn answers EndTxn 0-5. Version 5 is of transaction.version 2: it answers
// with the id and epoch of the next transaction.
func (c *Coordinator) EndTxn(q *kmsg.EndTxnRequest, reply func(*kmsg.EndTxnResponse)) {
	answer := func(a Answer) {
		resp := kmsg.NewPtrEndTxnResponse()
		resp.Version = q.Version
		resp.ErrorCode = fencedCode(a.Code, q.Version, 2)
		resp.ProducerID, resp.ProducerEpoch = a.ProducerID, a.Epoch
		reply(resp)
	}
	if q.TransactionalID == "" {
		answer(refuse(kerr.InvalidRequest.Code))
		return
	}
	e := End{ProducerID: q.ProducerID, Epoch: q.ProducerEpoch, Commit: q.Commit, FreshID: none}
	if q.Version >= 5 {
		e.Version = Version2
	}
	c.submit(q.TransactionalID, e, false, answer)
}

// AddOffsetsToTxn answers AddOffsetsToTxn 0-4: the partition of a group's offsets
// takes part in the transaction.
func (c *Coordinator) AddOffsetsToTxn(q *kmsg.AddOffsetsToTxnRequest, reply func(*kmsg.AddOffsetsToTxnResponse)) {
	answer := func(a Answer) {
		resp := kmsg.NewPtrAddOffsetsToTxnResponse()
		resp.Version = q.Version
		resp.ErrorCode = fencedCode(a.Code, q.Version, 2)
		reply(resp)
	}
	if q.TransactionalID == "" {
		answer(refuse(kerr.InvalidRequest.Code))
		return
	}
	topic, partition, code := c.o.GroupPartition(q.Group)
	if code != 0 {
		answer(refuse(code))
		return
	}
	c.submit(q.TransactionalID, Add{
		ProducerID: q.ProducerID, Epoch: q.ProducerEpoch, Partitions: []Partition{{topic, partition}},
	}, false, answer)
}

// AddPartitionsToTxn answers AddPartitionsToTxn 0-5: one transaction up to version
// 3, which is what clients send, and any number from version 4 on, which is what
// leaders of partitions send, to add partitions or only to verify that they were
// added (KIP-890).
func (c *Coordinator) AddPartitionsToTxn(q *kmsg.AddPartitionsToTxnRequest, reply func(*kmsg.AddPartitionsToTxnResponse)) {
	if q.Version >= 4 {
		c.addBatched(q, reply)
		return
	}
	a := adding{id: q.TransactionalID, client: true, Add: Add{ProducerID: q.ProducerID, Epoch: q.ProducerEpoch}}
	for i := range q.Topics {
		for _, p := range q.Topics[i].Partitions {
			a.Partitions = append(a.Partitions, Partition{q.Topics[i].Topic, p})
		}
	}
	c.add(a, func(codes []int16) {
		resp := kmsg.NewPtrAddPartitionsToTxnResponse()
		resp.Version = q.Version
		n := 0
		for i := range q.Topics {
			t := kmsg.NewAddPartitionsToTxnResponseTopic()
			t.Topic = q.Topics[i].Topic
			for _, p := range q.Topics[i].Partitions {
				rp := kmsg.NewAddPartitionsToTxnResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p, fencedCode(codes[n], q.Version, 2)
				t.Partitions = append(t.Partitions, rp)
				n++
			}
			resp.Topics = append(resp.Topics, t)
		}
		reply(resp)
	})
}

// addBatched answers AddPartitionsToTxn 4 and 5 when it knows of all transactions.
func (c *Coordinator) addBatched(q *kmsg.AddPartitionsToTxnRequest, reply func(*kmsg.AddPartitionsToTxnResponse)) {
	resp := kmsg.NewPtrAddPartitionsToTxnResponse()
	resp.Version = q.Version
	resp.Transactions = make([]kmsg.AddPartitionsToTxnResponseTransaction, len(q.Transactions))
	if len(q.Transactions) == 0 {
		reply(resp)
		return
	}
	var mu sync.Mutex
	left := len(q.Transactions)
	for i := range q.Transactions {
		qt := &q.Transactions[i]
		a := adding{id: qt.TransactionalID, verify: qt.VerifyOnly, Add: Add{
			ProducerID: qt.ProducerID, Epoch: qt.ProducerEpoch, Version: Version2,
		}}
		for j := range qt.Topics {
			for _, p := range qt.Topics[j].Partitions {
				a.Partitions = append(a.Partitions, Partition{qt.Topics[j].Topic, p})
			}
		}
		c.add(a, func(codes []int16) {
			rt := transactionAnswer(qt, codes)
			mu.Lock()
			resp.Transactions[i] = rt
			left--
			done := left == 0
			mu.Unlock()
			if done {
				reply(resp)
			}
		})
	}
}

func transactionAnswer(qt *kmsg.AddPartitionsToTxnRequestTransaction, codes []int16) kmsg.AddPartitionsToTxnResponseTransaction {
	rt := kmsg.NewAddPartitionsToTxnResponseTransaction()
	rt.TransactionalID = qt.TransactionalID
	n := 0
	for j := range qt.Topics {
		t := kmsg.NewAddPartitionsToTxnResponseTransactionTopic()
		t.Topic = qt.Topics[j].Topic
		for _, p := range qt.Topics[j].Partitions {
			rp := kmsg.NewAddPartitionsToTxnResponseTransactionTopicPartition()
			rp.Partition, rp.ErrorCode = p, codes[n]
			t.Partitions = append(t.Partitions, rp)
			n++
		}
		rt.Topics = append(rt.Topics, t)
	}
	return rt
}

// adding is one transaction of AddPartitionsToTxn.
type adding struct {
	Add
	id     string
	verify bool
	client bool // asks, not the leader of a partition
}

// internalTopic says whether clients cannot add a topic's partitions.
func internalTopic(name string) bool { return name == Topic || name == "__consumer_offsets" }

// add adds or verifies the partitions of one transaction, and gives a code for
// each. One that does not exist keeps all others out.
func (c *Coordinator) add(a adding, done func(codes []int16)) {
	codes := make([]int16, len(a.Partitions))
	all := func(code int16) {
		for i := range codes {
			codes[i] = code
		}
		done(codes)
	}
	bad := false
	for i, p := range a.Partitions {
		_, ok := c.o.TopicID(p.Topic, p.Index)
		switch {
		case a.client && internalTopic(p.Topic):
			codes[i], bad = kerr.TopicAuthorizationFailed.Code, true
		case !ok:
			codes[i], bad = kerr.UnknownTopicOrPartition.Code, true
		}
	}
	switch {
	case bad:
		for i, code := range codes {
			if code == 0 {
				codes[i] = kerr.OperationNotAttempted.Code
			}
		}
		done(codes)
	case a.id == "":
		all(kerr.InvalidRequest.Code)
	case a.verify:
		code, each := c.verify(a)
		if code != 0 {
			all(code)
			return
		}
		done(each)
	default:
		parts := union(nil, a.Partitions)
		a.Add.Partitions = parts
		c.submit(a.id, a.Add, false, func(ans Answer) { all(ans.Code) })
	}
}

// verify says for each partition whether the transaction has it.
func (c *Coordinator) verify(a adding) (code int16, each []int16) {
	sh, code := c.shardOf(a.id)
	if code != 0 {
		return code, nil
	}
	sh.do(func(w *work) {
		var o *owner
		if o, code = w.owner(a.id, kerr.InvalidProducerIDMapping.Code); code != 0 {
			return
		}
		if code, each = o.machine.Verify(a.ProducerID, a.Epoch, a.Partitions); code != 0 {
			return
		}
		for i, p := range a.Partitions {
			if each[i] == 0 {
				w.note(o, []Partition{p}) // the producer goes on with the topic of this name
			}
		}
	})
	return code, each
}
