package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestDescribeTopicPartitions(t *testing.T) {
	a := newAdmin(t, map[string]string{"max.request.partition.size.limit": "5"})
	a.create("a:3", "b:2", "c")
	for _, row := range []struct {
		name   string
		limit  int32
		cursor string // topic:partition
		topics string
		want   string
	}{
		{"sorted", 100, "", "b c a", "a[0 1 2] b[0 1] next c:0"},
		{"unknown, invalid, twice", 100, "", "b x bad/name b", "b[0 1] bad/name!17 x!3"},
		{"limit inside", 2, "", "a b c", "a[0 1] next a:2"},
		{"limit at an end", 3, "", "a b c", "a[0 1 2] next b:0"},
		{"limit 0", 0, "", "a b", "a[0] next a:1"},
		{"limit -1", -1, "", "a", "a[0] next a:1"},
		{"unknown ones do not count", 1, "", "0 1 a x", "0!3 1!3 a[0] next a:1"},
		{"only unknown ones", 1, "", "x y z", "x!3 y!3 z!3"},
		{"cursor", 100, "a:1", "a b", "a[1 2] b[0 1]"},
		{"cursor skips", 100, "b:0", "a b c", "b[0 1] c[0]"},
		{"cursor past the end", 100, "a:9", "a b", "a[] b[0 1]"},
		{"cursor at an unknown topic", 100, "x:1", "a x y", "x!3 y!3"},
		{"cursor not asked for", 100, "aa:0", "a b", "a!42 b!42"},
		{"negative cursor", 100, "a:-1", "a", "a!42"},
		{"all", 4, "", "", "a[0 1 2] b[0] next b:1"},
		{"all from a cursor", 4, "b:1", "", "b[1] c[0]"},
		{"all from a gone topic", 4, "aa:1", "", "b[0 1] c[0]"},
	} {
		q := kmsg.NewPtrDescribeTopicPartitionsRequest()
		q.ResponsePartitionLimit = row.limit
		for _, n := range strings.Fields(row.topics) {
			q.Topics = append(q.Topics, kmsg.DescribeTopicPartitionsRequestTopic{Topic: n})
		}
		if topic, p, ok := strings.Cut(row.cursor, ":"); ok {
			c := kmsg.DescribeTopicPartitionsRequestCursor{Topic: topic}
			_, _ = fmt.Sscan(p, &c.Partition)
			q.Cursor = &c
		}
		r := a.ask(q, 0).(*kmsg.DescribeTopicPartitionsResponse)
		if got := page(r); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

// page is a page in short.
func page(r *kmsg.DescribeTopicPartitionsResponse) string {
	var out []string
	for _, t := range r.Topics {
		if t.ErrorCode != 0 {
			out = append(out, fmt.Sprintf("%s!%d", *t.Topic, t.ErrorCode))
			continue
		}
		ids := []int32{}
		for _, p := range t.Partitions {
			ids = append(ids, p.Partition)
		}
		out = append(out, fmt.Sprintf("%s%v", *t.Topic, ids))
	}
	if c := r.NextCursor; c != nil {
		out = append(out, fmt.Sprintf("next %s:%d", c.Topic, c.Partition))
	}
	return strings.Join(out, " ")
}

func TestDescribeTopicPartitionsStates(t *testing.T) {
	a := newAdmin(t, nil)
	a.imagine(1, -1, 3)
	a.advertised[3] = false
	q := kmsg.NewPtrDescribeTopicPartitionsRequest()
	q.ResponsePartitionLimit = 10
	r := a.ask(q, 0).(*kmsg.DescribeTopicPartitionsResponse).Topics[0]
	codes := []int16{0, 5, 72}
	for i, p := range r.Partitions {
		if p.ErrorCode != codes[i] || len(p.OfflineReplicas) != 1 || p.LeaderEpoch != 4 || p.EligibleLeaderReplicas == nil || p.LastKnownELR == nil {
			t.Errorf("partition %d: %+v", i, p)
		}
	}
	if r.AuthorizedOperations != topicOperations || r.TopicID != a.other.Topic("p").ID {
		t.Errorf("topic %+v", r)
	}
}
