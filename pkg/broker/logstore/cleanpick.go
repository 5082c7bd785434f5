package logstore

import (
	"math"

	"kq/pkg/broker/batch"
)

// dirtyLog is what there is to clean in a log (LogToClean).
type dirtyLog struct {
	l        *Log
	v        *view
	from, to int64   // the dirty part; to is where a segment begins
	ratio    float64 // bytes of the dirty part by those of all that can be cleaned
	overdue  bool    // max.compaction.lag.ms has passed
}

// due says whether it is time to clean.
func (d *dirtyLog) due() bool {
	return d.from < d.to && (d.overdue || d.ratio > d.l.config.Load().MinCleanableDirtyRatio)
}

// dirtiness looks at a compacted log that is open. ok is false if there is nothing
// to clean.
func (l *Log) dirtiness(now int64) (d dirtyLog, ok bool, err error) {
	v, c := l.view.Load(), l.config.Load()
	if v == nil || !c.Compact || l.Err() != nil || len(v.segs) < 2 {
		return d, false, nil
	}
	d = dirtyLog{l: l, v: v, from: l.firstDirty(v)}
	if d.to, err = l.firstUncleanable(v, d.from, now); err != nil || d.from >= d.to {
		return d, false, err
	}
	clean, dirty := int64(0), int64(0)
	for i := 0; v.segs[i].base < d.to; i++ {
		if v.segs[i].base < d.from {
			clean += v.segs[i].size
		}
		if v.endOf(i) > d.from {
			dirty += v.segs[i].size
		}
	}
	if dirty == 0 {
		return d, false, nil
	}
	d.ratio = float64(dirty) / float64(clean+dirty)
	if c.MaxCompactionLagMs < math.MaxInt64 {
		d.overdue, err = l.overdue(v, d.from, now-c.MaxCompactionLagMs)
	}
	return d, true, err
}

// firstDirty is where the part begins that was never cleaned.
func (l *Log) firstDirty(v *view) int64 {
	at, ok := l.store.files.cleanedTo(l.tp)
	if !ok || at < v.start || at > v.end {
		return v.start
	}
	return at
}

// firstUncleanable is where cleaning has to end: at the active segment, the last
// stable offset, what is younger than min.compaction.lag.ms, and the recovery
// point (LogCleanerManager.cleanableOffsets). It is the beginning of a segment.
func (l *Log) firstUncleanable(v *view, from, now int64) (int64, error) {
	to := min(v.active().base, l.LastStableOffset(), l.recoveryPoint.Load())
	if lag := l.config.Load().MinCompactionLagMs; lag > 0 {
		for i := v.segmentOf(from); i < len(v.segs)-1 && v.segs[i].base < to; i++ {
			m, err := v.maxTimestamp(i)
			if err != nil {
				return 0, err
			}
			if v.segs[i].largestTimestamp(m) > now-lag {
				to = v.segs[i].base
			}
		}
	}
	if to <= v.segs[0].base {
		return v.segs[0].base, nil
	}
	return v.segs[v.segmentOf(to)].base, nil
}

// overdue says whether a sealed segment that is dirty begins with a record from
// before a time.
func (l *Log) overdue(v *view, from, before int64) (bool, error) {
	for i := v.segmentOf(from); i < len(v.segs)-1; i++ {
		f, err := v.segs[i].acquire()
		if err != nil {
			return false, err
		}
		sc := scanner{r: f.f, end: v.segs[i].size, buf: make([]byte, 0, batch.HeaderSize)}
		old := sc.next() && sc.head.maxTS > 0 && sc.head.maxTS < before
		f.release()
		if old {
			return true, nil
		}
	}
	return false, nil
}
