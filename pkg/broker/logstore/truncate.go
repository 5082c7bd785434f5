package logstore

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"kq/pkg/broker/vfs"
)

// TruncateTo removes the records from offset on, durably. If a batch begins
// before offset and ends after it, all of the batch goes and the log ends there.
// Regions that are being read stay as they are.
func (l *Log) TruncateTo(offset int64) error {
	return l.cut(offset, func(v *view) error {
		if offset >= v.end {
			if kept := l.epochs.Load().cutFrom(v.end); len(kept) != len(*l.epochs.Load()) {
				l.setEpochs(kept)
			}
			return nil
		}
		var err error
		if offset < v.segs[0].base {
			err = l.restartAt(v, offset)
		} else {
			err = l.truncate(v, offset)
		}
		if err != nil {
			return storageError(fmt.Sprintf("truncate %s to %d", l.tp, offset), err)
		}
		return nil
	})
}

// cut calls change with mu and syncMu held, when no cleaner is at the log and no
// swap is half done.
func (l *Log) cut(offset int64, change func(v *view) error) error {
	if offset < 0 {
		return outOfRange(l.tp, "truncation", offset, 0, l.EndOffset())
	}
	defer l.pauseCleaning()()
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	if err := l.finishSwap(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	return change(l.view.Load())
}

// TruncateToEpoch removes what lies behind the end of the largest leader epoch
// that is at most the given one, and gives the new end. Without such an epoch it
// removes nothing.
func (l *Log) TruncateToEpoch(epoch int32) (end int64, err error) {
	_, end, ok := l.EndOffsetForEpoch(epoch)
	if !ok {
		return l.EndOffset(), l.Err()
	}
	if err := l.TruncateTo(end); err != nil {
		return 0, err
	}
	return l.EndOffset(), nil
}

// TruncateFullyAndStartAt empties the log; the next record gets offset.
func (l *Log) TruncateFullyAndStartAt(offset int64) error {
	return l.cut(offset, func(v *view) error {
		if err := l.restartAt(v, offset); err != nil {
			return storageError(fmt.Sprintf("restart %s at %d", l.tp, offset), err)
		}
		return nil
	})
}

// lowerRecoveryPoint sees to it that recovery does not miss what a truncation
// takes away, even if a crash comes half-way. What becomes active needs its
// recovery point below its end.
func (l *Log) lowerRecoveryPoint(to int64) error {
	l.recoveryPoint.Store(min(l.recoveryPoint.Load(), to))
	return l.store.files.writeRecovery()
}

// restartAt needs syncMu and mu.
func (l *Log) restartAt(v *view, offset int64) error {
	if err := l.lowerRecoveryPoint(0); err != nil { // it moves up again with the next sync
		return err
	}
	l.act.disown()
	backwards := slices.Clone(v.segs)
	slices.Reverse(backwards)
	l.undirty(v.segs)
	if err := l.dropSegments(backwards, false); err != nil {
		return l.fail(err)
	}
	d, err := listDir(l.place)
	if err == nil {
		err = d.removeSnapshots(func(int64) bool { return true })
	}
	a, newErr := l.newActive(offset)
	if err = errors.Join(err, newErr); err != nil {
		return l.fail(err)
	}
	l.act = a
	l.prod = newProducers(offset)
	l.saved.snapshot = offset
	l.dirty = dirt{dir: true}
	l.publish([]*segment{a.seg}, offset, offset)
	l.hw.Store(offset)
	l.store.files.cutCleaned(l.tp, offset)
	l.setEpochs(epochs{})
	l.publishUnstable()
	l.synced.Store(offset)
	if err := l.place.fs.SyncDir(l.place.dir); err != nil {
		return l.fail(err)
	}
	return l.store.files.writeStarts()
}

// truncate needs syncMu and mu; offset lies inside the log, not before the
// first segment.
func (l *Log) truncate(v *view, offset int64) error {
	i := v.segmentOf(offset)
	pos, end, err := l.cutPoint(v, i, offset)
	if err != nil {
		return err
	}
	seg := v.segs[i]
	last, err := l.keptBefore(v, i, pos)
	if err != nil {
		return err
	}
	if err := l.lowerRecoveryPoint(max(seg.base, min(end-1, last))); err != nil {
		return err
	}
	l.act.disown()
	goes := slices.Clone(v.segs[i+1:])
	slices.Reverse(goes)
	l.undirty(v.segs[i+1:])
	l.undirtyRecords(v.segs[i : i+1]) // another takes its place, behind the same snapshot
	if err := l.dropSegments(goes, false); err != nil {
		return l.fail(err)
	}
	x, err := v.offsetIndex(i)
	if err != nil {
		return l.fail(err)
	}
	t, err := v.timeIndex(i)
	if err != nil {
		return l.fail(err)
	}
	txns, err := seg.abortedTxns()
	if err != nil {
		return l.fail(err)
	}
	next := &segment{place: l.place, base: seg.base, size: pos}
	kept := slices.DeleteFunc(slices.Clone(txns), func(t AbortedTxn) bool { return t.LastOffset >= end })
	next.aborted.Store(&kept)
	rel := end - seg.base
	if err := l.shorten(seg, pos, x.cutAt(rel, pos), t.cutAt(rel), kept); err != nil {
		return l.fail(err)
	}
	if err := l.fill(next, last, end); err != nil {
		return l.fail(err)
	}
	if err := l.reopen(v, i, next, end); err != nil {
		return l.fail(err)
	}
	return l.store.files.writeStarts()
}

// cutPoint finds where the batch that holds offset begins.
func (l *Log) cutPoint(v *view, i int, offset int64) (pos, end int64, err error) {
	file, err := v.segs[i].acquire()
	if err != nil {
		return 0, 0, err
	}
	defer file.release()
	r := segmentReader{l: l, v: v, i: i, file: file.f}
	defer r.close()
	h, found, err := r.find(offset)
	if err != nil {
		return 0, 0, err
	}
	if !found { // compaction left nothing from offset on
		return v.sizeOf(i), offset, nil
	}
	return h.pos, min(offset, h.base), nil
}

// keptBefore is the offset after the last batch of segment i that lies before
// pos.
func (l *Log) keptBefore(v *view, i int, pos int64) (int64, error) {
	x, err := v.offsetIndex(i)
	if err != nil {
		return 0, err
	}
	file, err := v.segs[i].acquire()
	if err != nil {
		return 0, err
	}
	defer file.release()
	last := v.segs[i].base
	sc := newScanner(file.f, x.floor(pos-1), pos, false)
	for sc.next() {
		last = sc.head.last + 1
	}
	return last, sc.err
}

// fill makes a segment that ends where compaction has left nothing end at an
// offset, with batches that have no records, durably: recovery must find the end.
func (l *Log) fill(seg *segment, last, end int64) (err error) {
	if last >= end {
		return nil
	}
	f, err := seg.place.fs.OpenFile(seg.place.path(seg.base, logSuffix), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	p := emptyBatches(last, end)
	_, err = f.WriteAt(p, seg.size)
	if err == nil {
		err = f.Sync()
	}
	seg.size += int64(len(p))
	return errors.Join(err, f.Close())
}

// shorten cuts a segment's files: the log file in place if nobody reads it, by a
// copy that takes its name otherwise.
func (l *Log) shorten(seg *segment, pos int64, x offsetIndex, t timeIndex, txns []AbortedTxn) error {
	p := l.place
	name := p.path(seg.base, logSuffix)
	if seg.kill() {
		if err := truncateFile(p.fs, name, pos); err != nil {
			return err
		}
	} else if err := l.replaceByCopy(name, pos); err != nil {
		return err
	}
	var raw []byte
	for _, t := range txns {
		raw = t.encode(raw)
	}
	err := errors.Join(writeWhole(p.fs, p.path(seg.base, indexSuffix), x), writeWhole(p.fs, p.path(seg.base, timeIndexSuffix), t))
	if len(raw) > 0 {
		return errors.Join(err, writeWhole(p.fs, p.path(seg.base, txnIndexSuffix), raw))
	}
	return errors.Join(err, ignoreMissing(p.fs.Remove(p.path(seg.base, txnIndexSuffix))))
}

func truncateFile(fsys vfs.FS, name string, size int64) error {
	f, err := fsys.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Truncate(size)
	if err == nil {
		err = f.Sync() // the old end must not come back behind new records
	}
	return errors.Join(err, f.Close())
}

// replaceByCopy puts a copy of the first size bytes in a log file's place. The
// copy is called .cleaned while it is written and .swap when it is complete.
func (l *Log) replaceByCopy(name string, size int64) error {
	f, err := l.place.fs.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := copyRange(l.place.fs, name+cleanedSuffix, f, 0, size); err != nil {
		return err
	}
	if err := l.place.fs.Rename(name+cleanedSuffix, name+swapSuffix); err != nil {
		return err
	}
	if err := l.place.fs.SyncDir(l.place.dir); err != nil {
		return err
	}
	return l.place.fs.Rename(name+swapSuffix, name)
}

// reopen publishes the log that ends in segment i, at end.
func (l *Log) reopen(v *view, i int, next *segment, end int64) error {
	a, last, err := l.openActive(next)
	if err != nil {
		return err
	}
	if last > end {
		return fmt.Errorf("%w: %s still ends at %d", ErrCorrupt, segmentName(next.base, logSuffix), last)
	}
	segs := append(slices.Clone(v.segs[:i]), next)
	d, err := listDir(l.place)
	if err != nil {
		return err
	}
	if err := d.removeSnapshots(func(offset int64) bool { return offset > end }); err != nil {
		return err
	}
	if err := l.place.fs.SyncDir(l.place.dir); err != nil {
		return err
	}
	if err := l.loadProducers(d, segs, end); err != nil {
		return err
	}
	for name := range l.dirty.files {
		if base, suffix, ok := parseSegmentName(name); ok && suffix == snapshotSuffix && base > end {
			delete(l.dirty.files, name)
		}
	}
	l.act = a
	l.touch()
	l.hw.Store(min(l.hw.Load(), end))
	l.synced.Store(min(l.synced.Load(), end))
	l.store.files.cutCleaned(l.tp, end)
	l.publish(segs, min(v.start, end), end)
	l.publishUnstable()
	l.setEpochs(l.epochs.Load().cutFrom(end))
	return nil
}
