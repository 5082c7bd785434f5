package sender

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/run/ask"
)

// Group names a member of a group at one generation, which fences its commits (KIP-447).
type Group struct {
	ID         string
	Member     string
	Instance   *string
	Generation int32
}

// Offset is an input position to commit.
type Offset struct {
	Topic     string
	TopicID   [16]byte
	Partition int32
	Offset    int64
	Metadata  string
}

func topicOf(o Offset) string { return o.Topic }

// Transactional says whether the sender writes in transactions.
func (s *Sender) Transactional() bool { return s.o.TransactionalID != "" }

// Commit flushes, and commits the transaction with the offsets in it; a
// transaction without records is only the offsets. A sender that is not
// transactional flushes and commits the offsets.
//
// Where the end of a transaction got no answer it is asked for again until ctx
// ends: then, or when a broker has fenced the producer meanwhile, the error is
// ErrUnknownOutcome.
func (s *Sender) Commit(ctx context.Context, g Group, offsets []Offset) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	if !s.Transactional() || !s.unsent {
		return CommitOffsets(ctx, s.o.Client, g, offsets)
	}
	if len(offsets) > 0 {
		if err := s.addOffsets(ctx, g); err != nil {
			return err
		}
		if err := s.commitOffsets(ctx, g, offsets); err != nil {
			return err
		}
	}
	return s.end(ctx)
}

// Abort drops what was sent since the last commit and gets a new epoch, which
// makes the broker abort the transaction.
func (s *Sender) Abort(ctx context.Context) error {
	for _, p := range s.dirty {
		p.open = nil
	}
	s.dirty = s.dirty[:0]
	s.mu.Lock()
	if s.err == nil {
		s.err = ErrFenced // nobody takes another batch
	}
	for s.flying > 0 {
		s.change.Wait()
	}
	for _, p := range s.parts {
		p.queue, p.busy, p.added = nil, false, false
	}
	s.buffered, s.pending, s.rejected = 0, 0, nil
	s.mu.Unlock()
	if err := s.identify(ctx); err != nil {
		return err
	}
	s.unsent = false
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = nil
	return nil
}

// addPartitions adds partitions to the transaction where brokers do not do so themselves.
func (s *Sender) addPartitions(ctx context.Context, batches []sent) error {
	if !s.Transactional() || s.second {
		return nil
	}
	req := kmsg.NewPtrAddPartitionsToTxnRequest()
	s.mu.Lock()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = s.o.TransactionalID, s.id.id, s.id.epoch
	fresh := slices.DeleteFunc(slices.Clone(batches), func(x sent) bool { return x.p.added })
	s.mu.Unlock()
	for topic, of := range ask.ByTopic(fresh, func(x sent) string { return x.p.topic.name }) {
		t := kmsg.AddPartitionsToTxnRequestTopic{Topic: topic}
		for _, x := range of {
			t.Partitions = append(t.Partitions, x.p.num)
		}
		req.Topics = append(req.Topics, t)
	}
	if len(req.Topics) == 0 {
		return nil
	}
	err := ask.Again(ctx, func() error {
		resp, err := req.RequestWith(ctx, s.o.Client)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil && !errors.Is(err, kerr.OperationNotAttempted) {
					return err
				}
			}
		}
		return nil
	})
	if fencing(err) {
		return fmt.Errorf("%w: add partitions to the transaction: %w", ErrFenced, err)
	}
	if err != nil {
		return fmt.Errorf("add partitions to the transaction: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range batches {
		x.p.added = true
	}
	return nil
}

func (s *Sender) addOffsets(ctx context.Context, g Group) error {
	if s.second {
		return nil
	}
	req := kmsg.NewPtrAddOffsetsToTxnRequest()
	req.TransactionalID, req.Group = s.o.TransactionalID, g.ID
	req.ProducerID, req.ProducerEpoch = s.identity()
	err := ask.Again(ctx, func() error {
		resp, err := req.RequestWith(ctx, s.o.Client)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if fencing(err) {
		return fmt.Errorf("%w: add offsets to the transaction: %w", ErrFenced, err)
	}
	if err != nil {
		return fmt.Errorf("add offsets to the transaction: %w", err)
	}
	return nil
}

func (s *Sender) identity() (int64, int16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id.id, s.id.epoch
}

func (s *Sender) commitOffsets(ctx context.Context, g Group, offsets []Offset) error {
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.Group = s.o.TransactionalID, g.ID
	req.ProducerID, req.ProducerEpoch = s.identity()
	req.Generation, req.MemberID, req.InstanceID = g.Generation, g.Member, g.Instance
	for topic, of := range ask.ByTopic(offsets, topicOf) {
		t := kmsg.NewTxnOffsetCommitRequestTopic()
		t.Topic = topic
		for _, o := range of {
			p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset, p.Metadata = o.Partition, o.Offset, &o.Metadata
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	err := ask.Again(ctx, func() error {
		resp, err := req.RequestWith(ctx, s.o.Client)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if fencing(err) {
		return fmt.Errorf("%w: commit offsets in the transaction: %w", ErrFenced, err)
	}
	if err != nil {
		return fmt.Errorf("commit offsets in the transaction: %w", err)
	}
	return nil
}

// end commits the transaction. The same request again is harmless: a broker
// that has done it already says so.
func (s *Sender) end(ctx context.Context) error {
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.Commit = s.o.TransactionalID, true
	req.ProducerID, req.ProducerEpoch = s.identity()
	asked := 0
	var resp *kmsg.EndTxnResponse
	err := ask.Again(ctx, func() (err error) {
		asked++
		if resp, err = req.RequestWith(ctx, s.o.Client); err != nil {
			asked++ // it may have arrived
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	switch {
	case err == nil:
	case errors.Is(err, kerr.TransactionAbortable), asked == 1 && fencing(err):
		return fmt.Errorf("%w: end the transaction: %w", ErrFenced, err)
	default:
		return fmt.Errorf("%w: %w", ErrUnknownOutcome, err)
	}
	s.unsent = false
	s.mu.Lock()
	defer s.mu.Unlock()
	if resp.Version >= 5 && resp.ProducerID >= 0 {
		s.id = producerID{resp.ProducerID, resp.ProducerEpoch}
	}
	for _, p := range s.parts {
		p.added = false
	}
	return nil
}

// CommitOffsets commits positions without a transaction.
func CommitOffsets(ctx context.Context, cl *kgo.Client, g Group, offsets []Offset) error {
	if len(offsets) == 0 {
		return nil
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation, req.MemberID, req.InstanceID = g.ID, g.Generation, g.Member, g.Instance
	for topic, of := range ask.ByTopic(offsets, topicOf) {
		t := kmsg.NewOffsetCommitRequestTopic()
		t.Topic, t.TopicID = topic, of[0].TopicID
		for _, o := range of {
			p := kmsg.NewOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset, p.Metadata = o.Partition, o.Offset, &o.Metadata
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	err := ask.Again(ctx, func() error {
		resp, err := req.RequestWith(ctx, cl)
		if err == nil {
			err = committed(resp)
		}
		return err
	}, kerr.UnknownTopicID)
	if err != nil {
		return fmt.Errorf("commit offsets: %w", err)
	}
	return nil
}

func committed(resp *kmsg.OffsetCommitResponse) error {
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}
