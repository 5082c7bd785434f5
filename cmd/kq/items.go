package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

// deniedHint is what to do about a right that lacks.
const deniedHint = "ask for an ACL that allows it, or use another user"

// printItems prints what became of several items; when some failed, which was
// already said, the exit code is 1. With no row there is no table to show.
func (a *app) printItems(v any, t out.Table, failed bool) error {
	if len(t.Rows) > 0 || a.structured() {
		if err := a.print(v, t); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

// noteDryRun reminds that nothing was done.
func (a *app) noteDryRun(dry bool) {
	if dry {
		a.note("dry run: nothing was changed")
	}
}

// sayFailed tells of one topic that failed.
func (a *app) sayFailed(verb, topic string, e *admin.Error) {
	next := ""
	if errors.Is(e, kerr.TopicAlreadyExists) {
		next = "kq topic describe " + shellQuote(topic) + " shows it; --if-not-exists leaves it as it is"
	}
	a.sayItem(verb+" topic "+strconv.Quote(topic), e, next)
}

// sayTopic tells of one topic that failed, with the nearest name where it does
// not exist.
func (a *app) sayTopic(ctx context.Context, cl *kgo.Client, verb, topic string, e *admin.Error) {
	if errors.Is(e, kerr.UnknownTopicOrPartition) {
		if err := missingTopic(ctx, cl, e, topic); err != error(e) {
			cli.Say(a.env, err)
			return
		}
	}
	a.sayFailed(verb, topic, e)
}

// sayItem tells of one item that failed, and what to do next, where the caller
// or the error knows.
func (a *app) sayItem(what string, e *admin.Error, next string) {
	err := &cli.Error{Err: &hidden{text: what + ": " + strings.TrimSuffix(e.Message, "."), cause: e}, Next: next}
	switch {
	case next != "":
	case errors.Is(e, kerr.InvalidReplicationFactor), errors.Is(e, kerr.InvalidReplicaAssignment):
		err.Next = "kq cluster describe shows which brokers there are"
	case errors.Is(e, kerr.TopicDeletionDisabled):
		err.Next = "the broker has delete.topic.enable=false"
	case errors.Is(e, kerr.TopicAuthorizationFailed), errors.Is(e, kerr.ClusterAuthorizationFailed), errors.Is(e, kerr.GroupAuthorizationFailed):
		err.Next = deniedHint
	}
	cli.Say(a.env, err)
}

// optionError makes a mistake in options one of the command line: exit code 2.
func optionError(flag string, err error, hint string, args ...any) error {
	text := strings.TrimPrefix(err.Error(), admin.ErrOptions.Error()+": ")
	if flag != "" {
		text = flag + ": " + text
	}
	e := cli.Usagef("%w", &hidden{text: text, cause: err})
	if hint == "" {
		return e
	}
	return cli.WithHint(e, "%s", fmt.Sprintf(hint, args...))
}
