package assign

import (
	"encoding/hex"
	"iter"
	"maps"
	"testing"
)

// image is a set of topics of three partitions.
type image map[string]TopicID

func (im image) Topic(name string) (id TopicID, partitions int32, ok bool) {
	id, ok = im[name]
	return id, 3, ok
}

func (im image) TopicName(TopicID) string     { return "" }
func (im image) TopicNames() iter.Seq[string] { return maps.Keys(im) }
func (im image) Version() int64               { return 0 }

func topicID(t *testing.T, s string) (id TopicID) {
	b, err := hex.DecodeString(s)
	if err != nil || copy(id[:], b) != 16 {
		t.Fatalf("id %q: %v", s, err)
	}
	return id
}

// TestMetadataHash has the hash that Kafka 4.3.1 wrote for two topics.
func TestMetadataHash(t *testing.T) {
	im := image{"ra": topicID(t, "e0779932faaf44188b49e013c5278f86"), "rb": topicID(t, "ce3759a251ec45f581287249b16b219b")}
	if got := uint64(MetadataHash(im, map[string]bool{"rb": true, "ra": true, "gone": true})); got != 0x70a5d47a0510ec6c {
		t.Errorf("%x", got)
	}
	if got := MetadataHash(im, map[string]bool{"gone": true}); got != 0 {
		t.Errorf("of no topics: %x", got)
	}
}
