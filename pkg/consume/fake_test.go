package consume_test

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fakeLog is a partition: batches as a broker stores them, and its offsets.
type fakeLog struct {
	start, end, stable int64
	batches            []fakeBatch
	aborted            []kmsg.FetchResponseTopicPartitionAbortedTransaction
}

type fakeBatch struct {
	first, last int64
	offsets     []int64 // of its records; a record's timestamp is ten times its offset
	bytes       []byte
}

// fakeCluster is one broker that answers what a consumer asks. It serves logs
// that a real broker only has after compaction or transactions.
type fakeCluster struct {
	addr string

	mu       sync.Mutex
	logs     map[string][]*fakeLog // guarded by mu; by topic
	onlyLoop bool                  // guarded by mu; refuse the fetches of a sweep, which begin small
	// fetched is called after each fetch of a partition, with mu held.
	fetched func(topic string, partition int32, offset int64)
}

func startFake(t *testing.T, logs map[string][]*fakeLog) *fakeCluster {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeCluster{addr: l.Addr().String(), logs: logs}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	return f
}

func (f *fakeCluster) refuseSweeps(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onlyLoop = yes
}

// serve answers requests of versions whose headers are the plain ones.
func (f *fakeCluster) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(r, frame); err != nil {
			return
		}
		key, version := int16(binary.BigEndian.Uint16(frame)), int16(binary.BigEndian.Uint16(frame[2:]))
		correlation, clientID := frame[4:8], binary.BigEndian.Uint16(frame[8:])
		resp := f.answer(kmsg.RequestForKey(key), version, frame[10+clientID:])
		if resp == nil {
			return
		}
		out := resp.AppendTo(append(make([]byte, 4), correlation...))
		binary.BigEndian.PutUint32(out, uint32(len(out)-4))
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

func (f *fakeCluster) answer(req kmsg.Request, version int16, body []byte) kmsg.Response {
	f.mu.Lock()
	defer f.mu.Unlock()
	req.SetVersion(version)
	if req.Key() != 18 {
		if err := req.ReadFrom(body); err != nil {
			return nil
		}
	}
	resp := req.ResponseKind()
	switch q := req.(type) {
	case *kmsg.ApiVersionsRequest:
		r := resp.(*kmsg.ApiVersionsResponse)
		r.Version = min(version, 3)
		for key, last := range map[int16]int16{1: 11, 2: 5, 3: 8, 18: 4} {
			k := kmsg.NewApiVersionsResponseApiKey()
			k.ApiKey, k.MaxVersion = key, last
			r.ApiKeys = append(r.ApiKeys, k)
		}
	case *kmsg.MetadataRequest:
		f.metadata(q, resp.(*kmsg.MetadataResponse))
	case *kmsg.ListOffsetsRequest:
		f.offsets(q, resp.(*kmsg.ListOffsetsResponse))
	case *kmsg.FetchRequest:
		f.fetch(q, resp.(*kmsg.FetchResponse))
	}
	return resp
}

func (f *fakeCluster) metadata(q *kmsg.MetadataRequest, r *kmsg.MetadataResponse) {
	host, port, _ := net.SplitHostPort(f.addr)
	n, _ := strconv.Atoi(port)
	b := kmsg.NewMetadataResponseBroker()
	b.NodeID, b.Host, b.Port = 1, host, int32(n)
	r.Brokers, r.ControllerID = append(r.Brokers, b), 1
	if q.Topics == nil {
		for name := range f.logs {
			qt := kmsg.NewMetadataRequestTopic()
			qt.Topic = &name
			q.Topics = append(q.Topics, qt)
		}
	}
	for _, qt := range q.Topics {
		t := kmsg.NewMetadataResponseTopic()
		t.Topic, t.IsInternal = qt.Topic, strings.HasPrefix(*qt.Topic, "__")
		logs, ok := f.logs[*qt.Topic]
		if !ok {
			t.ErrorCode = kerr.UnknownTopicOrPartition.Code
		}
		for i := range logs {
			p := kmsg.NewMetadataResponseTopicPartition()
			p.Partition, p.Leader, p.Replicas, p.ISR = int32(i), 1, []int32{1}, []int32{1}
			t.Partitions = append(t.Partitions, p)
		}
		r.Topics = append(r.Topics, t)
	}
}

func (f *fakeCluster) offsets(q *kmsg.ListOffsetsRequest, r *kmsg.ListOffsetsResponse) {
	for _, qt := range q.Topics {
		t := kmsg.NewListOffsetsResponseTopic()
		t.Topic = qt.Topic
		for _, qp := range qt.Partitions {
			p := kmsg.NewListOffsetsResponseTopicPartition()
			p.Partition = qp.Partition
			if log := f.log(qt.Topic, qp.Partition); log == nil {
				p.ErrorCode = kerr.UnknownTopicOrPartition.Code
			} else if qp.Timestamp == -2 {
				p.Offset = log.start
			} else if qp.Timestamp >= 0 {
				p.Offset, p.Timestamp = log.at(qp.Timestamp)
			} else if p.Offset = log.end; q.IsolationLevel == 1 {
				p.Offset = log.stable
			}
			t.Partitions = append(t.Partitions, p)
		}
		r.Topics = append(r.Topics, t)
	}
}

// at is the first record of a time, and its own time.
func (l *fakeLog) at(ms int64) (offset, timestamp int64) {
	for _, b := range l.batches {
		for _, o := range b.offsets {
			if o >= l.start && 10*o >= ms {
				return o, 10 * o
			}
		}
	}
	return -1, -1
}

func (f *fakeCluster) log(topic string, partition int32) *fakeLog {
	if logs := f.logs[topic]; int(partition) < len(logs) {
		return logs[partition]
	}
	return nil
}

func (f *fakeCluster) fetch(q *kmsg.FetchRequest, r *kmsg.FetchResponse) {
	for _, qt := range q.Topics {
		t := kmsg.NewFetchResponseTopic()
		t.Topic = qt.Topic
		for _, qp := range qt.Partitions {
			p := kmsg.NewFetchResponseTopicPartition()
			p.Partition = qp.Partition
			switch log := f.log(qt.Topic, qp.Partition); {
			case f.onlyLoop && q.SessionEpoch < 0 && q.MaxBytes < 1<<20:
				p.ErrorCode = kerr.NotLeaderForPartition.Code
			case log == nil:
				p.ErrorCode = kerr.UnknownTopicOrPartition.Code
			case qp.FetchOffset < log.start || qp.FetchOffset > log.end:
				p.ErrorCode = kerr.OffsetOutOfRange.Code
			default:
				p.HighWatermark, p.LastStableOffset, p.LogStartOffset = log.end, log.stable, log.start
				p.AbortedTransactions = log.aborted
				for _, b := range log.batches { // one at a time, so that there are many answers
					if b.last >= qp.FetchOffset && (q.IsolationLevel == 0 || b.last < log.stable) {
						p.RecordBatches = b.bytes
						break
					}
				}
			}
			t.Partitions = append(t.Partitions, p)
			if f.fetched != nil {
				f.fetched(qt.Topic, qp.Partition, qp.FetchOffset)
			}
		}
		r.Topics = append(r.Topics, t)
	}
}

// batch makes a batch of first to last in which only the offsets given hold
// records, each with its offset as its value.
func batch(first, last int64, offsets ...int64) fakeBatch {
	return specialBatch(first, last, 0, -1, offsets...)
}

const (
	transactional = 0x10
	control       = 0x20
)

func specialBatch(first, last int64, attributes int16, producer int64, offsets ...int64) fakeBatch {
	b := kmsg.RecordBatch{
		FirstOffset: first, Magic: 2, Attributes: attributes, LastOffsetDelta: int32(last - first),
		FirstTimestamp: 10 * first, MaxTimestamp: 10 * last, ProducerID: producer, ProducerEpoch: 0, FirstSequence: -1,
		NumRecords: int32(len(offsets)),
	}
	for _, o := range offsets {
		r := kmsg.Record{OffsetDelta: int32(o - first), TimestampDelta64: 10 * (o - first), Value: []byte(strconv.FormatInt(o, 10))}
		if attributes&control != 0 {
			r.Key, r.Value = []byte{0, 0, 0, 0}, make([]byte, 6) // an abort marker
		}
		body := r.AppendTo(nil)[1:] // without its length, which was 0
		b.Records = append(binary.AppendVarint(b.Records, int64(len(body))), body...)
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return fakeBatch{first: first, last: last, offsets: offsets, bytes: raw}
}

func newClient(t *testing.T, addr string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(addr)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}
