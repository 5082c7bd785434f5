package api

import (
	"fmt"
	"strings"
	"testing"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
	"kq/pkg/broker/logstore"
)

// sink takes answers as a connection would and drops them.
type sink struct {
	bytes  int
	failed error
}

func (s *sink) Respond(_ *Request, reply wire.Reply, _ bool) {
	s.bytes += reply.Len()
	reply.Release()
}

func (s *sink) Abort(_ *Request, err error) { s.failed = err }

func (s *sink) BodyReleased(*Request, int) {}

// requests gives a service the same request again and again.
type requests struct {
	s    *Service
	conn *Conn
	sink sink
	h    wire.Header
	body []byte
}

func (r *requests) next(b *testing.B) {
	buf := wire.NewBuf(len(r.body))
	copy(buf.Bytes(), r.body)
	q := new(Request)
	q.Init(r.h, buf.Bytes(), buf, r.conn, &r.sink)
	r.s.Handle(q)
	if r.sink.failed != nil {
		b.Fatal(r.sink.failed)
	}
}

// BenchmarkProduce appends one batch a request through the handler, to a file.
func BenchmarkProduce(b *testing.B) {
	for _, c := range []struct{ records, size int }{{1, 20}, {16, 1000}, {1000, 100}, {900, 1000}} {
		batch := make([]string, c.records)
		for i := range batch {
			batch[i] = strings.Repeat("x", c.size)
		}
		records := batchOf(batch...)
		b.Run(fmt.Sprintf("batch=%d", len(records)), func(b *testing.B) {
			n := newNodeOn(b, logstore.Options{Dir: b.TempDir()}, nil)
			id := n.topic("p", 1, "retention.bytes", "1000000000", "segment.bytes", "100000000")
			q := produceRequest(12, "p", id, 0, records)
			r := &requests{s: n.Service, conn: new(Conn), h: wire.Header{Key: 0, Version: 12, ClientID: "bench"}, body: q.AppendTo(nil)}
			b.SetBytes(int64(len(records)))
			b.ReportAllocs()
			for b.Loop() {
				r.next(b)
			}
		})
	}
}

// BenchmarkFetch reads up to 1 MiB, or one small batch at the end of the log.
func BenchmarkFetch(b *testing.B) {
	n := newNodeOn(b, logstore.Options{Dir: b.TempDir()}, nil)
	id := n.topic("f", 1)
	for range 200 {
		n.fill("f", 0, batchOf(strings.Repeat("x", 16<<10)))
	}
	n.fill("f", 0, batchOf("x"))
	for name, offset := range map[string]int64{"1MiB": 10, "tail": 200} {
		b.Run(name, func(b *testing.B) {
			q := fetchRequest(13, "", 0, offset)
			q.Topics[0].TopicID = id
			r := &requests{s: n.Service, conn: new(Conn), h: wire.Header{Key: 1, Version: 13, ClientID: "bench"}, body: q.AppendTo(nil)}
			b.ReportAllocs()
			for b.Loop() {
				r.next(b)
			}
			b.ReportMetric(float64(r.sink.bytes)/float64(b.N), "answer-B/op")
		})
	}
}

// BenchmarkFetchSession asks a session of many partitions in which nothing is new.
func BenchmarkFetchSession(b *testing.B) {
	const partitions = 1000
	n := newNode(b, nil)
	n.topic("s", partitions)
	open := fetchRequest(12, "s", 0, 0)
	open.SessionEpoch = 0
	for i := int32(1); i < partitions; i++ {
		open.Topics[0].Partitions = append(open.Topics[0].Partitions, fetchPartition(i, 0))
	}
	c := &conversation{node: n, id: n.fetch(open).SessionID, version: 12}
	q := fetchRequest(12, "", 0, 0)
	q.Topics, q.SessionID = nil, c.id
	r := &requests{s: n.Service, conn: new(Conn), h: wire.Header{Key: 1, Version: 12, ClientID: "bench"}}
	b.ReportAllocs()
	epoch := int32(0)
	for b.Loop() {
		epoch++
		q.SessionEpoch = epoch
		r.body = q.AppendTo(r.body[:0])
		r.next(b)
	}
}

// BenchmarkLongPoll parks a fetch and wakes it with a produce.
func BenchmarkLongPoll(b *testing.B) {
	n := newNode(b, nil)
	n.topic("f", 1, "segment.bytes", "1048576", "retention.bytes", "1048576")
	produce := produceRequest(9, "f", meta.ID{}, 0, batchOf("x"))
	p := &requests{s: n.Service, conn: new(Conn), h: wire.Header{Key: 0, Version: 9, ClientID: "bench"}, body: produce.AppendTo(nil)}
	q := fetchRequest(12, "f", 0, 0)
	q.MaxWaitMillis = 10_000
	f := &requests{s: n.Service, conn: new(Conn), h: wire.Header{Key: 1, Version: 12, ClientID: "bench"}}
	b.ReportAllocs()
	offset := int64(0)
	for b.Loop() {
		q.Topics[0].Partitions[0].FetchOffset = offset
		f.body = q.AppendTo(f.body[:0])
		f.next(b)
		p.next(b)
		offset++
	}
}
