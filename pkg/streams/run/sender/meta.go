package sender

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/run/ask"
)

// topic is what the sender knows of a topic.
type topic struct {
	name   string
	id     [16]byte // guarded by Sender.mu
	parts  []*part
	sticky int32 // where records without a key go until the batch is full
}

// part is a partition. The thread fills open; the rest is guarded by Sender.mu.
type part struct {
	topic *topic
	num   int32
	open  *batch

	leader int32
	epoch  int32 // of the leader, -1 where unknown
	queue  []*batch
	busy   bool // its head is on the way
	id     producerID
	seq    int32 // of the next batch, under id
	added  bool  // to the transaction
	acked  Acknowledged
}

// metadataTries bounds how often a topic is asked for that is not there (yet).
const metadataTries = 40

// load asks for a topic, which brokers may create.
func (s *Sender) load(ctx context.Context, name string) (*topic, error) {
	if t := s.topics[name]; t != nil {
		return t, nil
	}
	var last error
	for try := range metadataTries {
		got, err := s.metadata(ctx, name)
		if err == nil {
			err = kerr.ErrorForCode(got[0].ErrorCode)
		}
		if err == nil {
			t := &topic{name: name, id: got[0].TopicID, parts: make([]*part, len(got[0].Partitions))}
			for _, p := range got[0].Partitions {
				if p.Partition < 0 || int(p.Partition) >= len(t.parts) {
					return nil, fmt.Errorf("look up topic %s: partition %d of %d", name, p.Partition, len(t.parts))
				}
				t.parts[p.Partition] = &part{topic: t, num: p.Partition, leader: p.Leader, epoch: p.LeaderEpoch, id: noProducer, acked: Acknowledged{-1, -1}}
			}
			s.mu.Lock()
			s.topics[name] = t
			s.mu.Unlock()
			return t, nil
		}
		if last = err; !retriable(err) {
			break
		}
		if err := ask.Pause(ctx, ask.Backoff(try)); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("look up topic %s: %w", name, last)
}

func (s *Sender) metadata(ctx context.Context, names ...string) ([]kmsg.MetadataResponseTopic, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = true
	for i := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = &names[i]
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, s.o.Client)
	if err != nil {
		return nil, err
	}
	if len(resp.Topics) != len(names) {
		return nil, fmt.Errorf("metadata of %d topics was answered for %d", len(names), len(resp.Topics))
	}
	return resp.Topics, nil
}

// refresh looks up the leaders of all topics again.
func (s *Sender) refresh(ctx context.Context) error {
	s.mu.Lock()
	names := make([]string, 0, len(s.topics))
	for name := range s.topics {
		names = append(names, name)
	}
	s.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	got, err := s.metadata(ctx, names...)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range got {
		if m.Topic == nil || s.topics[*m.Topic] == nil || m.ErrorCode != 0 {
			continue
		}
		t := s.topics[*m.Topic]
		t.id = m.TopicID
		for _, p := range m.Partitions {
			if p.Partition >= 0 && int(p.Partition) < len(t.parts) {
				t.parts[p.Partition].leader, t.parts[p.Partition].epoch = p.Leader, p.LeaderEpoch
			}
		}
	}
	return nil
}

// retriable says that asking again may help.
func retriable(err error) bool { return ask.Retriable(err, kerr.UnknownTopicID) }
