package group

import (
	"iter"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/meta"
)

// imageTopics is an image as groups see it whose coordinator assigns.
type imageTopics struct{ *meta.Image }

// Topic implements assign.Topics.
func (t imageTopics) Topic(name string) (id assign.TopicID, partitions int32, ok bool) {
	topic := t.Image.Topic(name)
	if topic == nil {
		return id, 0, false
	}
	return topic.ID, int32(len(topic.Partitions)), true
}

// TopicName implements assign.Topics.
func (t imageTopics) TopicName(id assign.TopicID) string {
	if topic := t.TopicByID(id); topic != nil {
		return topic.Name
	}
	return ""
}

// TopicNames implements assign.Topics.
func (t imageTopics) TopicNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, topic := range t.Topics() {
			if !yield(topic.Name) {
				return
			}
		}
	}
}

// Version implements assign.Topics.
func (t imageTopics) Version() int64 { return max(t.Offset, 0) }
