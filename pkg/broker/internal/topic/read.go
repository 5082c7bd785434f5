package topic

import (
	"errors"
	"fmt"
	"io"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/logstore"
)

// ReadOptions says what a fetch reads.
type ReadOptions struct {
	Offset           int64
	MaxBytes         int
	MinOne           bool  // the first batch is returned even if it is larger than MaxBytes
	LeaderEpoch      int32 // the client's, -1 when it does not say
	LastFetchedEpoch int32 // of the record before Offset, -1 when it does not say
	Isolation        Isolation
	LeaderOnly       bool // followers must not answer
	Follower         bool // a replica asks, which needs to be known
}

// View is what a reader saw: it is out of date when the leadership or the offset
// that bounds the reader changes.
type View struct {
	lead  *leadership
	limit int64
}

// Read is what a fetch found.
type Read struct {
	logstore.Fetched // regions to be released by the caller; none when Diverges
	View             View
	HighWatermark    int64
	LastStable       int64
	LogStart         int64
	// Diverges says that the client's log differs from here on: the end of
	// LastFetchedEpoch is DivergingEpoch at DivergingEnd (KIP-595).
	Diverges       bool
	DivergingEpoch int32
	DivergingEnd   int64
	Aborted        []logstore.AbortedTxn // at LastStable: the aborted transactions in reach
}

// Read reads whole batches from o.Offset on. It takes no lock.
func (p *Partition) Read(o ReadOptions) (Read, error) {
	l := p.lead.Load()
	if err := p.check(l, o.LeaderEpoch, o.LeaderOnly); err != nil {
		return Read{}, err
	}
	if o.Follower {
		return Read{}, ErrUnknownFollower
	}
	r := Read{
		HighWatermark: p.log.HighWatermark(),
		LastStable:    p.log.LastStableOffset(),
		LogStart:      p.log.StartOffset(),
	}
	r.View = View{l, p.limit(o.Isolation)}
	if o.LastFetchedEpoch >= 0 {
		if err := p.diverges(o, &r); err != nil || r.Diverges {
			return r, err
		}
	}
	var err error
	if r.Fetched, err = p.log.Read(o.Offset, o.MaxBytes, r.View.limit, o.MinOne); err != nil {
		return Read{}, err
	}
	if o.Isolation == LastStable && r.Bytes > 0 {
		if r.Aborted, err = p.aborted(o.Offset, &r); err != nil {
			r.Release()
			return Read{}, err
		}
	}
	return r, nil
}

// aborted lists the aborted transactions that touch what was read. Those that a
// consumer which is far behind has not come to yet are not looked at.
func (p *Partition) aborted(from int64, r *Read) ([]logstore.AbortedTxn, error) {
	if some, err := p.log.AnyAborted(from, r.View.limit); err != nil || !some {
		return nil, err
	}
	end, err := endOf(r.Regions)
	if err != nil {
		return nil, err
	}
	return p.log.AbortedTxns(from, end)
}

// endOf is the offset after the last record of regions, found by their headers.
func endOf(regions []logstore.Region) (int64, error) {
	var head [batch.HeaderSize]byte
	last := &regions[len(regions)-1]
	end := int64(-1)
	for at := int64(0); at < int64(last.Len()); {
		if _, err := last.ReadAt(head[:], at); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read batch header: %w", err)
		}
		b, err := batch.Peek(head[:])
		if err != nil {
			return 0, fmt.Errorf("read batch header: %w", err)
		}
		end = b.LastOffset() + 1
		at += int64(b.Length())
	}
	return end, nil
}

// View is what a reader at a level would see now.
func (p *Partition) View(i Isolation) View { return View{p.lead.Load(), p.limit(i)} }

// limit is the offset that bounds a reader.
func (p *Partition) limit(i Isolation) int64 {
	switch i {
	case HighWatermark:
		return p.log.HighWatermark()
	case LastStable:
		return p.log.LastStableOffset()
	default:
		return p.log.EndOffset()
	}
}

// viewIs says that what a reader saw still holds. Caller holds p.mu.
func (p *Partition) viewIs(i Isolation, seen View) bool {
	return p.lead.Load() == seen.lead && p.Err() == nil && p.limit(i) == seen.limit
}

// diverges looks whether the client's log agrees with ours up to o.Offset
// (Partition.readRecords).
func (p *Partition) diverges(o ReadOptions, r *Read) error {
	epoch, end, ok := p.log.EndOffsetForEpoch(o.LastFetchedEpoch)
	if !ok || epoch < 0 || end < 0 || o.Offset < r.LogStart {
		return logstore.ErrOffsetOutOfRange
	}
	if epoch < o.LastFetchedEpoch || end < o.Offset {
		r.Diverges, r.DivergingEpoch, r.DivergingEnd = true, epoch, end
	}
	return nil
}

// EpochEnd is an epoch and the offset after its last record; both are -1 when
// nothing is known of the epoch asked for.
type EpochEnd struct {
	Epoch     int32
	EndOffset int64
}

// EndOfEpoch returns the largest epoch up to epoch and where it ends
// (OffsetForLeaderEpoch). current is the client's leader epoch, -1 for none.
func (p *Partition) EndOfEpoch(epoch, current int32) (EpochEnd, error) {
	l := p.lead.Load()
	if err := p.check(l, current, true); err != nil {
		return EpochEnd{-1, -1}, err
	}
	found, end, ok := p.log.EndOffsetForEpoch(epoch)
	if !ok {
		return EpochEnd{-1, -1}, nil
	}
	return EpochEnd{found, end}, nil
}
