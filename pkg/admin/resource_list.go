package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ListResources lists the resources of a type, by name: topics without Kafka's
// own, brokers after the one that stands for their defaults, groups, and
// subscriptions of client metrics (which need Kafka 4.1).
func ListResources(ctx context.Context, cl *kgo.Client, kind string) ([]Resource, error) {
	var names []string
	switch kind {
	case "topic":
		topics, err := ListTopics(ctx, cl, ListTopicsOptions{})
		if err != nil {
			return nil, err
		}
		for _, t := range topics {
			names = append(names, t.Name)
		}
	case "broker":
		c, err := DescribeCluster(ctx, cl, DescribeClusterOptions{})
		if err != nil {
			return nil, err
		}
		names = append(names, "")
		for _, b := range c.Brokers {
			names = append(names, fmt.Sprint(b.ID))
		}
	case "group":
		groups, err := kadm.NewClient(cl).ListGroups(ctx)
		if err != nil && !isPartial(err) {
			return nil, fmt.Errorf("list groups: %w", err)
		}
		names = groups.Groups()
	case "client-metrics":
		listed, err := kadm.NewClient(cl).ListConfigResources(ctx, kadm.ConfigResourceClientMetrics)
		if err != nil {
			return nil, fmt.Errorf("list subscriptions: %w", err)
		}
		names = listed.Names()
	default:
		return nil, fmt.Errorf("%w %q", ErrResourceType, kind)
	}
	out := make([]Resource, len(names))
	for i, n := range names {
		out[i] = Resource{Type: kind, Name: n}
	}
	return out, nil
}
