package produce

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Partitioners lists the ways to choose a partition, the default first:
//
//	murmur2  by a hash of the key, as Kafka's own producer does; without key, sticky
//	sticky   some kilobytes to one partition, then to another, whatever the key
//	rr       one record a partition, in turn, whatever the key
func Partitioners() []string { return []string{"murmur2", "sticky", "rr"} }

// stickyBytes is what a partition gets before the next one does: as Kafka's
// uniform sticky partitioner (KIP-794) with larger batches than its default.
const stickyBytes = 64 << 10

// anyPartition is the partition of a record that names none.
const anyPartition = -1

// partitioner chooses partitions: the one that a record names, where the topic
// has it, else by its rule.
type partitioner struct {
	how    string
	fixed  bool // all records name the same partition: there is no other way
	notice func(text string)
	once   sync.Once
}

func (p *partitioner) ForTopic(string) kgo.TopicPartitioner {
	return &topicPartitioner{p: p, on: -1}
}

// topicPartitioner is called by one goroutine at a time. That it has no
// OnNewBatch is on purpose: kgo would call it twice for some records, the second
// time with the partition of the first choice already in the record.
type topicPartitioner struct {
	p  *partitioner
	on int // sticky: the partition that gets records now; rr: that of the last one
	n  int // bytes that it got
}

// RequiresConsistency keeps kgo from leaving out partitions without a leader.
func (t *topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || r.Key != nil && t.byKey()
}

func (t *topicPartitioner) byKey() bool { return t.p.how == "" || t.p.how == "murmur2" }

// Partition chooses one of n partitions. Where a fixed partition is not one of
// them it returns -1, and leaves the complement of n in the record, for its
// promise to tell.
func (t *topicPartitioner) Partition(r *kgo.Record, n int) int {
	if named := int(r.Partition); named >= 0 {
		if named < n {
			return named
		}
		if t.p.fixed {
			r.Partition = int32(^n)
			return -1
		}
		t.p.once.Do(func() {
			if t.p.notice != nil {
				t.p.notice(fmt.Sprintf("the input names partition %d, the topic has %d: such records go where their keys belong", named, n))
			}
		})
	}
	switch {
	case r.Key != nil && t.byKey():
		return KeyPartition(r.Key, n)
	case t.p.how == "rr":
		t.on = (t.on + 1) % n
		return t.on
	}
	if t.on < 0 || t.on >= n || t.n >= stickyBytes {
		next := rand.IntN(n)
		if next == t.on {
			next = (next + 1) % n
		}
		t.on, t.n = next, 0
	}
	t.n += len(r.Key) + len(r.Value) + recordOverhead
	return t.on
}

// recordOverhead is about what a record costs in a batch beside key and value.
const recordOverhead = 8

// missing tells the number of partitions of a topic that has not the fixed one.
func missing(r *kgo.Record) (n int, ok bool) {
	return int(^r.Partition), r.Partition < anyPartition
}

// KeyPartition is the partition of a key in a topic of n, as Kafka's producers
// agree on it (org.apache.kafka.clients.producer.internals.BuiltInPartitioner).
func KeyPartition(key []byte, n int) int { return int(murmur2(key)&0x7fffffff) % n }

// murmur2 is the 32-bit MurmurHash2 with Kafka's seed
// (org.apache.kafka.common.utils.Utils).
func murmur2(b []byte) uint32 {
	const m = 0x5bd1e995
	h := 0x9747b28c ^ uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * m
		h = h*m ^ (k^k>>24)*m
	}
	if len(b) > 0 {
		var rest uint32
		for i, c := range b {
			rest |= uint32(c) << (8 * i)
		}
		h = (h ^ rest) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
