package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// leaders knows who leads the partitions of a topic, and sees that the topic stays
// the same one.
type leaders struct {
	cl    *kgo.Client
	topic string
	id    [16]byte // zero where the cluster has none

	mu     sync.Mutex
	of     map[int32]int32 // guarded by mu; by partition
	asked  time.Time       // guarded by mu; when the cluster was asked last
	missed int             // guarded by mu; times in a row that the topic was not there
}

// Between two questions, since many may ask at once.
const askAgain = 100 * time.Millisecond

// of is who leads a partition, -1 for nobody.
func (l *leaders) leader(partition int32) int32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.of[partition]; ok {
		return n
	}
	return -1
}

// refresh asks the cluster. It fails for good when the topic is another one, or gone.
func (l *leaders) refresh(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.asked) < askAgain {
		return nil
	}
	return l.ask(ctx)
}

// check is refresh, however short ago the last one was.
func (l *leaders) check(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ask(ctx)
}

// ask asks the cluster. l.mu is held.
func (l *leaders) ask(ctx context.Context) error {
	found, err := lookUp(ctx, l.cl, l.topic)
	if err != nil {
		return err
	}
	l.asked = time.Now()
	topic := found.topic
	err = found.err()
	switch {
	case err == nil && topic.TopicID != l.id:
		return fmt.Errorf("topic %q: %w, and made anew: its id was %s and is %s", l.topic, ErrDeleted, place("", "", l.id).TopicID, place("", "", topic.TopicID).TopicID)
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		// A cluster that is busy may not know its topics for a moment.
		if l.missed++; l.missed >= 3 {
			return fmt.Errorf("topic %q: %w", l.topic, ErrDeleted)
		}
		return nil
	case err != nil:
		return fmt.Errorf("topic %q: %w", l.topic, err)
	}
	l.missed = 0
	l.of = found.leaders()
	return nil
}

// found is what a cluster says of one topic.
type found struct {
	cluster string // its id
	topic   kmsg.MetadataResponseTopic
}

func (f *found) err() error { return kerr.ErrorForCode(f.topic.ErrorCode) }

func (f *found) leaders() map[int32]int32 {
	of := make(map[int32]int32, len(f.topic.Partitions))
	for _, p := range f.topic.Partitions {
		of[p.Partition] = p.Leader
	}
	return of
}

// lookUp asks the cluster itself, not what the client remembers.
func lookUp(ctx context.Context, cl *kgo.Client, topic string) (*found, error) {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = &topic
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return nil, fmt.Errorf("look up topic %q: %w", topic, err)
	}
	if len(resp.Topics) != 1 {
		return nil, fmt.Errorf("look up topic %q: the broker's answer leaves it out", topic)
	}
	f := &found{topic: resp.Topics[0]}
	if resp.ClusterID != nil {
		f.cluster = *resp.ClusterID
	}
	return f, nil
}

// lost tells that an error of refresh is for good.
func lost(err error) bool {
	return errors.Is(err, ErrDeleted) || errors.Is(err, kerr.TopicAuthorizationFailed)
}
