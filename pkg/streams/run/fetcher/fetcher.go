package fetcher

import (
	"context"
	"errors"
	"hash/crc32"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/task"
)

// Options configure a Fetcher.
type Options struct {
	Client *kgo.Client
	// Committed leaves out the records of transactions that were aborted or are open.
	Committed bool
	// MaxWait bounds a long poll; 0 is 100 ms. A partition added meanwhile waits for it.
	MaxWait time.Duration
	// PartitionBytes bounds what is read of a partition at a time; 0 is 256 KiB.
	// Four times that is read of all partitions: what is kept of one keeps an answer whole.
	PartitionBytes int32
	// Lazy leaves the decoding of records to those who take them.
	Lazy bool
	// Hold pauses a partition when a chunk of it is taken, until Pause says otherwise.
	Hold bool
}

// maxFree is how many buffers are kept for reuse.
const maxFree = 4

// Key names a partition.
type Key struct {
	Topic     string
	Partition int32
}

// Chunk is what was read of a partition.
type Chunk struct {
	Key
	// Records were read; in their place Batches, where Options.Lazy says so.
	Records []task.Input
	Batches []task.Records
	// Next is the offset to go on from.
	Next int64
	// End is the end of the log as far as it may be read, Start its first offset.
	End, Start int64
	// Epochs are the leader epochs of what was read, in the order of offsets.
	Epochs []Epoch
	// Err ends the reading of the partition: it has to be added again.
	Err error
}

// part is a partition being read.
type part struct {
	key    Key
	next   int64
	end    int64 // told last; -1 before
	leader int32
	busy   bool // asked for, or waiting in ready
	paused bool
}

// Fetcher reads partitions until it is closed.
type Fetcher struct {
	o      Options
	dec    decoder
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	change  *sync.Cond
	parts   map[Key]*part
	ids     map[string][16]byte // topic ids
	workers map[int32]bool
	ready   []Chunk
	free    [][]task.Input // buffers for reuse
	got     chan struct{}  // has an element when ready is not empty
}

// New is a fetcher of no partitions.
func New(o Options) *Fetcher {
	if o.MaxWait == 0 {
		o.MaxWait = 100 * time.Millisecond
	}
	if o.PartitionBytes == 0 {
		o.PartitionBytes = 256 << 10
	}
	f := &Fetcher{
		o: o, parts: map[Key]*part{}, ids: map[string][16]byte{}, workers: map[int32]bool{}, got: make(chan struct{}, 1),
		dec: decoder{decompress: kgo.DefaultDecompressor(), committed: o.Committed, table: crc32.MakeTable(crc32.Castagnoli)},
	}
	f.change = sync.NewCond(&f.mu)
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Close stops all reading.
func (f *Fetcher) Close() {
	f.cancel()
	f.mu.Lock()
	f.change.Broadcast()
	f.mu.Unlock()
	f.done.Wait()
}

// Add reads a partition from an offset, again where it is read already.
func (f *Fetcher) Add(topic string, partition int32, offset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := Key{topic, partition}
	f.forget(k)
	p := &part{key: k, next: offset, end: -1, leader: -1}
	f.parts[k] = p
	f.start(-1)
	f.change.Broadcast()
}

// Remove stops reading a partition.
func (f *Fetcher) Remove(topic string, partition int32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(Key{topic, partition})
}

// forget drops a partition and what was read of it. f.mu is held.
func (f *Fetcher) forget(k Key) {
	delete(f.parts, k)
	kept := f.ready[:0]
	for _, c := range f.ready {
		if c.Key != k {
			kept = append(kept, c)
		}
	}
	f.ready = kept
}

// Pause stops or resumes the reading of a partition.
func (f *Fetcher) Pause(topic string, partition int32, paused bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.parts[Key{topic, partition}]; p != nil && p.paused != paused {
		p.paused = paused
		f.change.Broadcast()
	}
}

// Ready has an element when Take has something.
func (f *Fetcher) Ready() <-chan struct{} { return f.got }

// Take is what was read since the last call.
func (f *Fetcher) Take() []Chunk {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.ready
	f.ready = nil
	for _, c := range out {
		if p := f.parts[c.Key]; p != nil && c.Err == nil {
			p.busy, p.paused = false, p.paused || f.o.Hold
		}
	}
	if len(out) > 0 {
		f.change.Broadcast()
	}
	return out
}

// Recycle gives the records of a chunk back, which nobody reads any more. What
// their slices point to stays.
func (f *Fetcher) Recycle(records []task.Input) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cap(records) > 0 && len(f.free) < maxFree {
		f.free = append(f.free, records[:0])
	}
}

// buffer is an empty buffer.
func (f *Fetcher) buffer() []task.Input {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.free)
	if n == 0 {
		return nil
	}
	b := f.free[n-1]
	f.free = f.free[:n-1]
	return b
}

// start makes sure that a leader has a worker. f.mu is held.
func (f *Fetcher) start(leader int32) {
	if !f.workers[leader] && f.ctx.Err() == nil {
		f.workers[leader] = true
		f.done.Go(func() { f.work(leader) })
	}
}

// work polls one leader. The worker of leader -1 looks leaders up.
func (f *Fetcher) work(leader int32) {
	for try := 0; ; {
		parts, more := f.take(leader)
		if parts == nil {
			return
		}
		err := error(nil)
		if leader < 0 {
			err = f.locate(parts)
		} else {
			err = f.fetch(leader, parts, more)
		}
		if err == nil {
			try = 0
			continue
		}
		t := time.NewTimer(min(20*time.Millisecond<<min(try, 6), time.Second))
		select {
		case <-t.C:
		case <-f.ctx.Done():
		}
		t.Stop()
		try++
	}
}

// take waits for partitions to ask a leader for. more says that others are on
// hold and may come back soon.
func (f *Fetcher) take(leader int32) (out []*part, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		if f.ctx.Err() != nil {
			return nil, false
		}
		more = false
		for _, p := range f.parts {
			switch {
			case p.leader != leader:
			case p.busy || p.paused:
				more = true
			default:
				p.busy = true
				out = append(out, p)
			}
		}
		if len(out) > 0 {
			return out, more
		}
		f.change.Wait()
	}
}

// locate looks up leaders and topic ids.
func (f *Fetcher) locate(parts []*part) error {
	req := kmsg.NewPtrMetadataRequest()
	seen := map[string]bool{}
	for _, p := range parts {
		if !seen[p.key.Topic] {
			seen[p.key.Topic] = true
			t := kmsg.NewMetadataRequestTopic()
			t.Topic = kmsg.StringPtr(p.key.Topic)
			req.Topics = append(req.Topics, t)
		}
	}
	resp, err := req.RequestWith(f.ctx, f.o.Client)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range parts {
		p.busy = false
	}
	if err != nil {
		return err
	}
	found := map[Key]int32{}
	for _, t := range resp.Topics {
		if t.Topic == nil || t.ErrorCode != 0 {
			continue
		}
		f.ids[*t.Topic] = t.TopicID
		for _, p := range t.Partitions {
			found[Key{*t.Topic, p.Partition}] = p.Leader
		}
	}
	for _, p := range parts {
		leader, ok := found[p.key]
		if !ok || leader < 0 {
			err = kerr.UnknownTopicOrPartition
			continue
		}
		p.leader = leader
		f.start(leader)
	}
	f.change.Broadcast()
	return err
}

func (f *Fetcher) fetch(leader int32, parts []*part, more bool) error {
	req := f.request(parts, more)
	r, err := f.o.Client.Broker(int(leader)).Request(f.ctx, req)
	resp, ok := r.(*kmsg.FetchResponse)
	if err == nil && !ok {
		err = errors.New("fetch: no answer")
	}
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	f.mu.Lock()
	names := map[[16]byte]string{}
	for name, id := range f.ids {
		names[id] = name
	}
	byKey := map[Key]*part{}
	for _, p := range parts {
		byKey[p.key] = p
		if err != nil {
			p.busy, p.leader = false, -1
		}
	}
	f.start(-1)
	f.change.Broadcast()
	f.mu.Unlock()
	if err != nil {
		return err
	}
	var again error
	for i := range resp.Topics {
		name := resp.Topics[i].Topic
		if name == "" {
			name = names[resp.Topics[i].TopicID]
		}
		for j := range resp.Topics[i].Partitions {
			rp := &resp.Topics[i].Partitions[j]
			k := Key{name, rp.Partition}
			if p := byKey[k]; p != nil {
				delete(byKey, k)
				if err := f.answer(p, rp); err != nil {
					again = err
				}
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range byKey { // not answered
		p.busy = false
	}
	return again
}

func (f *Fetcher) request(parts []*part, more bool) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(f.o.MaxWait.Milliseconds()), 1, 4*f.o.PartitionBytes
	if more { // partitions that are on hold are not kept waiting for idle ones
		req.MaxWaitMillis = 5
	}
	req.SessionEpoch = -1
	if f.o.Committed {
		req.IsolationLevel = 1
	}
	at := map[string]int{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range parts {
		i, ok := at[p.key.Topic]
		if !ok {
			i = len(req.Topics)
			at[p.key.Topic] = i
			t := kmsg.NewFetchRequestTopic()
			t.Topic, t.TopicID = p.key.Topic, f.ids[p.key.Topic]
			req.Topics = append(req.Topics, t)
		}
		rp := kmsg.NewFetchRequestTopicPartition()
		rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = p.key.Partition, p.next, f.o.PartitionBytes
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, rp)
	}
	return req
}

// answer takes one partition's part of an answer.
func (f *Fetcher) answer(p *part, rp *kmsg.FetchResponseTopicPartition) error {
	err := kerr.ErrorForCode(rp.ErrorCode)
	c := Chunk{Key: p.key, Next: p.next, End: rp.HighWatermark, Start: rp.LogStartOffset, Err: err}
	if f.o.Committed {
		c.End = rp.LastStableOffset
	}
	if err == nil {
		c.Epochs = epochsOf(rp.RecordBatches, p.next)
		c.Batches, c.Next, c.Err = f.dec.decode(rp.RecordBatches, p.next, rp.AbortedTransactions)
		if !f.o.Lazy {
			c.Records, c.Batches = inputs(f.buffer(), c.Batches), nil
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts[p.key] != p { // removed, or added again
		return nil
	}
	var k *kerr.Error
	if errors.As(err, &k) && k.Retriable && k != kerr.UnknownTopicOrPartition {
		p.busy, p.leader = false, -1
		f.change.Broadcast()
		return err
	}
	if c.Err == nil && c.Next == p.next && c.End == p.end {
		p.busy = false // nothing new
		return nil
	}
	p.next, p.end = c.Next, c.End
	f.ready = append(f.ready, c)
	select {
	case f.got <- struct{}{}:
	default:
	}
	return nil
}
