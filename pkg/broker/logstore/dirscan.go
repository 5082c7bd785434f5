package logstore

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kq/pkg/broker/vfs"
)

// dirFiles is what a partition's directory holds.
type dirFiles struct {
	place     *place
	logs      map[int64]int64   // base offset and size of each .log
	others    map[string]bool   // names of the other files of segments
	snapshots []int64           // ascending
	leftover  map[string]string // name of a file in transition, its suffix
	changed   bool              // names were changed, and not made durable yet
}

func listDir(p *place) (*dirFiles, error) {
	d := &dirFiles{place: p, logs: map[int64]int64{}, others: map[string]bool{}, leftover: map[string]string{}}
	entries, err := p.fs.ReadDir(p.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if err := d.note(e); err != nil {
			return nil, err
		}
	}
	slices.Sort(d.snapshots)
	return d, nil
}

func (d *dirFiles) note(e fs.DirEntry) error {
	name := e.Name()
	if ext := filepath.Ext(name); ext == deletedSuffix || ext == cleanedSuffix || ext == swapSuffix || ext == tmpSuffix {
		d.leftover[name] = ext
		return nil
	}
	base, suffix, ok := parseSegmentName(name)
	if !ok {
		return nil // .cut, epochs, snapshots of the metadata log
	}
	switch suffix {
	case logSuffix:
		fi, err := e.Info()
		if err != nil {
			return err
		}
		d.logs[base] = fi.Size()
	case snapshotSuffix:
		d.snapshots = append(d.snapshots, base)
	case indexSuffix, timeIndexSuffix, txnIndexSuffix:
		d.others[name] = true
	}
	return nil
}

func (d *dirFiles) bases() []int64 { return slices.Sorted(maps.Keys(d.logs)) }

func (d *dirFiles) path(name string) string { return filepath.Join(d.place.dir, name) }

func (d *dirFiles) remove(name string) error {
	d.changed = true
	return ignoreMissing(d.place.fs.Remove(d.path(name)))
}

// tidy ends what was under way when the last process stopped: removals,
// replacements of segments, writes of small files (LogLoader.
// removeTempFilesAndCollectSwapFiles). A replacement counts once all its files
// are called .swap; while one is called .cleaned, none does.
func (d *dirFiles) tidy() error {
	minCleaned := int64(math.MaxInt64)
	for name, ext := range d.leftover {
		if base, _, ok := parseSegmentName(name); ok && ext == cleanedSuffix {
			minCleaned = min(minCleaned, base)
		}
	}
	var swaps, undone, rest []string
	for _, name := range slices.Sorted(maps.Keys(d.leftover)) {
		base, _, ok := parseSegmentName(name)
		switch {
		case d.leftover[name] != swapSuffix || !ok:
			rest = append(rest, name)
		case base < minCleaned:
			swaps = append(swaps, name)
		default:
			undone = append(undone, name)
		}
	}
	if len(swaps)+len(undone) > 0 {
		// A process that was killed leaves names that are not durable. What follows
		// would be wrong on a disk that forgets them and keeps it.
		if err := d.place.fs.SyncDir(d.place.dir); err != nil {
			return err
		}
	}
	for _, names := range [][]string{undone, rest} { // the names that would count without the others first, durably
		for _, name := range names {
			if err := d.remove(name); err != nil {
				return err
			}
		}
		if len(undone) > 0 {
			if err := d.commit(); err != nil {
				return err
			}
		}
	}
	return d.swapIn(swaps)
}

// swapIn renames replacements into place; what they replace goes first.
func (d *dirFiles) swapIn(swaps []string) error {
	if len(swaps) == 0 {
		return nil
	}
	for _, name := range swaps {
		base, suffix, _ := parseSegmentName(name)
		if suffix != logSuffix+swapSuffix {
			continue
		}
		end, err := d.endOfSwap(name, base)
		if err != nil {
			return err
		}
		for _, old := range d.bases() {
			if base <= old && old < end {
				if err := d.removeSegment(old); err != nil {
					return err
				}
			}
		}
		// What is left of those whose log is gone already. As long as the log is
		// called .swap, no other file of the replacement has its own name.
		for other := range maps.Clone(d.others) {
			if old, _, _ := parseSegmentName(other); base <= old && old < end {
				if err := d.remove(other); err != nil {
					return err
				}
				delete(d.others, other)
			}
		}
	}
	// In this order, and each step durable, for a crash may come here too.
	isLog := func(name string) bool { return strings.HasSuffix(name, logSuffix+swapSuffix) }
	for _, logs := range []bool{true, false} {
		if err := d.commit(); err != nil {
			return err
		}
		for _, name := range swaps {
			if isLog(name) != logs {
				continue
			}
			if err := d.rename(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// rename gives a file of a replacement its own name.
func (d *dirFiles) rename(swap string) error {
	to := strings.TrimSuffix(swap, swapSuffix)
	if err := d.place.fs.Rename(d.path(swap), d.path(to)); err != nil {
		return err
	}
	d.changed = true
	base, suffix, ok := parseSegmentName(to)
	if !ok || suffix != logSuffix {
		d.others[to] = true
		return nil
	}
	fi, err := d.place.fs.Stat(d.path(to))
	if err != nil {
		return err
	}
	d.logs[base] = fi.Size()
	return nil
}

// endOfSwap gives the offset after the last record of a replacement.
func (d *dirFiles) endOfSwap(name string, base int64) (int64, error) {
	f, err := d.place.fs.OpenFile(d.path(name), os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return 0, err
	}
	sc := newScanner(f, 0, size, false)
	end := base + 1 // an empty one replaces its namesake
	for sc.next() {
		end = max(end, sc.head.last+1)
	}
	if sc.err != nil && !errors.Is(sc.err, ErrCorrupt) {
		return 0, sc.err
	}
	return end, nil
}

// commit makes the changes of names durable.
func (d *dirFiles) commit() error {
	if !d.changed {
		return nil
	}
	d.changed = false
	return d.place.fs.SyncDir(d.place.dir)
}

// removeSegment removes all files of a segment.
func (d *dirFiles) removeSegment(base int64) error {
	for _, s := range []string{logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix} {
		name := segmentName(base, s)
		if s != logSuffix && !d.others[name] {
			continue
		}
		if err := d.remove(name); err != nil {
			return err
		}
		delete(d.others, name)
	}
	delete(d.logs, base)
	return nil
}

// orphan gives a file of a segment with from <= base < to whose log is missing.
func (d *dirFiles) orphan(from, to int64) (name string, base int64, ok bool) {
	for name := range d.others {
		base, _, _ := parseSegmentName(name)
		if _, there := d.logs[base]; !there && from <= base && base < to {
			return name, base, true
		}
	}
	return "", 0, false
}

// removeSnapshots removes those that drop says.
func (d *dirFiles) removeSnapshots(drop func(offset int64) bool) error {
	var err error
	d.snapshots = slices.DeleteFunc(d.snapshots, func(offset int64) bool {
		if !drop(offset) {
			return false
		}
		err = errors.Join(err, d.remove(segmentName(offset, snapshotSuffix)))
		return true
	})
	return err
}

// strays says which snapshots belong to no segment, but for the last one: the
// one that a clean shutdown left (ProducerStateManager.removeStraySnapshots).
func (d *dirFiles) strays() func(int64) bool {
	last := int64(noOffset)
	for base := range d.logs {
		last = max(last, base)
	}
	for _, offset := range d.snapshots {
		last = max(last, offset)
	}
	return func(offset int64) bool {
		_, isBase := d.logs[offset]
		return !isBase && offset != last
	}
}

// readSnapshot reads a snapshot of this directory.
func (p *place) readSnapshot(offset int64) (entries []producerEntry, taken int64, err error) {
	name := p.path(offset, snapshotSuffix)
	raw, err := vfs.ReadFile(p.fs, name)
	if err != nil {
		return nil, 0, err
	}
	if entries, err = parseSnapshot(raw); err != nil {
		return nil, 0, err
	}
	if fi, err := p.fs.Stat(name); err == nil {
		taken = fi.ModTime().UnixMilli()
	}
	return entries, taken, nil
}
