package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// client makes a producer for the door's records.
func (s *Server) client(more ...kgo.Opt) (*kgo.Client, error) {
	opts := append([]kgo.Opt{
		kgo.ClientID("kq-ingest"), kgo.DisableClientMetrics(),
		kgo.RecordPartitioner(newPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0),
		kgo.ProducerBatchMaxBytesFn(s.topics.maxBytes),
		kgo.MaxBufferedRecords(1 << 20), kgo.MaxBufferedBytes(int(s.o.MaxPending)), kgo.MetadataMinAge(250 * time.Millisecond), kgo.AllowAutoTopicCreation(),
	}, s.o.Client...)
	cl, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return cl, nil
}

// sending is a context that ends in one to two answer timeouts, which many
// requests share.
type sending struct {
	mu  sync.Mutex
	ctx context.Context // guarded by mu
	end time.Time       // guarded by mu: of ctx
}

func (s *sending) context(timeout time.Duration) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.ctx == nil || s.end.Sub(now) < timeout {
		var cancel context.CancelFunc
		s.end = now.Add(2 * timeout)
		s.ctx, cancel = context.WithDeadline(context.Background(), s.end)
		context.AfterFunc(s.ctx, cancel)
	}
	return s.ctx
}

// plain appends the records of a request without a key. Where some fail, the
// others are there: the refusal says which. The client fails a whole batch with
// the context of its first record, which is therefore not that of a request.
func (s *Server) plain(t *topic, records []kgo.Record) ([]result, error) {
	cl, ctx := s.producer.Load(), s.sending.context(s.o.AnswerTimeout)
	sent := send(ctx, cl.TryProduce, len(records), func(i int) *kgo.Record { return &records[i] })
	if !s.await(sent.done) {
		return nil, refused(context.DeadlineExceeded, t.name)
	}
	results := resultsOf(t, records)
	var first error
	failed := 0
	for i, err := range sent.errs {
		if err != nil {
			results[i] = result{partition: -1, offset: -1, timestamp: noTime, err: err.Error()}
			failed++
			if first == nil {
				first = err
			}
		}
	}
	if first == nil {
		return results, nil
	}
	r := refused(first, t.name)
	if failed < len(records) {
		r.text = fmt.Sprintf("%d of %d records are not there: %s", failed, len(records), r.text)
		r.hint = "send those again that have an error; with an Idempotency-Key it is all or nothing"
		r.results = results
	}
	return nil, r
}

// await waits until done is closed, for an answer timeout at most.
func (s *Server) await(done <-chan struct{}) bool {
	timer := time.NewTimer(s.o.AnswerTimeout)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// resultsOf says where records are that the client has appended.
func resultsOf(t *topic, records []kgo.Record) []result {
	results := make([]result, len(records))
	for i := range records {
		r := &records[i]
		results[i] = result{partition: r.Partition, offset: r.Offset, timestamp: noTime}
		if !t.logAppend {
			results[i].timestamp = r.Timestamp.UnixMilli()
		}
	}
	return results
}
