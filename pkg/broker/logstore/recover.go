package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"kq/pkg/broker/vfs"
)

// recovery opens a log that was not closed. What was durable, below the
// recovery point, must be there: damage found there is an error, and the log
// goes offline. What comes above it is walked batch by batch and cut at the
// first one that is not whole; what is cut is kept beside the log.
type recovery struct {
	l     *Log
	d     *dirFiles
	rp    int64
	bases []int64
	from  int // first segment that is walked: the one that holds rp

	segs   []*segment // so far
	act    active     // of the last one
	epochs epochs
	onDisk epochs // what the epoch file holds; empty without one that can be read
	next   int64  // offset after the last good batch
	epoch  int32  // of the last good batch
}

// recover needs mu.
func (l *Log) recover(d *dirFiles) error {
	r := &recovery{l: l, d: d, rp: l.atOpen.recoveryPoint, epoch: noEpoch}
	if l.topicID != ([16]byte{}) { // written, perhaps, by a process that did not live to sync it
		l.dirty.addFile(partitionMetaFile)
	}
	if err := r.removeOrphans(); err != nil {
		return err
	}
	r.bases = d.bases()
	if len(r.bases) == 0 {
		return r.beginAt(max(l.atOpen.start, r.rp), r.rp > l.atOpen.start)
	}
	for r.from+1 < len(r.bases) && r.bases[r.from+1] <= r.rp {
		r.from++
	}
	for i := range r.from {
		if err := r.checkSealed(i); err != nil {
			return err
		}
	}
	if err := r.restore(); err != nil {
		return err
	}
	for i := r.from; i < len(r.bases); i++ {
		whole, err := r.walk(i)
		if err != nil {
			return err
		}
		if !whole {
			break
		}
	}
	if r.next < r.rp {
		return fmt.Errorf("%w: the log ends at offset %d, %d was durable", ErrCorrupt, r.next, r.rp)
	}
	return r.finish()
}

// removeOrphans removes indexes without a log. One between the first segment and
// the recovery point means that its log should be there: what was deleted lies
// before the first segment.
func (r *recovery) removeOrphans() error {
	bases := r.d.bases()
	for name := range r.d.others {
		base, _, _ := parseSegmentName(name)
		if _, there := r.d.logs[base]; there {
			continue
		}
		if len(bases) > 0 && bases[0] < base && base < r.rp {
			return missingSegment(base, name)
		}
		if err := r.d.remove(name); err != nil {
			return err
		}
		delete(r.d.others, name)
	}
	return nil
}

func missingSegment(base int64, name string) error {
	return fmt.Errorf("%w: segment %s is missing: %s is there", ErrCorrupt, segmentName(base, logSuffix), name)
}

// beginAt makes the log empty at an offset.
func (r *recovery) beginAt(offset int64, lost bool) error {
	l := r.l
	if lost {
		return fmt.Errorf("%w: no segment, and %d offsets were durable", ErrCorrupt, r.rp)
	}
	if bases := r.d.bases(); len(bases) > 0 {
		l.recoveryPoint.Store(0)
		if err := l.store.files.writeRecovery(); err != nil { // a crash here must not miss them
			return err
		}
		for _, base := range slices.Backward(bases) {
			if err := errors.Join(r.d.removeSegment(base), r.d.commit()); err != nil {
				return err
			}
		}
	}
	if err := r.d.removeSnapshots(func(int64) bool { return true }); err != nil {
		return err
	}
	a, err := l.newActive(offset)
	if err != nil {
		return err
	}
	l.dirty.dir = true
	l.prod = newProducers(offset)
	l.epochs.Store(&epochs{})
	l.saved = savedState{snapshot: offset}
	l.recoveryPoint.Store(min(l.recoveryPoint.Load(), offset))
	l.synced.Store(min(l.synced.Load(), offset))
	l.install([]*segment{a.seg}, a, offset, offset)
	return nil
}

func (r *recovery) newSegment(i int) *segment {
	s := &segment{place: r.l.place, base: r.bases[i], size: r.d.logs[r.bases[i]]}
	r.segs = append(r.segs, s)
	return s
}

// damaged reports a bad place below the recovery point.
func (r *recovery) damaged(base, pos int64, cause error) error {
	return fmt.Errorf("%s at position %d, offset %d, below the recovery point %d: %w",
		segmentName(base, logSuffix), pos, r.next, r.rp, cause)
}

// checkSealed looks at a segment that is durable as a whole: its indexes must be
// plausible, its last batches whole, and the next segment must follow.
func (r *recovery) checkSealed(i int) error {
	if err := r.checkGap(i); err != nil {
		return err
	}
	seg := r.newSegment(i)
	r.next = seg.base
	pos, ok, err := seg.lastIndexed()
	if err != nil {
		return err
	}
	f, err := seg.place.fs.OpenFile(seg.place.path(seg.base, logSuffix), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if !ok {
		pos = 0 // rebuild both indexes
	}
	ix := newIndexer(seg.base, r.l.config.Load().IndexIntervalBytes)
	sc := newScanner(f, pos, seg.size, true)
	link := chain{segBase: seg.base, next: seg.base, epoch: r.epoch}
	for sc.next() {
		if err := link.follow(sc); err != nil {
			return r.damaged(seg.base, sc.head.pos, err)
		}
		ix.add(sc.head)
		r.next, r.epoch = link.next, link.epoch
	}
	if sc.err != nil {
		return r.damaged(seg.base, sc.pos, sc.err)
	}
	if ok {
		return nil
	}
	ix.seal()
	r.l.dirty.sealed = append(r.l.dirty.sealed, seg)
	return errors.Join(writeWhole(seg.place.fs, seg.place.path(seg.base, indexSuffix), ix.offsets),
		writeWhole(seg.place.fs, seg.place.path(seg.base, timeIndexSuffix), ix.times))
}

// checkGap compares the start of a segment with the end of the one before. Only
// compaction leaves gaps between segments, and only below the recovery point: a
// gap above it is the end of a segment that was lost.
func (r *recovery) checkGap(i int) error {
	if i == 0 || r.bases[i] == r.next {
		return nil
	}
	base := r.bases[i]
	if base > r.next && (base <= r.rp || !r.l.atOpen.known) {
		if r.l.config.Load().Compact {
			return nil
		}
		was, err := compacted(r.segs[i-1])
		if err != nil || was {
			return err
		}
		return fmt.Errorf("%w: offsets %d to %d are missing before %s", ErrCorrupt, r.next, base-1, segmentName(base, logSuffix))
	}
	return fmt.Errorf("%w: %s begins where offset %d is next", ErrCorrupt, segmentName(base, logSuffix), r.next)
}

// compacted reports whether records were taken out of a segment.
func compacted(seg *segment) (was bool, err error) {
	next := seg.base
	err = scanSegment(seg, func(sc *scanner) error {
		was = was || sc.head.base != next
		next = sc.head.last + 1
		if b, ok, err := sc.batch(); err != nil || !ok || int64(b.Count()) != sc.head.last-sc.head.base+1 {
			was = was || err == nil && ok
			return err
		}
		return nil
	})
	return was, err
}

// restore loads what the walk goes on from: producers and epochs as they were at
// the first segment that is walked. Everything later is found again.
func (r *recovery) restore() error {
	l, base := r.l, r.bases[r.from]
	if err := r.d.removeSnapshots(func(offset int64) bool { return offset > base }); err != nil {
		return err
	}
	if err := r.d.removeSnapshots(r.d.strays()); err != nil {
		return err
	}
	if err := r.d.commit(); err != nil { // what would contradict the log must not come back
		return err
	}
	before := r.segs
	if err := l.loadProducers(r.d, before, base); err != nil {
		return err
	}
	e, ok, err := l.readEpochs()
	if err != nil {
		return err
	}
	r.onDisk = e
	if !ok || len(e) == 0 || e[0].start > max(l.atOpen.start, r.bases[0]) {
		if e, err = scanEpochs(before); err != nil {
			return err
		}
	}
	r.epochs = e.cutFrom(base)
	l.saved.epochs = false // written at the end
	return nil
}

// walk checks every batch of a segment and rebuilds what belongs to it. whole is
// false if the log ends in it.
func (r *recovery) walk(i int) (whole bool, err error) {
	if i > 0 {
		if err := r.checkGap(i); err != nil {
			if r.next < r.rp || r.bases[i] < r.rp {
				return false, err
			}
			r.l.store.logger().Warn("log is cut before a segment", "partition", r.l.tp.String(), "err", err)
			return false, r.setAside(i)
		}
	}
	seg := r.newSegment(i)
	r.next = seg.base
	if i > r.from {
		// Without this one, a later recovery takes an earlier one.
		if err := r.l.writeSnapshot(seg.base); err != nil && !vfs.IsNoSpace(err) {
			return false, err
		}
	}
	f, err := seg.acquire()
	if err != nil {
		return false, err
	}
	defer f.release()
	w := &segmentWalk{r: r, seg: seg, ix: newIndexer(seg.base, r.l.config.Load().IndexIntervalBytes)}
	pos, bad, err := w.run(f)
	if err != nil {
		return false, err
	}
	if bad != nil {
		if r.next < r.rp {
			return false, r.damaged(seg.base, pos, bad)
		}
		if err := r.cut(i, f, pos, bad); err != nil {
			return false, err
		}
	}
	sealed := i+1 < len(r.bases) && bad == nil
	if sealed {
		w.ix.seal()
	}
	return bad == nil, w.save(pos, sealed)
}

// segmentWalk rebuilds one segment.
type segmentWalk struct {
	r       *recovery
	seg     *segment
	ix      indexer
	tail    []tailBatch
	aborted []AbortedTxn
}

// run walks until the end, pos, or to the first bad batch, which begins there.
func (w *segmentWalk) run(f *segFile) (pos int64, bad, err error) {
	r := w.r
	sc := newScanner(f.f, 0, w.seg.size, true)
	link := chain{segBase: w.seg.base, next: w.seg.base, epoch: r.epoch, durable: r.rp}
	for sc.next() {
		h := sc.head
		if err := link.follow(sc); err != nil {
			return h.pos, err, nil
		}
		b, ok, err := sc.batch()
		if err == nil && ok {
			var more []AbortedTxn
			more, err = r.l.prod.replay(b, r.l.store.nowMs())
			w.aborted = append(w.aborted, more...)
		}
		if err != nil {
			return h.pos, err, nil
		}
		w.ix.add(h)
		w.tail = addTail(w.tail, tailBatch{base: h.base, last: h.last, pos: uint32(h.pos), size: uint32(h.size)})
		r.epochs, _ = r.epochs.grow(h.epoch, h.base)
		r.next, r.epoch = link.next, link.epoch
	}
	if sc.err != nil && !errors.Is(sc.err, ErrCorrupt) {
		return sc.pos, nil, fmt.Errorf("read %s at %d: %w", segmentName(w.seg.base, logSuffix), sc.pos, sc.err)
	}
	return sc.pos, sc.err, nil
}

// save writes the segment's companions, as far as they are not what they should
// be already. On a full disk those of the active segment stay in memory, as after
// an append.
func (w *segmentWalk) save(size int64, sealed bool) error {
	r, p := w.r, w.seg.place
	w.seg.size = size
	w.seg.aborted.Store(&w.aborted)
	var txns []byte
	for _, t := range w.aborted {
		txns = t.encode(txns)
	}
	a := r.l.activate(w.seg, w.ix)
	a.size, a.tail = size, w.tail
	err := errors.Join(correctFile(p.fs, p.path(w.seg.base, indexSuffix), w.ix.offsets, &a.offsetsWritten),
		correctFile(p.fs, p.path(w.seg.base, timeIndexSuffix), w.ix.times, &a.timesWritten))
	if len(txns) > 0 {
		err = errors.Join(err, correctFile(p.fs, p.path(w.seg.base, txnIndexSuffix), txns, &a.txnsWritten))
	} else if name := segmentName(w.seg.base, txnIndexSuffix); r.d.others[name] {
		err = errors.Join(err, r.d.remove(name))
	}
	a.lent = true // by the process that was killed
	r.act = a
	r.l.dirty.segs = append(r.l.dirty.segs, w.seg)
	if !sealed && vfs.IsNoSpace(err) {
		r.l.store.logger().Warn("index entries wait for space", "partition", r.l.tp.String(), "err", err)
		return nil
	}
	return err
}

// correctFile makes content the content of a file, unsynced. One that is right
// is not touched: it takes space to write it. written is the length afterwards.
func correctFile(fsys vfs.FS, name string, content []byte, written *int) error {
	if have, err := vfs.ReadFile(fsys, name); err != nil || !bytes.Equal(have, content) {
		if err := writeWhole(fsys, name, content); err != nil {
			return err
		}
	}
	*written = len(content)
	return nil
}

// finish publishes the log.
func (r *recovery) finish() error {
	l := r.l
	start := max(l.atOpen.start, r.bases[0])
	if start > r.next { // records below a durable log start were not durable
		l.dirty = dirt{files: l.dirty.files}
		return r.beginAt(start, false)
	}
	last := len(r.segs) - 1
	if last < r.from { // the walk ended before its first segment
		return fmt.Errorf("%w: no segment from offset %d on", ErrCorrupt, r.rp)
	}
	l.dirty.sealed = append(l.dirty.sealed, r.segs[r.from:last]...)
	l.dirty.dir = true
	l.isDirty.Store(true)
	// The epoch file is written when the next epoch begins, or with the next
	// sync; until then recovery would come to the same again.
	e := r.epochs.cutFrom(r.next).cutBefore(start)
	l.epochs.Store(&e)
	if slices.Equal(e, r.onDisk) {
		l.saved.epochs = true // but durable only with the next sync
		l.dirty.addFile(epochFile)
	}
	l.install(r.segs, r.act, start, r.next)
	l.store.logger().Info("log was recovered", "partition", l.tp.String(), "from", r.bases[r.from], "start", start, "end", r.next)
	return nil
}
