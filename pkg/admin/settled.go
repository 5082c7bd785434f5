package admin

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// settleTime is how long settled waits at most.
const settleTime = 2 * time.Second

// settled waits until the cluster's metadata is as done wants for each of names.
// Kafka's controller answers a change before its brokers have heard of it, so
// that whoever asks one next would still see what was. That it takes longer than
// a moment is no error: the change itself was made.
func settled(ctx context.Context, cl *kgo.Client, names []string, done func(kadm.TopicDetail) bool) {
	if len(names) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		details, err := topicDetails(ctx, cl, names)
		if err != nil || allDone(details, done) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func allDone(details kadm.TopicDetails, done func(kadm.TopicDetail) bool) bool {
	for _, d := range details {
		if !done(d) {
			return false
		}
	}
	return true
}

// isGone tells of a topic that a broker no longer knows.
func isGone(d kadm.TopicDetail) bool { return errors.Is(d.Err, kerr.UnknownTopicOrPartition) }

// isReady tells of a topic whose partitions all have a leader. One that may not
// be seen is not waited for.
func isReady(d kadm.TopicDetail) bool {
	if d.Err != nil {
		return !isGone(d)
	}
	for _, p := range d.Partitions {
		if p.Leader < 0 || p.Err != nil {
			return false
		}
	}
	return len(d.Partitions) > 0
}
