package logstore

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"kq/pkg/broker/vfs"
)

// errGone says that a segment left the log while a reader looked at an old
// view: the reader takes the current one.
var errGone = errors.New("segment is gone")

// segFile is an open .log file. Its segment holds one reference and every
// region another; the last one closes it.
type segFile struct {
	f    vfs.File
	raw  syscall.RawConn // nil where the kernel cannot send the file
	refs atomic.Int32
}

func newSegFile(f vfs.File) *segFile {
	s := &segFile{f: f}
	if rf, ok := f.(vfs.RawFile); ok {
		if raw, err := rf.SyscallConn(); err == nil {
			s.raw = raw
		}
	}
	s.refs.Store(1)
	return s
}

// acquire adds a reference unless the file is closed already.
func (f *segFile) acquire() bool {
	for {
		n := f.refs.Load()
		if n == 0 {
			return false
		}
		if f.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (f *segFile) release() {
	if f.refs.Add(-1) == 0 {
		_ = f.f.Close() // what was written is synced elsewhere, or not at all
	}
}

// place is where a partition's files are.
type place struct {
	fs    vfs.FS
	dir   string
	cache *cache
}

func (p *place) path(base int64, suffix string) string {
	return filepath.Join(p.dir, segmentName(base, suffix))
}

// segment is one .log file and its companions. The last segment of a log is
// active: its size and its indexes are in the log's view. All others are sealed
// and never change; what a reader needs of them is loaded when it is needed.
//
// A segment is never cut or rewritten: another one takes its place.
type segment struct {
	place *place
	base  int64
	size  int64 // bytes; set before the view in which the segment is sealed

	file    atomic.Pointer[segFile]
	offsets atomic.Pointer[offsetIndex]     // of a sealed segment, nil until needed
	times   atomic.Pointer[timeIndex]       // of a sealed segment, nil until needed
	max     atomic.Pointer[TimestampOffset] // of a sealed segment, nil until needed
	aborted atomic.Pointer[[]AbortedTxn]    // nil until needed; replaced, never changed
	used    atomic.Bool                     // since the cache's hand came by
	// aged is one more than the largest timestamp, by the store's clock: records that
	// came while the wall clock was an hour ahead are an hour older than they say. It
	// is 0 until something is appended; what lay there before is as it says.
	aged atomic.Int64

	mu   sync.Mutex // orders opening, the end, and the change of names
	dead bool       // guarded by mu
	swap []string   // guarded by mu: suffixes of the files that are called .swap still
}

// path is the name of one of the segment's files. It needs mu.
func (s *segment) path(suffix string) string {
	if slices.Contains(s.swap, suffix) {
		suffix += swapSuffix
	}
	return s.place.path(s.base, suffix)
}

// acquire gives the open file, with a reference for the caller.
func (s *segment) acquire() (*segFile, error) {
	for {
		f := s.file.Load()
		if f == nil {
			return s.open()
		}
		if f.acquire() {
			if !s.used.Load() {
				s.used.Store(true)
			}
			return f, nil
		}
	}
}

func (s *segment) open() (*segFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return nil, errGone
	}
	if f := s.file.Load(); f != nil && f.acquire() {
		return f, nil
	}
	raw, err := s.place.fs.OpenFile(s.path(logSuffix), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f := newSegFile(raw)
	f.refs.Add(1)
	s.file.Store(f)
	s.cacheFile(f)
	return f, nil
}

// cacheFile hands the segment's own reference to the cache.
func (s *segment) cacheFile(f *segFile) {
	s.place.cache.add(cacheItem{seg: s, drop: func() {
		if s.file.CompareAndSwap(f, nil) {
			f.release()
		}
	}})
}

// kill ends the segment: nobody can open it any more, and the file is closed
// when the last region is released. unread reports that there is none.
func (s *segment) kill() (unread bool) {
	s.mu.Lock()
	s.dead = true
	f := s.file.Swap(nil)
	s.mu.Unlock()
	s.place.cache.forget(s)
	if f == nil {
		return true
	}
	if f.refs.CompareAndSwap(1, 0) {
		_ = f.f.Close() // what was written is synced elsewhere, or not at all
		return true
	}
	f.release()
	return false
}

// sync makes the .log file durable.
func (s *segment) sync() error {
	f, err := s.acquire()
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil {
		return beforeSync{err}
	}
	defer f.release()
	return f.f.Sync()
}

// syncCompanions makes durable what recovery would otherwise have to rebuild
// for a sealed segment.
func (s *segment) syncCompanions() error {
	for _, suffix := range []string{indexSuffix, timeIndexSuffix, txnIndexSuffix} {
		if err := syncFile(s.place.fs, s.place.path(s.base, suffix)); err != nil {
			return err
		}
	}
	return nil
}

// syncFile syncs a file that may be missing.
func syncFile(fsys vfs.FS, name string) error {
	f, err := fsys.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return beforeSync{err}
	}
	err = f.Sync()
	return errors.Join(err, f.Close())
}

// offsetIndex of a sealed segment.
func (s *segment) offsetIndex() (offsetIndex, error) {
	if x := s.offsets.Load(); x != nil {
		return *x, nil
	}
	if err := s.loadIndexes(); err != nil {
		return nil, err
	}
	if x := s.offsets.Load(); x != nil {
		return *x, nil
	}
	return s.offsetIndex() // evicted already
}

// timeIndex of a sealed segment.
func (s *segment) timeIndex() (timeIndex, error) {
	if x := s.times.Load(); x != nil {
		return *x, nil
	}
	if err := s.loadIndexes(); err != nil {
		return nil, err
	}
	if x := s.times.Load(); x != nil {
		return *x, nil
	}
	return s.timeIndex()
}

// loadIndexes reads the index files, or the log where they cannot be true.
func (s *segment) loadIndexes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errGone
	}
	x, t, err := s.readIndexes()
	if err != nil {
		return err
	}
	s.keepIndexes(x, t)
	return nil
}

// readIndexes needs mu, but of a segment that nobody else has.
func (s *segment) readIndexes() (offsetIndex, timeIndex, error) {
	raw, err := vfs.ReadFile(s.place.fs, s.path(indexSuffix))
	x, whole := parseOffsetIndex(raw, s.size)
	if err == nil && whole {
		raw, err = vfs.ReadFile(s.place.fs, s.path(timeIndexSuffix))
		if t, ok := parseTimeIndex(raw); err == nil && ok {
			return x, t, nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	f, err := s.place.fs.OpenFile(s.path(logSuffix), os.O_RDONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	ix := newIndexer(s.base, defaultIndexInterval)
	sc := newScanner(f, 0, s.size, false)
	for sc.next() {
		ix.add(sc.head)
	}
	ix.seal()
	return ix.offsets, ix.times, errors.Join(sc.err, f.Close())
}

// keepIndexes offers indexes to the cache.
func (s *segment) keepIndexes(x offsetIndex, t timeIndex) {
	last := t.last(s.base)
	s.max.Store(&last)
	s.offsets.Store(&x)
	s.times.Store(&t)
	s.place.cache.add(cacheItem{seg: s, bytes: int64(len(x)+len(t)) + 64, drop: func() {
		s.offsets.Store(nil)
		s.times.Store(nil)
	}})
}

// maxTimestamp of a sealed segment: the last entry of its time index.
func (s *segment) maxTimestamp() (TimestampOffset, error) {
	if m := s.max.Load(); m != nil {
		return *m, nil
	}
	f, err := s.place.fs.OpenFile(s.place.path(s.base, timeIndexSuffix), os.O_RDONLY, 0)
	if err == nil {
		defer f.Close()
		if size, err := f.Size(); err == nil && size > 0 && size%timeIndexEntrySize == 0 {
			p := make([]byte, timeIndexEntrySize)
			if _, err := f.ReadAt(p, size-timeIndexEntrySize); err == nil && timeIndex(p).ts(0) > 0 {
				m := timeIndex(p).last(s.base)
				s.max.Store(&m)
				return m, nil
			}
		}
	}
	if err := s.loadIndexes(); err != nil {
		return TimestampOffset{}, err
	}
	if m := s.max.Load(); m != nil {
		return *m, nil
	}
	return TimestampOffset{}, errGone
}

// largestTimestamp is what retention goes by: of the records, or when the file
// was written last if they have none (LogSegment.largestTimestamp).
func (s *segment) largestTimestamp(known TimestampOffset) int64 {
	if aged := s.aged.Load(); aged > 0 {
		return aged - 1
	}
	if known.Timestamp >= 0 {
		return known.Timestamp
	}
	fi, err := s.place.fs.Stat(s.place.path(s.base, logSuffix))
	if err != nil {
		return math.MaxInt64 // cannot be told: keep it
	}
	return fi.ModTime().UnixMilli()
}

// abortedTxns gives the entries of the .txnindex file.
func (s *segment) abortedTxns() ([]AbortedTxn, error) {
	if p := s.aborted.Load(); p != nil {
		return *p, nil
	}
	raw, err := vfs.ReadFile(s.place.fs, s.place.path(s.base, txnIndexSuffix))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	txns, _ := parseTxnIndex(raw, s.base)
	s.aborted.CompareAndSwap(nil, &txns)
	return txns, nil
}

// lastIndexed gives the position of the last index entry. ok is false where the
// index files of a sealed segment cannot be what was written.
func (s *segment) lastIndexed() (pos int64, ok bool, err error) {
	last, size, err := s.lastEntry(indexSuffix, indexEntrySize)
	if err != nil || size < 0 {
		return 0, false, err
	}
	if len(last) > 0 {
		x, whole := parseOffsetIndex(last, s.size)
		if !whole || s.base+int64(x.rel(0)) < s.base {
			return 0, false, nil
		}
		pos = int64(x.pos(0))
		f, err := s.place.fs.OpenFile(s.place.path(s.base, logSuffix), os.O_RDONLY, 0)
		if err != nil {
			return 0, false, err
		}
		defer f.Close()
		sc := newScanner(f, pos, s.size, false)
		if !sc.next() || sc.head.last != s.base+int64(x.rel(0)) {
			return 0, false, nil
		}
	}
	last, size, err = s.lastEntry(timeIndexSuffix, timeIndexEntrySize)
	if err != nil || size < 0 {
		return 0, false, err
	}
	if len(last) == 0 { // sealing adds an entry, unless no record has a timestamp
		return 0, s.size == 0, nil
	}
	if t := timeIndex(last).ts(0); t < 0 || t == 0 && size > timeIndexEntrySize {
		return 0, false, nil
	}
	return pos, true, nil
}

// lastEntry reads the last entry of an index file; size is -1 if the file is
// missing or has no whole number of entries.
func (s *segment) lastEntry(suffix string, entry int64) (last []byte, size int64, err error) {
	f, err := s.place.fs.OpenFile(s.place.path(s.base, suffix), os.O_RDONLY, 0)
	if err != nil {
		return nil, -1, ignoreMissing(err)
	}
	defer f.Close()
	if size, err = f.Size(); err != nil || size%entry != 0 {
		return nil, -1, err
	}
	if size == 0 {
		return nil, 0, nil
	}
	last = make([]byte, entry)
	if n, err := f.ReadAt(last, size-entry); n < len(last) {
		return nil, -1, err
	}
	return last, size, nil
}
