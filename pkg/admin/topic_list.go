package admin

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ListTopicsOptions chooses topics.
type ListTopicsOptions struct {
	Match    *regexp.Regexp // names to list; nil for all
	Internal bool           // list Kafka's own topics too
}

// Topic is a topic as a list shows it.
type Topic struct {
	Name       string `json:"topic"`
	ID         string `json:"id"` // as Kafka prints it; empty before Kafka 2.8
	Partitions int    `json:"partitions"`
	Replicas   int    `json:"replicas"` // of the first partition
	Internal   bool   `json:"internal"`
}

// ListTopics returns the topics of the cluster, sorted by name.
func ListTopics(ctx context.Context, cl *kgo.Client, o ListTopicsOptions) ([]Topic, error) {
	details, err := kadm.NewClient(cl).ListTopicsWithInternal(fresh(ctx))
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	topics := make([]Topic, 0, len(details))
	for _, d := range details {
		if d.IsInternal && !o.Internal || o.Match != nil && !o.Match.MatchString(d.Topic) {
			continue
		}
		topics = append(topics, Topic{
			Name:       d.Topic,
			ID:         topicID(d.ID),
			Partitions: len(d.Partitions),
			Replicas:   replicas(d.Partitions),
			Internal:   d.IsInternal,
		})
	}
	slices.SortFunc(topics, func(a, b Topic) int { return cmp.Compare(a.Name, b.Name) })
	return topics, nil
}

// fresh makes kadm ask the cluster. Otherwise it answers from what the client has
// learnt, which may be seconds old; only a question about rights goes past that.
func fresh(ctx context.Context) context.Context { return kadm.WithAuthorizedOps(ctx) }

// replicas is how many copies the partition with the lowest number has.
func replicas(ps kadm.PartitionDetails) int {
	for _, p := range ps.Sorted() {
		return len(p.Replicas)
	}
	return 0
}

// topicID prints an id as Kafka does.
func topicID(id kadm.TopicID) string {
	if id == (kadm.TopicID{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(id[:])
}
