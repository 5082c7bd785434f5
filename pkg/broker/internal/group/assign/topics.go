package assign

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"
)

// Topics is what a group knows of the cluster's topics: an image that does not
// change. A nil one knows none.
type Topics interface {
	// Topic tells the id of a topic and how many partitions it has.
	Topic(name string) (id TopicID, partitions int32, ok bool)
	// TopicName is a topic's name, empty when there is none with the id.
	TopicName(id TopicID) string
	TopicNames() iter.Seq[string]
	// Version grows with every image. It is not negative.
	Version() int64
}

// NoTopics is the image of a cluster without topics.
type NoTopics struct{}

// Topic implements Topics.
func (NoTopics) Topic(string) (id TopicID, partitions int32, ok bool) { return id, 0, false }

// TopicName implements Topics.
func (NoTopics) TopicName(TopicID) string { return "" }

// TopicNames implements Topics.
func (NoTopics) TopicNames() iter.Seq[string] { return func(func(string) bool) {} }

// Version implements Topics.
func (NoTopics) Version() int64 { return 0 }

// MetadataHash is a number that changes with the topics that are there of those
// named (Utils.computeGroupHash): none come to 0. Racks of brokers are not in it.
func MetadataHash(topics Topics, names map[string]bool) int64 {
	var group []byte
	for _, name := range slices.Sorted(maps.Keys(names)) {
		id, partitions, ok := topics.Topic(name)
		if !ok {
			continue
		}
		b := []byte{0} // version
		b = binary.LittleEndian.AppendUint64(b, binary.BigEndian.Uint64(id[:8]))
		b = binary.LittleEndian.AppendUint64(b, binary.BigEndian.Uint64(id[8:]))
		u := units(name)
		for _, c := range u {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(len(u)))
		b = binary.LittleEndian.AppendUint32(b, uint32(partitions))
		for p := range partitions {
			b = binary.LittleEndian.AppendUint32(b, uint32(p))
		}
		group = binary.LittleEndian.AppendUint64(group, xxh3(b))
	}
	if group == nil {
		return 0
	}
	return int64(xxh3(group))
}
