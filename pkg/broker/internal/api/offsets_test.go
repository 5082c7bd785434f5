package api

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
)

func listRequest(version int16, name string, index int32, ts int64) *kmsg.ListOffsetsRequest {
	q := kmsg.NewPtrListOffsetsRequest()
	q.Version, q.ReplicaID = version, -1
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = name
	t.Partitions = append(t.Partitions, listPartition(index, ts))
	q.Topics = append(q.Topics, t)
	return q
}

func listPartition(index int32, ts int64) kmsg.ListOffsetsRequestTopicPartition {
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = index, ts
	return p
}

// describeList is error code, or offset, timestamp and leader epoch, of each partition.
func describeList(resp *kmsg.ListOffsetsResponse) string {
	out := ""
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			out += fmt.Sprintf("%s-%d:", t.Topic, p.Partition)
			if p.ErrorCode != 0 {
				out += fmt.Sprintf("!%d ", p.ErrorCode)
			} else {
				out += fmt.Sprintf("%d@%d/%d ", p.Offset, p.Timestamp, p.LeaderEpoch)
			}
		}
	}
	return out
}

// timed is a batch of records at these timestamps.
func timed(ms ...int64) []byte {
	b := batch.NewBuilder(batch.BuilderOptions{})
	for _, t := range ms {
		b.Add(t, nil, []byte("x"), nil)
	}
	return b.Build()
}

// Traps 69 to 72.
func TestListOffsets(t *testing.T) {
	n := newNode(t, nil)
	n.topic("l", 2)
	n.fill("l", 0, timed(1000, 1500, 1200), timed(900, 1400, 1100), timed(3000, 3500, 3200))
	for _, c := range []struct {
		name    string
		version int16
		ts      int64
		edit    func(q *kmsg.ListOffsetsRequest)
		want    string
	}{
		{"69 latest", 9, -1, nil, "l-0:9@-1/0 "},
		{"69 earliest", 9, -2, nil, "l-0:0@-1/0 "},
		{"69 before version 4 without an epoch", 3, -1, nil, "l-0:9@-1/-1 "},
		{"69 maximum timestamp", 7, -3, nil, "l-0:7@3500/0 "},
		{"69 earliest local", 8, -4, nil, "l-0:0@-1/0 "},
		{"69 latest tiered", 9, -5, nil, "l-0:-1@-1/-1 "},
		{"69 earliest pending upload", 11, -6, nil, "l-0:-1@-1/-1 "},
		{"69 -3 before its version", 6, -3, nil, "l-0:!35 "},
		{"69 -4 before its version", 7, -4, nil, "l-0:!35 "},
		{"69 -5 before its version", 8, -5, nil, "l-0:!35 "},
		{"69 -6 before its version", 10, -6, nil, "l-0:!35 "},
		{"69 -7", 11, -7, nil, "l-0:!35 "},
		{"70 at 0", 9, 0, nil, "l-0:0@1000/0 "},
		{"70 first record at 1001 or later", 9, 1001, nil, "l-0:1@1500/0 "},
		{"70 1501 lies two batches on", 9, 1501, nil, "l-0:6@3000/0 "},
		{"70 after the last", 9, 3501, nil, "l-0:-1@-1/-1 "},
		{"71 the same partition twice", 9, -1, func(q *kmsg.ListOffsetsRequest) {
			q.Topics[0].Partitions = append(q.Topics[0].Partitions, listPartition(1, -1), listPartition(0, -2))
		}, "l-0:!42 l-1:0@-1/0 "},
		{"71 twice in two topics", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.Topics = append(q.Topics, q.Topics[0]) }, "l-0:!42 "},
		{"72 read_committed", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.IsolationLevel = 1 }, "l-0:9@-1/0 "},
		{"isolation level 5: Kafka fails over it", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.IsolationLevel = 5 }, "l-0:!-1 "},
		{"epoch", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions[0].CurrentLeaderEpoch = 0 }, "l-0:9@-1/0 "},
		{"newer epoch", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions[0].CurrentLeaderEpoch = 1 }, "l-0:!75 "},
		{"older epoch", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions[0].CurrentLeaderEpoch = -2 }, "l-0:!74 "},
		{"unknown topic", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Topic = "x" }, "x-0:!3 "},
		{"unknown partition", 9, -1, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions[0].Partition = 7 }, "l-7:!3 "},
		{"empty log, maximum timestamp", 9, -3, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions[0].Partition = 1 }, "l-1:-1@-1/-1 "},
		{"empty log, by time", 9, 0, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions[0].Partition = 1 }, "l-1:-1@-1/-1 "},
		{"no partitions", 9, 0, func(q *kmsg.ListOffsetsRequest) { q.Topics[0].Partitions = nil }, ""},
	} {
		q := listRequest(c.version, "l", 0, c.ts)
		if c.edit != nil {
			c.edit(q)
		}
		if got := describeList(ask(t, n.Service, q).(*kmsg.ListOffsetsResponse)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Trap 71: a new leader that does not know yet how much of its log is committed.
func TestListOffsetsLaggingHighWatermark(t *testing.T) {
	n := newNode(t, nil)
	n.apply(&meta.TopicRecord{Name: "l", TopicID: meta.ID{1}},
		&meta.PartitionRecord{TopicID: meta.ID{1}, Replicas: []int32{1, 2}, ISR: []int32{1, 2}, Leader: 1})
	q := produceRequest(9, "l", meta.ID{}, 0, timed(1000))
	q.Acks = 1
	n.produce(q)
	n.apply(&meta.PartitionChange{TopicID: meta.ID{1}, Leader: 1, LeaderRecoveryState: -1})
	for _, c := range []struct {
		version int16
		ts      int64
		want    string
	}{{5, -1, "l-0:!78 "}, {4, -1, "l-0:!5 "}, {9, 500, "l-0:!78 "}, {9, -3, "l-0:!78 "}, {9, -2, "l-0:0@-1/0 "}} {
		if got := describeList(ask(t, n.Service, listRequest(c.version, "l", 0, c.ts)).(*kmsg.ListOffsetsResponse)); got != c.want {
			t.Errorf("version %d, timestamp %d: %q, want %q", c.version, c.ts, got, c.want)
		}
	}
	list := listRequest(9, "l", 0, -1)
	list.ReplicaID = 2
	if got := describeList(ask(t, n.Service, list).(*kmsg.ListOffsetsResponse)); got != "l-0:1@-1/1 " {
		t.Errorf("a replica asks for the end: %q", got)
	}
}

// Trap 73.
func TestOffsetForLeaderEpoch(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("e", 2)
	n.fill("e", 0, batchOf("a", "b"))
	n.newEpoch(id, nodeID)
	n.newEpoch(id, nodeID)
	n.fill("e", 0, batchOf("c"))
	n.newEpoch(id, nodeID)
	for _, c := range []struct {
		topic          string
		index          int32
		current, epoch int32
		want           string
	}{
		{"e", 0, -1, 0, "0 0 2"},
		{"e", 0, 3, 1, "0 0 2"}, // nothing was written in epoch 1, nor was it looked at
		{"e", 0, -1, 2, "0 2 3"},
		{"e", 0, -1, 3, "0 3 3"},
		{"e", 0, -1, 4, "0 -1 -1"},
		{"e", 0, -1, -1, "0 -1 -1"},
		{"e", 0, 2, 0, "74 -1 -1"},
		{"e", 0, 4, 0, "75 -1 -1"},
		{"e", 1, -1, 0, "0 0 0"},
		{"e", 7, -1, 0, "3 -1 -1"},
		{"x", 0, -1, 0, "3 -1 -1"},
	} {
		for v := int16(2); v <= 4; v++ {
			q := kmsg.NewPtrOffsetForLeaderEpochRequest()
			q.Version, q.ReplicaID = v, -1
			p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
			p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = c.index, c.current, c.epoch
			q.Topics = []kmsg.OffsetForLeaderEpochRequestTopic{{Topic: c.topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{p}}}
			a := ask(t, n.Service, q).(*kmsg.OffsetForLeaderEpochResponse).Topics[0].Partitions[0]
			if got := fmt.Sprint(a.ErrorCode, a.LeaderEpoch, a.EndOffset); got != c.want || a.Partition != c.index {
				t.Errorf("version %d: epoch %d of %s-%d, current %d: %s, want %s", v, c.epoch, c.topic, c.index, c.current, got, c.want)
			}
		}
	}
}

// Trap 74.
func TestDeleteRecords(t *testing.T) {
	n := newNode(t, nil)
	n.topic("d", 2)
	n.topic("compact", 1, "cleanup.policy", "compact")
	n.topic("both", 1, "cleanup.policy", "compact,delete")
	n.topic("__consumer_offsets", 1)
	n.fill("d", 0, batchOf("a", "b", "c", "d", "e"))
	for _, c := range []struct {
		name   string
		topic  string
		index  int32
		offset int64
		code   int16
		low    int64
	}{
		{"to 2", "d", 0, 2, 0, 2},
		{"below the start", "d", 0, 1, 0, 2},
		{"past the high watermark", "d", 0, 6, 1, -1},
		{"-2", "d", 0, -2, 1, -1},
		{"-1: all", "d", 0, -1, 0, 5},
		{"-1 of an empty log", "d", 1, -1, 0, 0},
		{"unknown partition", "d", 7, -1, 3, -1},
		{"unknown topic", "x", 0, -1, 3, -1},
		{"only compacted", "compact", 0, 0, 44, -1},
		{"compacted and deleted", "both", 0, 0, 0, 0},
		{"internal", "__consumer_offsets", 0, 0, 17, -1},
	} {
		q := kmsg.NewPtrDeleteRecordsRequest()
		q.Version = 2
		q.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: c.topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Partition: c.index, Offset: c.offset}}}}
		p := ask(t, n.Service, q).(*kmsg.DeleteRecordsResponse).Topics[0].Partitions[0]
		if p.Partition != c.index || p.ErrorCode != c.code || p.LowWatermark != c.low {
			t.Errorf("%s: %+v, want error code %d, low watermark %d", c.name, p, c.code, c.low)
		}
	}
	if got := describe(n.fetch(fetchRequest(12, "d", 0, 4))); got != "d-0!1=0 " {
		t.Errorf("fetch below the new start: %q", got)
	}
}

// Trap 123.
func TestDescribeLogDirs(t *testing.T) {
	n := newNode(t, nil)
	n.topic("a", 2)
	n.topic("b", 1)
	n.fill("a", 1, batchOf("x"))
	for v := int16(1); v <= 5; v++ {
		for _, c := range []struct {
			name   string
			topics []kmsg.DescribeLogDirsRequestTopic
			want   string
		}{
			{"null: all", nil, fmt.Sprintf("a-0=0 a-1=%d b-0=0 ", len(batchOf("x")))},
			{"empty: none", []kmsg.DescribeLogDirsRequestTopic{}, ""},
			{"one, and one that is not there", []kmsg.DescribeLogDirsRequestTopic{{Topic: "a", Partitions: []int32{0, 7}}, {Topic: "x", Partitions: []int32{0}}}, "a-0=0 "},
		} {
			q := kmsg.NewPtrDescribeLogDirsRequest()
			q.Version, q.Topics = v, c.topics
			resp := ask(t, n.Service, q).(*kmsg.DescribeLogDirsResponse)
			got := ""
			for _, topic := range resp.Dirs[0].Topics {
				for _, p := range topic.Partitions {
					got += fmt.Sprintf("%s-%d=%d ", topic.Topic, p.Partition, p.Size)
				}
			}
			if got != c.want || len(resp.Dirs) != 1 || resp.Dirs[0].ErrorCode != 0 || resp.Dirs[0].Dir == "" || v >= 4 && resp.Dirs[0].TotalBytes == 0 {
				t.Errorf("version %d, %s: %+v, want %s", v, c.name, resp.Dirs, c.want)
			}
		}
	}
}
