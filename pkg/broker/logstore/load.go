package logstore

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// diskThreads is how many logs wait for the disk at once when they are created
// or closed: a file system makes one commit of what comes together.
const diskThreads = 16

// restDelay is how long the background syncs of recovered logs wait, so that
// thousands of them do not hold up the start that they belong to.
const restDelay = time.Second

// LogSpec is a log that this broker is to have.
type LogSpec struct {
	Topic     string
	Partition int32
	TopicID   [16]byte // zero: none, then no partition.metadata is written
	Config    Config
}

func (spec LogSpec) tp() TopicPartition { return TopicPartition{spec.Topic, spec.Partition} }

// Load opens logs, several at a time, and creates those that have no directory.
// After a clean shutdown nothing is read yet. One that cannot be opened is
// returned offline, with the reason in Err; the others are not held up by it.
// What was loaded before is returned as it is.
func (s *Store) Load(ctx context.Context, specs []LogSpec) (map[TopicPartition]*Log, error) {
	out := make(map[TopicPartition]*Log, len(specs))
	var work []*Log
	for _, spec := range specs {
		l, isNew, err := s.claim(spec)
		if err != nil {
			return nil, err
		}
		out[l.tp] = l
		if isNew && !l.canWait() {
			work = append(work, l)
		}
	}
	// Creating waits for the disk, recovering uses the processor.
	threads := s.opts.RecoveryThreads
	if !slices.ContainsFunc(work, (*Log).wasFound) {
		threads = max(threads, diskThreads)
	}
	parallel(threads, work, func(l *Log) {
		if ctx.Err() != nil {
			_ = l.fail(ctx.Err())
			return
		}
		l.start()
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.opts.Sync >= SyncCommit {
		if err := s.files.syncDirs(); err != nil {
			return nil, storageError("sync data directory", err)
		}
	}
	return out, nil
}

// Create makes a log, or gives the one that is there.
func (s *Store) Create(spec LogSpec) (*Log, error) {
	logs, err := s.Load(context.Background(), []LogSpec{spec})
	if err != nil {
		return nil, err
	}
	l := logs[spec.tp()]
	if err := l.Err(); err != nil {
		return nil, err
	}
	if spec.TopicID != ([16]byte{}) && l.topicID != spec.TopicID {
		return nil, fmt.Errorf("%w: %s belongs to topic id %s, not %s", ErrStorage, l.tp, uuidString(l.topicID), uuidString(spec.TopicID))
	}
	return l, nil
}

// claim makes the Log of a spec, unopened.
func (s *Store) claim(spec LogSpec) (l *Log, isNew bool, err error) {
	tp := spec.tp()
	info, known := s.files.of(tp)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false, ErrClosed
	}
	if l, ok := s.logs[tp]; ok {
		return l, false, nil
	}
	l = &Log{
		store: s, tp: tp, topicID: spec.TopicID, atOpen: info,
		place: &place{fs: s.fs, dir: filepath.Join(s.opts.Dir, tp.String()), cache: s.cache},
	}
	l.atOpen.found = s.found[tp]
	l.atOpen.known = known
	l.atOpen.clean = s.wasClean && known
	_, l.atOpen.renamed = s.gone[tp]
	c := spec.Config.withDefaults()
	l.config.Store(&c)
	l.epochs.Store(&epochs{})
	l.unstable.Store(noOffset)
	l.hw.Store(info.hw)
	l.recoveryPoint.Store(info.recoveryPoint)
	l.synced.Store(info.recoveryPoint)
	delete(s.found, tp)
	s.logs[tp] = l
	return l, true, nil
}

// canWait says that the log can be opened when somebody needs it.
func (l *Log) canWait() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.atOpen.found && l.atOpen.clean
}

// wasFound says that the log has a past.
func (l *Log) wasFound() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.atOpen.found
}

// start opens or creates the log, now. What goes wrong takes it offline.
func (l *Log) start() {
	l.mu.Lock()
	if err := l.usable(); err != nil {
		l.mu.Unlock()
		return
	}
	durable, isNew := l.syncMode() >= SyncCommit, !l.atOpen.found
	l.mu.Unlock()
	switch {
	case durable:
		_ = l.Flush() // a failure took it offline
	case isNew:
		l.store.syncer.add(l, syncRest)
	default:
		time.AfterFunc(restDelay, func() { l.store.syncer.add(l, syncRest) })
	}
}

// Stray is a directory of a partition that no spec has named.
type Stray struct {
	TopicPartition TopicPartition
	TopicID        [16]byte // zero if the directory does not say
	Dir            string
}

// LoadedAll says that every log that is wanted was loaded: what is left are
// strays, which it returns.
func (s *Store) LoadedAll() []Stray {
	s.mu.Lock()
	s.named = true
	s.mu.Unlock()
	return s.Strays()
}

// Strays lists the directories of partitions that were there when the store was
// opened and that nobody has loaded. They are left alone until Delete.
func (s *Store) Strays() []Stray {
	s.mu.Lock()
	tps := make([]TopicPartition, 0, len(s.found))
	for tp := range s.found {
		tps = append(tps, tp)
	}
	s.mu.Unlock()
	return s.describeStrays(tps)
}
