package admin

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// DeleteTopicsOptions is what to delete.
type DeleteTopicsOptions struct {
	Topics   []string // names, or with Regexp expressions
	Regexp   bool     // each of Topics is a regular expression of whole names; Kafka's own topics match none
	IfExists bool     // a topic that does not exist is no error
	DryRun   bool     // find out what would be deleted and delete nothing

	// Approve is asked before anything is deleted, with the names; nil is yes. Its
	// error ends DeleteTopics.
	Approve func(names []string) error
}

// Validate finds what no cluster would take.
func (o *DeleteTopicsOptions) Validate() error {
	_, err := o.expressions()
	return err
}

func (o *DeleteTopicsOptions) expressions() ([]*regexp.Regexp, error) {
	if len(o.Topics) == 0 {
		return nil, fmt.Errorf("%w: no topic", ErrOptions)
	}
	if !o.Regexp {
		return nil, nil
	}
	out := make([]*regexp.Regexp, len(o.Topics))
	for i, s := range o.Topics {
		if _, err := regexp.Compile(s); err != nil { // without the anchors, for the message
			return nil, fmt.Errorf("%w: %w", ErrOptions, err)
		}
		re, err := regexp.Compile("^(?:" + s + ")$")
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOptions, err)
		}
		out[i] = re
	}
	return out, nil
}

// DeletedTopic is what became of one topic.
type DeletedTopic struct {
	Name    string `json:"topic"`
	ID      string `json:"id"`      // empty before Kafka 2.8
	Deleted bool   `json:"deleted"` // in a dry run: would be
	Error   *Error `json:"error,omitempty"`
}

// DeleteTopics deletes topics, in the order given, or by name when they were
// found by an expression.
func DeleteTopics(ctx context.Context, cl *kgo.Client, o DeleteTopicsOptions) ([]DeletedTopic, error) {
	expressions, err := o.expressions()
	if err != nil {
		return nil, err
	}
	names := unique(o.Topics)
	if o.Regexp {
		if names, err = matching(ctx, cl, expressions); err != nil || len(names) == 0 {
			return nil, err
		}
	}
	if o.DryRun {
		return o.rehearse(ctx, cl, names)
	}
	if o.Approve != nil {
		if err := o.Approve(names); err != nil {
			return nil, err
		}
	}
	resp, err := kadm.NewClient(cl).DeleteTopics(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("delete topics: %w", err)
	}
	deleted := make([]DeletedTopic, len(names))
	var gone []string
	for i, name := range names {
		r, err := resp.On(name, nil)
		if err != nil {
			return nil, fmt.Errorf("delete topics: the broker's answer leaves out %q", name)
		}
		deleted[i] = o.deleted(name, r.ID, r.Err, r.ErrMessage)
		if deleted[i].Deleted {
			gone = append(gone, name)
		}
	}
	settled(ctx, cl, gone, isGone)
	return deleted, nil
}

// rehearse tells what DeleteTopics would do, as far as metadata shows it.
func (o *DeleteTopicsOptions) rehearse(ctx context.Context, cl *kgo.Client, names []string) ([]DeletedTopic, error) {
	details, err := topicDetails(ctx, cl, names)
	if err != nil {
		return nil, fmt.Errorf("delete topics: %w", err)
	}
	out := make([]DeletedTopic, len(names))
	for i, name := range names {
		out[i] = o.deleted(name, details[name].ID, details[name].Err, "")
	}
	return out, nil
}

func (o *DeleteTopicsOptions) deleted(name string, id kadm.TopicID, err error, message string) DeletedTopic {
	if o.IfExists && errors.Is(err, kerr.UnknownTopicOrPartition) {
		return DeletedTopic{Name: name}
	}
	return DeletedTopic{Name: name, ID: topicID(id), Deleted: err == nil, Error: itemError(err, message)}
}

// matching lists the topics that any of the expressions matches.
func matching(ctx context.Context, cl *kgo.Client, expressions []*regexp.Regexp) ([]string, error) {
	topics, err := ListTopics(ctx, cl, ListTopicsOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range topics {
		for _, re := range expressions {
			if re.MatchString(t.Name) {
				names = append(names, t.Name)
				break
			}
		}
	}
	return names, nil
}
