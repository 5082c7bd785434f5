package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// share copies some partitions of the source with a producer id of its own.
type share struct {
	o        *Options
	plan     *Plan
	dst      *kgo.Client
	in       chan *chunk
	router   *router
	producer *producer
	from     *leaders // the source
	topic    *leaders // the destination
	sending  context.Context

	lanes   map[laneKey]*lane
	pending sync.WaitGroup  // parcels that no answer came for
	running sync.WaitGroup  // lanes
	at      map[int32]int64 // positions that are not committed, by partition

	records, bytes            atomic.Int64 // written
	committed, committedBytes int64
	transactions              int64

	mu  sync.Mutex
	err error // guarded by mu; the first failure
}

type laneKey struct {
	topic     string
	partition int32
}

func (s *share) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *share) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// written counts a parcel that was acknowledged.
func (s *share) written(p *parcel) {
	if p.from.last < p.from.first {
		return // a position
	}
	s.records.Add(int64(p.records))
	s.bytes.Add(p.data)
	if m := s.o.Meter; m != nil {
		m.records.Add(int64(p.records))
		m.bytes.Add(p.data)
	}
}

// run copies what comes, until in is closed or ctx ends; what was written is
// committed in any case but a failure.
func (s *share) run(ctx context.Context) error {
	err := s.loop(ctx)
	if err == nil {
		err = s.commit(s.sending)
	}
	if err != nil && s.producer.open {
		s.abort()
	}
	for _, l := range s.lanes {
		close(l.in)
	}
	s.running.Wait()
	return err
}

func (s *share) loop(ctx context.Context) error {
	tick := time.NewTicker(s.o.commit())
	defer tick.Stop()
	for {
		select {
		case c, ok := <-s.in:
			if !ok || ctx.Err() != nil {
				return nil
			}
			if err := s.take(c); err != nil {
				return err
			}
		case <-tick.C:
			if err := s.commit(s.sending); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
		if err := s.failure(); err != nil {
			return err
		}
	}
}

// take sends the records of a chunk on their way.
func (s *share) take(c *chunk) error {
	err := s.router.take(c)
	parcels := s.router.out
	s.router.out = nil
	if err != nil {
		return err
	}
	var to []int32
	for i := range parcels {
		if !slices.Contains(to, parcels[i].to) {
			to = append(to, parcels[i].to)
		}
	}
	if err := s.producer.add(s.sending, s.topic.topic, to); err != nil {
		return err
	}
	for i := range parcels {
		s.send(s.topic, &parcels[i])
	}
	s.at[c.partition] = c.next
	if m := s.o.Meter; m != nil {
		m.done.Add(c.next - c.at)
	}
	return nil
}

// send puts a parcel into its lane.
func (s *share) send(to *leaders, p *parcel) {
	key := laneKey{to.topic, p.to}
	l := s.lanes[key]
	if l == nil {
		l = &lane{s: s, leaders: to, to: p.to, in: make(chan *parcel, 1)}
		s.lanes[key] = l
		s.running.Go(func() { l.run(s.sending) })
	}
	s.pending.Add(1)
	l.in <- p
}

// settled waits until all parcels are answered.
func (s *share) settled() error {
	s.pending.Wait()
	return s.failure()
}

// commit commits how far the share came, once everything before it is written.
func (s *share) commit(ctx context.Context) error {
	if err := s.settled(); err != nil || len(s.at) == 0 {
		return err
	}
	// Brokers take records by the name of their topic, of one made anew as well.
	if err := s.topic.check(ctx); err != nil && lost(err) {
		return err
	}
	if err := s.plan.store.commit(ctx, s, s.at); err != nil {
		return fmt.Errorf("write positions: %w", fenced(err))
	}
	if s.producer.name != nil {
		if err := s.producer.end(ctx, true); err != nil {
			return err
		}
		s.transactions++
	}
	clear(s.at)
	s.committed, s.committedBytes = s.records.Load(), s.bytes.Load()
	return nil
}

// abortWithin is how long an end may take that nothing depends on.
const abortWithin = 2 * time.Second

// abort ends a transaction that will not be committed, so that nobody waits for
// its timeout. It is aborted then anyway.
func (s *share) abort() {
	s.pending.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.sending), abortWithin)
	defer cancel()
	_ = s.producer.end(ctx, false) // see above
}
