package logstore

import (
	"errors"
	"fmt"

	"kq/pkg/broker/batch"
)

func outOfRange(tp TopicPartition, what string, offset, from, to int64) error {
	return fmt.Errorf("%w: %s of %s to %d, it may be %d to %d", ErrOffsetOutOfRange, what, tp, offset, from, to)
}

// OffsetForTime gives the first record below limit with a timestamp of at least
// ts, in ms, in the order of offsets. ok is false if there is none.
func (l *Log) OffsetForTime(ts, limit int64) (t TimestampOffset, ok bool, err error) {
	return l.timeQuery(func(v *view) (TimestampOffset, bool, error) {
		for i := range v.segs {
			if v.segs[i].base >= limit {
				break
			}
			m, err := v.maxTimestamp(i)
			if err != nil {
				return TimestampOffset{}, false, err
			}
			if m.Timestamp < ts {
				continue
			}
			x, err := v.timeIndex(i)
			if err != nil {
				return TimestampOffset{}, false, err
			}
			from := max(v.start, v.segs[i].base+x.lookup(ts))
			t, ok, err := l.firstRecord(v, i, from, func(h head) bool { return h.maxTS >= ts },
				func(t TimestampOffset) bool { return t.Timestamp >= ts && t.Offset >= v.start })
			if err != nil || ok {
				return t, ok && t.Offset < limit, err
			}
		}
		return TimestampOffset{}, false, nil
	})
}

// MaxTimestamp gives the largest timestamp of the log and the first record that
// has it. ok is false for a log without timestamps.
func (l *Log) MaxTimestamp() (t TimestampOffset, ok bool, err error) {
	return l.timeQuery(func(v *view) (TimestampOffset, bool, error) {
		best, most := -1, TimestampOffset{Timestamp: noTimestamp}
		for i := range v.segs {
			m, err := v.maxTimestamp(i)
			if err != nil {
				return TimestampOffset{}, false, err
			}
			if m.Timestamp > most.Timestamp {
				best, most = i, m
			}
		}
		if best < 0 {
			return TimestampOffset{}, false, nil
		}
		return l.firstRecord(v, best, most.Offset, func(h head) bool { return h.maxTS == most.Timestamp },
			func(t TimestampOffset) bool { return t.Timestamp == most.Timestamp })
	})
}

func (l *Log) timeQuery(query func(*view) (TimestampOffset, bool, error)) (TimestampOffset, bool, error) {
	none := TimestampOffset{Timestamp: noTimestamp, Offset: noOffset, LeaderEpoch: noEpoch}
	for {
		v, err := l.opened()
		if err != nil {
			return none, false, err
		}
		t, ok, err := query(v)
		if err != nil {
			again, err := l.afterReadError(v, err)
			if again {
				continue
			}
			return none, false, err
		}
		if !ok {
			return none, false, nil
		}
		return t, true, nil
	}
}

// firstRecord finds, in segment i from the batch that holds an offset on, the
// first record that is wanted, of the batches that may have one. These are
// decompressed.
func (l *Log) firstRecord(v *view, i int, from int64, may func(head) bool, want func(TimestampOffset) bool) (TimestampOffset, bool, error) {
	file, err := v.segs[i].acquire()
	if err != nil {
		return TimestampOffset{}, false, err
	}
	defer file.release()
	x, err := v.offsetIndex(i)
	if err != nil {
		return TimestampOffset{}, false, err
	}
	pos := x.lookup(from - v.segs[i].base)
	sc := newScanner(file.f, pos, v.sizeOf(i), false)
	var buf []byte
	for sc.next() {
		if sc.head.last < from || !may(sc.head) {
			continue
		}
		if sc.head.magic < 2 { // old message sets are not opened: their last offset will do
			t := TimestampOffset{Timestamp: sc.head.maxTS, Offset: sc.head.last, LeaderEpoch: noEpoch}
			if want(t) {
				return t, true, nil
			}
			continue
		}
		var b batch.Batch
		if b, buf, err = readBatch(file.f, sc.head, buf); err != nil {
			return TimestampOffset{}, false, err
		}
		t, ok, err := firstInBatch(b, want)
		if ok || err != nil {
			return t, ok, err
		}
	}
	return TimestampOffset{}, false, sc.err
}

func firstInBatch(b batch.Batch, want func(TimestampOffset) bool) (TimestampOffset, bool, error) {
	stamped := b.TimestampType() == batch.LogAppendTime
	for r, err := range b.Records(nil) {
		if err != nil {
			return TimestampOffset{}, false, errors.Join(ErrCorrupt, err)
		}
		t := TimestampOffset{
			Timestamp: b.BaseTimestamp() + r.TimestampDelta,
			Offset:    b.BaseOffset() + int64(r.OffsetDelta), LeaderEpoch: b.LeaderEpoch(),
		}
		if stamped {
			t.Timestamp = b.MaxTimestamp()
		}
		if want(t) {
			return t, true, nil
		}
	}
	return TimestampOffset{}, false, nil
}
