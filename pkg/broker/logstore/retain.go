package logstore

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"kq/pkg/broker/vfs"
)

// Retain deletes what retention.ms, retention.bytes and the log starts allow, in
// all logs, and forgets producers that were idle for too long. It runs every
// RetentionInterval.
func (s *Store) Retain() {
	for _, l := range s.Logs() {
		if err := l.retain(); err != nil && l.Err() == nil && !errors.Is(err, ErrClosed) {
			s.logger().Warn("retention has to wait", "partition", l.tp.String(), "err", err)
		}
	}
}

func (l *Log) retain() error {
	v, err := l.opened()
	if err != nil {
		return err
	}
	l.expireProducers()
	n, err := l.deletable(v, l.store.nowMs())
	if err != nil || n == 0 {
		return err
	}
	return l.deleteOldest(v.segs[n-1].base, false)
}

func (l *Log) expireProducers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.prod != nil {
		l.prod.expire(l.store.nowMs(), l.store.opts.ProducerIDExpiration.Milliseconds())
	}
}

// deletable counts the segments, from the oldest on, that may go
// (UnifiedLog.deleteOldSegments): below the log start; what the log has more
// than retention.bytes; what is older than retention.ms. Nothing goes that is
// not below the high watermark, and no empty active segment.
func (l *Log) deletable(v *view, now int64) (n int, err error) {
	c := l.config.Load()
	hw := l.hw.Load()
	count := func(from int, goes func(i int) (bool, error)) (int, error) {
		for i := from; i < len(v.segs); i++ {
			if v.endOf(i) > hw || i == len(v.segs)-1 && v.size == 0 {
				return i, nil
			}
			if ok, err := goes(i); err != nil || !ok {
				return i, err
			}
		}
		return len(v.segs), nil
	}
	if n, err = count(0, func(i int) (bool, error) { return i < len(v.segs)-1 && v.endOf(i) <= v.start, nil }); err != nil || !c.Delete {
		return n, err
	}
	if c.RetentionBytes >= 0 {
		excess := -c.RetentionBytes
		for i := n; i < len(v.segs); i++ {
			excess += v.sizeOf(i)
		}
		if n, err = count(n, func(i int) (bool, error) {
			excess -= v.sizeOf(i)
			return excess >= 0, nil
		}); err != nil {
			return n, err
		}
	}
	if c.RetentionMs >= 0 {
		n, err = count(n, func(i int) (bool, error) {
			m, err := v.maxTimestamp(i)
			return err == nil && now-v.segs[i].largestTimestamp(m) > c.RetentionMs, err
		})
	}
	return n, err
}

// deleteOldest deletes the segments up to the one at base. If that is all of
// them, the active one is rolled first; on a full disk it stays until the others
// have made room. With now, files go at once.
func (l *Log) deleteOldest(base int64, now bool) error {
	l.syncMu.Lock() // the directory stays where it is
	defer l.syncMu.Unlock()
	if err := l.finishSwap(); err != nil {
		return err
	}
	goes, err := l.detachOldest(base)
	if len(goes) == 0 {
		return err
	}
	if err := l.dropSegments(goes, now || err != nil); err != nil {
		return err
	}
	l.cutEpochs()
	return nil
}

// detachOldest takes segments out of the view. It may do so and fail, when the
// disk has no space to roll the active one.
func (l *Log) detachOldest(base int64) ([]*segment, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return nil, err
	}
	var full error
	if v := l.view.Load(); v.active().base <= base {
		if err := l.roll(v.end); err != nil {
			if full = storageError("roll segment of "+l.tp.String(), err); !vfs.IsNoSpace(err) {
				return nil, full
			}
		}
	}
	v := l.view.Load()
	n, found := slices.BinarySearchFunc(v.segs, base, func(s *segment, b int64) int { return cmp.Compare(s.base, b) })
	if found {
		n++
	}
	if n = min(n, len(v.segs)-1); n == 0 {
		return nil, full
	}
	if err := l.syncSnapshot(v.segs[n].base); err != nil {
		return nil, err
	}
	l.moveStart(slices.Clone(v.segs[n:]), max(v.start, v.segs[n].base))
	l.undirty(v.segs[:n])
	return v.segs[:n], full
}

// syncSnapshot makes a snapshot durable, before the records go that it stands
// for. It needs syncMu and mu.
func (l *Log) syncSnapshot(offset int64) error {
	name := segmentName(offset, snapshotSuffix)
	if !l.dirty.files[name] {
		return nil
	}
	err := syncFile(l.place.fs, l.file(name))
	if err == nil {
		err = l.place.fs.SyncDir(l.place.dir)
	}
	switch {
	case err == nil:
		return nil
	case isBeforeSync(err):
		return storageError("sync "+l.file(name), err)
	}
	return l.fail(fmt.Errorf("sync: %w", err))
}

// undirty forgets what segments that go away have written. It needs mu.
func (l *Log) undirty(segs []*segment) {
	l.undirtyRecords(segs)
	for _, s := range segs {
		delete(l.dirty.files, segmentName(s.base, snapshotSuffix))
	}
}

// undirtyRecords is undirty for segments whose snapshots stay. It needs mu.
func (l *Log) undirtyRecords(segs []*segment) {
	gone := func(d *segment) bool { return slices.Contains(segs, d) }
	l.dirty.segs = slices.DeleteFunc(l.dirty.segs, gone)
	l.dirty.sealed = slices.DeleteFunc(l.dirty.sealed, gone)
}

// moveStart publishes a later log start. It needs mu.
func (l *Log) moveStart(segs []*segment, start int64) {
	l.publish(segs, start, l.view.Load().end)
	l.prod.replicated(start)
	l.publishUnstable()
}

// cutEpochs drops the epochs below the log start, once that is durable: after a
// crash, the log must not begin before its first epoch.
func (l *Log) cutEpochs() {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := *l.epochs.Load()
	if kept := e.cutBefore(l.view.Load().start); len(kept) != len(e) || len(e) > 0 && kept[0] != e[0] {
		l.setEpochs(kept)
	}
}

// dropSegments takes the files of segments away that no view has any more, in
// the order given and each durably before the next, so that a crash leaves no
// hole; and the log before its companions, which it needs as long as it is
// there. Readers keep what they hold. It needs syncMu.
func (l *Log) dropSegments(segs []*segment, now bool) (err error) {
	delay := l.deleteDelay()
	for _, s := range segs {
		s.kill()
		err = errors.Join(err, l.dropFile(l.place.path(s.base, logSuffix), now, delay), l.place.fs.SyncDir(l.place.dir))
		for _, suffix := range []string{indexSuffix, timeIndexSuffix, txnIndexSuffix, snapshotSuffix} {
			err = errors.Join(err, l.dropFile(l.place.path(s.base, suffix), now, delay))
		}
	}
	if err != nil {
		return storageError("delete segments of "+l.tp.String(), err)
	}
	return nil
}

// deleteDelay is file.delete.delay.ms.
func (l *Log) deleteDelay() time.Duration {
	return time.Duration(min(l.config.Load().FileDeleteDelayMs, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

func (l *Log) dropFile(name string, now bool, delay time.Duration) error {
	if now {
		return ignoreMissing(l.place.fs.Remove(name))
	}
	err := l.place.fs.Rename(name, name+deletedSuffix)
	if err == nil {
		l.store.keeper.removeLater(name+deletedSuffix, TopicPartition{}, delay)
	}
	return ignoreMissing(err)
}

// AdvanceStart moves the log start, durably, as DeleteRecords does. It fails
// with ErrOffsetOutOfRange beyond the high watermark; an earlier offset changes
// nothing. Whole segments below go with the next retention.
func (l *Log) AdvanceStart(offset int64) error {
	if err := l.checkStart(offset); err != nil {
		return err
	}
	for old := l.nextStart.Load(); old < offset && !l.nextStart.CompareAndSwap(old, offset); {
		old = l.nextStart.Load()
	}
	err := l.store.files.writeStarts()
	if vfs.IsNoSpace(err) && l.deleteBelow(offset) {
		err = l.store.files.writeStarts()
	}
	if err != nil {
		l.nextStart.CompareAndSwap(offset, 0)
		return storageError("write log start of "+l.tp.String(), err)
	}
	l.mu.Lock()
	if v := l.view.Load(); offset > v.start && offset <= v.end && !l.closed {
		l.moveStart(v.segs, offset)
	}
	l.nextStart.CompareAndSwap(offset, 0)
	l.mu.Unlock()
	l.cutEpochs()
	return nil
}

// deleteBelow deletes the segments that end at or below an offset now, which
// takes no space. It reports whether there were any.
func (l *Log) deleteBelow(offset int64) bool {
	v := l.view.Load()
	n := 0
	for n < len(v.segs)-1 && v.endOf(n) <= offset {
		n++
	}
	return n > 0 && l.deleteOldest(v.segs[n-1].base, true) == nil
}

func (l *Log) checkStart(offset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if hw := l.hw.Load(); offset > hw || offset < 0 {
		return outOfRange(l.tp, "log start", offset, l.view.Load().start, hw)
	}
	return nil
}
