package logstore

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"kq/pkg/broker/vfs"
)

// active is the writer's side of the active segment. All of it is guarded by
// the log's mu; what readers see of it is copied to the view.
type active struct {
	seg *segment
	// file is a reference of the writer's own; nil until the first append to a
	// log that was opened.
	file *segFile
	size int64 // bytes of whole batches in the file
	// torn says that the file may be longer than size, by what is left of a
	// write that failed.
	torn bool
	// Room is set aside for the file up to reserved, perhaps; lent says that some
	// may have been, and is to be given back.
	reserved int64
	lent     bool

	ix      indexer
	tail    []tailBatch
	created int64 // ms
	jitter  int64 // ms that segment.ms is cut short by

	// settled says that the companions are durable: the log was closed, and not
	// written to since it was opened.
	settled bool
	// The index files hold the first bytes of the indexes in memory.
	offsetsWritten, timesWritten, txnsWritten int
}

// indexBatch is how many bytes of index entries wait before they are written.
const indexBatch = 64 * indexEntrySize

// writeIndexes appends to the index files what they lack, once it is worth it
// or all is asked for. On error the entries stay in memory to be written later.
func (a *active) writeIndexes(all bool) error {
	p := a.seg.place
	if all || len(a.ix.offsets)-a.offsetsWritten >= indexBatch {
		if err := appendFile(p.fs, p.path(a.seg.base, indexSuffix), a.ix.offsets, &a.offsetsWritten); err != nil {
			return err
		}
	}
	if all || len(a.ix.times)-a.timesWritten >= indexBatch {
		if err := appendFile(p.fs, p.path(a.seg.base, timeIndexSuffix), a.ix.times, &a.timesWritten); err != nil {
			return err
		}
	}
	return a.writeTxns()
}

// writeTxns appends to the .txnindex file, which exists from the first entry on.
func (a *active) writeTxns() error {
	txns, err := a.seg.abortedTxns()
	if err != nil || len(txns)*txnIndexEntrySize == a.txnsWritten {
		return err
	}
	var p []byte
	for _, t := range txns[a.txnsWritten/txnIndexEntrySize:] {
		p = t.encode(p)
	}
	return appendBytes(a.seg.place.fs, a.seg.place.path(a.seg.base, txnIndexSuffix), p, &a.txnsWritten)
}

// appendFile writes content[*written:] at the end of a file.
func appendFile(fsys vfs.FS, name string, content []byte, written *int) error {
	if *written == len(content) {
		return nil
	}
	return appendBytes(fsys, name, content[*written:], written)
}

// appendBytes writes more behind the *written bytes of a file.
func appendBytes(fsys vfs.FS, name string, more []byte, written *int) error {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE, filePerm)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(more, int64(*written))
	if err = errors.Join(err, f.Close()); err == nil {
		*written += len(more)
	}
	return err
}

const (
	filePerm = 0o644
	dirPerm  = 0o755
)

// writeWhole writes a file anew, unsynced.
func writeWhole(fsys vfs.FS, name string, data []byte) error {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return err
	}
	if len(data) > 0 {
		_, err = f.WriteAt(data, 0)
	}
	return errors.Join(err, f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// file is the path of one of the log's own files.
func (l *Log) file(name string) string { return filepath.Join(l.place.dir, name) }

// newActive creates the files of an empty segment and makes it the writer's.
// What a crash may have left under these names goes first: readers of the old
// file keep it. On error nothing is left behind.
func (l *Log) newActive(base int64) (active, error) {
	p := l.place
	names := []string{p.path(base, logSuffix), p.path(base, indexSuffix), p.path(base, timeIndexSuffix)}
	for _, name := range append(names, p.path(base, txnIndexSuffix)) {
		if err := ignoreMissing(p.fs.Remove(name)); err != nil {
			return active{}, err
		}
	}
	undo := func(err error) error {
		for _, name := range names {
			err = errors.Join(err, ignoreMissing(p.fs.Remove(name)))
		}
		return err
	}
	for _, name := range names[1:] {
		if err := writeWhole(p.fs, name, nil); err != nil {
			return active{}, undo(err)
		}
	}
	f, err := p.fs.OpenFile(names[0], os.O_RDWR|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return active{}, undo(err)
	}
	seg := &segment{place: p, base: base}
	seg.aborted.Store(&[]AbortedTxn{})
	file := newSegFile(f)
	seg.file.Store(file)
	a := l.activate(seg, newIndexer(base, l.config.Load().IndexIntervalBytes))
	file.refs.Add(1)
	a.file = file
	return a, nil
}

// own gives the file to write to. It needs mu.
func (a *active) own() (*segFile, error) {
	if a.file == nil {
		f, err := a.seg.acquire()
		if err != nil {
			return nil, err
		}
		a.file = f
	}
	return a.file, nil
}

// disown gives the writer's reference back.
func (a *active) disown() {
	if a.file != nil {
		a.unreserve()
		a.file.release()
		a.file = nil
	}
}

// activate makes a writer for a segment.
func (l *Log) activate(seg *segment, ix indexer) active {
	c := l.config.Load()
	a := active{seg: seg, ix: ix, created: l.store.nowMs()}
	if bound := min(c.SegmentJitterMs, c.SegmentMs); bound > 0 {
		a.jitter = rand.Int64N(bound)
	}
	return a
}

// publish makes the writer's state visible to readers. It needs mu.
func (l *Log) publish(segs []*segment, start, end int64) {
	a := &l.act
	l.view.Store(&view{
		segs: segs, start: start, end: end, size: a.size,
		offsets: a.ix.offsets, times: a.ix.times, max: a.ix.max, tail: a.tail,
	})
}
