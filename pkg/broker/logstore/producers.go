package logstore

import (
	"cmp"
	"slices"

	"kq/pkg/broker/batch"
)

// ongoingTxn is a transaction that has no marker yet, or one whose marker lies
// above the high watermark (ProducerStateManager.unreplicatedTxns).
type ongoingTxn struct {
	producerID int64
	first      int64
	last       int64 // of the marker; noOffset while there is none
}

// producers is the producer state of a partition (ProducerStateManager). It is
// plain memory: the log's mutex guards it.
type producers struct {
	entries map[int64]*producerEntry
	// open and closed are sorted by first offset. closed have a marker that is
	// not below the high watermark yet.
	open, closed []ongoingTxn
	end          int64 // the state covers the log up to here
	// verifying has the producers whose transactions the coordinator is asked about.
	verifying map[int64]*verification

	staged  []producerAppend // of the append under way
	done    []completedTxn   // of the append under way
	aborted []AbortedTxn     // of the last commit
}

func newProducers(end int64) *producers {
	return &producers{entries: map[int64]*producerEntry{}, verifying: map[int64]*verification{}, end: end}
}

// begin forgets what a failed append staged.
func (s *producers) begin() { s.staged, s.done = s.staged[:0], s.done[:0] }

// stage checks a batch and remembers what it changes. dup is a batch of the
// window that this one repeats; nothing is staged then.
func (s *producers) stage(b batch.Batch, o AppendOptions) (dup batchMeta, isDup bool, err error) {
	id := b.ProducerID()
	if id < 0 {
		return batchMeta{}, false, nil
	}
	known := s.entries[id]
	if known != nil && o.Origin == OriginClient {
		if m, ok := known.duplicate(b); ok {
			return m, true, nil
		}
	}
	if o.Verify && o.Origin != OriginReplica {
		if err := s.checkVerified(b, known, o.Guard); err != nil {
			return batchMeta{}, false, err
		}
	}
	i := slices.IndexFunc(s.staged, func(p producerAppend) bool { return p.next.id == id })
	if i < 0 {
		p := producerAppend{
			fresh: known == nil || known.epoch == noEpoch, origin: o.Origin, txnVersion: o.TxnVersion,
			verifying: s.verifying[id],
		}
		if known != nil {
			p.next = *known
		} else {
			p.next = newProducerEntry(id)
		}
		i = len(s.staged)
		s.staged = append(s.staged, p)
	}
	done, ok, err := s.staged[i].add(b)
	if err != nil {
		return batchMeta{}, false, err
	}
	if ok {
		s.done = append(s.done, done)
	}
	return batchMeta{}, false, nil
}

// commit makes true what was staged for one batch, which ends before end. The
// result is what a .txnindex has to list, valid until the next commit.
func (s *producers) commit(end, now int64) []AbortedTxn {
	for i := range s.staged {
		s.put(s.staged[i].next, now)
		if s.staged[i].inTxn {
			delete(s.verifying, s.staged[i].next.id)
		}
	}
	s.aborted = s.aborted[:0]
	for _, d := range s.done {
		if d.aborted {
			s.aborted = append(s.aborted, AbortedTxn{
				ProducerID: d.producerID, FirstOffset: d.firstOffset, LastOffset: d.lastOffset,
				LastStableOffset: s.stableAfter(d),
			})
		}
		s.completeTxn(d)
	}
	s.end = end
	s.begin()
	return s.aborted
}

func (s *producers) put(next producerEntry, now int64) {
	next.seen = now
	if e := s.entries[next.id]; e != nil {
		*e = next
	} else {
		e := next
		s.entries[next.id] = &e
	}
	if next.txnFirst != noOffset {
		s.openTxn(ongoingTxn{producerID: next.id, first: next.txnFirst, last: noOffset})
	}
}

// replay takes a batch that the log holds already: what was accepted once is
// not checked again.
func (s *producers) replay(b batch.Batch, now int64) ([]AbortedTxn, error) {
	s.begin()
	if b.HasProducerID() {
		if _, _, err := s.stage(b, AppendOptions{Origin: OriginReplica}); err != nil {
			return nil, err
		}
	}
	return s.commit(b.LastOffset()+1, now), nil
}

func (s *producers) openTxn(t ongoingTxn) {
	i, found := slices.BinarySearchFunc(s.open, t.first, func(a ongoingTxn, first int64) int { return cmp.Compare(a.first, first) })
	if !found {
		s.open = slices.Insert(s.open, i, t)
	}
}

// stableAfter is the last stable offset once d is complete.
func (s *producers) stableAfter(d completedTxn) int64 {
	for _, t := range s.open {
		if t.producerID != d.producerID {
			return t.first
		}
	}
	return d.lastOffset + 1
}

func (s *producers) completeTxn(d completedTxn) {
	s.open = slices.DeleteFunc(s.open, func(t ongoingTxn) bool { return t.first == d.firstOffset })
	t := ongoingTxn{producerID: d.producerID, first: d.firstOffset, last: d.lastOffset}
	i, _ := slices.BinarySearchFunc(s.closed, t.first, func(a ongoingTxn, first int64) int { return cmp.Compare(a.first, first) })
	s.closed = slices.Insert(s.closed, i, t)
}

// replicated forgets the transactions whose marker lies below an offset.
func (s *producers) replicated(below int64) {
	s.closed = slices.DeleteFunc(s.closed, func(t ongoingTxn) bool { return t.last < below })
}

// firstUnstable is the first offset that readers of committed data must not see.
func (s *producers) firstUnstable() (int64, bool) {
	switch {
	case len(s.open) == 0 && len(s.closed) == 0:
		return noOffset, false
	case len(s.closed) == 0:
		return s.open[0].first, true
	case len(s.open) == 0:
		return s.closed[0].first, true
	}
	return min(s.open[0].first, s.closed[0].first), true
}

// expire forgets producers that were not heard of for a while.
func (s *producers) expire(now, expiration int64) {
	for id, e := range s.entries {
		if e.expired(now, expiration) {
			delete(s.entries, id)
		}
	}
	for id, v := range s.verifying {
		if now-v.begun >= expiration {
			delete(s.verifying, id)
		}
	}
}

// load takes over the entries of a snapshot. Each was alive when it was taken,
// whatever time its producer stamped on its records.
func (s *producers) load(entries []producerEntry, end, taken int64) {
	s.end = end
	for i := range entries {
		e := &entries[i]
		e.seen = taken
		s.entries[e.id] = e
		if e.txnFirst != noOffset {
			s.openTxn(ongoingTxn{producerID: e.id, first: e.txnFirst, last: noOffset})
		}
	}
}

// sorted gives copies of the entries by producer id.
func (s *producers) sorted() []producerEntry {
	out := make([]producerEntry, 0, len(s.entries))
	for _, e := range s.entries {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b producerEntry) int { return cmp.Compare(a.id, b.id) })
	return out
}
