package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// producer is the producer id of a share, and its transaction. It belongs to the
// goroutine of the share; lanes read state, which stays once it is begun.
type producer struct {
	cl       *kgo.Client
	name     *string // the transactional id; nil for none
	timeout  time.Duration
	patience time.Duration
	state    producerState

	open  bool                      // something was added to the transaction
	added map[string]map[int32]bool // partitions of the open transaction, by topic
}

// init gets the producer id. With a transactional id it fences who had it before,
// and returns once that one's last transaction is ended.
func (p *producer) init(ctx context.Context) error {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID, req.TransactionTimeoutMillis = p.name, int32(p.timeout.Milliseconds())
	err := retry(ctx, p.patience, func() error {
		resp, err := req.RequestWith(ctx, p.cl)
		if err != nil {
			return err
		}
		p.state = producerState{id: resp.ProducerID, epoch: resp.ProducerEpoch, transactional: p.name != nil}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return fmt.Errorf("begin as producer%s: %w", p.called(), err)
	}
	p.added = map[string]map[int32]bool{}
	return nil
}

func (p *producer) called() string {
	if p.name == nil {
		return ""
	}
	return fmt.Sprintf(" %q", *p.name)
}

// add makes partitions part of the transaction.
func (p *producer) add(ctx context.Context, topic string, partitions []int32) error {
	if p.name == nil {
		return nil
	}
	var fresh []int32
	for _, n := range partitions {
		if !p.added[topic][n] {
			fresh = append(fresh, n)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	req := kmsg.NewPtrAddPartitionsToTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = *p.name, p.state.id, p.state.epoch
	t := kmsg.NewAddPartitionsToTxnRequestTopic()
	t.Topic, t.Partitions = topic, fresh
	req.Topics = append(req.Topics, t)
	p.open = true // it may be, whatever the answer
	err := retry(ctx, p.patience, func() error {
		resp, err := req.RequestWith(ctx, p.cl)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, one := range t.Partitions {
				if err := kerr.ErrorForCode(one.ErrorCode); err != nil && !errors.Is(err, kerr.OperationNotAttempted) {
					return fmt.Errorf("%q partition %d: %w", t.Topic, one.Partition, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("add to the transaction: %w", fenced(err))
	}
	if p.added[topic] == nil {
		p.added[topic] = map[int32]bool{}
	}
	for _, n := range fresh {
		p.added[topic][n] = true
	}
	return nil
}

// end ends the transaction. A commit is asked for until there is an answer.
func (p *producer) end(ctx context.Context, commit bool) error {
	if !p.open {
		return nil
	}
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = *p.name, p.state.id, p.state.epoch, commit
	err := retry(ctx, p.patience, func() error {
		resp, err := req.RequestWith(ctx, p.cl)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return fmt.Errorf("end the transaction: %w", fenced(err))
	}
	p.open, p.added = false, map[string]map[int32]bool{}
	return nil
}

// fenced names the errors of a producer that is not the one of its id any more.
func fenced(err error) error {
	for _, e := range []error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState, kerr.InvalidProducerIDMapping} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", ErrFenced, err)
		}
	}
	for _, e := range []error{kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
	return err
}
