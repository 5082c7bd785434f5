package api

import (
	"bytes"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
)

// once makes the topics of a request name each partition once. Of those named
// twice the last entry counts, at the place of the first.
func once[P any](topics []wire.Topic[P], index func(*P) int32) {
	if ascending(topics, index) {
		return
	}
	seen := make(map[sessionKey]*P)
	for i := range topics {
		t := &topics[i]
		kept := t.Partitions[:0]
		for _, p := range t.Partitions {
			key := sessionKey{t.ID, string(t.Name), index(&p)}
			if first := seen[key]; first != nil {
				*first = p
				continue
			}
			kept = append(kept, p)
			seen[key] = &kept[len(kept)-1]
		}
		t.Partitions = kept
	}
}

// ascending says that topics and partitions ascend, so that none comes twice.
func ascending[P any](topics []wire.Topic[P], index func(*P) int32) bool {
	for i := range topics {
		t := &topics[i]
		if i > 0 && compareTopics(topics[i-1].Name, topics[i-1].ID, t.Name, t.ID) >= 0 {
			return false
		}
		for j := 1; j < len(t.Partitions); j++ {
			if index(&t.Partitions[j-1]) >= index(&t.Partitions[j]) {
				return false
			}
		}
	}
	return true
}

// compareTopics orders topics that are given by name or by id; the other is empty.
func compareTopics(name1 []byte, id1 meta.ID, name2 []byte, id2 meta.ID) int {
	if c := bytes.Compare(name1, name2); c != 0 {
		return c
	}
	return bytes.Compare(id1[:], id2[:])
}
