package api

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// fetchTrap is one row a trap of section D: a request for 1 MiB of f-0 and f-1 from their start,
// changed, and the answer in short. f-0 has five batches of one size, f-1 has one.
type fetchTrap struct {
	name string
	edit func(q *kmsg.FetchRequest)
	want string
}

// fetchTraps are the rows. What Kafka 4.3.1 does otherwise than the list says is noted.
func fetchTraps(size int) []fetchTrap {
	two := func(q *kmsg.FetchRequest, p0, p1 int32) {
		q.Topics[0].Partitions[0].PartitionMaxBytes = p0
		q.Topics[0].Partitions = append(q.Topics[0].Partitions, fetchPartition(1, 0))
		q.Topics[0].Partitions[1].PartitionMaxBytes = p1
	}
	at := func(offset int64) func(*kmsg.FetchRequest) {
		return func(q *kmsg.FetchRequest) { q.Topics[0].Partitions[0].FetchOffset = offset }
	}
	epochs := func(current, last int32) func(*kmsg.FetchRequest) {
		return func(q *kmsg.FetchRequest) {
			q.Topics[0].Partitions[0].CurrentLeaderEpoch = current
			q.Topics[0].Partitions[0].LastFetchedEpoch = last
		}
	}
	return []fetchTrap{
		{"53 request limit below a batch: the first comes whole, no second", func(q *kmsg.FetchRequest) { q.MaxBytes = 1; two(q, 1<<20, 1<<20) }, "f-0=1 f-1=0 "},
		{"53 request limit 0", func(q *kmsg.FetchRequest) { q.MaxBytes = 0; two(q, 1<<20, 1<<20) }, "f-0=1 f-1=0 "},
		{"53 partition limit below a batch: only the first one is spared", func(q *kmsg.FetchRequest) { two(q, 1, 1) }, "f-0=1 f-1=0 "},
		// Kafka sends the front of the next batch too, which clients have to skip.
		{"53 partition limit of two batches and a bit", func(q *kmsg.FetchRequest) { two(q, int32(2*size+9), 1<<20) }, "f-0=2 f-1=1 "},
		{"53 request limit of three batches", func(q *kmsg.FetchRequest) { q.MaxBytes = int32(3 * size); two(q, 1<<20, 1<<20) }, "f-0=3 f-1=0 "},
		{"53 negative partition limit: Kafka fails over it", func(q *kmsg.FetchRequest) { two(q, -1, 1<<20) }, "f-0!-1=0 f-1=1 "},
		{"54 whole batch of the offset", func(q *kmsg.FetchRequest) { two(q, 1, 1<<20); q.Topics[0].Partitions[1].FetchOffset = 1 }, "f-0=1 f-1=1 "},
		{"55 at the end", at(5), "f-0=0 "},
		{"55 past the end", at(6), "f-0!1=0 "},
		{"55 below the start", at(-1), "f-0!1=0 "},
		{"57 unknown partition comes last, and is not waited for", func(q *kmsg.FetchRequest) {
			q.Topics[0].Partitions[0].Partition = 9
			q.Topics[0].Partitions = append(q.Topics[0].Partitions, fetchPartition(1, 0))
		}, "f-1=1 f-9!3=0 "},
		{"57 unknown topic", func(q *kmsg.FetchRequest) { q.Topics[0].Topic = "g"; q.MaxWaitMillis = 1 << 30 }, "g-0!3=0 "},
		{"57 no topics", func(q *kmsg.FetchRequest) { q.Topics = nil; q.MaxWaitMillis = 1 << 30 }, ""},
		{"57 min bytes 0 does not wait", func(q *kmsg.FetchRequest) { at(5)(q); q.MinBytes, q.MaxWaitMillis = 0, 1<<30 }, "f-0=0 "},
		{"57 min bytes above max bytes counts as max bytes", func(q *kmsg.FetchRequest) { q.MinBytes, q.MaxBytes, q.MaxWaitMillis = 1<<20, 50, 1<<30 }, "f-0=1 "},
		{"57 an error does not wait", func(q *kmsg.FetchRequest) { at(77)(q); q.MaxWaitMillis = 1 << 30 }, "f-0!1=0 "},
		{"the same partition twice: the last entry counts", func(q *kmsg.FetchRequest) {
			q.Topics[0].Partitions = append(q.Topics[0].Partitions, fetchPartition(0, 4))
		}, "f-0=1 "},
		{"58 isolation level 7: Kafka fails over it", func(q *kmsg.FetchRequest) { q.IsolationLevel = 7 }, "error -1 f-0!-1=0 "},
		{"60 leader epoch of the leader", epochs(0, -1), "f-0=5 "},
		{"60 newer leader epoch", epochs(1, -1), "f-0!75=0 "},
		{"60 no leader epoch", epochs(-2, -1), "f-0=5 "},
		{"61 last fetched epoch agrees", epochs(-1, 0), "f-0=5 "},
		{"61 last fetched epoch that nobody knows: out of range", epochs(-1, 3), "f-0!1=0 "},
		{"61 last fetched epoch at an offset below the start", func(q *kmsg.FetchRequest) { epochs(-1, 0)(q); at(-4)(q) }, "f-0!1=0 "},
		{"65 a replica that is none, without its epoch", func(q *kmsg.FetchRequest) { q.ReplicaID = 5 }, "f-0!6=0 "},
		{"65 a replica that is none, with its epoch", func(q *kmsg.FetchRequest) { q.ReplicaID = 5; epochs(0, -1)(q) }, "f-0!75=0 "},
		{"65 a debugging client", func(q *kmsg.FetchRequest) { q.ReplicaID = -2 }, "f-0=5 "},
	}
}

func TestFetchTraps(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("f", 3)
	size := len(batchOf("0123456789"))
	for range 5 {
		n.fill("f", 0, batchOf("0123456789"))
	}
	n.fill("f", 1, batchOf("0123456789", "x"))
	for _, c := range fetchTraps(size) {
		q := fetchRequest(12, "f", 0, 0)
		q.MinBytes = 1
		c.edit(q)
		if got := describe(n.fetch(q)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	byID := fetchRequest(13, "", 0, 0)
	for _, c := range []struct {
		name  string
		id    meta.ID
		index int32
		want  string
	}{
		{"64 by id", id, 0, "-0=5 "},
		{"64 unknown id", meta.ID{1}, 0, "-0!100=0 "},
		{"64 zero id", meta.ID{}, 0, "-0!100=0 "},
		{"64 unknown partition of a known id", id, 9, "-9!3=0 "},
	} {
		byID.Topics[0].TopicID, byID.Topics[0].Partitions[0].Partition = c.id, c.index
		resp := n.fetch(byID)
		if got := describe(resp); got != c.want || resp.Topics[0].TopicID != c.id {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Fields of the answer, at every version.
func TestFetchFields(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("f", 1)
	n.fill("f", 0, batchOf("a", "b"), batchOf("c"))
	for v := int16(4); v <= 18; v++ {
		for level := int8(0); level <= 1; level++ {
			q := fetchRequest(v, "f", 0, 1)
			q.Topics[0].TopicID, q.IsolationLevel = id, level
			p := n.fetch(q).Topics[0].Partitions[0]
			if p.HighWatermark != 3 || p.LastStableOffset != 3 || v >= 5 && p.LogStartOffset != 0 || p.PreferredReadReplica != -1 {
				t.Errorf("version %d: %+v", v, p)
			}
			if (p.AbortedTransactions == nil) != (level == 0) {
				t.Errorf("version %d, isolation %d: aborted transactions %v", v, level, p.AbortedTransactions)
			}
		}
		for _, offset := range []int64{3, 4} {
			q := fetchRequest(v, "f", 0, offset)
			q.Topics[0].TopicID = id
			p := n.fetch(q).Topics[0].Partitions[0]
			if p.RecordBatches == nil || len(p.RecordBatches) != 0 {
				t.Errorf("version %d at offset %d: records %v, want none but not null", v, offset, p.RecordBatches)
			}
			// Kafka tells neither the high watermark nor the log start with an error.
			if p.ErrorCode != 0 && (p.HighWatermark != -1 || p.LastStableOffset != -1 || p.LogStartOffset != -1) {
				t.Errorf("version %d out of range: %+v", v, p)
			}
		}
	}
	q := fetchRequest(12, "f", 0, 7)
	q.Topics[0].Partitions[0].LastFetchedEpoch = 0
	if p := n.fetch(q).Topics[0].Partitions[0]; p.ErrorCode != 0 || p.DivergingEpoch.Epoch != 0 || p.DivergingEpoch.EndOffset != 3 || p.HighWatermark != 3 || len(p.RecordBatches) > 0 {
		t.Errorf("diverging: %+v", p)
	}
	d := kmsg.NewPtrDeleteRecordsRequest()
	d.Version, d.Topics = 2, []kmsg.DeleteRecordsRequestTopic{{Topic: "f", Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Offset: 2}}}}
	ask(t, n.Service, d)
	if p := n.fetch(fetchRequest(12, "f", 0, 2)).Topics[0].Partitions[0]; p.LogStartOffset != 2 || len(p.RecordBatches) == 0 {
		t.Errorf("after DeleteRecords: %+v", p)
	}
}

// Errors that send a client to the leader say where that is, from version 16 on.
func TestFetchCurrentLeader(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("f", 1)
	n.newEpoch(id, 2)
	for v := int16(13); v <= 18; v++ {
		q := fetchRequest(v, "", 0, 0)
		q.Topics[0].TopicID = id
		q.Topics[0].Partitions[0].CurrentLeaderEpoch = 0
		c := new(Conn)
		c.Advertise = func(_ *Conn, broker int32) (string, int32, bool) { return "there", 900 + broker, true }
		resp := n.fetchOn(c, q)
		p := resp.Topics[0].Partitions[0]
		if p.ErrorCode != 74 {
			t.Fatalf("version %d: error code %d, want 74", v, p.ErrorCode)
		}
		if v < 16 {
			if len(resp.Brokers) > 0 || p.CurrentLeader.LeaderID != -1 {
				t.Errorf("version %d: %+v %+v", v, p.CurrentLeader, resp.Brokers)
			}
			continue
		}
		if p.CurrentLeader.LeaderID != 2 || p.CurrentLeader.LeaderEpoch != 1 || len(resp.Brokers) != 1 || resp.Brokers[0].NodeID != 2 || resp.Brokers[0].Host != "there" || resp.Brokers[0].Port != 902 {
			t.Errorf("version %d: %+v %+v", v, p.CurrentLeader, resp.Brokers)
		}
	}
	q := fetchRequest(10, "f", 0, 0)
	if got := describe(n.fetch(q)); got != "f-0!6=0 " {
		t.Errorf("version 10 must not read from a follower: %q", got)
	}
	q.Version = 11
	if got := describe(n.fetch(q)); got != "f-0=0 " {
		t.Errorf("version 11 may read from a follower: %q", got)
	}
}

// A request that would take hundreds of megabytes to look at closes the connection.
func TestFetchTooLarge(t *testing.T) {
	n := newNode(t, nil)
	_, a := send(n.Service, 1, 12, make([]byte, maxColdBody+1))
	if <-a.done; !errors.Is(a.closed, errColdTooLarge) {
		t.Errorf("closed with %v", a.closed)
	}
}
