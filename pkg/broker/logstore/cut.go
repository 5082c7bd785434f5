package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"kq/pkg/broker/vfs"
)

// What recovery and repair take out of a log is kept beside it, as
//
//	<base>.log.<position>.cut
//
// with another number before .cut if that name is taken by other bytes. A tail
// of zeros, which file systems leave behind a torn write, is nothing to keep.

// cut ends the log at a position of segment i, and sets aside what follows.
func (r *recovery) cut(i int, f *segFile, pos int64, cause error) error {
	base, size := r.bases[i], r.d.logs[r.bases[i]]
	kept, err := keepRange(r.l.place.fs, r.l.place.path(base, logSuffix), f.f, pos, size)
	if err != nil {
		return fmt.Errorf("keep what is cut from %s: %w", segmentName(base, logSuffix), err)
	}
	r.l.store.logger().Warn("log is cut", "partition", r.l.tp.String(), "file", segmentName(base, logSuffix),
		"position", pos, "offset", r.next, "bytes", size-pos, "kept", kept, "cause", cause)
	if err := r.l.place.fs.SyncDir(r.l.place.dir); err != nil {
		return err
	}
	if err := r.setAside(i + 1); err != nil {
		return err
	}
	if err := f.f.Truncate(pos); err != nil {
		return err
	}
	return f.f.Sync()
}

// setAside takes whole segments out of the log, the last first, so that a crash
// between two of them leaves no hole.
func (r *recovery) setAside(from int) error {
	for i := len(r.bases) - 1; i >= from; i-- {
		base := r.bases[i]
		if r.d.logs[base] > 0 {
			name := r.l.place.path(base, logSuffix)
			to, err := freeCutName(r.l.place.fs, name, 0)
			if err != nil {
				return err
			}
			if err := r.l.place.fs.Rename(name, to); err != nil {
				return err
			}
			r.l.store.logger().Warn("segment is set aside", "partition", r.l.tp.String(), "file", name, "as", to)
		}
		if err := r.d.removeSegment(base); err != nil {
			return err
		}
		if err := r.l.place.fs.SyncDir(r.l.place.dir); err != nil {
			return err
		}
	}
	r.bases = r.bases[:from]
	return nil
}

// keepRange copies [pos, end) of a log file to a .cut file, durably, unless it
// is all zeros or was kept before. It gives the name, empty if there is none.
func keepRange(fsys vfs.FS, name string, f io.ReaderAt, pos, end int64) (string, error) {
	zero, err := allZero(f, pos, end)
	if err != nil || zero {
		return "", err
	}
	for n := 0; ; n++ {
		to := cutName(name, pos, n)
		same, there, err := sameBytes(fsys, to, f, pos, end)
		if err != nil || same {
			return to, err
		}
		if !there {
			return to, copyRange(fsys, to, f, pos, end)
		}
	}
}

// cutName is the n-th name for bytes cut from a file at pos.
func cutName(name string, pos int64, n int) string {
	if n == 0 {
		return fmt.Sprintf("%s.%d%s", name, pos, cutSuffix)
	}
	return fmt.Sprintf("%s.%d.%d%s", name, pos, n, cutSuffix)
}

func freeCutName(fsys vfs.FS, name string, pos int64) (string, error) {
	for n := 0; ; n++ {
		to := cutName(name, pos, n)
		_, err := fsys.Stat(to)
		if err != nil && ignoreMissing(err) == nil {
			return to, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// eachChunk reads [pos, end) piece by piece until f says enough.
func eachChunk(r io.ReaderAt, pos, end int64, f func(at int64, p []byte) (more bool, err error)) error {
	buf := make([]byte, min(scanBuffer, max(0, end-pos)))
	for pos < end {
		p := buf[:min(int64(len(buf)), end-pos)]
		n, err := r.ReadAt(p, pos)
		if n < len(p) && err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		more, err := f(pos, p)
		if err != nil || !more {
			return err
		}
		pos += int64(len(p))
	}
	return nil
}

func allZero(r io.ReaderAt, pos, end int64) (bool, error) {
	zero := true
	err := eachChunk(r, pos, end, func(_ int64, p []byte) (bool, error) {
		for _, c := range p {
			if c != 0 {
				zero = false
				return false, nil
			}
		}
		return true, nil
	})
	return zero, err
}

// sameBytes reports whether a file has exactly the bytes [pos, end) of another.
func sameBytes(fsys vfs.FS, name string, r io.ReaderAt, pos, end int64) (same, there bool, err error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return false, false, ignoreMissing(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil || size != end-pos {
		return false, true, err
	}
	same = true
	other := make([]byte, min(scanBuffer, size))
	err = eachChunk(r, pos, end, func(at int64, p []byte) (bool, error) {
		if n, err := f.ReadAt(other[:len(p)], at-pos); n < len(p) {
			return false, err
		}
		same = bytes.Equal(p, other[:len(p)])
		return same, nil
	})
	return same, true, err
}

// copyRange copies [pos, end) to a new file, which is complete and durable when
// it gets its name.
func copyRange(fsys vfs.FS, to string, r io.ReaderAt, pos, end int64) (err error) {
	tmp := to + tmpSuffix
	f, err := fsys.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return err
	}
	err = eachChunk(r, pos, end, func(at int64, p []byte) (bool, error) {
		_, err := f.WriteAt(p, at-pos)
		return true, err
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, ignoreMissing(fsys.Remove(tmp)))
	}
	return fsys.Rename(tmp, to)
}
