package broker

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// CreateTopics creates topics that do not exist yet; those that do stay as they
// are. When it returns their partitions can be used.
func (b *Broker) CreateTopics(ctx context.Context, specs ...TopicSpec) error {
	q := kmsg.NewPtrCreateTopicsRequest()
	q.SetVersion(q.MaxVersion())
	q.TimeoutMillis = 30000
	for _, spec := range specs {
		if b.controller.Image().Topic(spec.Name) != nil {
			continue
		}
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = spec.Name, -1, -1
		if spec.Partitions > 0 {
			t.NumPartitions = spec.Partitions
		}
		if spec.Replicas > 0 {
			t.ReplicationFactor = spec.Replicas
		}
		for k, v := range spec.Configs {
			c := kmsg.NewCreateTopicsRequestTopicConfig()
			c.Name, c.Value = k, &v
			t.Configs = append(t.Configs, c)
		}
		q.Topics = append(q.Topics, t)
	}
	if len(q.Topics) == 0 {
		return nil
	}
	for _, t := range b.controller.CreateTopics(ctx, q).Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil && err != kerr.TopicAlreadyExists {
			if t.ErrorMessage != nil {
				err = fmt.Errorf("%s: %w", *t.ErrorMessage, err)
			}
			return &Error{Message: "create topic " + t.Topic, Err: err, Usage: true}
		}
	}
	return nil
}
