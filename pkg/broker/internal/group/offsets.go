package group

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// committed is a committed offset.
type committed struct {
	offset   int64
	commitMs int64 // wall clock
	expireMs int64 // from a request that says how long to keep it (before version 5), -1 without
	seq      int64 // of two writes the later one has the higher
	metadata string
	epoch    int32 // leader epoch, -1 unknown
}

// topicOffsets are the offsets of one topic of a group.
type topicOffsets struct {
	// id is the topic's. Offsets of a topic that was deleted are never seen by the
	// one that has its name now. Zero is unknown, as in records of older brokers.
	id    meta.ID
	parts map[int32]committed
}

// pendingOffsets are those of an open transaction, by topic.
type pendingOffsets map[string]*topicOffsets

func value(id meta.ID, o *committed) staterec.OffsetValue {
	return staterec.OffsetValue{
		Offset: o.offset, LeaderEpoch: o.epoch, Metadata: o.metadata, CommitMs: o.commitMs, ExpireMs: o.expireMs, TopicID: id,
	}
}

func offsetKey(group, topic string, partition int32) []byte {
	return staterec.OffsetKey{Group: group, Topic: topic, Partition: partition}.Append(nil)
}

// put sets an offset in a set of topics. An offset of another topic id takes the
// place of all that were there.
func put(topics map[string]*topicOffsets, name string, id meta.ID, partition int32, o committed) {
	t := topics[name]
	if t == nil || t.id != id && t.id != (meta.ID{}) && id != (meta.ID{}) {
		t = &topicOffsets{parts: make(map[int32]committed, 1)}
		topics[name] = t
	}
	if id != (meta.ID{}) {
		t.id = id
	}
	t.parts[partition] = o
}

// drop removes an offset from a set of topics, if it is there.
func drop(topics map[string]*topicOffsets, name string, partition int32) {
	if t := topics[name]; t != nil {
		if delete(t.parts, partition); len(t.parts) == 0 {
			delete(topics, name)
		}
	}
}

// stale says that the offsets of t are of a topic that is no more: it was deleted,
// and perhaps another one has its name.
func (t *topicOffsets) stale(img *meta.Image, name string) bool {
	if t.id == (meta.ID{}) {
		return false
	}
	now := img.Topic(name)
	return now == nil || now.ID != t.id
}

// commit takes over an offset that was written.
func (g *group) commit(topic string, id meta.ID, partition int32, o committed) {
	if g.offsets == nil {
		g.offsets = make(map[string]*topicOffsets, 1)
	}
	put(g.offsets, topic, id, partition, o)
}

// remove drops an offset and, as Kafka does, what open transactions have of it.
func (g *group) remove(topic string, partition int32) {
	drop(g.offsets, topic, partition)
	for _, p := range g.pending {
		drop(p, topic, partition)
	}
}

// committed returns an offset, nil when there is none that counts.
func (g *group) committed(img *meta.Image, topic string, partition int32) *committed {
	t := g.offsets[topic]
	if t == nil || t.stale(img, topic) {
		return nil
	}
	if o, ok := t.parts[partition]; ok {
		return &o
	}
	return nil
}

// unstable says that an open transaction has an offset for a partition.
func (g *group) unstable(img *meta.Image, topic string, partition int32) bool {
	for _, p := range g.pending {
		if t := p[topic]; t != nil && !t.stale(img, topic) {
			if _, ok := t.parts[partition]; ok {
				return true
			}
		}
	}
	return false
}

// eachOffset calls f for everything that is in the log under a key of its own:
// offsets, and those of open transactions that no offset hides.
func (g *group) eachOffset(f func(topic string, partition int32)) {
	for topic, t := range g.offsets {
		for partition := range t.parts {
			f(topic, partition)
		}
	}
	for _, p := range g.pending {
		for topic, t := range p {
			for partition := range t.parts {
				if have := g.offsets[topic]; have != nil {
					if _, ok := have.parts[partition]; ok {
						continue
					}
				}
				f(topic, partition)
			}
		}
	}
}

// place is where an offset is.
type place struct {
	topic     string
	partition int32
}

// places lists everything that eachOffset tells.
func (g *group) places() (out []place) {
	g.eachOffset(func(topic string, partition int32) { out = append(out, place{topic, partition}) })
	return out
}

// removalsPerBatch keeps a batch of tombstones far below the size of a batch.
const removalsPerBatch = 1000

// removeOffsets deletes offsets, in as many batches as they need. After an error
// those of the batches before it are gone, here and in the log.
func (t *turn) removeOffsets(places []place) *kerr.Error {
	g := t.g
	for chunk := range slices.Chunk(places, removalsPerBatch) {
		recs := make([]machine.Record, len(chunk))
		for i, p := range chunk {
			recs[i].Key = offsetKey(g.id, p.topic, p.partition)
		}
		if err := t.append(recs, statelog.AppendOptions{}); err != nil {
			return err
		}
		for _, p := range chunk {
			g.remove(p.topic, p.partition)
		}
	}
	return nil
}

// sets are the offsets, and those of each open transaction.
func (g *group) sets() []map[string]*topicOffsets {
	out := []map[string]*topicOffsets{g.offsets}
	for _, p := range g.pending {
		out = append(out, p)
	}
	return out
}

// hasStale says that there are offsets of a topic that is no more, by its id or, for
// those that have none, by its name.
func (g *group) hasStale(img *meta.Image, deleted map[string]bool) bool {
	for _, topics := range g.sets() {
		for name, t := range topics {
			if t.dead(img, name, deleted) {
				return true
			}
		}
	}
	return false
}

func (t *topicOffsets) dead(img *meta.Image, name string, deleted map[string]bool) bool {
	return t.stale(img, name) || t.id == (meta.ID{}) && deleted[name]
}

// clean drops the offsets of topics that are no more.
func (t *turn) clean(deleted map[string]bool) {
	g, img := t.g, t.c.o.Image()
	var gone []func() *kerr.Error
	for _, topics := range g.sets() {
		for name, to := range topics {
			if !to.dead(img, name, deleted) {
				continue
			}
			var recs []machine.Record
			for partition := range to.parts {
				if have := g.offsets[name]; have == to || have == nil || have.dead(img, name, deleted) { // or the key has a new meaning
					recs = append(recs, machine.Record{Key: offsetKey(g.id, name, partition)})
				}
			}
			gone = append(gone, func() *kerr.Error {
				for chunk := range slices.Chunk(recs, removalsPerBatch) {
					if err := t.append(chunk, statelog.AppendOptions{}); err != nil {
						return err
					}
				}
				delete(topics, name)
				return nil
			})
		}
	}
	for _, f := range gone {
		if f() != nil {
			return // they stay unseen
		}
	}
}
