package statelog

import (
	"context"
	"errors"
	"fmt"
	"io"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

// loadBytes is how much is read at once, as Kafka's offsets.load.buffer.size.
const loadBytes = 5 << 20

// Entry is a record that was read back, with what its batch says of it. Key and
// Value are valid during the call alone.
type Entry struct {
	Offset, Timestamp int64 // Timestamp in ms since 1970
	Key, Value        []byte

	ProducerID    int64 // -1 without one
	ProducerEpoch int16
	Transactional bool

	// Control entries are transaction markers: Marker ends the transaction of
	// ProducerID. They have no key that means anything to a coordinator.
	Control          bool
	Marker           batch.MarkerType
	CoordinatorEpoch int32
}

// Load gives every entry of a partition, from the log start to the end that the
// log has at the call, to each, in order. A batch that is damaged is told to
// Options.Damaged and left out. It ends early with an error of each or of ctx.
// end is the offset after the last entry.
func (l *Log) Load(ctx context.Context, partition int32, each func(Entry) error) (end int64, err error) {
	p, err := l.partition(partition)
	if err != nil {
		return 0, err
	}
	if err := p.Err(); err != nil {
		return 0, fmt.Errorf("load %s: %w", p, err)
	}
	ld := loading{l: l, p: p, each: each}
	at, end := p.Log().StartOffset(), p.Log().EndOffset()
	for at < end {
		if err := ctx.Err(); err != nil {
			return at, err
		}
		next, err := ld.chunk(at, end)
		if errors.Is(err, logstore.ErrOffsetOutOfRange) {
			// records were deleted under the load
			next, err = p.Log().StartOffset(), nil
		}
		if err != nil {
			return at, fmt.Errorf("load %s at offset %d: %w", p, at, err)
		}
		if next <= at {
			break // nothing below end is left: the log was cut
		}
		at = next
	}
	return end, nil
}

// loading is the work of one Load.
type loading struct {
	l    *Log
	p    *topic.Partition
	each func(Entry) error
	buf  []byte
	d    batch.Decompressor
}

// chunk reads some batches from offset on and returns the offset after them.
func (ld *loading) chunk(offset, end int64) (int64, error) {
	f, err := ld.p.Log().Read(offset, loadBytes, end, true)
	if err != nil {
		return offset, err
	}
	defer f.Release()
	next := offset
	for i := range f.Regions {
		if err := ld.region(&f.Regions[i], &next); err != nil {
			return next, err
		}
	}
	return next, nil
}

// region reads the batches of one region and moves next behind each.
func (ld *loading) region(r *logstore.Region, next *int64) error {
	if cap(ld.buf) < r.Len() {
		ld.buf = make([]byte, r.Len())
	}
	p := ld.buf[:r.Len()]
	if n, err := r.ReadAt(p, 0); n < len(p) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	for len(p) > 0 {
		b, rest, err := batch.Split(p)
		if err != nil {
			return err
		}
		if err := ld.batch(b, *next); err != nil {
			return err
		}
		*next = b.LastOffset() + 1
		p = rest
	}
	return nil
}

// batch gives the records of one batch from offset from on. Only an error of each
// is returned.
func (ld *loading) batch(b batch.Batch, from int64) error {
	if err := b.VerifyCRC(); err != nil {
		ld.l.o.Damaged(ld.p.Index, b.BaseOffset(), err)
		return nil
	}
	e := Entry{
		ProducerID: b.ProducerID(), ProducerEpoch: b.ProducerEpoch(),
		Transactional: b.IsTransactional(), Control: b.IsControl(),
	}
	for r, err := range b.Records(&ld.d) {
		if err == nil && e.Control {
			e.Marker, e.CoordinatorEpoch, err = batch.ParseMarker(r)
		}
		if err != nil {
			ld.l.o.Damaged(ld.p.Index, b.BaseOffset(), err)
			return nil
		}
		e.Offset, e.Timestamp = b.BaseOffset()+int64(r.OffsetDelta), b.Timestamp(r)
		e.Key, e.Value = r.Key, r.Value
		if e.Offset < from {
			continue
		}
		if err := ld.each(e); err != nil {
			return err
		}
	}
	return nil
}
