package logstore

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"kq/pkg/broker/batch"
)

// CleanStats is what cleanings have done.
type CleanStats struct {
	Runs                     int64 // cleanings that came to their end
	BytesIndexed             int64 // read to find the last offset of each key
	BytesRead, BytesWritten  int64 // of the segments that were rewritten
	RecordsRead, RecordsKept int64
	Elapsed                  time.Duration
}

func (s *CleanStats) add(o CleanStats) {
	s.Runs += o.Runs
	s.BytesIndexed += o.BytesIndexed
	s.BytesRead += o.BytesRead
	s.BytesWritten += o.BytesWritten
	s.RecordsRead += o.RecordsRead
	s.RecordsKept += o.RecordsKept
	s.Elapsed += o.Elapsed
}

// errCleanStopped says that a cleaning gave way to something else.
var errCleanStopped = errors.New("cleaning was stopped")

// cleaning rewrites a log so that of each key the last record is left, up to the
// end of its dirty part or as far as the memory for keys goes. First it notes the
// last offset of each key of the dirty part; then it goes through all segments
// from the log's beginning, some at a time that together make one segment, and
// puts what is left of them in their place.
type cleaning struct {
	dirtyLog
	o      CleanerOptions
	c      *Config
	limit  *throttle
	quit   <-chan struct{} // ends the cleaning
	filter cleanFilter
	reader batchReader
	since  int // bytes since others were let go first
	stats  CleanStats
}

// pauseCleaning stops the cleaning of the log, if there is one, and keeps the
// next one from beginning until resume.
func (l *Log) pauseCleaning() (resume func()) {
	l.cleanStop.Add(1)
	l.cleanMu.Lock()
	return func() {
		l.cleanMu.Unlock()
		l.cleanStop.Add(-1)
	}
}

// clean cleans a log and gives the offset up to which it is clean. Nothing is
// lost if it fails: some segments may be cleaned already. It fails with an error
// of isCorrupt if the log has a batch that cannot be what was written.
func (d dirtyLog) clean(o CleanerOptions, now int64, limit *throttle, quit <-chan struct{}) (end int64, stats CleanStats, err error) {
	if !d.l.cleanMu.TryLock() {
		return 0, stats, errCleanStopped
	}
	defer d.l.cleanMu.Unlock()
	c := &cleaning{dirtyLog: d, o: o, c: d.l.config.Load(), limit: limit, quit: quit}
	began := time.Now()
	keys, err := newKeyMap(o.DedupeBytes/int64(max(1, o.Threads)), o.LoadFactor, d.to-d.from)
	if err != nil {
		return 0, stats, err
	}
	defer keys.close()
	c.filter = cleanFilter{keys: keys, now: now, deleteMs: c.c.DeleteRetentionMs, stats: &c.stats}
	c.reader.await = c.await
	c.reader.buf = make([]byte, 0, c.ioBytes())
	if err := c.index(); err != nil {
		return 0, c.stats, err
	}
	c.stats.RecordsRead, c.filter.txns = 0, newCleanedTxns()
	groups, err := c.groups(keys.last + 1)
	if err != nil {
		return 0, c.stats, err
	}
	for _, g := range groups {
		if err := c.rewrite(g); err != nil {
			return 0, c.stats, err
		}
	}
	c.stats.Runs, c.stats.Elapsed = 1, time.Since(began)
	return keys.last + 1, c.stats, nil
}

// ioBytes is the size of each of two buffers.
func (c *cleaning) ioBytes() int {
	return min(max(c.o.IOBytes/max(1, c.o.Threads)/2, 4<<10), 64<<20)
}

// yieldBytes are cleaned between two calls of the scheduler: whoever serves
// clients does not wait for the cleaner's turn to end.
const yieldBytes = 16 << 10

// stopCheck is how long those who want the cleaning to stop wait for it while it
// waits for its share of the disk.
const stopCheck = 20 * time.Millisecond

// await is called with each read and write of n bytes.
func (c *cleaning) await(n int) error {
	for pause := c.limit.take(n, time.Now()); ; pause -= stopCheck {
		if c.l.cleanStop.Load() > 0 {
			return errCleanStopped
		}
		select {
		case <-c.quit:
			return errCleanStopped
		default:
		}
		if pause <= 0 {
			return nil
		}
		select {
		case <-c.quit:
		case <-time.After(min(pause, stopCheck)):
		}
	}
}

func (c *cleaning) yield(n int) {
	if c.since += n; c.since >= yieldBytes {
		c.since = 0
		runtime.Gosched()
	}
}

// open makes the reader begin at a position of segment i.
func (c *cleaning) open(i int, pos int64) (*segFile, error) {
	file, err := c.v.segs[i].acquire()
	if errors.Is(err, errGone) {
		return nil, errReplaced
	}
	if err != nil {
		return nil, err
	}
	r := &c.reader
	r.f, r.pos, r.end, r.buf, r.off = file.f, pos, c.v.segs[i].size, r.buf[:0], pos
	return file, nil
}

// at says where in the log an error came from.
func (c *cleaning) at(i int, err error) error {
	return fmt.Errorf("%s at position %d: %w", segmentName(c.v.segs[i].base, logSuffix), c.reader.pos, err)
}

// index fills the key map from the dirty part, until it is full.
func (c *cleaning) index() error {
	txns := newCleanedTxns()
	aborted, err := c.l.AbortedTxns(c.from, c.to)
	if err != nil {
		return err
	}
	txns.add(aborted)
	for i := c.v.segmentOf(c.from); c.v.segs[i].base < c.to; i++ {
		full, err := c.indexSegment(i, txns)
		if err != nil || full {
			return err
		}
		c.filter.keys.last = c.v.endOf(i) - 1 // also where offsets are missing
	}
	return nil
}

func (c *cleaning) indexSegment(i int, txns *cleanedTxns) (full bool, err error) {
	pos := int64(0)
	if base := c.v.segs[i].base; base < c.from {
		x, err := c.v.segs[i].offsetIndex()
		if errors.Is(err, errGone) {
			return false, errReplaced
		}
		if err != nil {
			return false, err
		}
		pos = x.lookup(c.from - base)
	}
	file, err := c.open(i, pos)
	if err != nil {
		return false, err
	}
	defer file.release()
	for c.reader.more() {
		b, _, h, err := c.reader.next()
		if err == nil && b != nil {
			full, err = c.indexBatch(b, txns)
		}
		if err != nil {
			return false, c.at(i, err)
		}
		if full {
			return true, nil
		}
		if h.last >= c.from {
			c.filter.keys.last = h.last
		}
		c.stats.BytesIndexed += h.size
		c.yield(int(h.size))
	}
	return false, nil
}

func (c *cleaning) indexBatch(b batch.Batch, txns *cleanedTxns) (full bool, err error) {
	if b.IsControl() {
		_, err := txns.control(b)
		return false, err
	}
	if txns.data(b) {
		return false, nil
	}
	f := &c.filter
	rest := b.Body()
	if b.Codec() != batch.CodecNone {
		if f.body, err = f.open.Decompress(f.body[:0], b); err != nil {
			return false, err
		}
		rest = f.body
	}
	for left := b.Count(); left > 0; left -= int32(len(f.raws)) {
		if rest, err = f.cut(rest, left); err != nil {
			return false, err
		}
		for i, r := range f.raws {
			if offset := b.BaseOffset() + int64(r.OffsetDelta); r.Key != nil && offset >= c.from && !f.keys.put(f.hashes[i], offset) {
				return true, nil
			}
		}
	}
	return false, nil
}

// groups puts the segments that begin before end together, as many as make one
// segment (Cleaner.groupSegmentsBySize).
func (c *cleaning) groups(end int64) (out [][]int, err error) {
	var size, offsets, times int64
	for i := 0; c.v.segs[i].base < min(end, c.to); i++ {
		seg := c.v.segs[i]
		x, err := seg.offsetIndex()
		if err != nil {
			return nil, c.gone(err)
		}
		t, err := seg.timeIndex()
		if err != nil {
			return nil, c.gone(err)
		}
		n := len(out) - 1
		if n >= 0 && size+seg.size <= int64(c.c.SegmentBytes) &&
			offsets+int64(len(x)) <= int64(c.c.SegmentIndexBytes) && times+int64(len(t)) <= int64(c.c.SegmentIndexBytes) &&
			(seg.size == 0 || c.v.endOf(i)-1-c.v.segs[out[n][0]].base <= maxRelative) {
			out[n] = append(out[n], i)
		} else {
			out = append(out, []int{i})
			size, offsets, times = 0, 0, 0
		}
		size, offsets, times = size+seg.size, offsets+int64(len(x)), times+int64(len(t))
	}
	return out, nil
}

func (c *cleaning) gone(err error) error {
	if errors.Is(err, errGone) {
		return errReplaced
	}
	return err
}

// rewrite puts a cleaned segment in the place of a group.
func (c *cleaning) rewrite(group []int) error {
	c.filter.lasts = c.l.lastRecords()
	c.filter.txns.index = nil
	first, last := group[0], group[len(group)-1]
	out, err := newCleanedSegment(c.l.place, c.v.segs[first].base, c.c.IndexIntervalBytes, c.ioBytes(), c.await)
	if err != nil {
		return err
	}
	for last > first && c.v.segs[last].size == 0 { // the last one with a batch
		last--
	}
	changed := len(group) > 1
	for _, i := range group {
		more, err := c.rewriteSegment(i, i == last, out)
		if err != nil {
			return errors.Join(err, out.discard())
		}
		changed = changed || more
	}
	if !changed {
		c.stats.BytesWritten += out.size + int64(len(out.buf))
		return out.discard()
	}
	if err := out.finish(c.filter.txns.index); err != nil {
		return errors.Join(err, out.discard())
	}
	c.stats.BytesWritten += out.size
	olds := c.v.segs[first : group[len(group)-1]+1]
	return c.l.swapIn(out, olds, c.v.endOf(group[len(group)-1]), c.segment(out, olds))
}

// rewriteSegment appends what is left of segment i.
func (c *cleaning) rewriteSegment(i int, isLast bool, out *cleanedSegment) (changed bool, err error) {
	txns, err := c.l.AbortedTxns(c.v.segs[i].base, c.v.endOf(i))
	if err != nil {
		return false, err
	}
	c.filter.txns.add(txns)
	file, err := c.open(i, 0)
	if err != nil {
		return false, err
	}
	defer file.release()
	for c.reader.more() {
		b, p, h, err := c.reader.next()
		if err != nil {
			return false, c.at(i, err)
		}
		at, is := len(out.buf), false
		if b == nil { // a message set of an old Kafka stays as it is
			out.buf = append(out.buf, p...)
		} else if out.buf, is, err = c.filter.apply(out.buf, b, isLast && !c.reader.more()); err != nil {
			return false, c.at(i, err)
		}
		if len(out.buf) > at {
			if err := out.add(at); err != nil {
				return false, err
			}
		}
		changed = changed || is
		c.stats.BytesRead += h.size
		c.yield(int(h.size))
	}
	return changed, nil
}

// segment is what takes the place of others once its files have their names.
func (c *cleaning) segment(out *cleanedSegment, olds []*segment) *segment {
	seg := &segment{place: c.l.place, base: out.base, size: out.size}
	index := c.filter.txns.index
	seg.aborted.Store(&index)
	newest := out.ix.times.last(out.base)
	seg.max.Store(&newest)
	// Where the clock was set while records came, those that are left are as old
	// as they were.
	aged, set := int64(0), false
	for _, old := range olds {
		if m, err := old.maxTimestamp(); err == nil {
			aged = max(aged, old.largestTimestamp(m))
		}
		set = set || old.aged.Load() > 0
	}
	if m := out.ix.max.Timestamp; m >= 0 {
		aged = min(aged, m)
	}
	if set && aged < math.MaxInt64 {
		seg.aged.Store(aged + 1)
	}
	return seg
}

// lastRecords are the last batches of the producers that are remembered.
func (l *Log) lastRecords() map[int64]lastRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[int64]lastRecord, len(l.prod.entries))
	for id, e := range l.prod.entries {
		last, _ := e.last()
		out[id] = lastRecord{offset: last.lastOffset, epoch: e.epoch}
	}
	return out
}
