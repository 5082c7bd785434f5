package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeProducersOptions chooses partitions.
type DescribeProducersOptions struct {
	Topics []TopicPartitions // without partitions: all of the topic
	Broker *int32            // the replica to ask; nil for each partition's leader
}

// Validate finds what no cluster would take.
func (o *DescribeProducersOptions) Validate() error {
	if len(o.Topics) == 0 {
		return fmt.Errorf("%w: no topic", ErrOptions)
	}
	for _, t := range o.Topics {
		if err := checkPartitions(t.Partitions); err != nil {
			return err
		}
	}
	return nil
}

// PartitionProducers is the producers that a partition remembers: those that
// are idempotent or transactional, and wrote to it lately.
type PartitionProducers struct {
	Topic     string     `json:"topic"`
	Number    int32      `json:"partition"`
	Producers []Producer `json:"producers"` // by id
	Error     *Error     `json:"error,omitempty"`
}

// Producer is what a partition knows of a producer.
type Producer struct {
	ID               int64  `json:"producer_id"`
	Epoch            int32  `json:"producer_epoch"`
	CoordinatorEpoch int32  `json:"coordinator_epoch"` // that ended its last transaction, -1 for none
	LastSequence     int32  `json:"last_sequence"`     // -1 when nothing was written since a transaction ended
	LastMs           int64  `json:"last_timestamp"`    // of its last record or marker, ms since 1970
	TxnStart         *int64 `json:"txn_start"`         // the first offset of its open transaction, nil for none
}

// DescribeProducers tells the producers of partitions (KIP-664), by topic in the
// order given and by partition. What cannot be told of a partition, or of a
// topic (with the partition -1), is in its Error.
func DescribeProducers(ctx context.Context, cl *kgo.Client, o DescribeProducersOptions) ([]PartitionProducers, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := make([]string, len(o.Topics))
	for i, t := range o.Topics {
		names[i] = t.Topic
	}
	details, err := topicDetails(ctx, cl, unique(names))
	if err != nil {
		return nil, fmt.Errorf("describe producers: %w", err)
	}
	var list []PartitionProducers
	for _, t := range o.Topics {
		d := details[t.Topic]
		if d.Err != nil {
			list = append(list, PartitionProducers{Topic: t.Topic, Number: -1, Producers: []Producer{}, Error: itemError(d.Err, "")})
			continue
		}
		have, missing := partitionsOf(d, t.Partitions)
		for _, n := range have {
			list = append(list, PartitionProducers{Topic: t.Topic, Number: n})
		}
		for n, e := range missing {
			list = append(list, PartitionProducers{Topic: t.Topic, Number: n, Producers: []Producer{}, Error: e})
		}
	}
	slices.SortStableFunc(list, func(a, b PartitionProducers) int {
		return cmp.Or(cmp.Compare(slices.Index(names, a.Topic), slices.Index(names, b.Topic)), cmp.Compare(a.Number, b.Number))
	})
	list = slices.CompactFunc(list, func(a, b PartitionProducers) bool { return a.Topic == b.Topic && a.Number == b.Number })
	return list, fillProducers(ctx, cl, list, o.Broker)
}

// producersBatch is how many partitions one request asks for, as
// kafka-transactions.sh does: a broker may have many thousands.
const producersBatch = 500

// fillProducers asks for the producers of the partitions that have no error yet.
func fillProducers(ctx context.Context, cl *kgo.Client, list []PartitionProducers, broker *int32) error {
	for batch := range slices.Chunk(list, producersBatch) {
		req := kmsg.NewPtrDescribeProducersRequest()
		index := map[placeKey]*PartitionProducers{}
		for i := range batch {
			if p := &batch[i]; p.Error == nil {
				index[placeKey{p.Topic, p.Number}] = p
				addProducersPartition(req, p.Topic, p.Number)
			}
		}
		if len(index) == 0 {
			continue
		}
		if err := askProducers(ctx, cl, req, broker, index); err != nil {
			return err
		}
		for _, p := range index {
			if p.Producers == nil && p.Error == nil {
				p.Error = itemError(kerr.UnknownServerError, "the broker's answer leaves it out")
			}
		}
	}
	return nil
}

func addProducersPartition(req *kmsg.DescribeProducersRequest, topic string, partition int32) {
	if n := len(req.Topics); n > 0 && req.Topics[n-1].Topic == topic {
		req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, partition)
		return
	}
	t := kmsg.NewDescribeProducersRequestTopic()
	t.Topic, t.Partitions = topic, []int32{partition}
	req.Topics = append(req.Topics, t)
}

// askProducers asks the leaders, or one broker.
func askProducers(ctx context.Context, cl *kgo.Client, req *kmsg.DescribeProducersRequest, broker *int32, index map[placeKey]*PartitionProducers) error {
	if broker != nil {
		resp, err := req.RequestWith(ctx, cl.Broker(int(*broker)))
		if err != nil {
			return fmt.Errorf("describe producers on broker %d: %w", *broker, err)
		}
		takeProducers(resp, index)
		return nil
	}
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err == nil {
			takeProducers(shard.Resp.(*kmsg.DescribeProducersResponse), index)
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("describe producers: %w", err)
		}
		for _, t := range shard.Req.(*kmsg.DescribeProducersRequest).Topics {
			for _, n := range t.Partitions {
				if p := index[placeKey{t.Topic, n}]; p != nil {
					p.Producers, p.Error = []Producer{}, itemError(shard.Err, "")
				}
			}
		}
	}
	return nil
}

func takeProducers(resp *kmsg.DescribeProducersResponse, index map[placeKey]*PartitionProducers) {
	for _, t := range resp.Topics {
		for _, a := range t.Partitions {
			p := index[placeKey{t.Topic, a.Partition}]
			if p == nil {
				continue
			}
			p.Producers, p.Error = make([]Producer, 0, len(a.ActiveProducers)), codeError(a.ErrorCode, a.ErrorMessage)
			for _, s := range a.ActiveProducers {
				w := Producer{ID: s.ProducerID, Epoch: s.ProducerEpoch, CoordinatorEpoch: s.CoordinatorEpoch, LastSequence: s.LastSequence, LastMs: s.LastTimestamp}
				if s.CurrentTxnStartOffset >= 0 {
					w.TxnStart = &s.CurrentTxnStartOffset
				}
				p.Producers = append(p.Producers, w)
			}
			slices.SortFunc(p.Producers, func(a, b Producer) int { return cmp.Compare(a.ID, b.ID) })
		}
	}
}
