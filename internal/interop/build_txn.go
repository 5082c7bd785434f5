package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// transactional is the attribute bit of a transaction's batches.
const transactional = 0x10

// Txn is a transactional producer as a row sees it.
type Txn struct {
	*Session
	ID    string
	PID   int64
	Epoch int16
	Seq   map[string]int32 // next sequence by topic, partition 0
}

// initTxn builds an InitProducerId with a transactional id and a timeout of a minute.
func initTxn(version int16, id string) *kmsg.InitProducerIDRequest {
	req := initProducerID(version, -1, -1)
	req.TransactionalID = &id
	return req
}

// NewTxn initializes a transactional id, unrecorded.
func (s *Session) NewTxn(id string) *Txn {
	s.TB.Helper()
	s.Coordinator(kindTxn, id)
	t := &Txn{Session: s, ID: id}
	t.Init()
	return t
}

// Init initializes the id (again), unrecorded: a new epoch.
func (t *Txn) Init() {
	t.TB.Helper()
	r := t.Until(initTxn(4, t.ID), func(r kmsg.Response) bool {
		return r.(*kmsg.InitProducerIDResponse).ErrorCode == 0
	}).(*kmsg.InitProducerIDResponse)
	t.PID, t.Epoch, t.Seq = r.ProducerID, r.ProducerEpoch, map[string]int32{}
	t.tr.mask.number("ProducerID", t.PID)
}

// add builds an AddPartitionsToTxn of partitions of a topic; from v4 on in the
// form of many transactions.
func (t *Txn) add(version int16, topic string, partitions ...int32) *kmsg.AddPartitionsToTxnRequest {
	req := kmsg.NewPtrAddPartitionsToTxnRequest()
	req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch = version, t.ID, t.PID, t.Epoch
	old := kmsg.NewAddPartitionsToTxnRequestTopic()
	old.Topic, old.Partitions = topic, partitions
	req.Topics = append(req.Topics, old)
	tx := kmsg.NewAddPartitionsToTxnRequestTransaction()
	tx.TransactionalID, tx.ProducerID, tx.ProducerEpoch = t.ID, t.PID, t.Epoch
	e := kmsg.NewAddPartitionsToTxnRequestTransactionTopic()
	e.Topic, e.Partitions = topic, partitions
	tx.Topics = append(tx.Topics, e)
	req.Transactions = append(req.Transactions, tx)
	return req
}

func (t *Txn) addOffsets(version int16, group string) *kmsg.AddOffsetsToTxnRequest {
	req := kmsg.NewPtrAddOffsetsToTxnRequest()
	req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = version, t.ID, t.PID, t.Epoch, group
	return req
}

func (t *Txn) end(version int16, commit bool) *kmsg.EndTxnRequest {
	req := kmsg.NewPtrEndTxnRequest()
	req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = version, t.ID, t.PID, t.Epoch, commit
	return req
}

// offsets builds a TxnOffsetCommit of partition 0 of topic, by no member.
func (t *Txn) offsets(version int16, group, topic string, offset int64) *kmsg.TxnOffsetCommitRequest {
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = version, t.ID, t.PID, t.Epoch, group
	e := kmsg.NewTxnOffsetCommitRequestTopic()
	e.Topic = topic
	p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	p.Offset, p.Metadata = offset, ptr("m")
	e.Partitions = append(e.Partitions, p)
	req.Topics = append(req.Topics, e)
	return req
}

// recent is Records with the time of now: retention leaves them alone.
func recent(values ...string) BatchSpec {
	b := Records(values...)
	b.FirstTimestamp = time.Now().UnixMilli()
	return b
}

// write builds a Produce of values to partition 0 of topic, in sequence.
func (t *Txn) write(version int16, topic string, values ...string) *kmsg.ProduceRequest {
	b := recent(values...)
	b.Attributes |= transactional
	b.Producer = &Producer{ID: t.PID, Epoch: t.Epoch, Seq: t.Seq[topic]}
	t.Seq[topic] += int32(len(values))
	req := produce(version, topic, 0, b.Bytes())
	req.TransactionID = &t.ID
	return req
}

// Write adds partition 0 of topic and writes values to it, unrecorded; both must succeed.
func (t *Txn) Write(topic string, values ...string) {
	t.TB.Helper()
	t.Until(t.add(3, topic, 0), func(r kmsg.Response) bool {
		return r.(*kmsg.AddPartitionsToTxnResponse).Topics[0].Partitions[0].ErrorCode == 0
	})
	if e := t.Do(t.write(9, topic, values...)).(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode; e != 0 {
		t.TB.Fatalf("write %s in a transaction: error %d", topic, e)
	}
}

// End ends the transaction, unrecorded, and returns when its markers are written.
func (t *Txn) End(commit bool) {
	t.TB.Helper()
	if e := t.Do(t.end(4, commit)).(*kmsg.EndTxnResponse).ErrorCode; e != 0 {
		t.TB.Fatalf("end transaction %s: error %d", t.ID, e)
	}
	t.Complete()
}

// Complete waits until the id's transaction is complete.
func (t *Txn) Complete() {
	t.TB.Helper()
	t.Until(describeTxns(t.ID), func(r kmsg.Response) bool {
		switch r.(*kmsg.DescribeTransactionsResponse).TransactionStates[0].State {
		case "PrepareCommit", "PrepareAbort", "PrepareEpochFence", "Ongoing":
			return false
		}
		return true
	})
}

func describeTxns(ids ...string) *kmsg.DescribeTransactionsRequest {
	req := kmsg.NewPtrDescribeTransactionsRequest()
	req.TransactionalIDs = ids
	return req
}

// listTxns builds a ListTransactions with a filter of states.
func listTxns(version int16, states ...string) *kmsg.ListTransactionsRequest {
	req := kmsg.NewPtrListTransactionsRequest()
	req.Version, req.StateFilters, req.DurationFilterMillis = version, states, -1
	return req
}

func describeProducers(topic string, partitions ...int32) *kmsg.DescribeProducersRequest {
	req := kmsg.NewPtrDescribeProducersRequest()
	t := kmsg.NewDescribeProducersRequestTopic()
	t.Topic, t.Partitions = topic, partitions
	req.Topics = append(req.Topics, t)
	return req
}

// writeMarkers builds a WriteTxnMarkers of one marker for partitions of a topic.
func writeMarkers(version int16, pid int64, epoch int16, coordinatorEpoch int32, commit bool, topic string, partitions ...int32) *kmsg.WriteTxnMarkersRequest {
	req := kmsg.NewPtrWriteTxnMarkersRequest()
	req.Version = version
	m := kmsg.NewWriteTxnMarkersRequestMarker()
	m.ProducerID, m.ProducerEpoch, m.CoordinatorEpoch, m.Committed = pid, epoch, coordinatorEpoch, commit
	t := kmsg.NewWriteTxnMarkersRequestMarkerTopic()
	t.Topic, t.Partitions = topic, partitions
	m.Topics = append(m.Topics, t)
	req.Markers = append(req.Markers, m)
	return req
}

// fetchCommitted is fetch under read_committed.
func fetchCommitted(topic string, offset int64) *kmsg.FetchRequest {
	req := fetch(12, topic, 0, offset)
	req.IsolationLevel = 1
	return req
}

// latest asks for the end of partition 0 of topic under an isolation level.
func latest(topic string, isolation int8) *kmsg.ListOffsetsRequest {
	req := listOffsets(7, topic, 0, -1)
	req.IsolationLevel = isolation
	return req
}
