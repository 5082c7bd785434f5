package consumer

import (
	"encoding/binary"
	"iter"
	"maps"
	"slices"
)

// noTopics is the image of a cluster without topics.
type noTopics struct{}

func (noTopics) Topic(string) (id TopicID, partitions int32, ok bool) { return id, 0, false }
func (noTopics) TopicName(TopicID) string                             { return "" }
func (noTopics) TopicNames() iter.Seq[string]                         { return func(func(string) bool) {} }
func (noTopics) Version() int64                                       { return 0 }

// metadataHash is a number that changes with the topics that are there of those
// named (Utils.computeGroupHash): none come to 0. Racks of brokers are not in it.
func metadataHash(topics Topics, names map[string]bool) int64 {
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
