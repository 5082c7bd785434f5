package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// TopicPartitions is a topic and some of its partitions.
type TopicPartitions struct {
	Topic      string  `json:"topic"`
	Partitions []int32 `json:"partitions"` // by number; empty for all, where that can be meant
}

// ParseTopicPartitions reads TOPIC or TOPIC:0,1,…. The error is ErrOptions.
func ParseTopicPartitions(s string) (TopicPartitions, error) {
	topic, list, some := strings.Cut(s, ":")
	t := TopicPartitions{Topic: topic, Partitions: []int32{}}
	if topic == "" {
		return TopicPartitions{}, fmt.Errorf("%w: %q names no topic: it is TOPIC or TOPIC:0,1", ErrOptions, s)
	}
	if !some {
		return t, nil
	}
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil {
			return TopicPartitions{}, fmt.Errorf("%w: %q: partitions are numbers from 0, as %s:0,1", ErrOptions, s, topic)
		}
		t.Partitions = append(t.Partitions, int32(n))
	}
	slices.Sort(t.Partitions)
	t.Partitions = slices.Compact(t.Partitions)
	return t, nil
}

// String is the inverse of ParseTopicPartitions.
func (t TopicPartitions) String() string {
	if len(t.Partitions) == 0 {
		return t.Topic
	}
	words := make([]string, len(t.Partitions))
	for i, p := range t.Partitions {
		words[i] = strconv.Itoa(int(p))
	}
	return t.Topic + ":" + strings.Join(words, ",")
}

// chosen tells whether a partition is among those of list; all are when it is empty.
func chosen(list []TopicPartitions, topic string, partition int32) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(t TopicPartitions) bool {
		return t.Topic == topic && (len(t.Partitions) == 0 || slices.Contains(t.Partitions, partition))
	})
}

// topicPartitions sorts a set of partitions by topic.
func topicPartitions(set map[placeKey]bool) []TopicPartitions {
	by := map[string][]int32{}
	for k := range set {
		by[k.topic] = append(by[k.topic], k.partition)
	}
	out := []TopicPartitions{}
	for topic, list := range by {
		slices.Sort(list)
		out = append(out, TopicPartitions{topic, list})
	}
	slices.SortFunc(out, func(a, b TopicPartitions) int { return cmp.Compare(a.Topic, b.Topic) })
	return out
}

func (k placeKey) compare(o placeKey) int {
	return cmp.Or(cmp.Compare(k.topic, o.topic), cmp.Compare(k.partition, o.partition))
}
