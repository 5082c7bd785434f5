package ingest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// request is a POST whose body has arrived.
type request struct {
	kind  kind
	topic string
	query string
	body  []byte
	key   string // "" for none
}

// prepare makes the request's records, and finds what the cluster would refuse of them.
func (s *Server) prepare(ctx context.Context, q *request) (*topic, []kgo.Record, error) {
	d := s.decoders.Get().(*decoder)
	records, array, err := d.records(q.kind, q.query, q.body, s.o.MaxRecords)
	s.decoders.Put(d)
	if err != nil {
		return nil, nil, err
	}
	if q.topic == s.o.KeysTopic {
		return nil, nil, refuse(http.StatusForbidden, "post to another topic", "topic %s is the door's own", q.topic)
	}
	t, err := s.topics.find(ctx, q.topic)
	if err != nil {
		return nil, nil, refused(err, q.topic)
	}
	now := s.o.Now().Truncate(time.Millisecond)
	for i := range records {
		r := &records[i]
		r.Topic = t.name
		if r.Timestamp.IsZero() {
			r.Timestamp = now
		}
	}
	return t, records, t.check(records, array)
}

// once answers a request with a key.
func (s *Server) once(ctx context.Context, w http.ResponseWriter, q *request) error {
	sh := s.shard(q.key)
	c := &call{key: q.key, body: bodySum(q.topic, q.kind, q.query, q.body), done: make(chan struct{})}
	e, known, err := sh.known(c)
	if err == nil && !known {
		if c.t, c.records, err = s.prepare(ctx, q); err == nil {
			e, known, err = sh.post(c)
		}
	}
	if err != nil {
		return err
	}
	if known {
		w.Header()["Idempotent-Replayed"] = []string{"true"}
	}
	answer(w, appendAnswer(make([]byte, 0, 256), e.topic, e.records, e.expires()))
	return nil
}

// appendAnswer appends the document that says where records are. A topic's name
// needs no escapes. expires is 0 for a request without a key.
func appendAnswer(b []byte, topic string, results []result, expires int64) []byte {
	b = append(append(append(b, `{"topic":"`...), topic...), `","records":[`...)
	for i := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendResult(b, &results[i])
	}
	b = append(b, ']')
	if expires != 0 {
		b = strconv.AppendInt(append(b, `,"expires":`...), expires, 10)
	}
	return append(b, "}\n"...)
}

func appendResult(b []byte, r *result) []byte {
	if r.err != "" {
		return append(strconv.AppendQuoteToASCII(append(b, `{"error":`...), r.err), '}')
	}
	b = strconv.AppendInt(append(b, `{"partition":`...), int64(r.partition), 10)
	b = strconv.AppendInt(append(b, `,"offset":`...), r.offset, 10)
	if r.timestamp != noTime {
		b = strconv.AppendInt(append(b, `,"timestamp":`...), r.timestamp, 10)
	}
	return append(b, '}')
}
