package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// DeleteTopicsOptions is what to delete.
type DeleteTopicsOptions struct {
	Topics []string
}

// Validate finds what no cluster would take.
func (o *DeleteTopicsOptions) Validate() error {
	if len(o.Topics) == 0 {
		return fmt.Errorf("%w: no topic", ErrOptions)
	}
	return nil
}

// DeletedTopic is what became of one topic.
type DeletedTopic struct {
	Name  string `json:"topic"`
	ID    string `json:"id"` // empty before Kafka 2.8
	Error *Error `json:"error,omitempty"`
}

// DeleteTopics deletes topics, in the order given.
func DeleteTopics(ctx context.Context, cl *kgo.Client, o DeleteTopicsOptions) ([]DeletedTopic, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := unique(o.Topics)
	resp, err := kadm.NewClient(cl).DeleteTopics(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("delete topics: %w", err)
	}
	deleted := make([]DeletedTopic, len(names))
	for i, name := range names {
		r, err := resp.On(name, nil)
		if err != nil {
			return nil, fmt.Errorf("delete topics: the broker's answer leaves out %q", name)
		}
		deleted[i] = DeletedTopic{Name: name, ID: topicID(r.ID), Error: itemError(r.Err, r.ErrMessage)}
	}
	return deleted, nil
}
