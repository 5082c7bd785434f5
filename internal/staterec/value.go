package staterec

import "fmt"

// walker is a value whose fields a coder can walk; the version counts for
// encoding only.
type walker[T any] interface {
	*T
	walk(c *coder, version int16)
}

func parse[T any, P walker[T]](b []byte, what string) (T, error) {
	var v, none T
	c := coder{buf: b, decoding: true}
	P(&v).walk(&c, 0)
	if c.err != nil {
		return none, fmt.Errorf("parse %s: %w", what, c.err)
	}
	return v, nil
}

// plain begins a value that has version 0 only, which is flexible.
func (c *coder) plain(version *int16) {
	c.version(version, 0)
	c.flexible = true
}

// TopicPartitions are partitions of one topic.
type TopicPartitions struct {
	TopicID    [16]byte
	Partitions []int32
	// Epochs are the member epochs at which the partitions were assigned, one
	// a partition in their order, or none. Only ConsumerGroupCurrentMemberAssignment has them.
	Epochs []int32
}

func (c *coder) topicPartitions(v *[]TopicPartitions, epochs bool) {
	array(c, v, 18, false, func(c *coder, t *TopicPartitions) {
		c.id(&t.TopicID)
		c.int32s(&t.Partitions)
		if !epochs {
			c.tags()
			return
		}
		c.tags(tag{len(t.Epochs) > 0, func(c *coder) {
			array(c, &t.Epochs, 4, true, func(c *coder, n *int32) { c.int32(n) })
		}})
	})
}
