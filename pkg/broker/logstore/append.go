package logstore

import (
	"errors"
	"fmt"
	"math"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// Origin says who appends (org.apache.kafka.storage.internals.log.AppendOrigin).
type Origin uint8

const (
	// OriginClient: sequence numbers are checked, duplicates found.
	OriginClient Origin = iota
	// OriginCoordinator: transaction markers and the coordinators' own records.
	OriginCoordinator
	// OriginReplica: what a leader has accepted already.
	OriginReplica
)

// AppendOptions say what kind of append it is.
type AppendOptions struct {
	LeaderEpoch int32
	// Follower keeps offsets and epochs as they are and checks the CRCs; the
	// batches may begin past the end of the log but not before. A torn batch at
	// the end is left out.
	Follower bool
	Origin   Origin
	// TxnVersion is the transaction version of a marker; 2 and later demand a
	// producer epoch above the last one (KIP-890).
	TxnVersion int16
	// Verify demands of a transactional batch that its transaction is open in this
	// log, or that Guard is what StartVerification gave out last for its producer.
	Verify bool
	Guard  *Guard
}

// Appended says what became of an append.
type Appended struct {
	FirstOffset, LastOffset int64 // LastOffset < FirstOffset: nothing was appended
	MaxTimestamp            int64 // of all records; of a duplicate, its original
	LogStartOffset          int64
	Bytes                   int
	// Duplicate: the batch is one of the producer's last five. The offsets are the
	// original's, which may lie above the high watermark still.
	Duplicate bool
}

// incoming is what an append brings, before it is known where it goes.
type incoming struct {
	recs    []byte // whole batches
	batches int
	span    int64 // offsets taken, of a leader's append
	base    int64 // of the first batch as it came
	last    int64 // of the last batch as it came
	maxTS   int64
	stamped bool // a producer id is in it
}

// Append adds batches to the log: one write, all or nothing. A leader's get
// their offsets and epoch in place, in the caller's memory. It fails with one of
// the producer errors, ErrBatchTooLarge, ErrStorage (the log goes on) or
// ErrOffline; then the log is as it was.
func (l *Log) Append(recs []byte, o AppendOptions) (Appended, error) {
	in, err := examine(recs, o)
	if err != nil {
		return Appended{}, fmt.Errorf("append to %s: %w", l.tp, err)
	}
	if err := l.store.makeRoom(l, len(in.recs)); err != nil {
		return Appended{}, err
	}
	a, err := l.appendLocked(in, o)
	if err != nil && vfs.IsNoSpace(err) && l.store.freeMemory(len(in.recs)) {
		a, err = l.appendLocked(in, o)
	}
	if err != nil || in.batches == 0 {
		return a, err
	}
	return a, l.afterAppend(a)
}

// afterAppend sees to it that what was appended becomes durable: now, soon, or
// when the system likes. It runs without locks, so that others can append while
// this one waits for the disk and share the next sync.
func (l *Log) afterAppend(a Appended) error {
	c := l.config.Load()
	switch mode := l.syncMode(); {
	case mode == SyncAlways:
		return l.syncTo(a.LastOffset + 1)
	case mode == SyncCommit:
		l.group.Join()
		l.store.syncer.add(l, syncData)
	case c.FlushMessages < math.MaxInt64 && a.LastOffset+1-l.synced.Load() >= c.FlushMessages:
		return l.syncTo(a.LastOffset + 1)
	}
	return nil
}

// examine walks the headers. What a validated request brings needs no more.
func examine(recs []byte, o AppendOptions) (incoming, error) {
	in := incoming{recs: recs, maxTS: noTimestamp, base: noOffset, last: noOffset}
	for rest := recs; len(rest) > 0; {
		b, after, err := batch.Split(rest)
		if err != nil {
			if o.Follower && in.batches > 0 && errors.Is(err, batch.ErrShort) {
				in.recs = recs[:len(recs)-len(rest)]
				break
			}
			return in, err
		}
		delta := b.LastOffsetDelta()
		if delta < 0 {
			return in, fmt.Errorf("%w: batch with a last offset delta of %d", ErrCorrupt, delta)
		}
		if o.Follower {
			if err := b.VerifyCRC(); err != nil {
				return in, err
			}
			if in.batches > 0 && b.BaseOffset() <= in.last {
				return in, fmt.Errorf("%w: batch at %d follows %d", ErrOffsetsNotMonotonic, b.BaseOffset(), in.last)
			}
		}
		if in.batches == 0 {
			in.base = b.BaseOffset()
		}
		in.last = b.LastOffset()
		in.batches++
		in.span += int64(delta) + 1
		in.maxTS = max(in.maxTS, b.MaxTimestamp())
		in.stamped = in.stamped || b.HasProducerID()
		rest = after
	}
	return in, nil
}

func (l *Log) appendLocked(in incoming, o AppendOptions) (Appended, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return Appended{}, err
	}
	v := l.view.Load()
	if in.batches == 0 {
		return Appended{FirstOffset: v.end, LastOffset: v.end - 1, MaxTimestamp: noTimestamp, LogStartOffset: v.start}, nil
	}
	if err := l.assign(&in, v.end, o); err != nil {
		return Appended{}, err
	}
	if in.stamped {
		if dup, ok, err := l.stage(in, o); err != nil {
			return Appended{}, fmt.Errorf("append to %s: %w", l.tp, err)
		} else if ok {
			return Appended{
				FirstOffset: dup.firstOffset(), LastOffset: dup.lastOffset, MaxTimestamp: dup.timestamp,
				LogStartOffset: v.start, Duplicate: true,
			}, nil
		}
	}
	c := l.config.Load()
	if len(in.recs) > c.SegmentBytes {
		return Appended{}, fmt.Errorf("append to %s: %w: %d bytes, segments have %d", l.tp, ErrBatchTooLarge, len(in.recs), c.SegmentBytes)
	}
	if l.mustRoll(in, c) {
		if err := l.roll(in.base); err != nil {
			return Appended{}, storageError("roll segment of "+l.tp.String(), err)
		}
	}
	if err := l.write(in.recs); err != nil {
		return Appended{}, storageError("append to "+l.tp.String(), err)
	}
	l.take(in)
	return Appended{
		FirstOffset: in.base, LastOffset: in.last, MaxTimestamp: in.maxTS,
		LogStartOffset: v.start, Bytes: len(in.recs),
	}, nil
}

// assign gives a leader's batches their offsets, and checks a follower's.
func (l *Log) assign(in *incoming, end int64, o AppendOptions) error {
	if o.Follower {
		if in.base < end {
			return fmt.Errorf("%w: append to %s of a batch at %d, the log ends at %d", ErrOffsetsNotMonotonic, l.tp, in.base, end)
		}
		return nil
	}
	in.base, in.last = end, end+in.span-1
	for rest := in.recs; len(rest) > 0; {
		b, after, err := batch.Split(rest)
		if err != nil {
			return err
		}
		b.SetBaseOffset(end)
		b.SetLeaderEpoch(o.LeaderEpoch)
		end = b.LastOffset() + 1
		rest = after
	}
	return nil
}

// stage checks the batches against the producer state.
func (l *Log) stage(in incoming, o AppendOptions) (dup batchMeta, isDup bool, err error) {
	if o.Follower {
		o.Origin = OriginReplica
	}
	l.prod.begin()
	for rest := in.recs; len(rest) > 0; {
		b, after, err := batch.Split(rest)
		if err != nil {
			return dup, false, err
		}
		if dup, isDup, err = l.prod.stage(b, o); isDup || err != nil {
			return dup, isDup, err
		}
		rest = after
	}
	return dup, false, nil
}

// mustRoll is LogSegment.shouldRoll.
func (l *Log) mustRoll(in incoming, c *Config) bool {
	a := &l.act
	if a.size == 0 {
		return in.last-a.seg.base > maxRelative
	}
	waited := l.store.nowMs() - a.created
	if a.ix.firstTS >= 0 {
		waited = in.maxTS - a.ix.firstTS
	}
	return a.size > l.store.segmentBytes(c)-int64(len(in.recs)) ||
		waited > c.segmentMs()-a.jitter ||
		a.ix.full(c.SegmentIndexBytes) ||
		in.last-a.seg.base > maxRelative
}

// segmentMs is the age at which a segment is sealed: what has to be compacted
// must not be active (LogConfig.maxSegmentMs).
func (c *Config) segmentMs() int64 {
	if c.Compact {
		return min(c.SegmentMs, c.MaxCompactionLagMs)
	}
	return c.SegmentMs
}

// write puts the bytes behind the last batch. What a failed write leaves there
// is cut off; no reader can see it.
func (l *Log) write(recs []byte) error {
	a := &l.act
	if err := l.cutTorn(); err != nil {
		return err
	}
	file, err := a.own()
	if err != nil {
		return err
	}
	l.reserve(file, int64(len(recs)))
	if n, err := file.f.WriteAt(recs, a.size); err != nil || n < len(recs) {
		if err == nil {
			err = fmt.Errorf("wrote %d of %d bytes", n, len(recs))
		}
		a.torn = true
		if cutErr := l.cutTorn(); cutErr != nil {
			l.store.opts.Logger.Warn("cannot cut back a torn append yet", "partition", l.tp.String(), "err", cutErr)
		}
		return err
	}
	return nil
}

// cutTorn needs mu.
func (l *Log) cutTorn() error {
	a := &l.act
	if !a.torn {
		return nil
	}
	file, err := a.own()
	if err != nil {
		return err
	}
	if err := file.f.Truncate(a.size); err != nil {
		return err
	}
	a.torn = false
	return nil
}

// take makes what was written part of the log: indexes, epochs, producers, the
// view.
func (l *Log) take(in incoming) {
	a, v := &l.act, l.view.Load()
	l.touch()
	a.settled = false
	epochs := *l.epochs.Load()
	changed := false
	pos := a.size
	now, ahead := l.store.nowMs(), l.store.clock.ahead()
	a.seg.age(a.ix.max.Timestamp, in.maxTS, ahead)
	for rest := in.recs; len(rest) > 0; {
		b, after, err := batch.Split(rest)
		if err != nil { // examine has seen these bytes
			break
		}
		h := head{pos: pos, size: int64(len(b)), base: b.BaseOffset(), last: b.LastOffset(), maxTS: b.MaxTimestamp()}
		a.ix.add(h)
		a.tail = addTail(a.tail, tailBatch{base: h.base, last: h.last, pos: uint32(h.pos), size: uint32(h.size)})
		pos += h.size
		if e, more := epochs.grow(b.LeaderEpoch(), h.base); more {
			epochs, changed = e, true
		}
		l.takeProducer(b, in, now)
		rest = after
	}
	a.size = pos
	if changed {
		l.setEpochs(epochs)
	}
	l.prod.end = in.last + 1
	l.publish(v.segs, v.start, in.last+1)
	if in.stamped {
		l.publishUnstable()
	}
	if len(a.ix.offsets)-a.offsetsWritten >= indexBatch {
		if err := a.writeIndexes(false); err != nil {
			l.store.opts.Logger.Debug("index entries wait", "partition", l.tp.String(), "err", err)
		}
	}
}

// takeProducer commits one batch to the producer state. A lone batch was staged
// already; of several, each is replayed so that what comes first counts first.
func (l *Log) takeProducer(b batch.Batch, in incoming, now int64) {
	if !b.HasProducerID() {
		return
	}
	var aborted []AbortedTxn
	if in.batches == 1 {
		aborted = l.prod.commit(in.last+1, now)
	} else if more, err := l.prod.replay(b, now); err == nil { // it was staged without error
		aborted = more
	}
	if len(aborted) > 0 {
		l.addAborted(aborted)
	}
}

// addAborted needs mu. The file is written now, or with the indexes. Readers of
// the list as it was do not see what lies behind its end.
func (l *Log) addAborted(txns []AbortedTxn) {
	seg := l.act.seg
	all := append(*seg.aborted.Load(), txns...)
	seg.aborted.Store(&all)
	if err := l.act.writeTxns(); err != nil {
		l.store.opts.Logger.Debug("transaction index entries wait", "partition", l.tp.String(), "err", err)
	}
}
