package share

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

// lookAhead is how much is read at once to see headers: those of small batches
// come together.
const lookAhead = 4 << 10

// sight is which batches a read of the log has.
type sight struct {
	batches []logBatch
	places  []place
	aborted []logBatch // those whose transactions were aborted
}

// place is where a batch is: a region, and the position in it.
type place struct {
	region, at, size int
}

// looker reads the headers of the batches of a region.
type looker struct {
	r   *logstore.Region
	buf []byte
	at  int // position of buf in the region
}

// bytes are n bytes of the region at a position. They are good until the next call.
func (l *looker) bytes(at, n int) ([]byte, error) {
	if at < l.at || at+n > l.at+len(l.buf) {
		size := min(max(n, lookAhead), l.r.Len()-at)
		l.buf, l.at = slices.Grow(l.buf[:0], max(0, size))[:max(0, size)], at
		if size < n {
			return nil, io.ErrUnexpectedEOF
		}
		if _, err := l.r.ReadAt(l.buf, int64(at)); err != nil && !errors.Is(err, io.EOF) {
			l.buf = l.buf[:0]
			return nil, err
		}
	}
	return l.buf[at-l.at:][:n], nil
}

// look sees the batches of a read up to the one that has offset until. Transactions
// are looked at when committed says so.
func look(read *topic.Read, until int64, committed bool) (s sight, err error) {
	ab := newAborting(read.Aborted)
	for i := range read.Regions {
		l := looker{r: &read.Regions[i]}
		for at := 0; at < l.r.Len(); {
			head, err := l.bytes(at, min(batch.HeaderSize, l.r.Len()-at))
			if err != nil {
				return s, fmt.Errorf("read batch header: %w", err)
			}
			b, err := batch.Peek(head)
			if err != nil {
				return s, fmt.Errorf("read batch header: %w", err)
			}
			first, last, size := b.BaseOffset(), b.LastOffset(), b.Length()
			s.batches = append(s.batches, logBatch{first, last})
			s.places = append(s.places, place{i, at, size})
			if committed && len(read.Aborted) > 0 {
				gone, err := ab.batch(&l, b, at)
				if err != nil {
					return s, err
				}
				if gone {
					s.aborted = append(s.aborted, logBatch{first, last})
				}
			}
			if last >= until {
				return s, nil
			}
			at += size
		}
	}
	return s, nil
}

// cut leaves the batches that have the offsets from first to last, and releases
// the other regions.
func (s *sight) cut(regions []logstore.Region, first, last int64) (out []logstore.Region, bytes int) {
	from, to := -1, -1
	for i, b := range s.batches {
		if b.last >= first && from < 0 {
			from = i
		}
		if b.first <= last {
			to = i
		}
	}
	if from < 0 || to < from {
		from, to = 0, len(s.batches)-1
	}
	a, b := s.places[from], s.places[to]
	for i := range regions {
		r := &regions[i]
		begin, end := 0, r.Len()
		if i == b.region {
			end = b.at + b.size
		}
		if i == a.region {
			begin = a.at
		}
		if i < a.region || i > b.region {
			r.Release()
			continue
		}
		r.Narrow(begin, end)
		out, bytes = append(out, *r), bytes+r.Len()
	}
	return out, bytes
}

// aborting finds the batches of aborted transactions
// (SharePartition.fetchAbortedTransactionRecordBatches).
type aborting struct {
	txns []logstore.AbortedTxn // that are to come, in the order in which they begin
	open map[int64]bool        // producers in an aborted transaction
	d    batch.Decompressor
}

func newAborting(txns []logstore.AbortedTxn) *aborting {
	if len(txns) == 0 {
		return nil
	}
	txns = slices.Clone(txns)
	slices.SortStableFunc(txns, func(a, b logstore.AbortedTxn) int { return int(min(1, max(-1, a.FirstOffset-b.FirstOffset))) })
	return &aborting{txns: txns, open: make(map[int64]bool)}
}

// batch says whether the records of b, whose bytes are at a position, were aborted.
func (ab *aborting) batch(l *looker, b batch.Batch, at int) (bool, error) {
	if !b.HasProducerID() {
		return false, nil
	}
	for len(ab.txns) > 0 && ab.txns[0].FirstOffset <= b.LastOffset() {
		ab.open[ab.txns[0].ProducerID] = true
		ab.txns = ab.txns[1:]
	}
	id := b.ProducerID()
	if !b.IsControl() {
		return b.IsTransactional() && ab.open[id], nil
	}
	p, err := l.bytes(at, b.Length())
	if err != nil {
		return false, fmt.Errorf("read transaction marker: %w", err)
	}
	for r, err := range batch.Batch(p).Records(&ab.d) {
		if err != nil {
			return false, fmt.Errorf("read transaction marker: %w", err)
		}
		if t, _, err := batch.ParseMarker(r); err == nil && t == batch.MarkerAbort {
			delete(ab.open, id)
		}
		break
	}
	return false, nil
}
