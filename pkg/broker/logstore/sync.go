package logstore

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// dirt is what a log has written that a power loss may still take away.
type dirt struct {
	segs   []*segment      // .log files, ascending
	sealed []*segment      // whose indexes are not durable, ascending
	files  map[string]bool // snapshots and epochs, by name
	dir    bool            // names in the directory
}

func (d *dirt) addFile(name string) {
	if d.files == nil {
		d.files = map[string]bool{}
	}
	d.files[name] = true
	d.dir = true
}

// touch notes that the active segment is being written. It needs mu.
func (l *Log) touch() {
	if n := len(l.dirty.segs); n == 0 || l.dirty.segs[n-1] != l.act.seg {
		l.dirty.segs = append(l.dirty.segs, l.act.seg)
	}
	if l.isDirty.Load() {
		return
	}
	l.isDirty.Store(true)
	if ms := l.config.Load().FlushMs; ms < math.MaxInt64/int64(time.Millisecond) && l.syncMode() < SyncCommit {
		time.AfterFunc(time.Duration(ms)*time.Millisecond, func() { l.store.syncer.add(l, syncData|syncRest) })
	}
}

// syncScope says what of a log is to become durable.
type syncScope uint32

const (
	syncData   syncScope = 1 << iota // all records
	syncRest                         // sealed segments with their indexes, snapshots, epochs
	syncNotify                       // nothing: only tell that the log went offline
	syncBusy                         // the log is queued or being synced
)

// syncTo makes the records below end durable, unless another call just has.
func (l *Log) syncTo(end int64) error {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	if l.synced.Load() >= end {
		return l.Err()
	}
	_, err := l.syncLocked(syncData)
	return err
}

// Flush makes everything durable.
func (l *Log) Flush() error {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	_, err := l.syncLocked(syncData | syncRest)
	return err
}

// syncLocked needs syncMu. moved reports that the synced offset did.
func (l *Log) syncLocked(scope syncScope) (moved bool, err error) {
	job, end, err := l.takeDirt(scope)
	if err != nil || end == noOffset {
		return false, err
	}
	if err := l.clean(job); err != nil {
		if isBeforeSync(err) {
			l.giveBack(job)
			return false, storageError("sync "+l.tp.String(), err)
		}
		return false, l.fail(fmt.Errorf("sync: %w", err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	moved = end > l.synced.Load()
	if moved {
		l.synced.Store(end)
	}
	l.isDirty.Store(len(l.dirty.segs) > 0)
	l.moveRecoveryPoint()
	return moved, nil
}

// takeDirt hands what is to be synced to the caller, who holds syncMu; end is
// where the durable records will end. Bytes written from now on make new dirt.
func (l *Log) takeDirt(scope syncScope) (job dirt, end int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.Err(); err != nil {
		return dirt{}, noOffset, err
	}
	v := l.view.Load()
	if v == nil || l.closed {
		return dirt{}, noOffset, nil
	}
	if scope&syncRest != 0 {
		if err := l.writeEpochs(); err != nil {
			return dirt{}, noOffset, storageError("write leader epochs of "+l.tp.String(), err)
		}
	}
	end = v.end
	job.segs, l.dirty.segs = l.dirty.segs, nil
	if scope&syncData == 0 {
		end = l.synced.Load()
		if n := len(job.segs); n > 0 {
			end = l.act.seg.base
			if job.segs[n-1] == l.act.seg {
				l.dirty.segs, job.segs = job.segs[n-1:], job.segs[:n-1:n-1]
			}
		}
	}
	job.dir, l.dirty.dir = l.dirty.dir, false
	if scope&syncRest != 0 {
		job.sealed, job.files = l.dirty.sealed, l.dirty.files
		l.dirty.sealed, l.dirty.files = nil, nil
	}
	return job, end, nil
}

// giveBack takes back what could not even be tried to be synced.
func (l *Log) giveBack(job dirt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.dirty.segs {
		if !slices.Contains(job.segs, s) {
			job.segs = append(job.segs, s)
		}
	}
	l.dirty.segs = job.segs
	l.dirty.sealed = append(job.sealed, l.dirty.sealed...)
	for name := range job.files {
		l.dirty.addFile(name)
	}
	l.dirty.dir = l.dirty.dir || job.dir
}

// beforeSync marks an error that came before a sync was asked for: nothing is
// known to be lost, and the next try may work.
type beforeSync struct{ error }

func (e beforeSync) Unwrap() error { return e.error }

func isBeforeSync(err error) bool {
	var e beforeSync
	return errors.As(err, &e) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// clean waits for the disk.
func (l *Log) clean(job dirt) error {
	if err := l.store.files.syncDirs(); err != nil { // the log's own directory
		return err
	}
	for _, s := range job.segs {
		if err := s.sync(); err != nil {
			return err
		}
	}
	for _, s := range job.sealed {
		if err := s.syncCompanions(); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(job.files)) {
		if err := syncFile(l.place.fs, filepath.Join(l.place.dir, name)); err != nil {
			return err
		}
	}
	if job.dir {
		return l.place.fs.SyncDir(l.place.dir)
	}
	return nil
}

// moveRecoveryPoint lets recovery start as late as what is durable allows. It
// stays below the end of the active segment, whose indexes are not durable: once
// that is sealed, the recovery point must not have passed it yet. It needs mu.
func (l *Log) moveRecoveryPoint() {
	to := l.synced.Load()
	if base := l.act.seg.base; to > base {
		to = max(base, to-1)
	}
	if len(l.dirty.files) > 0 || l.dirty.dir || !l.saved.epochs {
		return
	}
	if len(l.dirty.sealed) > 0 {
		to = min(to, l.dirty.sealed[0].base)
	}
	if to > l.recoveryPoint.Load() {
		l.recoveryPoint.Store(to)
	}
}

// syncer makes logs durable behind their appenders' backs: the group commit. A
// log is in it at most once; what is appended while it is being synced is the
// next group. Several logs are synced at the same time, by goroutines that live
// only while there is work.
type syncer struct {
	workers  int
	onSynced func(*Log)

	mu      sync.Mutex
	queue   []*Log // guarded by mu
	running int    // guarded by mu
	stopped bool   // guarded by mu
	idle    sync.Cond
}

func newSyncer(workers int) *syncer {
	s := &syncer{workers: workers}
	s.idle.L = &s.mu // the zero Cond has no lock
	return s
}

// syncRetry is the pause after a sync that could not even begin.
const syncRetry = 200 * time.Millisecond

// add asks for a sync of a log.
func (s *syncer) add(l *Log, scope syncScope) {
	if old := l.wants.Or(uint32(scope | syncBusy)); old&uint32(syncBusy) == 0 {
		s.push(l)
	}
}

func (s *syncer) push(l *Log) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.queue = append(s.queue, l)
	if s.running < s.workers {
		s.running++
		go s.work()
	}
}

func (s *syncer) work() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.running--
			s.idle.Broadcast()
			s.mu.Unlock()
			return
		}
		l := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		s.mu.Unlock()

		// Requests that have arrived already join the group: with busy processors
		// that saves more syncs than it delays this one.
		runtime.Gosched()
		scope := syncScope(l.wants.And(uint32(syncBusy)))
		s.serve(l, scope)
		if !l.wants.CompareAndSwap(uint32(syncBusy), 0) {
			s.push(l) // more was asked for meanwhile
		}
	}
}

// serve syncs one log. Errors have taken it offline, which its owner hears of
// like of a synced offset.
func (s *syncer) serve(l *Log, scope syncScope) {
	moved := false
	if scope&syncData != 0 { // records first: acknowledgements wait for them
		if l.syncMode() == SyncCommit {
			l.group.Begin()
			defer l.group.End() // once the answers are on their way
		}
		moved = l.syncScope(syncData)
	}
	if moved || scope&syncNotify != 0 {
		s.notify(l)
	}
	if scope&syncRest != 0 && l.syncScope(syncRest) {
		s.notify(l)
	}
}

func (s *syncer) notify(l *Log) {
	if s.onSynced != nil {
		s.onSynced(l)
	}
}

func (l *Log) syncScope(scope syncScope) (moved bool) {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	moved, err := l.syncLocked(scope)
	if err != nil && l.Err() == nil {
		l.store.logger().Warn("sync has to wait", "partition", l.tp.String(), "err", err)
		time.AfterFunc(syncRetry, func() { l.store.syncer.add(l, scope) })
	}
	return moved
}

// stop drops what is queued and waits for what runs.
func (s *syncer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.queue = nil
	for s.running > 0 {
		s.idle.Wait()
	}
}
