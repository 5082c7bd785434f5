package api

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
)

// adminClientID is the only client id that may write to internal topics
// (AdminUtils.ADMIN_CLIENT_ID).
const adminClientID = "__admin_client"

// produceShared is what the produces of one broker share.
type produceShared struct {
	ops   sync.Pool // of *produceOp
	fired sync.Pool // of *topic.Fired
	txns  txnGate
}

func (p *produceShared) newFired() *topic.Fired {
	if f, ok := p.fired.Get().(*topic.Fired); ok {
		return f
	}
	return new(topic.Fired)
}

func (p *produceShared) fire(f *topic.Fired) {
	f.Fire()
	p.fired.Put(f)
}

// produceOp is a produce under way.
type produceOp struct {
	s    *Service
	r    *Request
	q    wire.ProduceRequest
	resp wire.ProduceResponse

	nowMs  int64
	txn    *produceTxn  // of a request with transactional batches
	failed bool         // some partition has an error
	fired  *topic.Fired // what the appends made due

	// Of an append that waits for the high watermark.
	acks    []*produceAck
	spare   *produceAck  // an ack that was not needed
	pending atomic.Int32 // acks that wait, and the handler itself
	timer   *time.Timer
}

// produceAck is one partition that waits.
type produceAck struct {
	topic.Ack
	op   *produceOp
	part *topic.Partition
	at   [2]int // topic and partition in the answer
	err  error  // how it ended; set before op.arrived
}

// handleProduce answers API 0 (KafkaApis.handleProduceRequest).
func handleProduce(s *Service, r *Request) {
	op, _ := s.produce.ops.Get().(*produceOp)
	if op == nil {
		op = new(produceOp)
	}
	op.s, op.r = s, r
	if err := op.q.Parse(r.Header.Version, r.Body); err != nil {
		op.recycle()
		r.Close(fmt.Errorf("parse produce request version %d: %w", r.Header.Version, err))
		return
	}
	once(op.q.Topics, func(p *wire.ProducePartition) int32 { return p.Index })
	op.failed = false
	op.resp = wire.ProduceResponse{Topics: op.resp.Topics[:0]}
	if !transactional(&op.q) {
		op.run()
		return
	}
	if refused, message := op.beginTxn(); refused != nil {
		op.all(refused.Code, message)
		op.answer()
		return
	}
	if s.produce.txns.enter(op) {
		s.produceInTxn(op)
	}
}

// run appends everything and answers, now or when it is committed.
func (op *produceOp) run() {
	s, r := op.s, op.r
	op.nowMs = s.Now().UnixMilli()
	op.fired = s.produce.newFired()
	op.pending.Store(1)
	op.appendAll()
	// Consumers that wait come after the producer, and once for all partitions.
	defer s.produce.fire(op.fired)
	if len(op.acks) == 0 {
		op.answer()
		return
	}
	r.ReleaseBody()
	acks := op.acks
	op.timer = time.AfterFunc(time.Duration(op.q.TimeoutMs)*time.Millisecond, func() { expire(acks) })
	op.arrived()
}

// all answers every partition with an error, and a message if there is one.
func (op *produceOp) all(code int16, message *string) {
	for i := range op.q.Topics {
		qt := &op.q.Topics[i]
		for j := range qt.Partitions {
			out := op.slot(qt, string(qt.Name), qt.Partitions[j].Index)
			out.ErrorCode, out.ErrorMessage = code, message
		}
	}
	op.failed = true
}

// slot adds a partition to the answer, which says nothing yet.
func (op *produceOp) slot(qt *wire.ProduceTopic, name string, index int32) *wire.ProducePartitionResponse {
	topics := op.resp.Topics
	if n := len(topics); n == 0 || topics[n-1].Name != name || topics[n-1].ID != qt.ID {
		if n < cap(topics) {
			topics = topics[:n+1]
			topics[n].Partitions = topics[n].Partitions[:0]
		} else {
			topics = append(topics, wire.ProduceTopicResponse{})
		}
		topics[n].Name, topics[n].ID = name, qt.ID
		op.resp.Topics = topics
	}
	t := &topics[len(topics)-1]
	t.Partitions = append(t.Partitions, wire.ProducePartitionResponse{
		Index: index, BaseOffset: -1, LogAppendTimeMs: -1, LogStartOffset: -1, CurrentLeader: wire.NoLeader,
	})
	return &t.Partitions[len(t.Partitions)-1]
}

func (op *produceOp) appendAll() {
	for i := range op.q.Topics {
		qt := &op.q.Topics[i]
		t := op.topicOf(qt)
		name := ""
		switch {
		case t != nil:
			name = t.Name
		case len(qt.Name) > 0:
			name = string(qt.Name)
		}
		for j := range qt.Partitions {
			op.append(t, qt, &qt.Partitions[j], name)
		}
	}
}

// append appends the records of one partition.
func (op *produceOp) append(t *topic.Topic, qt *wire.ProduceTopic, qp *wire.ProducePartition, name string) {
	out := op.slot(qt, name, qp.Index)
	part, err := t.Partition(qp.Index)
	switch {
	case t == nil && op.r.Header.Version >= 13:
		op.refuse(out, kerr.UnknownTopicID)
	case err != nil:
		op.refuse(out, errorOf(err))
	case op.q.Acks < -1 || op.q.Acks > 1:
		op.refuse(out, kerr.InvalidRequiredAcks)
	case t.Internal && op.r.Header.ClientID != adminClientID:
		op.refuse(out, kerr.InvalidTopicException)
	default:
		op.write(part, qp, out)
	}
}

func (op *produceOp) refuse(out *wire.ProducePartitionResponse, err *kerr.Error) {
	out.ErrorCode = err.Code
	op.failed = true
}

// write validates and appends one batch.
func (op *produceOp) write(part *topic.Partition, qp *wire.ProducePartition, out *wire.ProducePartitionResponse) {
	version := op.r.Header.Version
	verified := op.txn.of(qp)
	if verified != nil && verified.err != nil {
		op.refuse(out, verified.err)
		out.ErrorMessage = verified.message
		return
	}
	rules := part.Config().Rules
	rules.NowMs, rules.NoZstd = op.nowMs, version < 7
	v, err := batch.Validate(qp.Records, version < 3, rules)
	if err != nil {
		op.invalid(part, qp.Records, err, out)
		return
	}
	o := topic.AppendOptions{Acks: op.q.Acks, Fired: op.fired}
	if verified != nil {
		o.Verify, o.Guard = op.txn.verify, verified.guard
	}
	if op.q.Acks == -1 {
		o.Ack = op.ack(part)
	}
	a, err := part.Append(v.Records, o)
	if o.Ack != nil && !a.Waiting {
		op.pending.Add(-1) // not the last: the handler counts too
	}
	if err != nil {
		op.refuse(out, errorOf(err))
		op.tellStart(part, out)
		return
	}
	if a.Waiting {
		op.acks = append(op.acks, op.spare)
		op.spare = nil
	}
	out.BaseOffset, out.LogStartOffset = a.FirstOffset, a.LogStartOffset
	switch {
	case a.Duplicate:
		out.LogAppendTimeMs = a.MaxTimestamp // as Kafka does, whatever the timestamp type
	case rules.LogAppendTime:
		out.LogAppendTimeMs = op.nowMs
	}
}

// ack returns an ack for the partition that was added last. It is counted already,
// since it may be done before the append returns.
func (op *produceOp) ack(part *topic.Partition) *topic.Ack {
	if op.spare == nil {
		op.spare = &produceAck{op: op}
		op.spare.Done = op.spare.done
	}
	t := len(op.resp.Topics) - 1
	op.spare.part, op.spare.at = part, [2]int{t, len(op.resp.Topics[t].Partitions) - 1}
	op.pending.Add(1)
	return &op.spare.Ack
}

func (a *produceAck) done(err error) {
	a.err = err
	a.op.arrived()
}

// arrived counts an ack as done; the last one answers.
func (op *produceOp) arrived() {
	if op.pending.Add(-1) == 0 {
		op.answer()
	}
}

// expire ends the acks that still wait. What they appended stays.
func expire(acks []*produceAck) {
	for _, a := range acks {
		if a.part.Cancel(&a.Ack) {
			a.done(topic.ErrTimedOut)
		}
	}
}

// answer sends the answer; with acks=0 there is none, and an error closes the connection.
func (op *produceOp) answer() {
	r, version := op.r, op.r.Header.Version
	if op.timer != nil {
		op.timer.Stop()
	}
	for _, a := range op.acks {
		if a.err != nil {
			op.refuse(&op.resp.Topics[a.at[0]].Partitions[a.at[1]], errorOf(a.err))
		}
	}
	if op.failed {
		op.finishErrors(version)
	}
	if op.q.Acks == 0 {
		failed := op.failed
		op.recycle()
		if failed {
			r.Close(errProduceFailed)
		} else {
			r.NoReply()
		}
		return
	}
	buf := wire.NewBuf(wire.MinBuf)
	body := op.resp.AppendTo(buf.Bytes()[:0], version)
	buf.Adopt(body)
	op.recycle()
	r.ReplyChunks([]wire.Chunk{{Bytes: body, Buf: buf}})
}

// errProduceFailed is why a connection closes after a produce with acks=0.
var errProduceFailed = errors.New("produce with acks=0 failed")

// finishErrors counts the errors and tells clients that came to the wrong broker
// where the leader is (KIP-951).
func (op *produceOp) finishErrors(version int16) {
	for i := range op.resp.Topics {
		t := &op.resp.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			op.s.Errors.Add(p.ErrorCode)
			if version >= 10 && p.ErrorCode == kerr.NotLeaderForPartition.Code {
				p.CurrentLeader = op.s.currentLeader(op.r.Conn, nil, t.Name, p.Index, &op.resp.NodeEndpoints)
			}
		}
	}
}

// recycle keeps the memory of op for another request, but for the acks that its
// timer may still know.
func (op *produceOp) recycle() {
	ops, partitions := &op.s.produce.ops, 0
	for i := range op.resp.Topics {
		partitions += len(op.resp.Topics[i].Partitions)
	}
	op.s, op.r, op.txn, op.fired, op.acks, op.timer = nil, nil, nil, nil, nil, nil
	if partitions <= maxKept {
		ops.Put(op)
	}
}
