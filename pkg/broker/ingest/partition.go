package ingest

import "github.com/twmb/franz-go/pkg/kgo"

// partitioner chooses partitions as kq produce does: the one that a record names,
// else by Kafka's hash of its key, else one for many records in turn.
type partitioner struct{ keyed kgo.Partitioner }

func newPartitioner() partitioner { return partitioner{kgo.StickyKeyPartitioner(nil)} }

func (p partitioner) ForTopic(name string) kgo.TopicPartitioner {
	return &topicPartitioner{keyed: p.keyed.ForTopic(name)}
}

// topicPartitioner is called by one goroutine at a time.
type topicPartitioner struct {
	keyed kgo.TopicPartitioner
	on, n int // without keys: the partition, and how many bytes it got
}

// stickyBytes is what a partition gets before the next one does (KIP-794).
const stickyBytes = 64 << 10

// RequiresConsistency keeps kgo from leaving out partitions without a leader.
func (t *topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || r.Key != nil
}

// Partition chooses one of n; -1 for a record that names one which is not there.
func (t *topicPartitioner) Partition(r *kgo.Record, n int) int {
	switch named := int(r.Partition); {
	case named >= n:
		return -1
	case named >= 0:
		return named
	case r.Key != nil:
		return t.keyed.Partition(r, n)
	}
	if t.n += len(r.Value) + recordBytes; t.n > stickyBytes || t.on >= n {
		t.on, t.n = (t.on+1)%n, 0
	}
	return t.on
}
