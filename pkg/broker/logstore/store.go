package logstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kq/pkg/broker/vfs"
)

// Store is a data directory: the logs in it, their checkpoints, and the
// background work on them. All methods are safe for concurrent use.
type Store struct {
	opts        Options
	fs          vfs.FS
	clock       clock
	lock        io.Closer
	wasClean    bool
	brokerEpoch int64 // of the clean shutdown file; -1 without one
	memory      memoryUser
	cache       *cache
	syncer      *syncer
	keeper      *keeper
	cleaner     *cleaner
	heads       sync.Pool // of *[smallHeads]byte

	// Lock order: a log's syncMu, checkpoints.mu, mu. With mu, no log is locked.
	mu     sync.Mutex
	logs   map[TopicPartition]*Log     // guarded by mu
	found  map[TopicPartition]bool     // directories that no spec has named yet; guarded by mu
	gone   map[TopicPartition]struct{} // whose -delete directory is there; guarded by mu
	named  bool                        // LoadedAll was called; guarded by mu
	closed bool                        // guarded by mu

	files   checkpoints
	evictMu sync.Mutex // one eviction at a time; held before logs' locks
}

// memoryUser is what an in-memory file system can tell.
type memoryUser interface{ Used() int64 }

// Open takes the data directory: the lock, the checkpoints, the mark of a clean
// shutdown (which it removes). It opens no log.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := makeDir(o.FS, o.Dir); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	lock, err := takeLock(o.FS, o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		opts: o, fs: o.FS, lock: lock, clock: startClock(o),
		cache:  &cache{maxFiles: o.OpenSegments, maxBytes: o.IndexCacheBytes},
		syncer: newSyncer(o.SyncThreads),
		logs:   map[TopicPartition]*Log{}, found: map[TopicPartition]bool{}, gone: map[TopicPartition]struct{}{},
	}
	s.memory, _ = o.FS.(memoryUser)
	s.files.store = s
	s.keeper = newKeeper(s)
	s.cleaner = newCleaner(s)
	if err := s.readDir(); err != nil {
		return nil, errors.Join(fmt.Errorf("open data directory %s: %w", o.Dir, err), lock.Close())
	}
	s.keeper.start()
	s.cleaner.set(o.Cleaner)
	return s, nil
}

// makeDir creates a directory, durably.
func makeDir(fsys vfs.FS, dir string) error {
	var parents []string
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := fsys.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		parents = append(parents, filepath.Dir(at))
	}
	if err := fsys.MkdirAll(dir, dirPerm); err != nil {
		return err
	}
	for _, p := range parents {
		if err := fsys.SyncDir(p); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// takeLock says what Kafka says when somebody else has the directory.
func takeLock(fsys vfs.FS, dir string) (io.Closer, error) {
	lock, err := fsys.Lock(filepath.Join(dir, lockFile))
	if errors.Is(err, vfs.ErrLocked) {
		kafkaSays := "Failed to acquire lock on file .lock in " + dir + ". " +
			"A Kafka instance in another process or thread is using this directory."
		return nil, fmt.Errorf("%w: %s", ErrLocked, kafkaSays)
	}
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	return lock, nil
}

// readDir takes stock of the data directory.
func (s *Store) readDir() error {
	entries, err := s.fs.ReadDir(s.opts.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		tp, mark, ok := ParseDirName(name)
		switch {
		case e.IsDir() && ok && mark == "":
			s.found[tp] = true
		case e.IsDir() && ok && mark == deleteDirSuffix:
			s.gone[tp] = struct{}{}
			s.keeper.removeLater(filepath.Join(s.opts.Dir, name), tp, 0)
		case !e.IsDir() && filepath.Ext(name) == tmpSuffix:
			if err := ignoreMissing(s.fs.Remove(s.path(name))); err != nil {
				return err
			}
		case name == cleanShutdownFile:
			s.wasClean = true
		}
	}
	s.brokerEpoch = -1
	if s.wasClean {
		if raw, err := vfs.ReadFile(s.fs, s.path(cleanShutdownFile)); err == nil {
			s.brokerEpoch = parseCleanShutdown(raw)
		}
		if err := s.fs.Remove(s.path(cleanShutdownFile)); err != nil {
			return err
		}
	}
	// The mark must be gone for good before anything is written; it may have been
	// removed, and not durably, by a process that is no more.
	if err := s.fs.SyncDir(s.opts.Dir); err != nil {
		return err
	}
	if err := s.files.read(); err != nil {
		return err
	}
	for tp := range s.gone {
		if !s.found[tp] { // what was durable of it is to go
			s.files.forget(tp)
		}
	}
	return nil
}

func (s *Store) path(name string) string { return filepath.Join(s.opts.Dir, name) }

// nowMs is the time that retention and expiry go by.
func (s *Store) nowMs() int64 { return s.clock.ms() }

func (s *Store) logger() *slog.Logger { return s.opts.Logger }

// Dir is the data directory.
func (s *Store) Dir() string { return s.opts.Dir }

// SyncMode is the mode of all logs but those that sync always.
func (s *Store) SyncMode() SyncMode { return s.opts.Sync }

// CleanShutdown reports whether the last user of the directory closed it.
func (s *Store) CleanShutdown() bool { return s.wasClean }

// LastBrokerEpoch is what the last user wrote when it closed the directory; -1
// if it did not.
func (s *Store) LastBrokerEpoch() int64 { return s.brokerEpoch }

// OnSynced sets who is told, without locks held, that a background sync moved a
// log's synced offset, or that a log went offline. It is set before Load.
func (s *Store) OnSynced(f func(*Log)) { s.syncer.onSynced = f }

// notify tells the owner of a log that it went offline.
func (s *Store) notify(l *Log) { s.syncer.add(l, syncNotify) }

// MetaProperties reads meta.properties; ok is false if there is none.
func (s *Store) MetaProperties() (m MetaProperties, ok bool, err error) {
	return ReadMetaProperties(s.fs, s.opts.Dir)
}

// ReadMetaProperties reads meta.properties of a data directory without opening it.
func ReadMetaProperties(fsys vfs.FS, dir string) (m MetaProperties, ok bool, err error) {
	raw, err := vfs.ReadFile(fsys, filepath.Join(dir, metaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return MetaProperties{}, false, nil
	}
	if err == nil {
		m, err = parseMetaProperties(raw)
	}
	if err != nil {
		return MetaProperties{}, false, fmt.Errorf("read %s: %w", filepath.Join(dir, metaFile), err)
	}
	return m, true, nil
}

// WriteMetaProperties replaces meta.properties, durably.
func (s *Store) WriteMetaProperties(m MetaProperties) error {
	return vfs.WriteFileAtomic(s.fs, s.path(metaFile), m.encode(s.opts.Now()), filePerm)
}

// Logs lists the logs, sorted.
func (s *Store) Logs() []*Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Log, 0, len(s.logs))
	for _, l := range s.logs {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *Log) int { return compareTP(a.tp, b.tp) })
	return out
}

// Log gives a log that was loaded or created.
func (s *Store) Log(tp TopicPartition) (*Log, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.logs[tp]
	return l, ok
}

// Usage is the size of the volume.
func (s *Store) Usage() (vfs.Usage, error) { return s.fs.Usage(s.opts.Dir) }

// Close ends all background work and closes the logs. With clean, everything is
// flushed and the mark of a clean shutdown is left, unless a log is offline or
// could not be flushed, or is still as an unclean shutdown left it. Without, it
// is as if the process had been killed.
func (s *Store) Close(clean bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.cleaner.stop()
	s.keeper.stop()

	var errs []error
	errMu := sync.Mutex{}
	parallel(max(diskThreads, s.opts.RecoveryThreads), s.Logs(), func(l *Log) {
		if err := l.close(clean); err != nil {
			errMu.Lock()
			defer errMu.Unlock()
			errs = append(errs, err)
		}
	})
	s.syncer.stop()
	if clean {
		errs = append(errs, s.leaveClean(len(errs) == 0 && s.isRecovered()))
	}
	return s.firstOf(append(errs, s.lock.Close()))
}

// firstOf gives the first error that there is, in one line, and logs the others:
// a full disk fails every log alike.
func (s *Store) firstOf(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	for _, err := range errs[1:] {
		s.logger().Warn("not closed in order", "dir", s.opts.Dir, "err", err)
	}
	return fmt.Errorf("%w; and %d more like it", errs[0], len(errs)-1)
}

// isRecovered says that no directory waits for a recovery: nothing was unclean,
// or all that is ours was loaded. Strays then lose their recovery points, which
// are no ends: one that is loaded later is recovered as a whole.
func (s *Store) isRecovered() bool {
	s.mu.Lock()
	strays, named := slices.Collect(maps.Keys(s.found)), s.named
	s.mu.Unlock()
	if s.wasClean || len(strays) == 0 {
		return true
	}
	if named {
		s.files.forgetRecovery(strays)
	}
	return named
}

// leaveClean writes the checkpoints and, if all went well, the mark.
func (s *Store) leaveClean(mark bool) error {
	if err := s.files.write(); err != nil || !mark {
		return err
	}
	return vfs.WriteFileAtomic(s.fs, s.path(cleanShutdownFile), encodeCleanShutdown(s.opts.BrokerEpoch), filePerm)
}

// parallel calls f for each item, in n goroutines.
func parallel[T any](n int, items []T, f func(T)) {
	next := make(chan T)
	var wg sync.WaitGroup
	for range min(n, len(items)) {
		wg.Go(func() {
			for item := range next {
				f(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
}

// keeper runs what is due from time to time: interval syncs, retention,
// checkpoints, and the removal of what was deleted.
type keeper struct {
	store *Store
	done  chan struct{}
	wake  chan struct{}
	wg    sync.WaitGroup

	mu      sync.Mutex
	removal []removal // guarded by mu; unordered
}

// removal is a file or directory that was deleted and is to go.
type removal struct {
	path string
	due  time.Time
	tp   TopicPartition // of a directory, zero for a file
}

func newKeeper(s *Store) *keeper {
	return &keeper{store: s, done: make(chan struct{}), wake: make(chan struct{}, 1)}
}

func (k *keeper) start() { k.wg.Go(k.run) }

func (k *keeper) stop() {
	close(k.done)
	k.wg.Wait()
}

func (k *keeper) run() {
	o := k.store.opts
	retention := time.NewTicker(o.RetentionInterval)
	defer retention.Stop()
	checkpoint := time.NewTicker(o.CheckpointInterval)
	defer checkpoint.Stop()
	var flush <-chan time.Time
	if o.Sync == SyncInterval {
		t := time.NewTicker(o.SyncInterval)
		defer t.Stop()
		flush = t.C
	}
	remove := time.NewTimer(0)
	defer remove.Stop()
	for {
		select {
		case <-k.done:
			return
		case <-flush:
			k.store.flushDirty()
		case <-retention.C:
			k.store.Retain()
		case <-checkpoint.C:
			if err := k.store.Checkpoint(); err != nil {
				k.store.logger().Warn("cannot write checkpoints", "dir", o.Dir, "err", err)
			}
		case <-remove.C:
			k.removeDue()
		case <-k.wake:
		}
		if wait, any := k.nextRemoval(); any {
			remove.Reset(wait)
		}
	}
}

// flushDirty asks for a sync of every log with bytes that need one.
func (s *Store) flushDirty() {
	for _, l := range s.Logs() {
		if l.isDirty.Load() {
			s.syncer.add(l, syncData|syncRest)
		}
	}
}
