package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
)

// handleDescribeProducers answers API 61 (KafkaApis.handleDescribeProducersRequest):
// who has written to a partition, and since when whose transaction is open.
func handleDescribeProducers(s *Service, _ *Request, q *kmsg.DescribeProducersRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeProducersResponse()
	for i := range q.Topics {
		qt := &q.Topics[i]
		rt := kmsg.NewDescribeProducersResponseTopic()
		rt.Topic = qt.Topic
		t := s.Topics.Topic([]byte(qt.Topic))
		for _, index := range qt.Partitions {
			out := kmsg.NewDescribeProducersResponseTopicPartition()
			out.Partition = index
			part, err := t.Partition(index)
			switch text := meta.CheckTopicName(qt.Topic); {
			case text != "":
				out.ErrorCode, out.ErrorMessage = kerr.InvalidTopicException.Code, &text
			case t == nil:
				text := "This server does not host this topic-partition."
				out.ErrorCode, out.ErrorMessage = kerr.UnknownTopicOrPartition.Code, &text
			case err != nil:
				out.ErrorCode = codeOf(err)
			default:
				out.ActiveProducers, err = activeProducers(part)
				out.ErrorCode = codeOf(err)
			}
			rt.Partitions = append(rt.Partitions, out)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp
}

func activeProducers(p *topic.Partition) ([]kmsg.DescribeProducersResponseTopicPartitionActiveProducer, error) {
	known, err := p.ActiveProducers()
	out := make([]kmsg.DescribeProducersResponseTopicPartitionActiveProducer, len(known))
	for i, k := range known {
		out[i] = kmsg.DescribeProducersResponseTopicPartitionActiveProducer{
			ProducerID: k.ProducerID, ProducerEpoch: int32(k.Epoch), LastSequence: k.LastSequence,
			LastTimestamp: k.LastTimestamp, CoordinatorEpoch: k.CoordinatorEpoch, CurrentTxnStartOffset: k.TxnStartOffset,
		}
	}
	return out, err
}
