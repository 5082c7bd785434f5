package logstore

import (
	"errors"
	"slices"
)

// roll seals the active segment and makes a new one, which begins at base or,
// if that is later, at the end of the log. On error the old one stays active.
// It needs mu.
func (l *Log) roll(base int64) error {
	a, v := &l.act, l.view.Load()
	base = max(base, v.end)
	if a.size == 0 && a.seg.base == base {
		return nil
	}
	if err := l.cutTorn(); err != nil {
		return err
	}
	a.ix.seal()
	if err := a.writeIndexes(true); err != nil {
		return err
	}
	next, err := l.newActive(base)
	if err != nil {
		return err
	}
	if err := l.writeSnapshot(base); err != nil {
		next.disown()
		next.seg.kill()
		return errors.Join(err, l.removeSegmentFiles(base))
	}
	old, ix, empty := a.seg, a.ix, a.size == 0
	old.size = a.size
	a.disown()
	l.act = next
	l.dirty.dir = true
	segs := append(slices.Clip(v.segs), next.seg)
	if empty { // a follower whose first record lies far ahead
		segs = append(slices.Clone(v.segs[:len(v.segs)-1]), next.seg)
		l.publish(segs, v.start, v.end)
		old.kill()
		return l.removeSegmentFiles(old.base)
	}
	if f := old.file.Load(); f != nil {
		old.cacheFile(f)
	}
	old.keepIndexes(ix.offsets, ix.times)
	l.dirty.sealed = append(l.dirty.sealed, old)
	l.publish(segs, v.start, v.end)
	l.store.syncer.add(l, syncRest)
	return nil
}

// writeSnapshot writes the producer state at the end of the log, unsynced. It
// needs mu.
func (l *Log) writeSnapshot(offset int64) error {
	l.prod.expire(l.store.nowMs(), l.store.opts.ProducerIDExpiration.Milliseconds())
	l.prod.end = offset
	name := segmentName(offset, snapshotSuffix)
	if err := writeFileUnsynced(l.place.fs, l.file(name), encodeSnapshot(l.prod.sorted())); err != nil {
		return err
	}
	l.saved.snapshot = offset
	l.dirty.addFile(name)
	return nil
}

// removeSegmentFiles removes the files of a segment that nobody needs.
func (l *Log) removeSegmentFiles(base int64) (err error) {
	for _, suffix := range []string{logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix} {
		err = errors.Join(err, ignoreMissing(l.place.fs.Remove(l.place.path(base, suffix))))
	}
	return err
}

// Roll seals the active segment unless it is empty.
func (l *Log) Roll() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if err := l.roll(l.view.Load().end); err != nil {
		return storageError("roll segment of "+l.tp.String(), err)
	}
	return nil
}
