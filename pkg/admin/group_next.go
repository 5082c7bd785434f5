package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// NextOffsets is where a group would read on, by topic and partition: its
// committed offsets, and the start of partitions that it is to read and has no
// offset of. Topics are those to look at, nil for all.
func NextOffsets(ctx context.Context, cl *kgo.Client, group string, topics []TopicPartitions) (map[string]map[int32]int64, error) {
	groups, err := DescribeGroups(ctx, cl, DescribeGroupsOptions{Groups: []string{group}})
	if err != nil {
		return nil, err
	}
	g := &groups[0]
	switch {
	case g.Error != nil:
		return nil, fmt.Errorf("offsets of group %q: %w", group, g.Error)
	case g.Type == ShareGroup:
		return nil, fmt.Errorf("offsets of group %q: %w", group, errShareOffsets)
	}
	out := map[string]map[int32]int64{}
	for i := range g.Partitions {
		p := &g.Partitions[i]
		if p.Start == nil || !chosen(topics, p.Topic, p.Number) {
			continue
		}
		if out[p.Topic] == nil {
			out[p.Topic] = map[int32]int64{}
		}
		out[p.Topic][p.Number] = p.next()
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("offsets of group %q: %w", group, ErrNoOffsets)
	}
	return out, nil
}
