package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// BrokerDefault as a number of partitions or replicas leaves it to the broker.
const BrokerDefault = -1

// CreateTopicsOptions is what to create.
type CreateTopicsOptions struct {
	Topics     []string
	Partitions int32             // of each; BrokerDefault or at least 1
	Replicas   int16             // of each partition; BrokerDefault or at least 1
	Configs    map[string]string // that differ from the broker's defaults
	DryRun     bool              // let the broker check it and create nothing
}

// Validate finds what no cluster would take.
func (o *CreateTopicsOptions) Validate() error {
	switch {
	case len(o.Topics) == 0:
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Partitions != BrokerDefault && o.Partitions < 1:
		return fmt.Errorf("%w: %d partitions, at least 1 are needed", ErrOptions, o.Partitions)
	case o.Replicas != BrokerDefault && o.Replicas < 1:
		return fmt.Errorf("%w: %d replicas, at least 1 is needed", ErrOptions, o.Replicas)
	}
	return nil
}

// CreatedTopic is what became of one topic.
type CreatedTopic struct {
	Name       string `json:"topic"`
	ID         string `json:"id"`         // empty before Kafka 2.8
	Partitions int32  `json:"partitions"` // -1 where the broker does not tell
	Replicas   int16  `json:"replicas"`   // -1 where the broker does not tell
	Error      *Error `json:"error,omitempty"`
}

// CreateTopics creates topics, in the order given.
func CreateTopics(ctx context.Context, cl *kgo.Client, o CreateTopicsOptions) ([]CreatedTopic, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	configs := make(map[string]*string, len(o.Configs))
	for k, v := range o.Configs {
		configs[k] = kadm.StringPtr(v)
	}
	names := unique(o.Topics)
	adm := kadm.NewClient(cl)
	create := adm.CreateTopics
	if o.DryRun {
		create = adm.ValidateCreateTopics
	}
	resp, err := create(ctx, o.Partitions, o.Replicas, configs, names...)
	if err != nil {
		return nil, fmt.Errorf("create topics: %w", err)
	}
	created := make([]CreatedTopic, len(names))
	for i, name := range names {
		r, err := resp.On(name, nil)
		if err != nil {
			return nil, fmt.Errorf("create topics: the broker's answer leaves out %q", name)
		}
		created[i] = CreatedTopic{
			Name:       name,
			ID:         topicID(r.ID),
			Partitions: r.NumPartitions,
			Replicas:   r.ReplicationFactor,
			Error:      itemError(r.Err, r.ErrMessage),
		}
	}
	return created, nil
}

// unique returns names without repetitions, in their order.
func unique(names []string) []string {
	seen := make(map[string]bool, len(names))
	out := make([]string, 0, len(names))
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}
