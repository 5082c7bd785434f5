package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// metadataTopic is the name of the metadata log.
const metadataTopic = "__cluster_metadata"

// handleDescribeQuorum answers DescribeQuorum 0-2 (KIP-595): a quorum of one, which
// has what it has told. A request for anything but the metadata log alone fails for
// all that it names, as in Kafka.
func handleDescribeQuorum(s *Service, _ *Request, q *kmsg.DescribeQuorumRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeQuorumResponse()
	text := func(t string) *string { return &t }
	resp.ErrorMessage = text("")
	alone := len(q.Topics) == 1 && q.Topics[0].Topic == metadataTopic && len(q.Topics[0].Partitions) == 1 && q.Topics[0].Partitions[0].Partition == 0
	for i := range q.Topics {
		rt := kmsg.NewDescribeQuorumResponseTopic()
		rt.Topic = q.Topics[i].Topic
		for _, qp := range q.Topics[i].Partitions {
			p := kmsg.NewDescribeQuorumResponseTopicPartition()
			p.Partition = qp.Partition
			if alone {
				s.describeQuorum(&p)
			} else {
				p.ErrorCode, p.ErrorMessage = kerr.UnknownTopicOrPartition.Code, text("This server does not host this topic-partition.")
			}
			rt.Partitions = append(rt.Partitions, p)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	if b := s.Image().Broker(s.NodeID); alone && b != nil {
		resp.Nodes = append(resp.Nodes, quorumNode(b))
	}
	return resp
}

func (s *Service) describeQuorum(p *kmsg.DescribeQuorumResponseTopicPartition) {
	img, nowMs := s.Image(), s.Now().UnixMilli()
	none := ""
	p.ErrorMessage = &none
	p.LeaderID, p.LeaderEpoch, p.HighWatermark = s.NodeID, img.Epoch, img.Offset+1
	voter := kmsg.NewDescribeQuorumResponseTopicPartitionReplicaState()
	voter.ReplicaID, voter.LogEndOffset = s.NodeID, img.Offset+1
	voter.LastFetchTimestamp, voter.LastCaughtUpTimestamp = nowMs, nowMs
	p.CurrentVoters = append(p.CurrentVoters, voter)
}

// quorumNode says where the controller listens, which is where the broker does.
func quorumNode(b *meta.Broker) kmsg.DescribeQuorumResponseNode {
	node := kmsg.NewDescribeQuorumResponseNode()
	node.NodeID = b.ID
	for _, e := range b.Endpoints {
		l := kmsg.NewDescribeQuorumResponseNodeListener()
		l.Name, l.Host, l.Port = e.Name, e.Host, e.Port
		node.Listeners = append(node.Listeners, l)
	}
	return node
}
