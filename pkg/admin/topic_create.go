package admin

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// BrokerDefault as a number of partitions or replicas leaves it to the broker.
const BrokerDefault = -1

// requestTimeout is how long a broker may work on a change, in milliseconds.
const requestTimeout = 15000

// CreateTopicsOptions is what to create.
type CreateTopicsOptions struct {
	Topics      []string
	Partitions  int32             // of each; BrokerDefault or at least 1
	Replicas    int16             // of each partition; BrokerDefault or at least 1
	Assignment  [][]int32         // the brokers of each partition; leaves Partitions and Replicas at BrokerDefault
	Configs     map[string]string // that differ from the broker's defaults
	Like        string            // a topic that tells what is not given here; "" for none
	IfNotExists bool              // a topic that exists already is no error
	DryRun      bool              // let the broker check it and create nothing
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
	case len(o.Assignment) > 0 && (o.Partitions != BrokerDefault || o.Replicas != BrokerDefault):
		return fmt.Errorf("%w: an assignment already says how many partitions and replicas there are", ErrOptions)
	}
	return checkAssignment(o.Assignment)
}

// CreatedTopic is what became of one topic.
type CreatedTopic struct {
	Name       string `json:"topic"`
	ID         string `json:"id"`         // empty before Kafka 2.8
	Partitions int32  `json:"partitions"` // -1 where the broker does not tell
	Replicas   int16  `json:"replicas"`   // -1 where the broker does not tell
	Existed    bool   `json:"existed"`    // with IfNotExists: it was there, and is told as it is
	Error      *Error `json:"error,omitempty"`
}

// CreateTopics creates topics, in the order given.
func CreateTopics(ctx context.Context, cl *kgo.Client, o CreateTopicsOptions) ([]CreatedTopic, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Like != "" {
		if err := o.takeAfter(ctx, cl); err != nil {
			return nil, err
		}
	}
	names := unique(o.Topics)
	resp, err := o.request(names).RequestWith(ctx, cl)
	if err != nil {
		return nil, fmt.Errorf("create topics: %w", err)
	}
	created := make([]CreatedTopic, len(names))
	var existing, made []string
	for i, name := range names {
		at := slices.IndexFunc(resp.Topics, func(t kmsg.CreateTopicsResponseTopic) bool { return t.Topic == name })
		if at < 0 {
			return nil, fmt.Errorf("create topics: the broker's answer leaves out %q", name)
		}
		t := &resp.Topics[at]
		created[i] = CreatedTopic{
			Name: name, ID: topicID(t.TopicID), Partitions: t.NumPartitions, Replicas: t.ReplicationFactor,
			Error: codeError(t.ErrorCode, t.ErrorMessage),
		}
		if o.IfNotExists && t.ErrorCode == kerr.TopicAlreadyExists.Code {
			created[i].Existed, created[i].Error = true, nil
			existing = append(existing, name)
		}
		if t.ErrorCode == 0 && !o.DryRun {
			made = append(made, name)
		}
	}
	settled(ctx, cl, made, isReady)
	return created, fillExisting(ctx, cl, created, existing)
}

func (o *CreateTopicsOptions) request(names []string) *kmsg.CreateTopicsRequest {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = requestTimeout
	req.ValidateOnly = o.DryRun
	for _, name := range names {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = name, o.Partitions, o.Replicas
		for number, replicas := range o.Assignment {
			a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
			a.Partition, a.Replicas = int32(number), replicas
			t.ReplicaAssignment = append(t.ReplicaAssignment, a)
		}
		for _, key := range slices.Sorted(maps.Keys(o.Configs)) {
			c := kmsg.NewCreateTopicsRequestTopicConfig()
			c.Name, c.Value = key, kmsg.StringPtr(o.Configs[key])
			t.Configs = append(t.Configs, c)
		}
		req.Topics = append(req.Topics, t)
	}
	return req
}

// takeAfter fills in what was not given from the topic Like.
func (o *CreateTopicsOptions) takeAfter(ctx context.Context, cl *kgo.Client) error {
	model, err := DescribeTopics(ctx, cl, DescribeTopicsOptions{Topics: []string{o.Like}})
	if err != nil {
		return err
	}
	t := model[0]
	if t.Error != nil {
		return fmt.Errorf("create topics like %q: %w", o.Like, t.Error)
	}
	if t.ConfigsError != nil {
		return fmt.Errorf("create topics like %q: read its configs: %w", o.Like, t.ConfigsError)
	}
	if len(o.Assignment) == 0 && len(t.Partitions) > 0 {
		if o.Partitions == BrokerDefault {
			o.Partitions = int32(len(t.Partitions))
		}
		if o.Replicas == BrokerDefault {
			o.Replicas = int16(len(t.Partitions[0].Replicas))
		}
	}
	configs := map[string]string{}
	for _, c := range t.Configs {
		if c.Source == kmsg.ConfigSourceDynamicTopicConfig.String() && c.Value != nil {
			configs[c.Name] = *c.Value
		}
	}
	maps.Copy(configs, o.Configs)
	o.Configs = configs
	return nil
}

// fillExisting tells of topics that were there already what they are.
func fillExisting(ctx context.Context, cl *kgo.Client, created []CreatedTopic, names []string) error {
	if len(names) == 0 {
		return nil
	}
	details, err := topicDetails(ctx, cl, names)
	if err != nil {
		return fmt.Errorf("create topics: look at those that exist: %w", err)
	}
	for i := range created {
		c := &created[i]
		if d, ok := details[c.Name]; ok && c.Existed && d.Err == nil {
			c.ID, c.Partitions, c.Replicas = topicID(d.ID), int32(len(d.Partitions)), int16(replicas(d.Partitions))
		}
	}
	return nil
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
