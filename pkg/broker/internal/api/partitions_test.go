package api

import (
	"context"
	"fmt"
	"hash/crc32"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// node is one broker's service over partitions in memory, without a network.
type node struct {
	testing.TB
	*Service
	image *meta.Image
	store *logstore.Store
}

const nodeID = int32(1)

func newNode(t testing.TB, static map[string]string) *node {
	t.Helper()
	return newNodeOn(t, logstore.Options{FS: vfs.NewMem(0), Dir: "data"}, static)
}

func newNodeOn(t testing.TB, o logstore.Options, static map[string]string) *node {
	t.Helper()
	n := &node{TB: t, image: meta.NewImage("AAAAAAAAAAAAAAAAAAAAAA")}
	var err error
	if n.store, err = logstore.Open(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.store.Close(false) }) // a test that needs it closes it itself
	topics, err := topic.New(topic.Options{Store: n.store, NodeID: nodeID, Static: static})
	if err != nil {
		t.Fatal(err)
	}
	if err := topics.Apply(context.Background(), nil, n.image); err != nil {
		t.Fatal(err)
	}
	n.Service = &Service{
		NodeID: nodeID, Topics: topics, Static: static, Now: time.Now,
		Image: func() *meta.Image { return n.image },
	}
	return n
}

func (n *node) apply(records ...meta.Record) {
	n.Helper()
	next, err := n.image.Apply(records...)
	if err != nil {
		n.Fatal(err)
	}
	old := n.image
	n.image = next
	if err := n.Topics.Apply(context.Background(), old, next); err != nil {
		n.Fatal(err)
	}
}

// topic makes a topic led by this broker; configs are names and values. Its id ends in the
// number of topics made before.
func (n *node) topic(name string, partitions int, configs ...string) meta.ID {
	n.Helper()
	id := meta.ID{0: 0xee, 15: byte(n.image.TopicCount() + 1), 14: byte(n.image.Offset)}
	records := []meta.Record{&meta.TopicRecord{Name: name, TopicID: id}}
	for i := range partitions {
		records = append(records, &meta.PartitionRecord{
			TopicID: id, PartitionID: int32(i), Replicas: []int32{nodeID}, ISR: []int32{nodeID}, Leader: nodeID,
		})
	}
	for i := 0; i < len(configs); i += 2 {
		records = append(records, &meta.ConfigRecord{ResourceType: meta.ResourceTopic, ResourceName: name, Name: configs[i], Value: &configs[i+1]})
	}
	n.apply(records...)
	return id
}

// newEpoch gives partition 0 of a topic to a leader, in the next epoch.
func (n *node) newEpoch(id meta.ID, leader int32) {
	n.Helper()
	n.apply(&meta.PartitionChange{TopicID: id, Leader: leader, ISR: []int32{nodeID}, LeaderRecoveryState: -1})
}

// batchOf is a batch of records with these values, at timestamps from 1000 on.
func batchOf(values ...string) []byte {
	b := batch.NewBuilder(batch.BuilderOptions{})
	for i, v := range values {
		b.Add(1000+int64(i), nil, []byte(v), nil)
	}
	return b.Build()
}

func produceRequest(version int16, name string, id meta.ID, index int32, records []byte) *kmsg.ProduceRequest {
	q := kmsg.NewPtrProduceRequest()
	q.Version, q.Acks, q.TimeoutMillis = version, -1, 1000
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID = name, id
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = index, records
	t.Partitions = append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	return q
}

// produce asks and returns the answer for the only partition.
func (n *node) produce(q *kmsg.ProduceRequest) kmsg.ProduceResponseTopicPartition {
	n.Helper()
	return ask(n.TB, n.Service, q).(*kmsg.ProduceResponse).Topics[0].Partitions[0]
}

// fill appends batches to a partition.
func (n *node) fill(name string, index int32, batches ...[]byte) {
	n.Helper()
	for _, b := range batches {
		if p := n.produce(produceRequest(9, name, meta.ID{}, index, b)); p.ErrorCode != 0 {
			n.Fatalf("produce to %s-%d: error code %d", name, index, p.ErrorCode)
		}
	}
}

// fetchRequest asks for one partition, without a session and without waiting.
func fetchRequest(version int16, name string, index int32, offset int64) *kmsg.FetchRequest {
	q := kmsg.NewPtrFetchRequest()
	q.Version, q.MinBytes, q.MaxBytes, q.SessionEpoch = version, 1, 1<<20, -1
	t := kmsg.NewFetchRequestTopic()
	t.Topic = name
	t.Partitions = append(t.Partitions, fetchPartition(index, offset))
	q.Topics = append(q.Topics, t)
	return q
}

func fetchPartition(index int32, offset int64) kmsg.FetchRequestTopicPartition {
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = index, offset, 1<<20
	return p
}

func (n *node) fetch(q *kmsg.FetchRequest) *kmsg.FetchResponse {
	n.Helper()
	return ask(n.TB, n.Service, q).(*kmsg.FetchResponse)
}

// describe is a short form of a fetch answer: topic-partition, error, bytes or number of batches.
func describe(resp *kmsg.FetchResponse) string {
	out := ""
	if resp.ErrorCode != 0 {
		out = fmt.Sprintf("error %d ", resp.ErrorCode)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			out += fmt.Sprintf("%s-%d", t.Topic, p.Partition)
			if p.ErrorCode != 0 {
				out += fmt.Sprintf("!%d", p.ErrorCode)
			}
			rest, batches := p.RecordBatches, 0
			for len(rest) > 0 {
				var err error
				if _, rest, err = batch.Split(rest); err != nil {
					return out + " torn"
				}
				batches++
			}
			out += fmt.Sprintf("=%d ", batches)
		}
	}
	return out
}

// castagnoli is the checksum of batches.
func castagnoli(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }
