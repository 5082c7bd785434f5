package state

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// files is the Pebble below a DB. It has no log of its own: what was committed
// since the last flush is lost in a crash, all of a commit or nothing, in order.
type files struct {
	db   *pebble.DB
	dir  string
	fs   vfs.FS
	lock io.Closer
	log  *slog.Logger
	// tables says how tables are written that become part of the DB as they are.
	tables sstable.WriterOptions
	limit  uint64        // of a memtable, in bytes
	flush  time.Duration // between flushes

	flushed time.Time // when the last flush began
	since   uint64    // bytes committed since the queue was looked at

	// broken is an error of a flush or compaction that Pebble tries again; it
	// goes when one succeeds. dead is one after which the DB must be opened anew.
	broken, dead atomic.Pointer[error]
	moved        chan struct{} // has a token after a flush or compaction ended
	closing      chan struct{}
	once         sync.Once
}

// openFiles takes the lock of the directory and opens it, made where it is not there.
func openFiles(dir string, o *Options) (*files, error) {
	fs := o.fs
	if fs == nil {
		fs = vfs.Default
	}
	if o.Fault != nil {
		fs = &faulty{fs, o.Fault}
	}
	f := &files{log: o.Logger, dir: dir, fs: fs, limit: uint64(o.MemTableBytes), flush: o.FlushEvery, moved: make(chan struct{}, 1), closing: make(chan struct{})}
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if err != nil {
		if path := (*os.PathError)(nil); errors.As(err, &path) {
			return nil, classify(err)
		}
		return nil, fmt.Errorf("%w: %w", ErrInUse, err)
	}
	f.lock = lock
	if err := fs.RemoveAll(fs.PathJoin(dir, bulkName)); err != nil { // of a restore that a crash ended
		return nil, errors.Join(classify(err), lock.Close())
	}
	opts := f.options(o, lock, fs)
	opts.EnsureDefaults()
	f.fs, f.tables = opts.FS, opts.MakeWriterOptions(0, opts.FormatMajorVersion.MaxTableFormat())
	f.db, err = f.open(dir, opts)
	if errors.Is(err, errWaits) {
		return nil, ErrFull // the lock goes when Pebble gives up
	}
	if err == nil && f.dead.Load() != nil {
		err = errors.Join(*f.dead.Load(), f.db.Close())
	}
	if err != nil {
		return nil, errors.Join(unreadable(classify(err)), lock.Close())
	}
	f.flushed = time.Now()
	return f, nil
}

// errWaits says that Pebble waits for room, and has the lock as long.
var errWaits = errors.New("no room to open")

// open opens Pebble, which on a full disk would not return before there is room.
func (f *files) open(dir string, opts *pebble.Options) (*pebble.DB, error) {
	type result struct {
		db  *pebble.DB
		err error
	}
	done := make(chan result, 1)
	go func() {
		db, err := pebble.Open(dir, opts)
		done <- result{db, err}
	}()
	for {
		select {
		case r := <-done:
			return r.db, r.err
		case <-f.moved:
		}
		if err := f.broken.Load(); err == nil || !errors.Is(*err, ErrFull) {
			continue
		}
		go func() {
			r := <-done
			if r.err == nil {
				r.err = r.db.Close()
			}
			if err := errors.Join(r.err, f.lock.Close()); err != nil && f.log != nil {
				f.log.Debug("open after the disk was full", "dir", dir, "err", err)
			}
		}()
		return nil, errWaits
	}
}

func (f *files) options(o *Options, lock *pebble.Lock, fs vfs.FS) *pebble.Options {
	opts := &pebble.Options{
		FS: vfs.OnDiskFull(fs, f.full), Lock: lock, DisableWAL: true, Logger: logger{f},
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       f.limit,
		// Pebble would wait without end where it cannot flush or compact: settle waits instead.
		MemTableStopWritesThreshold: 1000, L0StopWritesThreshold: 1000,
		L0CompactionThreshold: 4, LBaseMaxBytes: 64 << 20,
		MaxManifestFileSize: 1 << 20, BytesPerSync: 1 << 20,
		DisableTableStats: true,
		EventListener: &pebble.EventListener{
			BackgroundError: f.fail, DataCorruption: func(i pebble.DataCorruptionInfo) { f.fail(fmt.Errorf("%w: %s: %w", ErrCorrupt, i.Path, i.Details)) },
			FlushEnd: func(i pebble.FlushInfo) { f.done(i.Err) }, CompactionEnd: func(i pebble.CompactionInfo) { f.done(i.Err) },
		},
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		opts.Levels[i].BlockSize = 4 << 10
	}
	opts.CacheSize = 32 << 20
	if o.Shared != nil {
		opts.Cache, opts.FileCache = o.Shared.blocks, o.Shared.files
	}
	return opts
}

// classify says which of the package's errors err is, if any.
func classify(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrFull):
		return err
	case isFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errors.Is(err, os.ErrPermission):
		return err
	case pebble.IsCorruptionError(err), errors.Is(err, os.ErrNotExist), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// unreadable takes an error of an open that the system did not make for one of the files.
func unreadable(err error) error {
	path, system := (*os.PathError)(nil), syscall.Errno(0)
	if errors.Is(err, ErrCorrupt) || errors.As(err, &path) || errors.As(err, &system) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// fail notes an error of the background.
func (f *files) fail(err error) {
	err = classify(err)
	f.broken.Store(&err)
	if errors.Is(err, ErrCorrupt) {
		f.dead.CompareAndSwap(nil, &err)
	}
	f.signal()
}

func (f *files) done(err error) {
	if err == nil {
		f.broken.Store(nil)
	}
	f.signal()
}

func (f *files) signal() {
	select {
	case f.moved <- struct{}{}:
	default:
	}
}

// full slows the tries of Pebble down while the disk is full.
func (f *files) full() {
	err := fmt.Errorf("%w: %w", ErrFull, syscall.ENOSPC)
	f.broken.Store(&err)
	f.signal()
	select {
	case <-f.closing:
	case <-time.After(100 * time.Millisecond):
	}
}

// ready says whether a commit can be written, and waits where flushes and compactions are behind.
func (f *files) ready() error {
	for {
		if err := f.dead.Load(); err != nil {
			return *err
		}
		if err := f.broken.Load(); err != nil {
			return *err
		}
		if f.since < f.limit {
			return nil
		}
		m := f.db.Metrics()
		if m.MemTable.Size < 4*f.limit && m.Levels[0].Sublevels < 24 {
			f.since = 0
			return nil
		}
		select {
		case <-f.moved:
		case <-time.After(time.Second):
		}
	}
}

// write commits a batch and begins a flush when one is due.
func (f *files) write(b *pebble.Batch) error {
	if b.Empty() {
		return b.Close()
	}
	f.since += uint64(b.Len())
	if err := errors.Join(b.Commit(pebble.NoSync), b.Close()); err != nil {
		return classify(err)
	}
	if err := f.dead.Load(); err != nil {
		return *err
	}
	if now := time.Now(); now.Sub(f.flushed) >= f.flush {
		f.flushed = now
		if _, err := f.db.AsyncFlush(); err != nil {
			return classify(err)
		}
	}
	return nil
}

// sync waits until all that was committed is on the disk.
func (f *files) sync() error {
	done, err := f.db.AsyncFlush()
	if err != nil {
		return classify(err)
	}
	f.flushed = time.Now()
	for {
		for _, p := range []*error{f.dead.Load(), f.broken.Load()} {
			if p != nil {
				return *p
			}
		}
		select {
		case <-done:
			return nil
		case <-f.moved:
		}
	}
}

func (f *files) close() error {
	f.once.Do(func() { close(f.closing) })
	return errors.Join(classify(f.db.Close()), f.lock.Close())
}

// logger passes on what Pebble has to say. Fatal errors are kept: the DB answers with them from then on.
type logger struct{ f *files }

func (l logger) Infof(format string, a ...any) {
	if l.f.log != nil {
		l.f.log.Debug(fmt.Sprintf(format, a...))
	}
}

func (l logger) Errorf(format string, a ...any) {
	if l.f.log != nil {
		l.f.log.Warn(fmt.Sprintf(format, a...))
	}
}

func (l logger) Fatalf(format string, a ...any) {
	err := classify(fmt.Errorf(format, a...))
	for _, v := range a {
		if cause, ok := v.(error); ok {
			err = classify(fmt.Errorf("write state: %w", cause))
		}
	}
	l.f.dead.CompareAndSwap(nil, &err)
	l.f.signal()
}
