package interop

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Sharer is a member of a share group that fetches from partition 0 of a topic, on a
// connection of its own. It has joined nothing: brokers look at sessions only.
type Sharer struct {
	*Session
	Group, ID string
	Topic     [16]byte
	Epoch     int32 // of the next request
	Version   int16
	Edit      func(q *kmsg.ShareFetchRequest) // of every fetch; may be nil
}

// Shares begins the state of a share partition of partition 0 of a topic, unrecorded.
func (s *Session) Shares(group string, topic [16]byte, start int64) {
	s.TB.Helper()
	s.ShareCoordinator(group, topic)
	s.Until(initShare(group, topic, 0, 0, start), func(r kmsg.Response) bool {
		return r.(*kmsg.InitializeShareGroupStateResponse).Topics[0].Partitions[0].ErrorCode == 0
	})
}

// ShareCoordinator waits until there is a coordinator for a share partition.
func (s *Session) ShareCoordinator(group string, topic [16]byte) {
	s.TB.Helper()
	key := shareKey(group, topic, 0)
	s.Until(findCoordinator(6, kindShare, key), func(r kmsg.Response) bool {
		return r.(*kmsg.FindCoordinatorResponse).Coordinators[0].ErrorCode == 0
	})
	s.Until(readShare(group, topic, 0, -1), func(r kmsg.Response) bool { // it is loaded
		e := r.(*kmsg.ReadShareGroupStateResponse).Topics[0].Partitions[0].ErrorCode
		return e == 0 || e == 42
	})
}

// NewSharer returns a member without a session.
func (s *Session) NewSharer(group, id string, topic [16]byte) *Sharer {
	return &Sharer{Session: s.Fork(), Group: group, ID: id, Topic: topic, Version: 2}
}

// ackBatch acknowledges offsets.
func ackBatch(first, last int64, types ...int8) kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch {
	return kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch{FirstOffset: first, LastOffset: last, AcknowledgeTypes: types}
}

// Ask builds the next fetch, which waits for nothing.
func (m *Sharer) Ask(acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) *kmsg.ShareFetchRequest {
	q := kmsg.NewPtrShareFetchRequest()
	q.Version, q.GroupID, q.MemberID, q.ShareSessionEpoch = m.Version, &m.Group, &m.ID, m.Epoch
	q.MaxWaitMillis, q.MinBytes, q.MaxBytes, q.MaxRecords, q.BatchSize = 500, 1, 1<<20, 500, 500
	p := kmsg.NewShareFetchRequestTopicPartition()
	p.AcknowledgementBatches = acks
	t := kmsg.NewShareFetchRequestTopic()
	t.TopicID, t.Partitions = m.Topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	if m.Edit != nil {
		m.Edit(q)
	}
	m.Epoch++
	return q
}

// Fetch sends the next fetch, recorded.
func (m *Sharer) Fetch(acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) {
	m.TB.Helper()
	m.Send(m.Ask(acks...))
}

// Got repeats fetches, unrecorded, until one acquires something.
func (m *Sharer) Got() {
	m.TB.Helper()
	for {
		r := m.Do(m.Ask()).(*kmsg.ShareFetchResponse)
		if r.ErrorCode != 0 {
			m.TB.Fatalf("share fetch of %s: error %d", m.ID, r.ErrorCode)
		}
		if len(r.Topics) == 1 && len(r.Topics[0].Partitions) == 1 && len(r.Topics[0].Partitions[0].AcquiredRecords) > 0 {
			return
		}
	}
}

// Acks builds an acknowledgement.
func (m *Sharer) Acks(acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) *kmsg.ShareAcknowledgeRequest {
	q := kmsg.NewPtrShareAcknowledgeRequest()
	q.Version, q.GroupID, q.MemberID, q.ShareSessionEpoch = m.Version, &m.Group, &m.ID, m.Epoch
	p := kmsg.NewShareAcknowledgeRequestTopicPartition()
	for _, a := range acks {
		q.IsRenewAck = q.IsRenewAck || slices.Contains(a.AcknowledgeTypes, 4)
		p.AcknowledgementBatches = append(p.AcknowledgementBatches, kmsg.ShareAcknowledgeRequestTopicPartitionAcknowledgementBatch(a))
	}
	t := kmsg.NewShareAcknowledgeRequestTopic()
	t.TopicID, t.Partitions = m.Topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	m.Epoch++
	return q
}

// Ack sends an acknowledgement, recorded.
func (m *Sharer) Ack(acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) {
	m.TB.Helper()
	m.Send(m.Acks(acks...))
}

// End ends the session, unrecorded.
func (m *Sharer) End() {
	m.TB.Helper()
	q := m.Acks()
	q.ShareSessionEpoch, q.Topics = -1, nil
	m.Do(q)
	m.Epoch = 0
}
