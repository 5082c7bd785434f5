package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// produceTimeout is how long a broker waits for its replicas, in milliseconds.
const produceTimeout = 30_000

// lane writes the parcels of one share to one partition, one after the other.
type lane struct {
	s        *share
	leaders  *leaders
	to       int32
	in       chan *parcel
	sequence int32
}

// run writes parcels until in is closed. After a failure of the share it only
// takes them.
func (l *lane) run(ctx context.Context) {
	for p := range l.in {
		if l.s.failure() == nil {
			if err := l.write(ctx, p); err != nil {
				l.s.fail(fmt.Errorf("write to %q partition %d: %w", l.leaders.topic, l.to, fenced(err)))
			} else {
				l.s.written(p)
			}
		}
		l.s.router.recycle(p)
		l.s.pending.Done()
	}
}

// write writes a parcel once: what is sent again has the sequence it had.
func (l *lane) write(ctx context.Context, p *parcel) error {
	p.batch.stamp(l.s.producer.state, l.sequence)
	l.sequence = nextSequence(l.sequence, p.records)
	return retryOn(ctx, l.leaders, l.s.o.patience(), func() error {
		err := l.send(ctx, p)
		if err == nil || errors.Is(err, kerr.DuplicateSequenceNumber) {
			return nil
		}
		return l.explain(p, err)
	})
}

// nextSequence is the sequence behind n records; it wraps to 0 (KIP-98).
func nextSequence(at, n int32) int32 { return int32((uint32(at) + uint32(n)) & 0x7fffffff) }

func (l *lane) send(ctx context.Context, p *parcel) error {
	leader := l.leaders.leader(l.to)
	if leader < 0 {
		return kerr.LeaderNotAvailable
	}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis, req.TransactionID = -1, produceTimeout, l.s.producer.name
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic = l.leaders.topic
	part := kmsg.NewProduceRequestTopicPartition()
	part.Partition, part.Records = l.to, p.batch
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, l.leaders.cl.Broker(int(leader)))
	if err != nil {
		return err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return errors.New("the broker's answer leaves it out")
	}
	one := resp.Topics[0].Partitions[0]
	err = kerr.ErrorForCode(one.ErrorCode)
	if err != nil && one.ErrorMessage != nil {
		return fmt.Errorf("%w: %s", err, *one.ErrorMessage)
	}
	return err
}

// explain says which records a broker refused.
func (l *lane) explain(p *parcel, err error) error {
	if p.from.last < p.from.first || transient(err) {
		return err
	}
	at := fmt.Sprintf("offsets %d to %d of source partition %d", p.from.first, p.from.last, p.from.partition)
	if p.from.last == p.from.first {
		at = fmt.Sprintf("offset %d of source partition %d", p.from.first, p.from.partition)
	}
	if errors.Is(err, kerr.MessageTooLarge) {
		return fmt.Errorf("%w: %s: %w", ErrTooLarge, at, err)
	}
	return fmt.Errorf("%s: %w", at, err)
}
