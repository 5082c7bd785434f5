package consumer

import "testing"

// TestMetadataHash has the hash that Kafka 4.3.1 wrote for two topics.
func TestMetadataHash(t *testing.T) {
	im := &image{
		ids: map[string]TopicID{
			"ra": topicID(t, "e0779932faaf44188b49e013c5278f86"), "rb": topicID(t, "ce3759a251ec45f581287249b16b219b"),
		},
		partitions: map[string]int32{"ra": 3, "rb": 3},
	}
	if got := uint64(metadataHash(im, map[string]bool{"rb": true, "ra": true, "gone": true})); got != 0x70a5d47a0510ec6c {
		t.Errorf("%x", got)
	}
	if got := metadataHash(im, map[string]bool{"gone": true}); got != 0 {
		t.Errorf("of no topics: %x", got)
	}
}
