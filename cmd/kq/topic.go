package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/admin"
)

func newTopicCommand(a *app) *cobra.Command {
	return newNoun("topic", "list, create, describe, change and delete topics", newTopicListCommand(a),
		newTopicCreateCommand(a), newTopicDescribeCommand(a), newTopicAlterCommand(a), newTopicDeleteCommand(a),
		newTopicTrimCommand(a), newTopicOffsetsCommand(a))
}

// missingTopic makes an error about a topic that does not exist one that names
// the topic and the nearest one there is. Other errors pass, with a hint where it
// is the right that lacks.
func missingTopic(ctx context.Context, cl *kgo.Client, err error, wanted ...string) error {
	if errors.Is(err, kerr.TopicAuthorizationFailed) {
		return cli.WithHint(err, deniedHint)
	}
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		return err
	}
	topics, listErr := admin.ListTopics(ctx, cl, admin.ListTopicsOptions{Internal: true})
	if listErr != nil {
		return err
	}
	names := topicNames(topics)
	for _, w := range wanted {
		if !contains(names, w) {
			return noSuchTopic(err, w, names)
		}
	}
	return err
}

// noSuchTopic is the error of a topic that is not among those there are.
func noSuchTopic(cause error, name string, there []string) error {
	e := &cli.Error{Err: &hidden{text: fmt.Sprintf("topic %q does not exist", name), cause: cause}}
	if near := cli.Nearest(name, there); near != "" {
		return cli.WithHint(e, "did you mean %q? else create it with: kq topic create %s", near, shellQuote(name))
	}
	return cli.WithHint(e, "kq topics lists those there are; create it with: kq topic create %s", shellQuote(name))
}

// hidden is an error whose cause can be asked for and is not printed.
type hidden struct {
	text  string
	cause error
}

func (e *hidden) Error() string { return e.text }
func (e *hidden) Unwrap() error { return e.cause }

func topicNames(topics []admin.Topic) []string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return names
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
