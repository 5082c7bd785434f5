package logstore

import (
	"errors"
	"fmt"
	"slices"
)

// A cleaned segment takes the place of those it was made from in steps that a
// crash may come between (UnifiedLog.replaceSegments). Its files are durable as
// .cleaned, then as .swap: from then on the next start would go on with it. Only
// then readers see it, what it replaces is renamed to .deleted, durably, and it
// gets its own names.

// errReplaced says that a cleaning is worth nothing: the segments it has read
// have left the log.
var errReplaced = errors.New("segments have left the log")

// pendingSwap is a swap that readers see already, and whose names do not say so
// yet.
type pendingSwap struct {
	seg     *segment
	olds    []*segment // whose files go
	removed bool       // they are gone, durably
}

// swapIn puts a cleaned segment in the place of others. Until it returns without
// an error, they stay, unless the error took the log offline or pending is left.
func (l *Log) swapIn(s *cleanedSegment, olds []*segment, end int64, seg *segment) error {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	if err := l.finishSwap(); err != nil {
		return errors.Join(err, s.discard())
	}
	if err := l.maySwap(olds, end); err != nil {
		return errors.Join(err, s.discard())
	}
	if err := s.f.Close(); err != nil {
		return errors.Join(err, s.discard())
	}
	for i, suffix := range s.names {
		name := l.place.path(s.base, suffix)
		if err := l.place.fs.Rename(name+cleanedSuffix, name+swapSuffix); err != nil {
			return l.undoSwap(s, i, err)
		}
	}
	if err := l.place.fs.SyncDir(l.place.dir); err != nil {
		return l.fail(fmt.Errorf("sync: %w", err))
	}
	seg.swap = slices.Clone(s.names)
	l.replace(olds, seg)
	seg.keepIndexes(s.ix.offsets, s.ix.times)
	l.swap = &pendingSwap{seg: seg, olds: olds}
	return l.finishSwap()
}

// maySwap says whether the segments are still there, and durable so that what
// recovery checks lies behind them: inside a cleaned segment there may be gaps.
// It needs syncMu.
func (l *Log) maySwap(olds []*segment, end int64) error {
	if _, err := l.locate(olds); err != nil {
		return err
	}
	if l.store.files.recoveryOnDisk(l.tp) >= end {
		return nil
	}
	if err := l.store.files.writeRecovery(); err != nil {
		return err
	}
	if have := l.store.files.recoveryOnDisk(l.tp); have < end {
		return fmt.Errorf("%w: the recovery point went back to %d", errReplaced, have)
	}
	return nil
}

// locate gives the place of the segments in the view.
func (l *Log) locate(olds []*segment) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return 0, err
	}
	return l.view.Load().place(olds)
}

// place gives the place of segments that follow one another and are sealed.
func (v *view) place(segs []*segment) (int, error) {
	at := slices.Index(v.segs, segs[0])
	if at < 0 || at+len(segs) >= len(v.segs) || !slices.Equal(v.segs[at:at+len(segs)], segs) {
		return 0, errReplaced
	}
	return at, nil
}

// undoSwap goes back after n files were renamed: the names that would count
// first, durably.
func (l *Log) undoSwap(s *cleanedSegment, n int, cause error) error {
	fsys := l.place.fs
	for _, suffix := range s.names[:n] {
		if err := fsys.Remove(l.place.path(s.base, suffix) + swapSuffix); err != nil {
			return errors.Join(cause, err)
		}
	}
	if err := fsys.SyncDir(l.place.dir); err != nil {
		return l.fail(fmt.Errorf("sync: %w", err))
	}
	for _, suffix := range s.names[n:] {
		cause = errors.Join(cause, ignoreMissing(fsys.Remove(l.place.path(s.base, suffix)+cleanedSuffix)))
	}
	return cause
}

// replace publishes seg instead of others. It needs syncMu, under which no
// segment but a new active one comes and none goes.
func (l *Log) replace(olds []*segment, seg *segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.view.Load()
	at, err := v.place(olds)
	if err != nil {
		return
	}
	segs := slices.Concat(v.segs[:at], []*segment{seg}, v.segs[at+len(olds):])
	l.undirtyRecords(olds)
	for _, old := range olds[1:] {
		delete(l.dirty.files, segmentName(old.base, snapshotSuffix))
	}
	l.publish(segs, v.start, v.end)
	for _, old := range olds {
		old.kill()
	}
}

// finishSwap gives the files of a swap their names. One that could not be
// finished is tried again by whoever changes the log's files next, or by the next
// start. It needs syncMu.
func (l *Log) finishSwap() error {
	p := l.swap
	if p == nil {
		return nil
	}
	if err := l.Err(); err != nil {
		return err
	}
	if !p.removed {
		for i, old := range p.olds {
			if err := l.dropReplaced(old, i > 0); err != nil {
				return storageError("replace segments of "+l.tp.String(), err)
			}
		}
		if err := l.place.fs.SyncDir(l.place.dir); err != nil {
			return l.fail(fmt.Errorf("sync: %w", err))
		}
		p.removed = true
	}
	if err := l.renameSwap(p.seg); err != nil {
		return storageError("replace segments of "+l.tp.String(), err)
	}
	l.swap = nil
	if err := l.place.fs.SyncDir(l.place.dir); err != nil {
		return l.fail(fmt.Errorf("sync: %w", err))
	}
	return nil
}

// dropReplaced takes the files of a replaced segment away. The snapshot of the
// first one belongs to what takes its place.
func (l *Log) dropReplaced(old *segment, snapshot bool) (err error) {
	suffixes := []string{logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix}
	if snapshot {
		suffixes = append(suffixes, snapshotSuffix)
	}
	for _, suffix := range suffixes {
		err = errors.Join(err, l.dropFile(l.place.path(old.base, suffix), l.store.memory != nil, l.deleteDelay()))
	}
	return err
}

// renameSwap gives the log file its name first, durably: until then, whatever has
// its own name is of what was replaced. It needs syncMu.
func (l *Log) renameSwap(seg *segment) error {
	seg.mu.Lock()
	defer seg.mu.Unlock()
	for len(seg.swap) > 0 {
		suffix := seg.swap[0]
		name := l.place.path(seg.base, suffix)
		if err := l.place.fs.Rename(name+swapSuffix, name); err != nil {
			return err
		}
		seg.swap = seg.swap[1:]
		if suffix != logSuffix {
			continue
		}
		if err := l.place.fs.SyncDir(l.place.dir); err != nil {
			return l.fail(fmt.Errorf("sync: %w", err))
		}
	}
	return nil
}
