package wire

import (
	"bytes"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// memRegion is a region over a slice that counts its releases.
type memRegion struct {
	p        []byte
	released int
}

func (r *memRegion) Len() int { return len(r.p) }
func (r *memRegion) Release() { r.released++ }
func (r *memRegion) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(r.p).ReadAt(p, off)
}

func (g gen) fetchRequest(version int16) *kmsg.FetchRequest {
	q := kmsg.NewPtrFetchRequest()
	q.SetVersion(version)
	q.ClusterID, q.ReplicaID = g.nullStr(), g.i32()
	q.ReplicaState.ID, q.ReplicaState.Epoch = g.i32(), g.i64()
	q.MaxWaitMillis, q.MinBytes, q.MaxBytes, q.IsolationLevel = g.i32(), g.i32(), g.i32(), int8(g.i32())
	q.SessionID, q.SessionEpoch, q.Rack = g.i32(), g.i32(), g.str()
	for range g.IntN(4) {
		t := kmsg.NewFetchRequestTopic()
		t.Topic, t.TopicID = g.str(), g.uuid()
		for range g.IntN(4) {
			p := kmsg.NewFetchRequestTopicPartition()
			p.Partition, p.CurrentLeaderEpoch, p.FetchOffset = g.i32(), g.i32(), g.i64()
			p.LastFetchedEpoch, p.LogStartOffset, p.PartitionMaxBytes = g.i32(), g.i64(), g.i32()
			if version >= 17 && g.IntN(2) == 0 {
				p.ReplicaDirectoryID = g.uuid()
			}
			if version >= 18 && g.IntN(2) == 0 {
				p.HighWatermark = g.i64()
			}
			g.tags(&p.UnknownTags)
			t.Partitions = append(t.Partitions, p)
		}
		g.tags(&t.UnknownTags)
		q.Topics = append(q.Topics, t)
	}
	for range g.IntN(3) {
		t := kmsg.NewFetchRequestForgottenTopic()
		t.Topic, t.TopicID = g.str(), g.uuid()
		for range g.IntN(5) {
			t.Partitions = append(t.Partitions, g.i32())
		}
		g.tags(&t.UnknownTags)
		q.ForgottenTopics = append(q.ForgottenTopics, t)
	}
	g.tags(&q.UnknownTags)
	return q
}

func TestFetchRequestMatchesKmsg(t *testing.T) {
	g := newGen(t)
	var q FetchRequest
	for version := int16(4); version <= 18; version++ {
		for range 50 {
			k := g.fetchRequest(version)
			if version < 15 {
				k.ReplicaState = kmsg.NewFetchRequestReplicaState()
			}
			body := k.AppendTo(nil)
			if err := q.Parse(version, body); err != nil {
				t.Fatalf("version %d: %v", version, err)
			}
			sameFetchRequest(t, &q, k)
			if len(body) < 1000 {
				allPrefixes(body, func(p []byte) error { return new(FetchRequest).Parse(version, p) })
			}
		}
	}
}

// Kafka refuses a tag that only later versions of the schema have.
func TestFetchRequestTagsOfLaterVersions(t *testing.T) {
	for version := int16(12); version <= 18; version++ {
		for name, c := range map[string]struct {
			from int16
			set  func(q *kmsg.FetchRequest)
		}{
			"replica state":  {15, func(q *kmsg.FetchRequest) { q.ReplicaState.ID = 1 }},
			"directory":      {17, func(q *kmsg.FetchRequest) { q.Topics[0].Partitions[0].ReplicaDirectoryID[0] = 1 }},
			"high watermark": {18, func(q *kmsg.FetchRequest) { q.Topics[0].Partitions[0].HighWatermark = 1 }},
		} {
			q := kmsg.NewPtrFetchRequest()
			q.SetVersion(version)
			q.Topics = []kmsg.FetchRequestTopic{{Partitions: []kmsg.FetchRequestTopicPartition{kmsg.NewFetchRequestTopicPartition()}}}
			c.set(q)
			if err := new(FetchRequest).Parse(version, q.AppendTo(nil)); (err == nil) != (version >= c.from) {
				t.Errorf("%s in version %d: %v", name, version, err)
			}
		}
	}
}

func sameFetchRequest(t *testing.T, q *FetchRequest, k *kmsg.FetchRequest) {
	t.Helper()
	v := k.Version
	if v >= 12 {
		wantStr(t, "cluster id", q.ClusterID, k.ClusterID)
	}
	if v < 15 {
		want(t, "replica", q.ReplicaID, k.ReplicaID)
		want(t, "replica epoch", q.ReplicaEpoch, -1)
	} else {
		want(t, "replica", q.ReplicaID, k.ReplicaState.ID)
		want(t, "replica epoch", q.ReplicaEpoch, k.ReplicaState.Epoch)
	}
	want(t, "max wait", q.MaxWaitMs, k.MaxWaitMillis)
	want(t, "min bytes", q.MinBytes, k.MinBytes)
	want(t, "max bytes", q.MaxBytes, k.MaxBytes)
	want(t, "isolation", q.IsolationLevel, k.IsolationLevel)
	if v >= 7 {
		want(t, "session", q.SessionID, k.SessionID)
		want(t, "session epoch", q.SessionEpoch, k.SessionEpoch)
		want(t, "forgotten", len(q.Forgotten), len(k.ForgottenTopics))
	} else {
		want(t, "session", q.SessionID, 0)
		want(t, "session epoch", q.SessionEpoch, -1)
		want(t, "forgotten", len(q.Forgotten), 0)
	}
	if v >= 11 {
		want(t, "rack", string(q.RackID), k.Rack)
	}
	want(t, "topics", len(q.Topics), len(k.Topics))
	for i, kt := range k.Topics {
		sameFetchTopic(t, &q.Topics[i], &kt, v)
	}
	for i, f := range q.Forgotten {
		kf := k.ForgottenTopics[i]
		sameName(t, f.Name, f.ID, kf.Topic, kf.TopicID, v)
		want(t, "forgotten partitions", len(f.Partitions), len(kf.Partitions))
		for j := range f.Partitions {
			want(t, "forgotten partition", f.Partitions[j], kf.Partitions[j])
		}
	}
}

func sameName(t *testing.T, name []byte, id [16]byte, wantName string, wantID [16]byte, version int16) {
	t.Helper()
	if version >= 13 {
		want(t, "topic id", id, wantID)
	} else {
		want(t, "topic", string(name), wantName)
	}
}

func sameFetchTopic(t *testing.T, q *FetchTopic, k *kmsg.FetchRequestTopic, v int16) {
	t.Helper()
	sameName(t, q.Name, q.ID, k.Topic, k.TopicID, v)
	want(t, "partitions", len(q.Partitions), len(k.Partitions))
	or := func(have bool, v, def int64) int64 {
		if have {
			return v
		}
		return def
	}
	for i, kp := range k.Partitions {
		p := q.Partitions[i]
		want(t, "partition", p.Index, kp.Partition)
		want(t, "leader epoch", int64(p.CurrentLeaderEpoch), or(v >= 9, int64(kp.CurrentLeaderEpoch), -1))
		want(t, "offset", p.FetchOffset, kp.FetchOffset)
		want(t, "last epoch", int64(p.LastFetchedEpoch), or(v >= 12, int64(kp.LastFetchedEpoch), -1))
		want(t, "log start", p.LogStartOffset, or(v >= 5, kp.LogStartOffset, -1))
		want(t, "max bytes", p.MaxBytes, kp.PartitionMaxBytes)
		want(t, "directory", p.DirectoryID, kp.ReplicaDirectoryID)
		want(t, "high watermark", p.HighWatermark, kp.HighWatermark)
	}
}

func (g gen) fetchPartition(version int16) (FetchPartitionResponse, kmsg.FetchResponseTopicPartition) {
	p, k := NewFetchPartitionResponse(g.i32()), kmsg.NewFetchResponseTopicPartition()
	p.ErrorCode, p.HighWatermark, p.LastStableOffset = g.i16(), g.i64(), g.i64()
	p.LogStartOffset, p.PreferredReadReplica = g.i64(), g.i32()
	if version >= 12 && g.IntN(2) == 0 {
		p.DivergingEpoch = EpochEndOffset{Epoch: g.i32(), EndOffset: g.i64()}
		p.CurrentLeader = LeaderAndEpoch{ID: g.i32(), Epoch: g.i32()}
		p.SnapshotID = EpochEndOffset{Epoch: g.i32(), EndOffset: g.i64()}
	}
	k.Partition, k.ErrorCode, k.HighWatermark, k.LastStableOffset = p.Index, p.ErrorCode, p.HighWatermark, p.LastStableOffset
	k.LogStartOffset, k.PreferredReadReplica = p.LogStartOffset, p.PreferredReadReplica
	k.DivergingEpoch.Epoch, k.DivergingEpoch.EndOffset = p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset
	k.CurrentLeader.LeaderID, k.CurrentLeader.LeaderEpoch = p.CurrentLeader.ID, p.CurrentLeader.Epoch
	k.SnapshotID.Epoch, k.SnapshotID.EndOffset = p.SnapshotID.Epoch, p.SnapshotID.EndOffset
	if n := g.IntN(4); n > 0 {
		p.AbortedTxns, k.AbortedTransactions = []AbortedTxn{}, []kmsg.FetchResponseTopicPartitionAbortedTransaction{}
		for range n - 1 {
			a := AbortedTxn{ProducerID: g.i64(), FirstOffset: g.i64()}
			ka := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
			ka.ProducerID, ka.FirstOffset = a.ProducerID, a.FirstOffset
			p.AbortedTxns, k.AbortedTransactions = append(p.AbortedTxns, a), append(k.AbortedTransactions, ka)
		}
	}
	k.RecordBatches = []byte{}
	for range g.IntN(3) {
		r := &memRegion{p: g.bytes()}
		p.Records = append(p.Records, r)
		k.RecordBatches = append(k.RecordBatches, r.p...)
	}
	return p, k
}

func (g gen) fetchResponse(version int16) (*FetchResponse, *kmsg.FetchResponse) {
	r, k := &FetchResponse{ThrottleMs: g.i32(), ErrorCode: g.i16(), SessionID: g.i32()}, kmsg.NewPtrFetchResponse()
	k.SetVersion(version)
	k.ThrottleMillis, k.ErrorCode, k.SessionID = r.ThrottleMs, r.ErrorCode, r.SessionID
	for range g.IntN(4) {
		t, kt := FetchTopicResponse{Name: g.str(), ID: g.uuid()}, kmsg.NewFetchResponseTopic()
		kt.Topic, kt.TopicID = t.Name, t.ID
		for range g.IntN(4) {
			p, kp := g.fetchPartition(version)
			t.Partitions, kt.Partitions = append(t.Partitions, p), append(kt.Partitions, kp)
		}
		r.Topics, k.Topics = append(r.Topics, t), append(k.Topics, kt)
	}
	if version < 16 {
		return r, k
	}
	for range g.IntN(3) {
		n, kn := NodeEndpoint{}, kmsg.NewFetchResponseBroker()
		n.ID, n.Host, n.Port, n.Rack = g.node()
		kn.NodeID, kn.Host, kn.Port, kn.Rack = n.ID, n.Host, n.Port, n.Rack
		r.NodeEndpoints, k.Brokers = append(r.NodeEndpoints, n), append(k.Brokers, kn)
	}
	return r, k
}

// flatten reads all of a reply, and releases it.
func flatten(t *testing.T, reply Reply) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, c := range reply.Chunks {
		out.Write(c.Bytes)
		if c.Region != nil {
			if _, err := io.Copy(&out, io.NewSectionReader(c.Region, 0, int64(c.Region.Len()))); err != nil {
				t.Fatal(err)
			}
		}
	}
	want(t, "reply length", reply.Len(), out.Len())
	reply.Release()
	return out.Bytes()
}

func TestFetchResponseMatchesKmsg(t *testing.T) {
	g := newGen(t)
	for version := int16(4); version <= 18; version++ {
		for range 50 {
			r, k := g.fetchResponse(version)
			got := flatten(t, Reply{Chunks: r.AppendChunks(nil, version)})
			if want := k.AppendTo(nil); !bytes.Equal(got, want) {
				t.Fatalf("version %d:\n got %x\nwant %x", version, got, want)
			}
			for _, topic := range r.Topics {
				for _, p := range topic.Partitions {
					for _, region := range p.Records {
						want(t, "releases of a region", region.(*memRegion).released, 1)
					}
				}
			}
		}
	}
}
