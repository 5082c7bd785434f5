package wire

import (
	"bytes"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (g gen) produceRequest(version int16) *kmsg.ProduceRequest {
	q := kmsg.NewPtrProduceRequest()
	q.SetVersion(version)
	q.TransactionID = g.nullStr()
	q.Acks, q.TimeoutMillis = g.i16(), g.i32()
	for range g.IntN(4) {
		t := kmsg.NewProduceRequestTopic()
		t.Topic, t.TopicID = g.str(), g.uuid()
		for range g.IntN(4) {
			p := kmsg.NewProduceRequestTopicPartition()
			p.Partition = g.i32()
			if g.IntN(4) > 0 {
				p.Records = g.bytes()
			}
			g.tags(&p.UnknownTags)
			t.Partitions = append(t.Partitions, p)
		}
		g.tags(&t.UnknownTags)
		q.Topics = append(q.Topics, t)
	}
	g.tags(&q.UnknownTags)
	return q
}

func TestProduceRequestMatchesKmsg(t *testing.T) {
	g := newGen(t)
	var q ProduceRequest // reused, as connections do
	for version := int16(0); version <= 13; version++ {
		for range 50 {
			k := g.produceRequest(version)
			body := k.AppendTo(nil)
			if err := q.Parse(version, body); err != nil {
				t.Fatalf("version %d: %v", version, err)
			}
			sameProduceRequest(t, &q, k)
			if len(body) < 1000 {
				allPrefixes(body, func(p []byte) error { return new(ProduceRequest).Parse(version, p) })
			}
		}
	}
}

func sameProduceRequest(t *testing.T, q *ProduceRequest, k *kmsg.ProduceRequest) {
	t.Helper()
	if k.Version >= 3 {
		wantStr(t, "transactional id", q.TransactionalID, k.TransactionID)
	} else {
		want(t, "transactional id", q.TransactionalID == nil, true)
	}
	want(t, "acks", q.Acks, k.Acks)
	want(t, "timeout", q.TimeoutMs, k.TimeoutMillis)
	want(t, "topics", len(q.Topics), len(k.Topics))
	for i, kt := range k.Topics {
		qt := q.Topics[i]
		if k.Version >= 13 {
			want(t, "topic id", qt.ID, kt.TopicID)
		} else {
			want(t, "topic", string(qt.Name), kt.Topic)
		}
		want(t, "partitions", len(qt.Partitions), len(kt.Partitions))
		for j, kp := range kt.Partitions {
			qp := qt.Partitions[j]
			want(t, "partition", qp.Index, kp.Partition)
			if (qp.Records == nil) != (kp.Records == nil) || !bytes.Equal(qp.Records, kp.Records) {
				t.Fatalf("records = %x, want %x", qp.Records, kp.Records)
			}
		}
	}
}

func TestProduceRequestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		version int16
		body    []byte
	}{
		"null topics":          {3, []byte{255, 255, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255}},
		"null topics, compact": {9, []byte{0, 0, 1, 0, 0, 0, 0, 0, 0}},
		"topics beyond bytes":  {3, []byte{255, 255, 0, 1, 0, 0, 0, 0, 127, 255, 255, 255}},
		"compact beyond bytes": {9, []byte{0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 15, 0}},
		"null topic name":      {3, []byte{255, 255, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 0, 0, 0, 0}},
		"records beyond bytes": {0, []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 'a', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1}},
	} {
		if err := new(ProduceRequest).Parse(c.version, c.body); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func (g gen) produceResponse() (*ProduceResponse, *kmsg.ProduceResponse) {
	r, k := &ProduceResponse{ThrottleMs: g.i32()}, kmsg.NewPtrProduceResponse()
	k.ThrottleMillis = r.ThrottleMs
	for range g.IntN(4) {
		t, kt := ProduceTopicResponse{Name: g.str(), ID: g.uuid()}, kmsg.NewProduceResponseTopic()
		kt.Topic, kt.TopicID = t.Name, t.ID
		for range g.IntN(4) {
			p, kp := g.producePartition()
			t.Partitions, kt.Partitions = append(t.Partitions, p), append(kt.Partitions, kp)
		}
		r.Topics, k.Topics = append(r.Topics, t), append(k.Topics, kt)
	}
	for range g.IntN(3) {
		n, kn := NodeEndpoint{}, kmsg.NewProduceResponseBroker()
		n.ID, n.Host, n.Port, n.Rack = g.node()
		kn.NodeID, kn.Host, kn.Port, kn.Rack = n.ID, n.Host, n.Port, n.Rack
		r.NodeEndpoints, k.Brokers = append(r.NodeEndpoints, n), append(k.Brokers, kn)
	}
	return r, k
}

func (g gen) producePartition() (ProducePartitionResponse, kmsg.ProduceResponseTopicPartition) {
	p := ProducePartitionResponse{
		Index: g.i32(), ErrorCode: g.i16(), BaseOffset: g.i64(), LogAppendTimeMs: g.i64(),
		LogStartOffset: g.i64(), ErrorMessage: g.nullStr(), CurrentLeader: NoLeader,
	}
	if g.IntN(2) == 0 {
		p.CurrentLeader = LeaderAndEpoch{ID: g.i32(), Epoch: g.i32()}
	}
	k := kmsg.NewProduceResponseTopicPartition()
	k.Partition, k.ErrorCode, k.BaseOffset, k.LogAppendTime = p.Index, p.ErrorCode, p.BaseOffset, p.LogAppendTimeMs
	k.LogStartOffset, k.ErrorMessage = p.LogStartOffset, p.ErrorMessage
	k.CurrentLeader.LeaderID, k.CurrentLeader.LeaderEpoch = p.CurrentLeader.ID, p.CurrentLeader.Epoch
	for range g.IntN(3) {
		e := ProduceRecordError{BatchIndex: g.i32(), Message: g.nullStr()}
		ke := kmsg.NewProduceResponseTopicPartitionErrorRecord()
		ke.RelativeOffset, ke.ErrorMessage = e.BatchIndex, e.Message
		p.RecordErrors, k.ErrorRecords = append(p.RecordErrors, e), append(k.ErrorRecords, ke)
	}
	return p, k
}

func TestProduceResponseMatchesKmsg(t *testing.T) {
	g := newGen(t)
	for version := int16(0); version <= 13; version++ {
		for range 50 {
			r, k := g.produceResponse()
			k.SetVersion(version)
			if version < 10 {
				k.Brokers = nil // kmsg writes these tags in versions that do not have them
				for i := range k.Topics {
					for j := range k.Topics[i].Partitions {
						k.Topics[i].Partitions[j].CurrentLeader.LeaderID = -1
						k.Topics[i].Partitions[j].CurrentLeader.LeaderEpoch = -1
					}
				}
			}
			if got, want := r.AppendTo(nil, version), k.AppendTo(nil); !bytes.Equal(got, want) {
				t.Fatalf("version %d:\n got %x\nwant %x", version, got, want)
			}
		}
	}
}

func BenchmarkProduceParse(b *testing.B) {
	k := kmsg.NewPtrProduceRequest()
	k.SetVersion(12)
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic = "events"
	for p := range int32(6) {
		part := kmsg.NewProduceRequestTopicPartition()
		part.Partition, part.Records = p, make([]byte, 16<<10)
		topic.Partitions = append(topic.Partitions, part)
	}
	k.Topics = append(k.Topics, topic)
	body := k.AppendTo(nil)
	var q ProduceRequest
	b.ReportAllocs()
	for b.Loop() {
		if err := q.Parse(12, body); err != nil {
			b.Fatal(err)
		}
	}
}
