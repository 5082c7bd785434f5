package logstore

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"kq/pkg/broker/vfs"
)

// open reads or makes the log's directory and publishes the first view. It
// needs mu.
func (l *Log) open() error {
	if !l.atOpen.found {
		return l.create()
	}
	if err := l.checkTopicID(); err != nil {
		return err
	}
	d, err := listDir(l.place)
	if err != nil {
		return err
	}
	if err := d.tidy(); err != nil {
		return err
	}
	if l.atOpen.clean {
		err = l.openClean(d)
	} else {
		err = l.recover(d)
	}
	if err != nil {
		return err
	}
	for _, x := range l.atOpen.epochs {
		l.assignEpoch(x)
	}
	l.atOpen.epochs = nil
	return nil
}

// create makes the directory and an empty segment.
func (l *Log) create() error {
	if rp := l.atOpen.recoveryPoint; rp > 0 && !l.atOpen.renamed {
		return fmt.Errorf("%w: the directory is missing, and %d offsets of it were durable", ErrCorrupt, rp)
	}
	if err := l.beginAnew(); err != nil {
		return err
	}
	a, err := l.newActive(0)
	if err != nil {
		return err
	}
	l.dirty.dir = true
	l.install([]*segment{a.seg}, a, 0, 0)
	for _, x := range l.atOpen.epochs {
		l.assignEpoch(x)
	}
	l.atOpen.epochs = nil
	return nil
}

// beginAnew makes the directory of a log that has no past.
func (l *Log) beginAnew() error {
	l.atOpen = openInfo{found: l.atOpen.found, epochs: l.atOpen.epochs}
	l.recoveryPoint.Store(0)
	l.synced.Store(0)
	l.hw.Store(0)
	if err := l.store.files.purge(l.tp); err != nil {
		return err
	}
	if err := l.place.fs.MkdirAll(l.place.dir, dirPerm); err != nil {
		return err
	}
	l.store.files.addedDir()
	return l.writeTopicID()
}

// install publishes the first view of a log.
func (l *Log) install(segs []*segment, a active, start, end int64) {
	l.act = a
	if l.prod == nil {
		l.prod = newProducers(end)
	}
	l.prod.end = end
	l.publish(segs, start, end)
	l.hw.Store(min(max(l.hw.Load(), start), end))
	l.publishUnstable()
}

func (l *Log) writeTopicID() error {
	if l.topicID == ([16]byte{}) {
		return nil
	}
	l.dirty.addFile(partitionMetaFile)
	return writeFileUnsynced(l.place.fs, l.file(partitionMetaFile), encodePartitionMetadata(l.topicID))
}

// checkTopicID compares partition.metadata with what the log should be. A
// directory of another incarnation of the topic is set aside, and the log begins
// anew: that happens when a crash comes between a deletion and its execution.
func (l *Log) checkTopicID() error {
	raw, err := vfs.ReadFile(l.place.fs, l.file(partitionMetaFile))
	if errors.Is(err, fs.ErrNotExist) {
		if err = l.writeTopicID(); vfs.IsNoSpace(err) {
			return nil // the next start writes it
		}
		return err
	}
	if err != nil {
		return err
	}
	id, err := parsePartitionMetadata(raw)
	switch {
	case err != nil && l.atOpen.clean:
		return err
	case err != nil: // torn; a deletion is durable before anything takes its place
		l.store.logger().Warn("partition.metadata is written anew", "partition", l.tp.String(), "err", err)
		return l.writeTopicID()
	case l.topicID == ([16]byte{}):
		l.topicID = id
		return nil
	case id == l.topicID:
		return nil
	case l.atOpen.clean:
		return fmt.Errorf("%w: the directory belongs to topic id %s, not %s", ErrCorrupt, uuidString(id), uuidString(l.topicID))
	}
	to := l.store.path(markedDirName(l.tp, strayDirSuffix))
	l.store.logger().Warn("directory of another topic id is set aside", "partition", l.tp.String(), "id", uuidString(id), "as", to)
	if err := l.place.fs.Rename(l.place.dir, to); err != nil {
		return err
	}
	if err := l.place.fs.SyncDir(l.store.opts.Dir); err != nil {
		return err
	}
	return l.beginAnew()
}

// openClean opens a log that was closed: sizes are trusted, and of the data only
// the last batches are looked at.
func (l *Log) openClean(d *dirFiles) error {
	end := l.atOpen.recoveryPoint
	if err := errors.Join(d.removeSnapshots(d.strays()), d.commit()); err != nil {
		return err
	}
	bases := d.bases()
	if len(bases) == 0 {
		return fmt.Errorf("%w: no segment, and %d offsets were durable", ErrCorrupt, end)
	}
	if name, base, ok := d.orphan(bases[0], bases[len(bases)-1]); ok {
		return missingSegment(base, name)
	}
	segs := make([]*segment, len(bases))
	for i, base := range bases {
		segs[i] = &segment{place: l.place, base: base, size: d.logs[base]}
		if !d.others[segmentName(base, txnIndexSuffix)] {
			segs[i].aborted.Store(&[]AbortedTxn{})
		}
	}
	a, next, err := l.openActive(segs[len(segs)-1])
	if err != nil {
		return err
	}
	if next != end {
		return fmt.Errorf("%w: the log ends at offset %d, at the clean shutdown it was %d", ErrCorrupt, next, end)
	}
	start := max(l.atOpen.start, bases[0])
	if err := l.loadEpochs(segs, start, end); err != nil {
		return err
	}
	if err := l.loadProducers(d, segs, end); err != nil {
		return err
	}
	a.settled = true
	l.synced.Store(end)
	l.install(segs, a, start, end)
	return nil
}

// openActive restores the writer of a closed segment: its indexes, and from the
// last entry on its batches.
func (l *Log) openActive(seg *segment) (a active, next int64, err error) {
	file, err := seg.acquire()
	if err != nil {
		return active{}, 0, err
	}
	defer file.release()
	x, t, err := seg.readIndexes()
	if err != nil {
		return active{}, 0, err
	}
	ix := newIndexer(seg.base, l.config.Load().IndexIntervalBytes)
	ix.offsets, ix.times, ix.max = x, t, t.last(seg.base)
	if _, err := seg.abortedTxns(); err != nil {
		return active{}, 0, err
	}
	a = l.activate(seg, ix)
	a.size = seg.size
	a.offsetsWritten, a.timesWritten = len(x), len(t)
	a.txnsWritten = len(*seg.aborted.Load()) * txnIndexEntrySize

	pos := x.lookup(math.MaxInt64)
	a.ix.since, next = seg.size-pos, seg.base
	sc := newScanner(file.f, pos, seg.size, false)
	for sc.next() {
		h := sc.head
		if h.maxTS > a.ix.max.Timestamp {
			a.ix.max.Timestamp, a.ix.max.Offset = h.maxTS, h.last
		}
		a.tail = addTail(a.tail, tailBatch{base: h.base, last: h.last, pos: uint32(h.pos), size: uint32(h.size)})
		next = h.last + 1
	}
	if sc.err != nil {
		return active{}, 0, fmt.Errorf("%s at %d: %w", segmentName(seg.base, logSuffix), sc.pos, sc.err)
	}
	if first := newScanner(file.f, 0, seg.size, false); first.next() {
		a.ix.any, a.ix.firstTS = true, first.head.maxTS
	}
	return a, next, nil
}

// loadEpochs reads the epoch file, or the batches where it cannot be true.
func (l *Log) loadEpochs(segs []*segment, start, end int64) error {
	e, ok, err := l.readEpochs()
	if err != nil {
		return err
	}
	l.saved.epochs = ok
	if !ok {
		if e, err = scanEpochs(segs); err != nil {
			return err
		}
	}
	kept := e.cutFrom(end).cutBefore(start)
	l.saved.epochs = l.saved.epochs && len(kept) == len(e) && (len(e) == 0 || kept[0] == e[0])
	l.epochs.Store(&kept)
	return nil
}

// readEpochs gives the contents of the epoch file; ok is false if it is missing
// or cannot be what was written.
func (l *Log) readEpochs() (e epochs, ok bool, err error) {
	raw, err := vfs.ReadFile(l.place.fs, l.file(epochFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if e, err = parseEpochs(raw); err != nil {
		l.store.logger().Warn("leader epochs are rebuilt", "partition", l.tp.String(), "err", err)
		return nil, false, nil
	}
	return e, true, nil
}

// scanEpochs reads the epochs off the batches.
func scanEpochs(segs []*segment) (e epochs, err error) {
	for _, seg := range segs {
		if err := scanSegment(seg, func(sc *scanner) error {
			e, _ = e.grow(sc.head.epoch, sc.head.base)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// scanSegment walks the headers of a segment's file.
func scanSegment(seg *segment, f func(*scanner) error) error {
	file, err := seg.place.fs.OpenFile(seg.place.path(seg.base, logSuffix), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	sc := newScanner(file, 0, seg.size, false)
	for sc.next() {
		if err := f(sc); err != nil {
			return err
		}
	}
	if sc.err != nil {
		return fmt.Errorf("%s at %d: %w", segmentName(seg.base, logSuffix), sc.pos, sc.err)
	}
	return nil
}

// loadProducers restores the producer state at an offset: from the last snapshot
// that is not past it, and the batches from there on.
func (l *Log) loadProducers(d *dirFiles, segs []*segment, at int64) error {
	l.prod = newProducers(0)
	from := int64(0)
	for i := len(d.snapshots) - 1; i >= 0; i-- {
		offset := d.snapshots[i]
		if offset > at {
			continue
		}
		entries, taken, err := l.place.readSnapshot(offset)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return err
		}
		if err == nil {
			l.prod.load(entries, offset, min(taken, l.store.nowMs()))
			from = offset
			break
		}
		l.store.logger().Warn("producer snapshot is ignored", "partition", l.tp.String(), "offset", offset, "err", err)
		if err := d.removeSnapshots(func(o int64) bool { return o == offset }); err != nil {
			return err
		}
	}
	l.saved.snapshot = from
	if from < at {
		if err := l.replayProducers(segs, from, at); err != nil {
			return err
		}
	}
	l.prod.end = at
	l.prod.expire(l.store.nowMs(), l.store.opts.ProducerIDExpiration.Milliseconds())
	return nil
}

func (l *Log) replayProducers(segs []*segment, from, to int64) error {
	now := l.store.nowMs()
	for i, seg := range segs {
		if seg.base >= to || i+1 < len(segs) && segs[i+1].base <= from {
			continue
		}
		err := scanSegment(seg, func(sc *scanner) error {
			if sc.head.last < from || sc.head.base >= to {
				return nil
			}
			b, ok, err := sc.batch()
			if err != nil || !ok {
				return err
			}
			_, err = l.prod.replay(b, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("read producers: %w", err)
		}
	}
	return nil
}
