package api

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// built is a batch made with these options.
func built(o batch.BuilderOptions, values ...string) []byte {
	b := batch.NewBuilder(o)
	for i, v := range values {
		b.Add(1000+int64(i), nil, []byte(v), nil)
	}
	return b.Build()
}

func sequenced(epoch int16, seq int32, values ...string) []byte {
	return built(batch.BuilderOptions{Idempotent: true, ProducerID: 1000, ProducerEpoch: epoch, BaseSequence: seq}, values...)
}

func broken(records []byte, at int, value byte) []byte {
	p := append([]byte(nil), records...)
	p[at] = value
	return p
}

// produceTrap is one row a trap of section C: what is sent, and the error code and
// log start offset that come back, which Kafka tells with some errors only.
type produceTrap struct {
	name    string
	version int16
	topic   string
	index   int32
	records []byte
	edit    func(q *kmsg.ProduceRequest)
	code    int16
	start   int64
	message string
}

// produceTraps are the rows. What Kafka 4.3.1 does otherwise than the list says is noted.
func produceTraps() []produceTrap {
	good := batchOf("a", "b")
	future := batch.NewBuilder(batch.BuilderOptions{})
	future.Add(4102444800000, nil, []byte("x"), nil)
	return []produceTrap{
		{name: "good", version: 9, topic: "p", records: good},
		{name: "35 acks 2", version: 9, topic: "p", records: good, edit: func(q *kmsg.ProduceRequest) { q.Acks = 2 }, code: 21, start: -1},
		{name: "35 acks -2", version: 9, topic: "p", records: good, edit: func(q *kmsg.ProduceRequest) { q.Acks = -2 }, code: 21, start: -1},
		{name: "36 unknown topic", version: 9, topic: "q", records: good, code: 3, start: -1},
		{name: "36 unknown partition", version: 12, topic: "p", index: 7, records: good, code: 3, start: -1},
		{name: "36 negative partition", version: 3, topic: "p", index: -1, records: good, code: 3, start: -1},
		// Kafka leaves the request without an answer.
		{name: "37 null records", version: 9, topic: "p", code: 87, start: -1},
		{name: "37 empty records", version: 9, topic: "p", records: []byte{}, code: 87, start: -1},
		{name: "37 two batches", version: 9, topic: "p", records: append(batchOf("a"), batchOf("b")...), code: 87, start: -1},
		{name: "37 magic 1", version: 9, topic: "p", records: broken(good, 16, 1), code: 87, start: -1},
		// Kafka calls that corrupt.
		{name: "37 magic 3", version: 9, topic: "p", records: broken(good, 16, 3), code: 2, start: -1, message: "Invalid magic found in record: 3"},
		{name: "37 zstd before version 7", version: 6, topic: "p", records: built(batch.BuilderOptions{Codec: batch.CodecZstd}, "a"), code: 76, start: -1},
		{name: "37 zstd from version 7 on", version: 7, topic: "p", records: built(batch.BuilderOptions{Codec: batch.CodecZstd}, "a")},
		{name: "37 a codec that is none: Kafka fails over it", version: 9, topic: "p", records: withCRC(broken(good, 22, 5)), code: -1},
		{name: "38 wrong CRC", version: 9, topic: "p", records: broken(good, 17, good[17]+1), code: 2, start: -1},
		{name: "38 length too small", version: 9, topic: "p", records: broken(good, 11, 3), code: 2, start: -1, message: "Record size 3 is less than the minimum record overhead (14)"},
		// Kafka sees no batch there.
		{name: "38 torn", version: 9, topic: "p", records: good[:len(good)-1], code: 87, start: -1},
		{name: "38 bytes behind the batch are dropped", version: 9, topic: "p", records: append(batchOf("a"), 1, 2, 3)},
		{name: "39 larger than max.message.bytes", version: 9, topic: "small", records: batchOf(strings.Repeat("x", 100)), code: 10, start: -1},
		{name: "39 larger than a segment", version: 9, topic: "segment", records: batchOf(strings.Repeat("x", 1<<20)), code: 18, start: -1},
		{name: "40 count and offsets differ", version: 9, topic: "p", records: withCRC(broken(good, 60, 3)), code: 87},
		{name: "40 control batch", version: 9, topic: "p", records: withCRC(broken(good, 22, 0x20)), code: 87},
		{name: "40 producer id without a sequence", version: 9, topic: "p", records: sequenced(0, -1, "a"), code: 87},
		{
			name: "41 null key on a compacted topic", version: 9, topic: "compacted", records: good, code: 87,
			message: "One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: " +
				"[RecordError(batchIndex=0, message='Compacted topic cannot accept message without key in topic partition compacted-0'), " +
				"RecordError(batchIndex=1, message='Compacted topic cannot accept message without key in topic partition compacted-0')]",
		},
		{name: "41 too far ahead", version: 9, topic: "p", records: future.Build(), code: 32, message: "One or more records have been rejected due to invalid timestamp"},
		{name: "41 too old", version: 9, topic: "recent", records: good, code: 32, message: "One or more records have been rejected due to invalid timestamp"},
		{name: "41 the producer says LogAppendTime", version: 9, topic: "stamped", records: withCRC(broken(good, 22, 8)), code: 32, message: "One or more records have been rejected due to invalid timestamp"},
		// The list has it that the client's base offset is ignored; Kafka 4 wants 0.
		{name: "44 base offset not 0", version: 9, topic: "p", records: broken(good, 7, 5), code: 87},
		{name: "44 the client's leader epoch is ignored", version: 9, topic: "p", records: broken(good, 15, 5)},
		{name: "45 internal topic", version: 9, topic: "__consumer_offsets", records: good, code: 17, start: -1},
		{name: "51 transactional without an id", version: 9, topic: "p", records: built(batch.BuilderOptions{Transactional: true, Idempotent: true}, "a"), code: 53, start: -1},
	}
}

func TestProduceTraps(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 2)
	n.topic("compacted", 1, "cleanup.policy", "compact")
	n.topic("small", 1, "max.message.bytes", "100")
	n.topic("segment", 1, "max.message.bytes", "5000000", "segment.bytes", "1048576")
	n.topic("stamped", 1, "message.timestamp.type", "LogAppendTime")
	n.topic("recent", 1, "message.timestamp.before.max.ms", "1000")
	n.topic("__consumer_offsets", 1)
	good := batchOf("a", "b")
	for _, c := range produceTraps() {
		q := produceRequest(c.version, c.topic, meta.ID{}, c.index, c.records)
		if c.edit != nil {
			c.edit(q)
		}
		p := n.produce(q)
		message := ""
		if p.ErrorMessage != nil {
			message = *p.ErrorMessage
		}
		if p.ErrorCode != c.code || message != c.message || c.version >= 5 && p.LogStartOffset != c.start {
			t.Errorf("%s: error code %d, log start %d, message %q; want %d, %d, %q", c.name, p.ErrorCode, p.LogStartOffset, message, c.code, c.start, c.message)
		}
		if (p.BaseOffset == -1) != (c.code != 0) {
			t.Errorf("%s: base offset %d", c.name, p.BaseOffset)
		}
	}
	for _, c := range []struct {
		id    meta.ID
		index int32
		code  int16
	}{{id, 0, 0}, {id, 7, 3}, {meta.ID{5}, 0, 100}, {meta.ID{}, 0, 100}} {
		q := produceRequest(13, "", c.id, c.index, good)
		resp := ask(t, n.Service, q).(*kmsg.ProduceResponse)
		if resp.Topics[0].TopicID != c.id || resp.Topics[0].Partitions[0].ErrorCode != c.code {
			t.Errorf("36 topic id %v: %+v", c.id, resp.Topics[0])
		}
	}
}

// withCRC makes the checksum right again.
func withCRC(p []byte) []byte {
	sum := castagnoli(p[21:])
	p[17], p[18], p[19], p[20] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	return p
}

// Trap 42: fields of the answer at every version. Trap 7 has it that versions 0 to
// 2 are refused, as Kafka 4 does; here they are served.
func TestProduceFields(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 1)
	stamped := n.topic("stamped", 1, "message.timestamp.type", "LogAppendTime")
	for v := int16(0); v <= 13; v++ {
		if p := n.produce(produceRequest(v, "p", id, 0, batchOf("a", "b"))); p.ErrorCode != 0 || p.BaseOffset != 2*int64(v) || p.LogAppendTime != -1 || v >= 5 && p.LogStartOffset != 0 {
			t.Errorf("version %d: %+v", v, p)
		}
		before := time.Now().UnixMilli()
		p := n.produce(produceRequest(v, "stamped", stamped, 0, batchOf("a")))
		if v >= 2 && (p.LogAppendTime < before || p.LogAppendTime > time.Now().UnixMilli()) {
			t.Errorf("version %d: log append time %d", v, p.LogAppendTime)
		}
	}
	p := n.produce(produceRequest(9, "stamped", stamped, 0, batchOf("a")))
	f := n.fetch(fetchRequest(12, "stamped", 0, p.BaseOffset)).Topics[0].Partitions[0]
	b, _, err := batch.Split(f.RecordBatches)
	if err != nil || b.MaxTimestamp() != p.LogAppendTime || b.TimestampType() != batch.LogAppendTime || b.VerifyCRC() != nil {
		t.Errorf("stored batch: time %d, answered %d, %v", b.MaxTimestamp(), p.LogAppendTime, err)
	}
}

// Traps 46 to 49: sequences of idempotent producers.
func TestProduceSequences(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 2)
	for _, c := range []struct {
		name   string
		epoch  int16
		seq    int32
		values int
		code   int16
		base   int64
	}{
		{"46 any first sequence", 0, 5, 1, 0, 0},
		{"46 next", 0, 6, 2, 0, 1},
		{"47 duplicate", 0, 6, 2, 0, 1},
		{"46 same first, other last sequence", 0, 6, 1, 45, -1},
		{"46 gap", 0, 10, 1, 45, -1},
		{"46 next", 0, 8, 1, 0, 3},
		{"46 next", 0, 9, 1, 0, 4},
		{"46 next", 0, 10, 1, 0, 5},
		{"46 next", 0, 11, 1, 0, 6},
		{"46 next", 0, 12, 1, 0, 7},
		{"47 older than the last five", 0, 6, 2, 45, -1},
		{"47 the oldest of the last five", 0, 8, 1, 0, 3},
		{"46 new epoch not at 0", 1, 3, 1, 45, -1},
		{"46 new epoch", 1, 0, 1, 0, 8},
		{"48 old epoch", 0, 13, 1, 47, -1},
	} {
		p := n.produce(produceRequest(9, "p", meta.ID{}, 0, sequenced(c.epoch, c.seq, strings.Split("a,b,c", ",")[:c.values]...)))
		if p.ErrorCode != c.code || p.BaseOffset != c.base || p.LogStartOffset != 0 {
			t.Errorf("%s: %+v, want error code %d and base offset %d", c.name, p, c.code, c.base)
		}
		if strings.HasPrefix(c.name, "47") && c.code == 0 && p.LogAppendTime < 1000 {
			t.Errorf("%s: time %d, want the batch's", c.name, p.LogAppendTime) // Kafka sends the maximum timestamp there
		}
	}
	q := produceRequest(9, "p", meta.ID{}, 0, batchOf("a"))
	second := produceRequest(9, "p", meta.ID{}, 1, broken(batchOf("a"), 17, 1)).Topics[0].Partitions[0]
	third := produceRequest(9, "p", meta.ID{}, 0, batchOf("x", "y")).Topics[0].Partitions[0]
	q.Topics[0].Partitions = append(q.Topics[0].Partitions, second, third)
	parts := ask(t, n.Service, q).(*kmsg.ProduceResponse).Topics[0].Partitions
	if len(parts) != 2 || parts[0].ErrorCode != 0 || parts[0].BaseOffset != 9 || parts[1].ErrorCode != 2 {
		t.Errorf("49 one good, one bad, one twice: %+v", parts)
	}
	if end := n.end("p", 0); end != 11 {
		t.Errorf("49 of a partition named twice the last counts: end offset %d, want 11", end)
	}
}

func (n *node) end(name string, index int32) int64 {
	n.Helper()
	p, ok := n.Topics.Partition(name, index)
	if !ok {
		n.Fatalf("no partition %s-%d", name, index)
	}
	return p.Log().EndOffset()
}

// Trap 51: nothing transactional is accepted while there are no transactions.
func TestProduceTransactional(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 1)
	txn := "txn"
	records := built(batch.BuilderOptions{Transactional: true, Idempotent: true, ProducerID: 1}, "a")
	for v := int16(3); v <= 13; v++ {
		q := produceRequest(v, "p", id, 0, records)
		q.TransactionID = &txn
		want := int16(48)
		if v == 11 {
			want = 120
		} else if v > 11 {
			want = 49
		}
		if p := n.produce(q); p.ErrorCode != want {
			t.Errorf("version %d: error code %d, want %d", v, p.ErrorCode, want)
		}
	}
	q := produceRequest(9, "p", id, 0, batchOf("a"))
	q.TransactionID = &txn
	if p := n.produce(q); p.ErrorCode != 0 || p.BaseOffset != 0 {
		t.Errorf("plain batch with a transactional id: %+v", p)
	}
}

// Trap 14: with acks=0 nothing is answered, and an error closes the connection.
func TestProduceAcksZero(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 1)
	q := produceRequest(9, "p", meta.ID{}, 0, batchOf("a"))
	q.Acks = 0
	if a := n.start(new(Conn), q); a.waiting() || !a.silent || a.closed != nil {
		t.Errorf("acks=0: %+v", a)
	}
	if end := n.end("p", 0); end != 1 {
		t.Errorf("end offset %d after acks=0", end)
	}
	q.Topics[0].Topic = "unknown"
	if a := n.start(new(Conn), q); a.waiting() || !errors.Is(a.closed, errProduceFailed) {
		t.Errorf("acks=0 with an error: %+v", a)
	}
	q.Topics = nil
	if a := n.start(new(Conn), q); a.waiting() || !a.silent {
		t.Errorf("acks=0 without topics: %+v", a)
	}
}

// Traps 36 and 43: where the leader is, and replicas that are missing.
func TestProduceLeaderAndReplicas(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 1, "min.insync.replicas", "2")
	if p := n.produce(produceRequest(9, "p", id, 0, batchOf("a"))); p.ErrorCode != 0 {
		t.Errorf("43 one replica cannot be asked to be two: %+v", p) // Kafka 4's effective minimum
	}
	n.apply(&meta.TopicRecord{Name: "two", TopicID: meta.ID{2}},
		&meta.PartitionRecord{TopicID: meta.ID{2}, Replicas: []int32{1, 2}, ISR: []int32{1}, Leader: 1},
		&meta.ConfigRecord{ResourceType: meta.ResourceTopic, ResourceName: "two", Name: "min.insync.replicas", Value: &[]string{"2"}[0]})
	if p := n.produce(produceRequest(9, "two", id, 0, batchOf("a"))); p.ErrorCode != 19 || p.LogStartOffset != 0 {
		t.Errorf("43 acks=all: %+v", p)
	}
	n.newEpoch(id, 2)
	for v := int16(9); v <= 13; v++ {
		c := new(Conn)
		c.Advertise = func(_ *Conn, broker int32) (string, int32, bool) { return "there", 900 + broker, true }
		q := produceRequest(v, "p", id, 0, batchOf("a"))
		a := n.start(c, q)
		<-a.done
		resp := q.ResponseKind().(*kmsg.ProduceResponse)
		if err := resp.ReadFrom(a.reply); err != nil {
			t.Fatal(err)
		}
		p := resp.Topics[0].Partitions[0]
		hint := p.CurrentLeader.LeaderID == 2 && p.CurrentLeader.LeaderEpoch == 1 && len(resp.Brokers) == 1 && resp.Brokers[0].Port == 902
		if p.ErrorCode != 6 || hint != (v >= 10) {
			t.Errorf("36 version %d: %+v %+v", v, p, resp.Brokers)
		}
	}
}

// Trap 43: acks=all waits for the replicas in sync, no longer than the request says.
func TestProduceWaits(t *testing.T) {
	inBubble(t, logstore.SyncNone, func(t *testing.T, n *node) {
		n.apply(&meta.TopicRecord{Name: "two", TopicID: meta.ID{2}},
			&meta.PartitionRecord{TopicID: meta.ID{2}, Replicas: []int32{1, 2}, ISR: []int32{1, 2}, Leader: 1})
		n.topic("f", 1)
		q := produceRequest(9, "two", meta.ID{}, 0, batchOf("a"))
		q.Topics = append(q.Topics, produceRequest(9, "f", meta.ID{}, 0, batchOf("a")).Topics...)
		begin := time.Now()
		a := n.start(new(Conn), q)
		synctest.Wait()
		if !a.waiting() || a.released == 0 {
			t.Fatal("did not wait, or kept the body")
		}
		<-a.done
		resp := q.ResponseKind().(*kmsg.ProduceResponse)
		if err := resp.ReadFrom(a.reply); err != nil {
			t.Fatal(err)
		}
		two, f := resp.Topics[0].Partitions[0], resp.Topics[1].Partitions[0]
		if took := time.Since(begin); took != time.Second || two.ErrorCode != 7 || two.BaseOffset != 0 || f.ErrorCode != 0 {
			t.Errorf("after %v: %+v, %+v", took, two, f)
		}
		if end := n.end("two", 0); end != 1 {
			t.Errorf("end offset %d after the timeout: records stay", end)
		}
		a = n.start(new(Conn), q)
		n.Topics.Close()
		if <-a.done; a.reply == nil {
			t.Error("no answer when the broker stopped")
		}
	})
}
