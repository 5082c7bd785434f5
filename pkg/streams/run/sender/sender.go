package sender

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/run/ask"
)

// Errors of a sender, matched by errors.Is.
var (
	// ErrFenced says that the producer may not go on: its transaction is
	// aborted or another has its id. Abort makes the sender usable again.
	ErrFenced = errors.New("producer fenced")
	// ErrUnknownOutcome says that nobody can tell any more whether a transaction was committed.
	ErrUnknownOutcome = errors.New("outcome of the transaction unknown")
	// ErrTimeout says that a batch could not be written within DeliveryTimeout.
	ErrTimeout = errors.New("delivery timed out")
)

// Options configure a Sender.
type Options struct {
	// Client makes the requests; it needs the default acks (all).
	Client *kgo.Client
	// TransactionalID makes the sender transactional.
	TransactionalID string
	// TransactionVersion is the cluster's transaction.version; the client has the
	// ClientOpts of it.
	TransactionVersion int16
	// TransactionTimeout is how long a broker lets a transaction be open; 0 is 10 s, as in Kafka Streams.
	TransactionTimeout time.Duration
	// BatchBytes bounds a batch; 0 is 256 KiB. BufferBytes bounds what is
	// buffered before Send waits; 0 is 4 MiB, which a broker that is behind keeps full.
	BatchBytes, BufferBytes int
	// Linger is how long Poke leaves batches that are not full, from the first
	// record of the oldest on; 0 is 5 ms.
	Linger time.Duration
	// Compressor compresses batches; nil leaves them as they are.
	Compressor kgo.Compressor
	// DeliveryTimeout bounds the attempts to write a batch; 0 is 2 minutes.
	DeliveryTimeout time.Duration
	// Now is the wall clock; nil is time.Now.
	Now func() time.Time
}

func (o *Options) setDefaults() {
	o.TransactionTimeout = or(o.TransactionTimeout, 10*time.Second)
	o.BatchBytes = or(o.BatchBytes, 256<<10)
	o.BufferBytes = or(o.BufferBytes, 4<<20)
	o.Linger = or(o.Linger, 5*time.Millisecond)
	o.DeliveryTimeout = or(o.DeliveryTimeout, 2*time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Validate says what is missing.
func (o *Options) Validate() error {
	if o.Client == nil {
		return errors.New("sender: no client")
	}
	return nil
}

// producerID is an identity that brokers gave out.
type producerID struct {
	id    int64
	epoch int16
}

// noProducer is the identity of records without one. It is a constant in all but name.
var noProducer = producerID{-1, -1}

// Rejection is a record that brokers do not take.
type Rejection struct {
	Record Record
	Err    error
}

// Sender writes records. Send, Poke, Flush and the methods of transactions
// belong to one goroutine.
type Sender struct {
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	second bool // transaction.version 2 (KIP-890): partitions join a transaction by themselves
	topics map[string]*topic
	dirty  []*part   // with an open batch
	poked  time.Time // when the oldest of dirty began
	unsent bool      // something was sent in this transaction; the owner's

	mu       sync.Mutex
	change   *sync.Cond
	parts    []*part // guarded by mu; all that were used, for the workers
	workers  map[int32]bool
	id       producerID  // guarded by mu
	buffered int         // guarded by mu; bytes queued or on the way
	pending  int         // guarded by mu; batches queued or on the way
	flying   int         // guarded by mu; requests on the way
	stale    bool        // guarded by mu; leaders are being looked up
	err      error       // guarded by mu; the first that ends it all
	rejected []Rejection // guarded by mu
	free     [][]byte    // guarded by mu; buffers for reuse
	spare    int         // guarded by mu; capacity of free, in bytes
	records  int64       // guarded by mu; acknowledged
}

// New starts a sender: it gets an identity, which ends what an earlier holder
// of the transactional id left open.
func New(ctx context.Context, o Options) (*Sender, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.setDefaults()
	s := &Sender{o: o, topics: map[string]*topic{}, workers: map[int32]bool{}, id: noProducer, second: o.TransactionVersion >= 2}
	s.change = sync.NewCond(&s.mu)
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.identify(ctx); err != nil {
		s.cancel()
		return nil, err
	}
	return s, nil
}

// Close stops the sender; what was not flushed is lost, and an open
// transaction is left to be aborted by its timeout or the next holder of the id.
func (s *Sender) Close() {
	s.cancel()
	s.mu.Lock()
	if s.err == nil {
		s.err = context.Canceled
	}
	s.change.Broadcast()
	s.mu.Unlock()
	s.done.Wait()
}

// Partitions is the number of partitions of a topic, which brokers may create.
func (s *Sender) Partitions(ctx context.Context, name string) (int32, error) {
	t, err := s.load(ctx, name)
	if err != nil {
		return 0, err
	}
	return int32(len(t.parts)), nil
}

// Send adds a record to its batch. It copies what it keeps. An error ends the
// sender, or its transaction.
func (s *Sender) Send(ctx context.Context, r *Record) error {
	t := s.topics[r.Topic]
	if t == nil {
		var err error
		if t, err = s.load(ctx, r.Topic); err != nil {
			return err
		}
	}
	n := r.Partition
	switch {
	case n >= 0:
	case r.PartitionKey != nil:
		n = codec.Partition(r.PartitionKey, int32(len(t.parts)))
	default:
		n = t.sticky
	}
	if int(n) >= len(t.parts) {
		return fmt.Errorf("send to %s: partition %d of %d", t.name, n, len(t.parts))
	}
	p := t.parts[n]
	need := size(r.Key, r.Value, r.Headers)
	if p.open != nil && len(p.open.buf)+need > s.o.BatchBytes {
		if err := s.enqueue(p); err != nil {
			return err
		}
		if n == t.sticky {
			t.sticky = (t.sticky + 1) % int32(len(t.parts))
		}
	}
	if p.open == nil {
		p.open = &batch{buf: s.buffer()}
		s.dirty = append(s.dirty, p)
		s.unsent = true
		if len(s.dirty) == 1 {
			s.poked = s.o.Now()
		}
	}
	ts := r.Timestamp
	if ts < 0 {
		ts = s.o.Now().UnixMilli()
	}
	p.open.add(ts, r.Key, r.Value, r.Headers)
	return nil
}

func (s *Sender) buffer() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free, s.spare = s.free[:n-1], s.spare-cap(b)
		return b
	}
	return make([]byte, 0, 8<<10)
}

// enqueue hands the open batch of p to its leader's worker. It waits where too
// much is buffered.
func (s *Sender) enqueue(p *part) error {
	b := p.open
	p.open = nil
	for i, d := range s.dirty {
		if d == p {
			s.dirty[i] = s.dirty[len(s.dirty)-1]
			s.dirty = s.dirty[:len(s.dirty)-1]
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.buffered > s.o.BufferBytes && s.err == nil {
		s.change.Wait()
	}
	if s.err != nil {
		return s.err
	}
	s.push(p, b)
	s.start(p.leader)
	s.change.Broadcast()
	return nil
}

// push adds a batch to the queue of its partition. s.mu is held.
func (s *Sender) push(p *part, b *batch) {
	known := false
	for _, have := range s.parts {
		if have == p {
			known = true
			break
		}
	}
	if !known {
		s.parts = append(s.parts, p)
	}
	p.queue = append(p.queue, b)
	s.buffered += len(b.buf)
	s.pending++
}

// Poke sends the batches that have waited for Linger. The thread calls it now and then.
func (s *Sender) Poke() error {
	if d, ok := s.Lingers(); !ok || d > 0 {
		return s.Err()
	}
	return s.pokeAll()
}

// Lingers is how long batches that are not full still wait, and whether there are any.
func (s *Sender) Lingers() (time.Duration, bool) {
	if len(s.dirty) == 0 {
		return 0, false
	}
	since := s.o.Now().Sub(s.poked)
	if since < 0 { // the clock was set back
		return 0, true
	}
	return max(s.o.Linger-since, 0), true
}

// Push sends the batches that are under way, full or not.
func (s *Sender) Push() error { return s.pokeAll() }

// Open says that something was sent since the last commit.
func (s *Sender) Open() bool { return s.unsent }

// Acknowledged is how far a partition's log goes that a broker has taken.
type Acknowledged struct {
	// Next is the offset after the last record, -1 where there was none.
	Next int64
	// Epoch is the leader epoch as it was known when the record was sent, -1
	// where it was not: the record's own is that or a later one.
	Epoch int32
}

// Acknowledged is what a broker has taken for a partition.
func (s *Sender) Acknowledged(name string, partition int32) Acknowledged {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[name]; t != nil && int(partition) < len(t.parts) {
		return t.parts[partition].acked
	}
	return Acknowledged{-1, -1}
}

func (s *Sender) pokeAll() error {
	for len(s.dirty) > 0 {
		if err := s.enqueue(s.dirty[len(s.dirty)-1]); err != nil {
			return err
		}
	}
	return s.Err()
}

// Flush waits until everything sent is acknowledged or rejected.
func (s *Sender) Flush(ctx context.Context) error {
	if err := s.pokeAll(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.mu.Lock(); s.change.Broadcast(); s.mu.Unlock() })
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.pending > 0 && s.err == nil && ctx.Err() == nil {
		s.change.Wait()
	}
	if s.err != nil {
		return s.err
	}
	return ctx.Err()
}

// Err is the error that ended the sender or its transaction, nil while it works.
func (s *Sender) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Rejected takes the records that brokers did not take since the last call.
func (s *Sender) Rejected() []Rejection {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rejected
	s.rejected = nil
	return r
}

// Records is how many records were acknowledged.
func (s *Sender) Records() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records
}

// identify gets a producer id, or the next epoch of the one it has.
func (s *Sender) identify(ctx context.Context) error {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.ProducerID, req.ProducerEpoch = -1, -1
	if s.o.TransactionalID != "" {
		req.TransactionalID = kmsg.StringPtr(s.o.TransactionalID)
		req.TransactionTimeoutMillis = int32(s.o.TransactionTimeout.Milliseconds())
	}
	var id producerID
	err := ask.Again(ctx, func() error {
		resp, err := req.RequestWith(ctx, s.o.Client)
		if err != nil {
			return err
		}
		id = producerID{resp.ProducerID, resp.ProducerEpoch}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return fmt.Errorf("get a producer id: %w", err)
	}
	s.mu.Lock()
	s.id = id
	s.mu.Unlock()
	return nil
}
