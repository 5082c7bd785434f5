package sender

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/run/ask"
)

// requestBytes bounds one Produce request.
const requestBytes = 8 << 20

// produceTimeout is what brokers may take to replicate, in milliseconds.
const produceTimeout = 30_000

// start makes sure that the leader has a worker. s.mu is held.
func (s *Sender) start(leader int32) {
	if s.workers[leader] {
		return
	}
	s.workers[leader] = true
	s.done.Go(func() { s.work(leader) })
}

// work sends what is queued for one broker, a request at a time, so that the
// batches of a partition stay in order. The worker of broker -1 looks leaders up.
func (s *Sender) work(leader int32) {
	tries := 0
	for {
		batches := s.take(leader)
		if batches == nil {
			return
		}
		if leader >= 0 && s.send(leader, batches) {
			tries = 0
			continue
		}
		if leader < 0 {
			s.release(batches)
		}
		s.relearn(tries)
		tries++
	}
}

// relearn looks the leaders up after a pause.
func (s *Sender) relearn(tries int) {
	s.mu.Lock()
	s.stale = true
	s.mu.Unlock()
	if ask.Pause(s.ctx, ask.Backoff(tries)) == nil {
		_ = s.refresh(s.ctx) // the next attempt fails where this did
	}
	s.mu.Lock()
	s.stale = false
	for _, p := range s.parts {
		if len(p.queue) > 0 {
			s.start(p.leader)
		}
	}
	s.change.Broadcast()
	s.mu.Unlock()
}

// sent is a batch on its way.
type sent struct {
	p     *part
	b     *batch
	epoch int32 // of the leader
}

// take waits for batches of a broker: the first of each partition. It returns
// nil when the sender is closed.
func (s *Sender) take(leader int32) []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.ctx.Err() != nil {
			return nil
		}
		var out []sent
		total := 0
		if s.err == nil && !s.stale {
			for _, p := range s.parts {
				if p.leader == leader && !p.busy && len(p.queue) > 0 && total < requestBytes {
					p.busy = true
					out = append(out, sent{p, p.queue[0], p.epoch})
					total += len(p.queue[0].buf)
				}
			}
		}
		if len(out) > 0 {
			s.flying++
			return out
		}
		s.change.Wait()
	}
}

// release puts batches back to where they were taken.
func (s *Sender) release(batches []sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range batches {
		x.p.busy = false
	}
	s.flying--
	s.change.Broadcast()
}

// send writes batches; it says whether the leaders are still the right ones.
func (s *Sender) send(leader int32, batches []sent) bool {
	defer s.release(batches)
	if err := s.addPartitions(s.ctx, batches); err != nil {
		if !retriable(err) {
			s.fail(err)
		}
		return !retriable(err)
	}
	for _, x := range batches {
		x.b.pack(s.o.Compressor)
	}
	req := s.request(batches)
	r, err := s.o.Client.Broker(int(leader)).Request(s.ctx, req)
	if err != nil {
		return s.expire(batches, err)
	}
	resp, ok := r.(*kmsg.ProduceResponse)
	if !ok {
		s.fail(fmt.Errorf("produce: the answer is a %T", r))
		return true
	}
	return s.answer(batches, resp)
}

func (s *Sender) request(batches []sent) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, produceTimeout
	if s.o.TransactionalID != "" {
		req.TransactionID = kmsg.StringPtr(s.o.TransactionalID)
	}
	now := s.o.Now().UnixMilli()
	byTopic := map[*topic]int{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range batches {
		i, ok := byTopic[x.p.topic]
		if !ok {
			i = len(req.Topics)
			byTopic[x.p.topic] = i
			t := kmsg.NewProduceRequestTopic()
			t.Topic, t.TopicID = x.p.topic.name, x.p.topic.id
			req.Topics = append(req.Topics, t)
		}
		if x.p.id != s.id {
			x.p.id, x.p.seq = s.id, 0
		}
		if x.b.tried == 0 {
			x.b.tried = now
		}
		part := kmsg.NewProduceRequestTopicPartition()
		part.Partition = x.p.num
		part.Records = x.b.seal(s.id, x.p.seq, s.o.TransactionalID != "")
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, part)
	}
	return req
}

// answer takes the codes of a Produce response.
func (s *Sender) answer(batches []sent, resp *kmsg.ProduceResponse) bool {
	type key struct {
		name string
		id   [16]byte
		num  int32
	}
	codes := map[key]int16{}
	bases := map[key]int64{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			codes[key{t.Topic, t.TopicID, p.Partition}] = p.ErrorCode
			bases[key{t.Topic, t.TopicID, p.Partition}] = p.BaseOffset
		}
	}
	good := true
	for _, x := range batches {
		k := key{name: x.p.topic.name, num: x.p.num}
		if _, ok := codes[k]; !ok {
			k = key{id: x.p.topic.id, num: x.p.num}
		}
		code, ok := codes[k]
		if !ok {
			code = kerr.UnknownTopicOrPartition.Code
		}
		switch err := kerr.ErrorForCode(code); {
		case err == nil, errors.Is(err, kerr.DuplicateSequenceNumber):
			s.acked(x, bases[k])
		case !s.refused(x, err):
			good = s.expire([]sent{x}, err) && good
		}
	}
	return good
}

func (s *Sender) acked(x sent, base int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := base + int64(x.b.n); base >= 0 && at > x.p.acked.Next {
		x.p.acked = Acknowledged{at, x.epoch}
	}
	x.p.seq = next(x.p.seq, x.b.n)
	s.records += int64(x.b.n)
	s.drop(x)
}

// next is the sequence after n records: it wraps at the largest int32.
func next(seq, n int32) int32 { return int32((int64(seq) + int64(n)) & 0x7fffffff) }

// drop takes a batch out of its queue. s.mu is held.
func (s *Sender) drop(x sent) {
	if len(x.p.queue) == 0 || x.p.queue[0] != x.b { // an abort emptied it
		return
	}
	x.p.queue[0] = nil
	x.p.queue = x.p.queue[1:]
	s.buffered -= len(x.b.buf)
	s.pending--
	if s.spare+cap(x.b.buf) <= s.o.BufferBytes/2 {
		s.free, s.spare = append(s.free, x.b.buf[:0]), s.spare+cap(x.b.buf)
	}
	s.change.Broadcast()
}

// refused deals with errors that sending the same again cannot change. A batch
// of several records is split, so that only the bad ones are rejected.
func (s *Sender) refused(x sent, err error) bool {
	switch {
	case errors.Is(err, kerr.UnknownProducerID), errors.Is(err, kerr.OutOfOrderSequenceNumber) && s.o.TransactionalID == "",
		errors.Is(err, kerr.InvalidProducerEpoch) && s.o.TransactionalID == "":
		// The log no longer knows us: a new identity starts at sequence 0.
		if s.o.TransactionalID != "" {
			s.fail(fmt.Errorf("%w: %w", ErrFenced, err))
		} else if e := s.identify(s.ctx); e != nil {
			s.fail(e)
		}
		return s.o.TransactionalID != ""
	case retriable(err):
		return false
	case fencing(err):
		s.fail(fmt.Errorf("%w: produce to %s-%d: %w", ErrFenced, x.p.topic.name, x.p.num, err))
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(x.p.queue) == 0 || x.p.queue[0] != x.b {
		return true
	}
	if x.b.n > 1 {
		a, b := x.b.halves()
		x.p.queue = append([]*batch{a, b}, x.p.queue[1:]...)
		s.buffered += len(a.buf) + len(b.buf) - len(x.b.buf)
		s.pending++
		return true
	}
	r := x.b.records()[0]
	r.Topic, r.Partition = x.p.topic.name, x.p.num
	r.Key, r.Value = clone(r.Key), clone(r.Value)
	s.rejected = append(s.rejected, Rejection{r, err})
	s.drop(x)
	return true
}

func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}

// fencing errors end a transaction.
func fencing(err error) bool {
	for _, k := range []error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState, kerr.TransactionAbortable, kerr.InvalidProducerIDMapping, kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.TransactionCoordinatorFenced} {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}

// expire ends the sender where a batch waits for too long; else it asks for new leaders.
func (s *Sender) expire(batches []sent, err error) bool {
	if s.ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return false
	}
	if errors.Is(err, kgo.ErrClientClosed) {
		s.fail(err)
		return true
	}
	now := s.o.Now().UnixMilli()
	for _, x := range batches {
		if x.b.tried > 0 && now-x.b.tried > s.o.DeliveryTimeout.Milliseconds() {
			s.fail(fmt.Errorf("produce to %s-%d: %w after %s: %w", x.p.topic.name, x.p.num, ErrTimeout, s.o.DeliveryTimeout, err))
			return true
		}
	}
	return false
}

func (s *Sender) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.change.Broadcast()
}
