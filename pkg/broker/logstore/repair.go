package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// RepairAction is what to do about damage that recovery does not touch.
type RepairAction uint8

const (
	// RepairCut ends the log at the first problem.
	RepairCut RepairAction = iota
	// RepairSkip takes out what is bad and keeps what follows. An empty batch
	// takes the place of the offsets that are lost, as after compaction.
	RepairSkip
)

// Repair mends a partition whose broker does not run, or with apply false says
// what it would do. Every byte it takes out of a .log file is kept beside it in a
// .cut file. The next start recovers the directory.
func Repair(fsys vfs.FS, dir string, tp TopicPartition, action RepairAction, apply bool) (Report, error) {
	lock, err := takeLock(fsys, dir)
	if err != nil {
		return Report{}, err
	}
	defer lock.Close()
	i, err := newInspection(fsys, dir, tp)
	if err != nil {
		return Report{}, err
	}
	if err := i.run(); err != nil {
		return i.report, fmt.Errorf("inspect %s: %w", tp, err)
	}
	if len(i.report.Problems) == 0 {
		return i.report, nil
	}
	r := repair{inspection: i, root: dir, apply: apply}
	if action == RepairCut {
		err = r.cut(i.report.Problems[0])
	} else {
		err = r.skip()
	}
	if err != nil {
		return i.report, fmt.Errorf("repair %s: %w", tp, err)
	}
	i.report.Applied = apply
	return i.report, nil
}

type repair struct {
	*inspection
	root  string
	apply bool
}

// do notes an action and, if it is meant, takes it.
func (r *repair) do(what string, f func() error) error {
	r.report.Actions = append(r.report.Actions, what)
	if !r.apply {
		return nil
	}
	return f()
}

// cut keeps and removes everything from a problem on.
func (r *repair) cut(p Problem) error {
	if err := r.unclean(p.Offset); err != nil {
		return err
	}
	base, _, _ := parseSegmentName(p.File)
	for _, b := range slices.Backward(r.bases) {
		if b <= base {
			break
		}
		if err := r.do(fmt.Sprintf("set aside %s, %d bytes", segmentName(b, logSuffix), r.d.logs[b]), func() error { return r.setAside(b) }); err != nil {
			return err
		}
	}
	if p.CutBytes > 0 && p.Position < r.d.logs[base] {
		what := fmt.Sprintf("cut %s at %d, offset %d, and keep %d bytes", p.File, p.Position, p.Offset, r.d.logs[base]-p.Position)
		if err := r.do(what, func() error { return r.cutFile(base, p.Position) }); err != nil {
			return err
		}
	}
	return r.do(fmt.Sprintf("drop producer state after offset %d", p.Offset), func() error {
		err := r.d.removeSnapshots(func(offset int64) bool { return offset > p.Offset })
		return errors.Join(err, r.d.place.fs.SyncDir(r.d.place.dir))
	})
}

// unclean makes the next start recover, from an offset on for this log.
func (r *repair) unclean(offset int64) error {
	fsys := r.d.place.fs
	offset = min(offset, r.report.RecoveryPoint)
	return r.do(fmt.Sprintf("set the recovery point to %d (was %d)", offset, r.report.RecoveryPoint), func() error {
		if err := ignoreMissing(fsys.Remove(filepath.Join(r.root, cleanShutdownFile))); err != nil {
			return err
		}
		name := filepath.Join(r.root, recoveryPointFile)
		raw, err := vfs.ReadFile(fsys, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		o, err := parseOffsets(raw)
		if err != nil || o == nil {
			o = offsets{}
		}
		o[r.report.TopicPartition] = offset
		return vfs.WriteFileAtomic(fsys, name, o.encode(), filePerm)
	})
}

func (r *repair) setAside(base int64) error {
	name := r.d.place.path(base, logSuffix)
	to, err := freeCutName(r.d.place.fs, name, 0)
	if err != nil {
		return err
	}
	if err := r.d.place.fs.Rename(name, to); err != nil {
		return err
	}
	return errors.Join(r.d.removeSegment(base), r.d.place.fs.SyncDir(r.d.place.dir))
}

// cutFile ends a .log file at pos; its indexes are rebuilt by the next start.
func (r *repair) cutFile(base, pos int64) error {
	p := r.d.place
	name := p.path(base, logSuffix)
	f, err := p.fs.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := keepRange(p.fs, name, f, pos, r.d.logs[base]); err != nil {
		return err
	}
	if err := errors.Join(r.dropIndexes(base), p.fs.SyncDir(p.dir)); err != nil {
		return err
	}
	return errors.Join(f.Truncate(pos), f.Sync())
}

func (r *repair) dropIndexes(base int64) error {
	return errors.Join(r.d.remove(segmentName(base, indexSuffix)), r.d.remove(segmentName(base, timeIndexSuffix)))
}

// skip rewrites each file with a problem.
func (r *repair) skip() error {
	all := r.report.Problems
	rp := r.report.RecoveryPoint
	if last := all[len(all)-1]; last.upTo == noOffset {
		rp = last.Offset // nothing follows: the log ends there
	}
	if err := r.unclean(rp); err != nil {
		return err
	}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].File == all[0].File {
			n++
		}
		if err := r.skipIn(all[:n]); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// skipIn takes the bad ranges out of one file.
func (r *repair) skipIn(problems []Problem) error {
	for _, p := range problems {
		what := fmt.Sprintf("skip %d bytes of %s at %d, and keep them", p.SkipBytes, p.File, p.Position)
		if p.upTo != noOffset {
			what += fmt.Sprintf("; offsets %d to %d are lost", p.Offset, p.upTo-1)
		}
		r.report.Actions = append(r.report.Actions, what)
	}
	if !r.apply {
		return nil
	}
	base, _, ok := parseSegmentName(problems[0].File)
	if !ok {
		return fmt.Errorf("%w: there is no segment to repair", ErrCorrupt)
	}
	p := r.d.place
	name := p.path(base, logSuffix)
	f, err := p.fs.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, q := range problems {
		if _, err := keepRange(p.fs, name, f, q.Position, q.next); err != nil {
			return err
		}
	}
	if err := r.rewrite(name+cleanedSuffix, f, r.d.logs[base], problems); err != nil {
		return err
	}
	return errors.Join(r.dropIndexes(base),
		p.fs.Rename(name+cleanedSuffix, name+swapSuffix), p.fs.SyncDir(p.dir),
		p.fs.Rename(name+swapSuffix, name), r.dropOrphans(problems), p.fs.SyncDir(p.dir))
}

// dropOrphans removes what is left of segments whose logs are missing.
func (r *repair) dropOrphans(problems []Problem) error {
	for _, q := range problems {
		for {
			name, _, ok := r.d.orphan(q.Offset, q.upTo)
			if !ok {
				break
			}
			if err := r.d.remove(name); err != nil {
				return err
			}
			delete(r.d.others, name)
		}
	}
	return nil
}

// rewrite copies a file without its bad ranges.
func (r *repair) rewrite(to string, f io.ReaderAt, size int64, problems []Problem) (err error) {
	out, err := r.d.place.fs.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	at := int64(0)
	write := func(_ int64, p []byte) (bool, error) {
		_, err := out.WriteAt(p, at)
		at += int64(len(p))
		return true, err
	}
	from := int64(0)
	for _, q := range problems {
		if err := eachChunk(f, from, q.Position, write); err != nil {
			return err
		}
		if q.upTo != noOffset {
			if _, err := write(0, emptyBatches(q.Offset, q.upTo)); err != nil {
				return err
			}
		}
		from = q.next
	}
	if err := eachChunk(f, from, size, write); err != nil {
		return err
	}
	return out.Sync()
}

// emptyBatches are batches without records in the place of offsets [from, to),
// as compaction leaves them.
func emptyBatches(from, to int64) (out []byte) {
	be := binary.BigEndian
	for from < to {
		last := min(to-1, from+math.MaxInt32)
		b := make([]byte, batch.HeaderSize)
		be.PutUint64(b, uint64(from))
		be.PutUint32(b[8:], batch.HeaderSize-batch.Overhead)
		be.PutUint32(b[12:], math.MaxUint32) // no leader epoch
		b[16] = 2
		be.PutUint32(b[23:], uint32(last-from))
		for i := 27; i < 57; i++ {
			b[i] = 0xff // no timestamps, no producer
		}
		be.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
		out = append(out, b...)
		from = last + 1
	}
	return out
}
