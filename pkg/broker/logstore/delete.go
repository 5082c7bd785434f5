package logstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"kq/pkg/broker/vfs"
)

func (s *Store) describeStrays(tps []TopicPartition) []Stray {
	slices.SortFunc(tps, compareTP)
	out := make([]Stray, 0, len(tps))
	for _, tp := range tps {
		st := Stray{TopicPartition: tp, Dir: s.path(tp.String())}
		if raw, err := vfs.ReadFile(s.fs, filepath.Join(st.Dir, partitionMetaFile)); err == nil {
			if id, err := parsePartitionMetadata(raw); err == nil {
				st.TopicID = id
			}
		}
		out = append(out, st)
	}
	return out
}

// Delete takes a log, or a stray directory, out of the store: the directory is
// renamed at once, durably, and removed after file.delete.delay.ms. Regions that
// are being read stay readable. It fails with ErrNotFound if there is neither.
func (s *Store) Delete(tp TopicPartition) error {
	s.mu.Lock()
	l, loaded := s.logs[tp]
	stray := s.found[tp]
	if s.closed || !loaded && !stray {
		s.mu.Unlock()
		return fmt.Errorf("delete log: %w: %s", ErrNotFound, tp)
	}
	delete(s.logs, tp)
	delete(s.found, tp)
	s.mu.Unlock()

	delay := Config{}.withDefaults().FileDeleteDelayMs
	if l != nil {
		delay = l.config.Load().FileDeleteDelayMs
		defer l.pauseCleaning()() // no file of it is open for writing when it is renamed
		l.end()
	}
	s.files.forget(tp)
	to := s.path(markedDirName(tp, deleteDirSuffix))
	err := s.fs.Rename(s.path(tp.String()), to)
	if err == nil {
		err = s.fs.SyncDir(s.opts.Dir)
	}
	if ignoreMissing(err) != nil {
		return storageError("delete log "+tp.String(), err)
	}
	s.mu.Lock()
	s.gone[tp] = struct{}{}
	s.mu.Unlock()
	s.keeper.removeLater(to, tp, time.Duration(delay)*time.Millisecond)
	return nil
}

// end closes the log without a flush. Readers keep what they hold.
func (l *Log) end() {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLocked()
}

// endLocked needs syncMu and mu.
func (l *Log) endLocked() {
	if l.closed {
		return
	}
	l.closed = true
	l.act.disown()
	if v := l.view.Load(); v != nil {
		for _, seg := range v.segs {
			seg.kill()
		}
	}
}

// close ends the log at the store's end. With clean, it first makes everything
// durable and leaves what a lazy open needs: exact indexes, a producer snapshot
// at the end, epochs.
func (l *Log) close(clean bool) error {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	var err error
	if clean {
		err = errors.Join(l.finishSwap(), l.settle())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLocked()
	return err
}

// settle needs syncMu.
func (l *Log) settle() error {
	l.mu.Lock()
	l.closing = true
	if err := l.Err(); err != nil || l.closed || l.view.Load() == nil {
		l.mu.Unlock()
		return err
	}
	err := l.settleFiles()
	l.mu.Unlock()
	if err != nil {
		return storageError("close log "+l.tp.String(), err)
	}
	if _, err := l.syncLocked(syncData | syncRest); err != nil {
		return err
	}
	// The active segment's companions are durable too.
	l.recoveryPoint.Store(l.view.Load().end)
	return nil
}

// settleFiles needs mu.
func (l *Log) settleFiles() error {
	if err := l.cutTorn(); err != nil {
		return err
	}
	a := &l.act
	a.ix.seal()
	if !a.settled {
		l.dirty.sealed = append(l.dirty.sealed, a.seg)
		l.dirty.dir = true
	}
	if err := a.writeIndexes(true); err != nil {
		return err
	}
	if end := l.view.Load().end; l.saved.snapshot != end {
		return l.writeSnapshot(end)
	}
	return nil
}

// removeLater queues a file or directory for removal.
func (k *keeper) removeLater(path string, tp TopicPartition, after time.Duration) {
	k.mu.Lock()
	k.removal = append(k.removal, removal{path: path, due: time.Now().Add(after), tp: tp})
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// nextRemoval says how long the next one has to wait.
func (k *keeper) nextRemoval() (wait time.Duration, any bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.removal) == 0 {
		return 0, false
	}
	first := slices.MinFunc(k.removal, func(a, b removal) int { return a.due.Compare(b.due) })
	return max(0, time.Until(first.due)), true
}

// removeDue removes what is due. What cannot be removed is tried again in a
// minute, or found by the next start.
func (k *keeper) removeDue() {
	now := time.Now()
	k.mu.Lock()
	var due []removal
	k.removal = slices.DeleteFunc(k.removal, func(r removal) bool {
		if r.due.After(now) {
			return false
		}
		due = append(due, r)
		return true
	})
	k.mu.Unlock()
	if len(due) == 0 {
		return
	}
	// A recovery point must not outlive the directory: it would be missed.
	if slices.ContainsFunc(due, func(r removal) bool { return r.tp != TopicPartition{} }) {
		if err := k.store.files.writeRecovery(); err != nil {
			k.store.logger().Warn("cannot write recovery points", "err", err)
		}
	}
	for _, r := range due {
		if err := k.remove(r); err != nil {
			k.store.logger().Warn("cannot remove what was deleted", "path", r.path, "err", err)
			k.removeLater(r.path, r.tp, time.Minute)
		}
	}
}

func (k *keeper) remove(r removal) error {
	if r.tp == (TopicPartition{}) {
		return ignoreMissing(k.store.fs.Remove(r.path))
	}
	return k.store.fs.RemoveAll(r.path)
}
