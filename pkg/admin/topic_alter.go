package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrFewerPartitions is a topic that has more partitions than it should get.
var ErrFewerPartitions = errors.New("partitions cannot be removed")

// AlterTopicsOptions is what to change of topics.
type AlterTopicsOptions struct {
	Topics     []string
	Partitions int32          // how many each has in the end; 0 leaves it
	Configs    []ConfigChange // of different configs
	DryRun     bool           // let the cluster check it and change nothing
}

// Validate finds what no cluster would take.
func (o *AlterTopicsOptions) Validate() error {
	switch {
	case len(o.Topics) == 0:
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Partitions < 0:
		return fmt.Errorf("%w: %d partitions, at least 1 is needed", ErrOptions, o.Partitions)
	case o.Partitions == 0 && len(o.Configs) == 0:
		return fmt.Errorf("%w: nothing to change", ErrOptions)
	}
	return checkChanges(o.Configs)
}

// AlteredTopic is what became of one topic. With an error its configs or its
// partitions, or both, are as before.
type AlteredTopic struct {
	Name             string          `json:"topic"`
	PartitionsBefore int32           `json:"partitions_before"`
	Partitions       int32           `json:"partitions"` // as many as it had, or as were asked for
	Configs          []AlteredConfig `json:"configs"`    // the changes that were made, in the order given
	Error            *Error          `json:"error,omitempty"`

	// ConfigNames is every config the topic has, nil where the cluster does not tell.
	ConfigNames []string `json:"-"`
}

// AlterTopics adds partitions to topics and changes their configs, in the order
// given. A topic that has as many partitions as asked for keeps them.
func AlterTopics(ctx context.Context, cl *kgo.Client, o AlterTopicsOptions) ([]AlteredTopic, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := unique(o.Topics)
	details, err := topicDetails(ctx, cl, names)
	if err != nil {
		return nil, fmt.Errorf("alter topics: %w", err)
	}
	out := make([]AlteredTopic, len(names))
	for i, name := range names {
		d := details[name]
		n := int32(len(d.Partitions))
		out[i] = AlteredTopic{Name: name, PartitionsBefore: n, Partitions: n, Error: itemError(d.Err, "")}
		if out[i].Error == nil {
			if err := o.alter(ctx, cl, &out[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// alter changes one topic. Partitions come last, since they cannot be taken back.
func (o *AlterTopicsOptions) alter(ctx context.Context, cl *kgo.Client, t *AlteredTopic) error {
	if o.Partitions > 0 && o.Partitions < t.PartitionsBefore {
		t.Error = itemError(fmt.Errorf("%w: %w", ErrFewerPartitions, kerr.InvalidPartitions),
			fmt.Sprintf("it has %d partitions and cannot get fewer", t.PartitionsBefore))
		return nil
	}
	grows := o.Partitions > t.PartitionsBefore
	if grows && len(o.Configs) > 0 && !o.DryRun { // so that a refusal leaves all as it was
		var err error
		if t.Error, err = o.grow(ctx, cl, t.Name, true); err != nil || t.Error != nil {
			return err
		}
	}
	if len(o.Configs) > 0 {
		done, err := AlterConfigs(ctx, cl, AlterConfigsOptions{
			Resource: Resource{Type: "topic", Name: t.Name}, Changes: o.Configs, DryRun: o.DryRun,
		})
		if err != nil {
			return err
		}
		t.ConfigNames = done.Names
		if t.Error = done.Error; t.Error != nil {
			return nil
		}
		t.Configs = done.Changes
	}
	if grows {
		var err error
		if t.Error, err = o.grow(ctx, cl, t.Name, o.DryRun); err != nil {
			return err
		}
		if t.Error == nil {
			t.Partitions = o.Partitions
		}
	}
	return nil
}

// grow asks for more partitions, or whether they could be had.
func (o *AlterTopicsOptions) grow(ctx context.Context, cl *kgo.Client, topic string, dry bool) (*Error, error) {
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.TimeoutMillis, req.ValidateOnly = requestTimeout, dry
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = topic, o.Partitions
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return nil, fmt.Errorf("add partitions to topic %q: %w", topic, err)
	}
	if len(resp.Topics) != 1 {
		return nil, fmt.Errorf("add partitions to topic %q: the broker's answer leaves it out", topic)
	}
	return codeError(resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage), nil
}
