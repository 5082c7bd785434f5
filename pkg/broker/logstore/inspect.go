package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kq/pkg/broker/vfs"
)

// Report is what Inspect found in a partition's directory.
type Report struct {
	TopicPartition TopicPartition
	Dir            string
	StartOffset    int64 // checkpointed, or of the first segment
	EndOffset      int64 // after the last good batch
	RecoveryPoint  int64 // what was durable, by the checkpoint
	Segments       int
	Bytes          int64
	Batches        int64
	Problems       []Problem // in the order of offsets; empty: every batch is whole
	// What Repair did, or would do.
	Actions []string
	Applied bool
}

// Problem is a place where a log is not what it should be.
type Problem struct {
	File     string // name of the .log file
	Position int64  // in bytes
	Offset   int64  // that should be there
	Cause    string
	// Below the recovery point damage keeps the log offline; above it, recovery
	// cuts it off by itself.
	BelowRecoveryPoint bool

	// Skipping it loses this much.
	SkipBytes   int64
	SkipOffsets int64
	// Cutting the log here loses this much; the offsets are at least that many.
	CutBytes   int64
	CutOffsets int64

	next int64 // position of the next good batch; the file's size without one
	upTo int64 // offset that follows what is bad; noOffset at the end of the log
}

// Inspect checks every batch of a partition whose broker does not run. It
// changes nothing.
func Inspect(fsys vfs.FS, dir string, tp TopicPartition) (Report, error) {
	i, err := newInspection(fsys, dir, tp)
	if err != nil {
		return Report{}, err
	}
	if err := i.run(); err != nil {
		return i.report, fmt.Errorf("inspect %s: %w", tp, err)
	}
	return i.report, nil
}

// inspection walks a log and goes on behind what is bad.
type inspection struct {
	report Report
	d      *dirFiles
	bases  []int64
	next   int64
	epoch  int32
}

func newInspection(fsys vfs.FS, dir string, tp TopicPartition) (*inspection, error) {
	p := &place{fs: fsys, dir: filepath.Join(dir, tp.String())}
	d, err := listDir(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, p.dir)
	}
	if err != nil {
		return nil, err
	}
	i := &inspection{d: d, bases: d.bases(), epoch: noEpoch}
	i.report = Report{TopicPartition: tp, Dir: p.dir}
	for name, into := range map[string]*int64{recoveryPointFile: &i.report.RecoveryPoint, logStartFile: &i.report.StartOffset} {
		raw, err := vfs.ReadFile(fsys, filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if o, err := parseOffsets(raw); err == nil {
			*into = o[tp]
		}
	}
	if len(i.bases) > 0 {
		i.report.StartOffset = max(i.report.StartOffset, i.bases[0])
		i.next = i.bases[0]
	}
	return i, nil
}

func (i *inspection) run() error {
	r := &i.report
	for n, base := range i.bases {
		size := i.d.logs[base]
		r.Segments++
		r.Bytes += size
		if base > i.next && n > 0 {
			i.noteGap(n, base)
		}
		if err := i.segment(n, base, size); err != nil {
			return err
		}
	}
	r.EndOffset = i.next
	if i.next < r.RecoveryPoint && len(r.Problems) == 0 {
		file, size := "", int64(0)
		if n := len(i.bases); n > 0 {
			file, size = segmentName(i.bases[n-1], logSuffix), i.d.logs[i.bases[n-1]]
		}
		i.add(Problem{File: file, Position: size, Offset: i.next, next: size, upTo: noOffset, Cause: "the log ends before its recovery point"})
	}
	i.weigh()
	return nil
}

func (i *inspection) add(p Problem) {
	p.BelowRecoveryPoint = p.Offset < i.report.RecoveryPoint
	i.report.Problems = append(i.report.Problems, p)
}

// noteGap reports missing offsets between two segments, unless compaction has
// made them.
func (i *inspection) noteGap(n int, base int64) {
	before := &segment{place: i.d.place, base: i.bases[n-1], size: i.d.logs[i.bases[n-1]]}
	if _, _, orphan := i.d.orphan(i.next, base); !orphan {
		if was, err := compacted(before); err == nil && was {
			return
		}
	}
	i.add(Problem{
		File: segmentName(before.base, logSuffix), Position: before.size, Offset: i.next, next: before.size, upTo: base,
		Cause: fmt.Sprintf("offsets %d to %d are missing before %s", i.next, base-1, segmentName(base, logSuffix)),
	})
}

// segment walks one file.
func (i *inspection) segment(n int, base, size int64) error {
	f, err := i.d.place.fs.OpenFile(i.d.place.path(base, logSuffix), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	link := chain{segBase: base, next: max(base, i.next), epoch: i.epoch, durable: i.report.RecoveryPoint}
	for pos := int64(0); pos < size; {
		sc := newScanner(f, pos, size, true)
		bad := i.walk(sc, &link)
		if bad == nil {
			break
		}
		if !errors.Is(bad, ErrCorrupt) {
			return bad
		}
		limit := int64(noOffset)
		if n+1 < len(i.bases) {
			limit = i.bases[n+1]
		}
		at := sc.pos
		if sc.err == nil {
			at = sc.head.pos // whole, but out of place
		}
		next, h, found, err := nextGood(f, at, size, link, limit)
		if err != nil {
			return err
		}
		p := Problem{File: segmentName(base, logSuffix), Position: at, Offset: link.next, Cause: bad.Error(), next: next, upTo: limit}
		if found {
			p.upTo = h.base
		}
		i.add(p)
		link.next = max(link.next, p.upTo)
		pos = next
	}
	i.next, i.epoch = link.next, link.epoch
	return nil
}

// walk takes batches until the end or the first that does not fit.
func (i *inspection) walk(sc *scanner, link *chain) error {
	for sc.next() {
		if err := link.follow(sc); err != nil {
			return err
		}
		i.report.Batches++
	}
	return sc.err
}

// nextGood finds the next batch behind a bad place: where the bad one says it
// ends, or wherever bytes look like one and their checksum agrees.
func nextGood(f io.ReaderAt, bad, size int64, link chain, limit int64) (pos int64, h head, found bool, err error) {
	fits := func(pos int64) bool {
		sc := newScanner(f, pos, size, true)
		if !sc.next() {
			return false
		}
		h = sc.head
		copy := link
		return (limit == noOffset || h.last < limit) && copy.follow(sc) == nil
	}
	if first := newScanner(f, bad, size, false); first.next() && first.pos < size && fits(first.pos) {
		return first.pos, h, true, nil
	}
	pos = size
	err = eachChunk(f, bad+1, size, func(at int64, p []byte) (bool, error) {
		for j := range p {
			if !looksLikeBatch(p[j:], size-at-int64(j), link, limit) || !fits(at+int64(j)) {
				continue
			}
			pos, found = at+int64(j), true
			return false, nil
		}
		return true, nil
	})
	return pos, h, found, err
}

// looksLikeBatch is the cheap test before the checksum. Near the end of a chunk
// it cannot tell and says yes.
func looksLikeBatch(p []byte, left int64, link chain, limit int64) bool {
	if left < 61 {
		return false
	}
	if len(p) < 17 {
		return true
	}
	base, length := int64(binary.BigEndian.Uint64(p)), int64(int32(binary.BigEndian.Uint32(p[8:])))
	return p[16] == 2 && base >= link.next && base-link.segBase <= maxRelative &&
		(limit == noOffset || base < limit) && length >= 49 && length+12 <= left
}

// weigh works out what cutting and skipping would cost.
func (i *inspection) weigh() {
	r := &i.report
	for n := range r.Problems {
		p := &r.Problems[n]
		p.SkipBytes = p.next - p.Position
		end := p.upTo
		if end == noOffset {
			end = max(p.Offset, r.RecoveryPoint)
		}
		p.SkipOffsets = end - p.Offset
		p.CutOffsets = max(r.EndOffset, r.RecoveryPoint) - p.Offset
		base, _, _ := parseSegmentName(p.File)
		p.CutBytes = i.d.logs[base] - p.Position
		for _, b := range i.bases {
			if b > base {
				p.CutBytes += i.d.logs[b]
			}
		}
	}
}
