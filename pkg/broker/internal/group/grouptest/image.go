package grouptest

import (
	"iter"
	"maps"

	"kq/pkg/broker/internal/group/assign"
)

// Image is a set of topics, as [assign.Topics] has them.
type Image struct {
	ids        map[string]assign.TopicID
	partitions map[string]int32
	version    int64
}

// Topics is an image with topics of three partitions.
func Topics(names ...string) *Image {
	im := &Image{map[string]assign.TopicID{}, map[string]int32{}, 0}
	for _, name := range names {
		im = im.With(name, 3)
	}
	return im
}

// With is the image with a topic changed; no partitions delete it.
func (im *Image) With(name string, partitions int32) *Image {
	next := &Image{maps.Clone(im.ids), maps.Clone(im.partitions), im.version + 1}
	if partitions == 0 {
		delete(next.ids, name)
		return next
	}
	if _, ok := next.ids[name]; !ok {
		id := assign.TopicID{15: byte(next.version), 14: byte(next.version >> 8)}
		copy(id[:], name)
		next.ids[name] = id
	}
	next.partitions[name] = partitions
	return next
}

// ID is the id of a topic, zero if there is none of that name.
func (im *Image) ID(name string) assign.TopicID { return im.ids[name] }

// Topic is the id of a topic and the number of its partitions.
func (im *Image) Topic(name string) (assign.TopicID, int32, bool) {
	id, ok := im.ids[name]
	return id, im.partitions[name], ok
}

// TopicName is the name of an id, "" if no topic has it.
func (im *Image) TopicName(id assign.TopicID) string {
	for name, other := range im.ids {
		if other == id {
			return name
		}
	}
	return ""
}

// TopicNames are in no order.
func (im *Image) TopicNames() iter.Seq[string] { return maps.Keys(im.ids) }

// Version is the number of changes since there were no topics.
func (im *Image) Version() int64 { return im.version }
