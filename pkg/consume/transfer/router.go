package transfer

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/produce"
)

// chunk is what was fetched of a partition of the source at once.
type chunk struct {
	partition int32
	at, next  int64 // positions before and behind it
	end       int64 // where the copy stops
	data      []byte
	aborted   []kmsg.FetchResponseTopicPartitionAbortedTransaction
}

// parcel is a batch on its way to a partition of the destination.
type parcel struct {
	to      int32
	batch   batch
	records int32
	data    int64 // bytes of keys and values, of a batch that was not looked through its own
	from    origin
	built   bool // in the memory of a builder
}

// origin is where a batch comes from, for messages.
type origin struct {
	partition   int32
	first, last int64 // offsets
}

// stickyBytes is what a partition gets of records without key before the next one
// does, where the destination has more partitions than the source.
const stickyBytes = 64 << 10

// passBytes is the size from which a batch goes on as it is, in bytes: smaller
// ones are put together with what follows.
const passBytes = 64 << 10

// router turns batches of the source into batches of the destination. It belongs
// to one goroutine.
type router struct {
	keep      bool // each record to the partition it has
	compacted bool // records without key are refused by the destination
	from, to  int32
	most      int // bytes of a batch that is built, header included
	limit     int // bytes of a batch that the destination takes
	codecs    *codecs

	builders map[int32]*builder
	origins  map[int32]*origin // of what a builder holds
	data     map[int32]int64   // the same
	sticky   int32
	stuck    int // bytes that sticky got

	out  []parcel  // in the order of each destination
	free sync.Pool // *[]byte, of batches that were built and written
}

// memory is where a batch is built.
func (r *router) memory() []byte {
	if b, ok := r.free.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, passBytes)
}

// recycle takes the memory of a parcel back. It may be called by anyone.
func (r *router) recycle(p *parcel) {
	if p.built {
		b := []byte(p.batch)
		r.free.Put(&b)
	}
	p.batch = nil
}

func newRouter(p *Plan) *router {
	return &router{
		keep: p.Keep, compacted: p.compacted, from: int32(len(p.Ranges)), to: p.Partitions, most: min(p.MaxMessageBytes, largestBatch), limit: p.MaxMessageBytes,
		codecs: newCodecs(), builders: map[int32]*builder{}, origins: map[int32]*origin{}, data: map[int32]int64{},
	}
}

// take routes the records of a chunk that are below its end; what became whole is
// in out then.
func (r *router) take(c *chunk) error {
	dropped := newAborted(c.aborted)
	for data := c.data; ; {
		b, rest, err := nextBatch(data)
		if err != nil {
			return fmt.Errorf("read partition %d at offset %d: %w", c.partition, c.at, err)
		}
		if b == nil {
			break
		}
		data = rest
		if b.base() >= c.end {
			break
		}
		if b.last() < c.at || dropped.drops(b) {
			continue
		}
		if !b.checksum() {
			return fmt.Errorf("read partition %d at offset %d: %w: its checksum is wrong", c.partition, b.base(), errBatch)
		}
		if err := r.batch(c, b); err != nil {
			return fmt.Errorf("read partition %d at offset %d: %w", c.partition, b.base(), err)
		}
	}
	return r.flush()
}

// batch routes one batch.
func (r *router) batch(c *chunk, b batch) error {
	whole := b.base() >= c.at && b.last() < c.end && b.dense() && !b.is(logAppendTime) && len(b) <= r.limit
	pass := whole && (b.codec() != 0 || len(b) >= passBytes)
	if pass && r.keep && !r.compacted {
		return r.pass(c, b, c.partition, int64(len(b)-recordsAt))
	}
	records, err := r.codecs.records(b)
	if err != nil {
		return fmt.Errorf("%w: decompress: %w", errBatch, err)
	}
	if pass {
		to, data, same, err := r.together(c, b, records)
		if err != nil {
			return err
		}
		if same {
			return r.pass(c, b, to, data)
		}
	}
	return r.sort(c, b, records)
}

// together tells whether all records of a batch belong to one partition.
func (r *router) together(c *chunk, b batch, records []byte) (to int32, data int64, same bool, err error) {
	to = -1
	for range b.count() {
		var rec record
		if rec, records, err = nextRecord(records); err != nil {
			return 0, 0, false, err
		}
		data += int64(rec.data)
		if rec.key == nil {
			if r.compacted {
				return 0, 0, false, keyless(c.partition, b.base()+rec.offsetDelta)
			}
			continue
		}
		at := c.partition
		if !r.keep {
			at = int32(produce.KeyPartition(rec.key, int(r.to)))
		}
		if to < 0 {
			to = at
		}
		if at != to {
			return 0, 0, false, nil
		}
	}
	if to < 0 {
		to = r.keylessTo(c.partition, len(b))
	}
	return to, data, true, nil
}

// keylessTo chooses the partition of records without key that come from one.
func (r *router) keylessTo(from int32, size int) int32 {
	if r.keep {
		return from
	}
	if r.to <= r.from {
		return from % r.to // their order stays
	}
	if r.stuck >= stickyBytes {
		r.sticky, r.stuck = (r.sticky+1)%r.to, 0
	}
	r.stuck += size
	return r.sticky
}

func keyless(partition int32, offset int64) error {
	return fmt.Errorf("%w: partition %d, offset %d", ErrKeyless, partition, offset)
}

// pass hands a batch on as it is.
func (r *router) pass(c *chunk, b batch, to int32, data int64) error {
	if err := r.flushOne(to); err != nil {
		return err
	}
	r.out = append(r.out, parcel{to: to, batch: b, records: b.count(), data: data, from: origin{c.partition, b.base(), b.last()}})
	return nil
}

// sort puts the records of a batch into those that are built.
func (r *router) sort(c *chunk, b batch, records []byte) error {
	for range b.count() {
		rec, after, err := nextRecord(records)
		if err != nil {
			return err
		}
		records = after
		offset := b.base() + rec.offsetDelta
		if offset < c.at || offset >= c.end {
			continue
		}
		at := b.baseTime() + rec.timeDelta
		if b.is(logAppendTime) {
			at = b.maxTime()
		}
		to := c.partition
		switch {
		case rec.key == nil && r.compacted:
			return keyless(c.partition, offset)
		case rec.key == nil:
			to = r.keylessTo(c.partition, len(rec.rest))
		case !r.keep:
			to = int32(produce.KeyPartition(rec.key, int(r.to)))
		}
		if err := r.add(c.partition, to, b.codec(), offset, at, &rec); err != nil {
			return err
		}
	}
	return nil
}

// add appends a record to the batch that is built for a partition.
func (r *router) add(from, to int32, codec int8, offset, at int64, rec *record) error {
	b := r.builders[to]
	if b == nil {
		b = &builder{}
		r.builders[to], r.origins[to] = b, &origin{}
	}
	most, size := r.most, len(rec.rest)+mostOverhead
	if codec != 0 {
		most -= most / 64 // what cannot be compressed becomes longer
	}
	if b.n > 0 && (b.codec != codec || len(b.buf)+size > most) {
		if err := r.flushOne(to); err != nil {
			return err
		}
	}
	if codec == 0 && recordsAt+len(rec.rest)+leastOverhead > r.limit {
		return fmt.Errorf("%w: partition %d, offset %d has %d bytes, and the destination takes batches of at most %d", ErrTooLarge, from, offset, len(rec.rest), r.limit)
	}
	if b.n == 0 {
		b.codec = codec
		if b.buf == nil {
			b.buf = r.memory()
		}
		*r.origins[to] = origin{partition: from, first: offset}
	}
	b.add(at, rec.rest)
	r.origins[to].last = offset
	r.data[to] += int64(rec.data)
	return nil
}

// flushOne ends the batch that is built for a partition.
func (r *router) flushOne(to int32) error {
	b := r.builders[to]
	if b == nil || b.n == 0 {
		return nil
	}
	n := b.n
	done, err := b.finish(r.codecs)
	if err != nil {
		return err
	}
	r.out = append(r.out, parcel{to: to, batch: done, records: n, data: r.data[to], from: *r.origins[to], built: true})
	r.data[to] = 0
	return nil
}

// flush ends all batches that are built.
func (r *router) flush() error {
	for to := range r.builders {
		if err := r.flushOne(to); err != nil {
			return err
		}
	}
	return nil
}

// aborted tells which batches of a chunk belong to transactions that were
// aborted, as a read_committed consumer does (KIP-98).
type aborted struct {
	first map[int64][]int64 // by producer, where its aborted transactions begin, ascending
	open  map[int64]bool    // producers with an aborted transaction at this place
}

func newAborted(list []kmsg.FetchResponseTopicPartitionAbortedTransaction) *aborted {
	a := &aborted{first: map[int64][]int64{}, open: map[int64]bool{}}
	slices.SortFunc(list, func(a, b kmsg.FetchResponseTopicPartitionAbortedTransaction) int {
		return cmp.Compare(a.FirstOffset, b.FirstOffset)
	})
	for _, t := range list {
		a.first[t.ProducerID] = append(a.first[t.ProducerID], t.FirstOffset)
	}
	return a
}

// drops tells that b holds nothing to copy: it is control records, or aborted.
func (a *aborted) drops(b batch) bool {
	pid := b.producer()
	if starts := a.first[pid]; len(starts) > 0 && starts[0] <= b.last() && b.is(transactional) {
		a.open[pid], a.first[pid] = true, starts[1:]
	}
	if !b.is(control) {
		return b.is(transactional) && a.open[pid]
	}
	if key := controlKey(b); a.open[pid] && key == abortMarker {
		delete(a.open, pid)
	}
	return true
}

// The types of control records (KIP-98).
const abortMarker = 0

// controlKey is the type of the first record of a control batch, -1 for none.
func controlKey(b batch) int {
	rec, _, err := nextRecord(b[recordsAt:])
	if err != nil || len(rec.key) < 4 {
		return -1
	}
	return int(binary.BigEndian.Uint16(rec.key[2:]))
}
