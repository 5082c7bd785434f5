package group

import (
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/logstore"
)

// write is one offset of a commit, with the place of its answer.
type write struct {
	topic     string
	id        meta.ID
	named     bool // the client names topics, rather than ids
	partition int32
	value     committed
	code      *int16
}

// check refuses what is no partition of a topic.
func (w *write) check(img *meta.Image) bool {
	t := img.Topic(w.topic)
	if !w.named {
		t = img.TopicByID(w.id)
	}
	switch {
	case t == nil && !w.named:
		*w.code = kerr.UnknownTopicID.Code
	case t == nil || w.partition < 0 || int(w.partition) >= len(t.Partitions):
		*w.code = kerr.UnknownTopicOrPartition.Code
	default:
		w.topic, w.id = t.Name, t.ID
		return true
	}
	return false
}

// commits are the offsets of one request.
type commits struct {
	writes []write
	check  machine.PartitionCheck
}

func (cs *commits) fail(err *kerr.Error) {
	for i := range cs.writes {
		*cs.writes[i].code = err.Code
	}
}

// OffsetCommit answers OffsetCommit.
func (c *Coordinator) OffsetCommit(q *kmsg.OffsetCommitRequest, reply func(*kmsg.OffsetCommitResponse)) {
	resp, cs := c.offsetCommit(q)
	if len(cs.writes) == 0 {
		reply(resp)
		return
	}
	var fresh func(*group)
	missing := kerr.IllegalGeneration
	switch {
	case q.Generation < 0: // a client that only keeps offsets here
		fresh = c.newClassic
	case q.Version >= 9:
		missing = kerr.GroupIDNotFound
	}
	found, err := c.turn(q.Group, fresh, func(t *turn) {
		check, err := t.g.machine.Commit(machine.Commit{Member: q.MemberID, Instance: q.InstanceID, Epoch: q.Generation, Version: q.Version})
		if err != nil {
			cs.fail(err)
			t.answer(func(*kerr.Error) { reply(resp) })
			return
		}
		cs.check = check
		if q.MemberID != "" {
			t.step(machine.Committed{Member: q.MemberID})
		}
		t.commit(&cs, nil)
		t.answer(func(err *kerr.Error) {
			if err != nil {
				cs.fail(err)
			}
			reply(resp)
		})
	})
	switch {
	case err != nil:
		cs.fail(err)
		reply(resp)
	case !found:
		cs.fail(missing)
		reply(resp)
	}
}

// offsetCommit lists what a request writes, and makes the answer to it, in which
// partitions that are not there are refused already.
func (c *Coordinator) offsetCommit(q *kmsg.OffsetCommitRequest) (*kmsg.OffsetCommitResponse, commits) {
	img, now := c.o.Image(), c.o.Now().UnixMilli()
	resp := kmsg.NewPtrOffsetCommitResponse()
	var cs commits
	expire := int64(-1)
	if q.Version >= 2 && q.Version <= 4 && q.RetentionTimeMillis >= 0 {
		expire = now + q.RetentionTimeMillis
	}
	for i := range q.Topics {
		qt := &q.Topics[i]
		if len(qt.Partitions) == 0 {
			continue // not answered either
		}
		rt := kmsg.NewOffsetCommitResponseTopic()
		rt.Topic, rt.TopicID = qt.Topic, qt.TopicID
		rt.Partitions = make([]kmsg.OffsetCommitResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			qp, rp := &qt.Partitions[j], &rt.Partitions[j]
			rp.Partition = qp.Partition
			w := write{
				topic: qt.Topic, id: qt.TopicID, named: q.Version < 10, partition: qp.Partition, code: &rp.ErrorCode,
				value: committed{offset: qp.Offset, epoch: qp.LeaderEpoch, commitMs: now, expireMs: expire, metadata: text(qp.Metadata)},
			}
			if q.Version < 6 {
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

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// transaction is whose offsets are pending.
type transaction struct {
	producer int64
	epoch    int16
	guard    *logstore.Guard // of its verification; nil when the transaction is open
	verify   bool            // the log refuses what was not verified
}

// commit writes the offsets of a request and takes them over; those of a
// transaction wait for its end. The codes say what became of each.
func (t *turn) commit(cs *commits, txn *transaction) {
	g := t.g
	limit := int(t.c.o.Number("offset.metadata.max.bytes"))
	var recs []machine.Record
	var good []*write
	for i := range cs.writes {
		w := &cs.writes[i]
		if cs.check != nil {
			if err := cs.check(w.topic, w.id, w.partition); err != nil {
				*w.code = err.Code
				continue
			}
		}
		if tooLong(w.value.metadata, limit) {
			*w.code = kerr.OffsetMetadataTooLarge.Code
			continue
		}
		good = append(good, w)
		recs = append(recs, machine.Record{Key: offsetKey(g.id, w.topic, w.partition), Value: value(w.id, &w.value).Append(nil)})
	}
	if len(recs) == 0 {
		return
	}
	var o statelog.AppendOptions
	if txn != nil {
		o = statelog.AppendOptions{Transactional: true, ProducerID: txn.producer, ProducerEpoch: txn.epoch, Guard: txn.guard, Verify: txn.verify}
	}
	if err := t.append(recs, o); err != nil {
		for _, w := range good {
			*w.code = err.Code
		}
		return
	}
	seq := t.c.seq.Add(1)
	for _, w := range good {
		w.value.seq = seq
		if txn != nil {
			g.await(txn.producer, w.topic, w.id, w.partition, w.value)
			continue
		}
		g.commit(w.topic, w.id, w.partition, w.value)
	}
	if txn != nil {
		g.s.joinTxn(txn.producer, g)
	}
}

// tooLong applies offset.metadata.max.bytes, which Kafka counts in UTF-16.
func tooLong(s string, limit int) bool {
	if len(s) <= limit {
		return false
	}
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n > limit
}

var _ machine.Machine = (*classic.Group)(nil)
