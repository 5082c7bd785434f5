package logstore

import (
	"fmt"
	"slices"
	"testing"

	"kq/pkg/broker/batch"
)

// cleanModel is a compacted log as a list of batches, decoded, and what cleaning
// makes of it in the plainest words.
type cleanModel struct {
	batches []modelBatch
}

type modelBatch struct {
	head    string // what never changes, as long as the batch is there
	base    int64
	last    int64
	pid     int64
	epoch   int16
	txn     bool
	control bool
	commit  bool
	codec   batch.Codec
	horizon int64 // -1 without one
	maxTS   int64
	stamped bool // LogAppendTime
	recs    []modelRecord
}

type modelRecord struct {
	offset, ts int64
	key        string // with a mark, so that null is not ""
	null       bool   // the value
	rest       string // value and headers
}

func decodeBatch(b batch.Batch) (m modelBatch, err error) {
	m = modelBatch{
		head: fmt.Sprintf("%d-%d epoch %d, producer %d/%d seq %d, txn %v control %v time %v", b.BaseOffset(), b.LastOffset(), b.LeaderEpoch(),
			b.ProducerID(), b.ProducerEpoch(), b.BaseSequence(), b.IsTransactional(), b.IsControl(), b.TimestampType()),
		base: b.BaseOffset(), last: b.LastOffset(), pid: b.ProducerID(), epoch: b.ProducerEpoch(),
		txn: b.IsTransactional(), control: b.IsControl(), codec: b.Codec(), horizon: -1, maxTS: b.MaxTimestamp(),
		stamped: b.TimestampType() == batch.LogAppendTime,
	}
	if b.HasDeleteHorizon() {
		m.horizon = b.BaseTimestamp()
	}
	for r, err := range b.Records(nil) {
		if err != nil {
			return m, err
		}
		x := modelRecord{offset: b.BaseOffset() + int64(r.OffsetDelta), ts: b.Timestamp(r), key: "null", null: r.Value == nil, rest: fmt.Sprintf("%q %q", r.Value, r.Headers)}
		if r.Key != nil {
			x.key = "key " + string(r.Key)
		}
		if m.control {
			kind, _, err := batch.ParseMarker(r)
			if err != nil {
				return m, err
			}
			m.commit = kind == batch.MarkerCommit
		}
		m.recs = append(m.recs, x)
	}
	return m, nil
}

// outcome finds how the transaction of a batch ended.
func (m *cleanModel) outcome(i int) (aborted bool) {
	for _, b := range m.batches[i:] {
		if b.control && b.pid == m.batches[i].pid {
			return !b.commit
		}
	}
	return false
}

// idle says that a marker ends nothing that is there.
func (m *cleanModel) idle(i int) bool {
	if len(m.batches[i].recs) == 0 {
		return true
	}
	for _, b := range slices.Backward(m.batches[:i]) {
		if b.pid == m.batches[i].pid && b.txn {
			return b.control
		}
	}
	return true
}

// modelCleaning says what is cleaned, and how.
type modelCleaning struct {
	from, to int64 // the dirty part
	keys     int   // that are noted at most
	bases    []int64
	now, del int64
	lasts    map[int64]lastRecord
}

// noted gives the last offset of each key and the offset up to which they are.
func (m *cleanModel) noted(c modelCleaning) (keys map[string]int64, last int64) {
	keys, last = map[string]int64{}, c.to-1
	for i, b := range m.batches {
		if b.last < c.from || b.base >= c.to || b.control || b.txn && m.outcome(i) {
			continue
		}
		for _, r := range b.recs {
			if r.key == "null" || r.offset < c.from {
				continue
			}
			if len(keys) >= c.keys {
				// What was noted last, or the end of the last batch that was noted whole.
				return keys, max(last0(keys), m.wholeBefore(c, b.base))
			}
			keys[r.key] = r.offset
		}
	}
	return keys, last
}

func last0(keys map[string]int64) (last int64) {
	for _, o := range keys {
		last = max(last, o)
	}
	return last
}

// wholeBefore is the offset before a batch up to which everything was read.
func (m *cleanModel) wholeBefore(c modelCleaning, base int64) int64 {
	last := int64(noOffset)
	for _, b := range m.batches {
		if b.base < base && b.last >= c.from {
			last = b.last
		}
	}
	for _, s := range c.bases {
		if s > c.from && s <= base {
			last = max(last, s-1)
		}
	}
	return last
}

// clean gives what is left, and the end of what is clean. Batches without
// records are those that have to be there.
func (m *cleanModel) clean(c modelCleaning) (out []modelBatch, end int64) {
	keys, last := m.noted(c)
	limit := c.to // of what is rewritten: whole segments
	for _, s := range slices.Backward(c.bases) {
		if s > last && s < limit {
			limit = s
		}
	}
	for i, b := range m.batches {
		if b.base >= limit {
			out = append(out, b)
			continue
		}
		if kept, there := m.cleanBatch(i, c, keys, last); there {
			out = append(out, kept)
		}
	}
	return out, last + 1
}

func (m *cleanModel) cleanBatch(i int, c modelCleaning, keys map[string]int64, last int64) (modelBatch, bool) {
	b := m.batches[i]
	idle := b.control && m.idle(i)
	drop := idle && b.horizon >= 0 && b.horizon <= c.now || !b.control && b.txn && m.outcome(i)
	n, tombstones := b, false
	n.recs = nil
	for _, r := range b.recs {
		newest, known := keys[r.key]
		switch {
		case drop:
			continue
		case b.control || r.offset > last:
		case r.key == "null", known && r.offset < newest, r.null && b.horizon >= 0 && b.horizon <= c.now:
			continue
		}
		n.recs = append(n.recs, r)
		tombstones = tombstones || r.null
	}
	if len(n.recs) == 0 {
		lr, known := c.lasts[b.pid]
		is := known && b.pid >= 0 && (lr.offset >= 0 && lr.offset == b.last || lr.offset < 0 && b.control && b.epoch == lr.epoch)
		n.codec, n.horizon, n.commit = batch.CodecNone, -1, false // a marker without a record says nothing
		return n, is
	}
	if fresh := b.horizon < 0 && (tombstones || idle); fresh {
		n.horizon = c.now + c.del
	}
	if len(n.recs) < len(b.recs) && !b.stamped {
		n.maxTS = slices.MaxFunc(n.recs, func(a, b modelRecord) int { return int(a.ts - b.ts) }).ts
	}
	return n, true
}

// compare checks the batches of a log against those of a model; of those without
// records, the log may have more, at the end of a segment.
func compareClean(got, want []modelBatch, lastOf map[int64]bool) error {
	for i, j := 0, 0; i < len(got) || j < len(want); {
		switch {
		case i == len(got):
			return fmt.Errorf("%+v is missing at the end", want[j])
		case j < len(want) && fmt.Sprintf("%+v", got[i]) == fmt.Sprintf("%+v", want[j]):
			i, j = i+1, j+1
		case len(got[i].recs) == 0 && lastOf[got[i].last]:
			i++
		case j == len(want):
			return fmt.Errorf("%+v is too much at the end", got[i])
		default:
			return fmt.Errorf("\n%+v is there, \n%+v should be", got[i], want[j])
		}
	}
	return nil
}

// segmentBatches reads all segments of a log, from their files, and the last
// offset of each. No offset may be missing between two of them.
func segmentBatches(t testing.TB, l *Log) (out []modelBatch, lastOf map[int64]bool, bases []int64) {
	t.Helper()
	out, lastOf, bases = looseBatches(t, l)
	v := l.view.Load()
	for i := range v.segs {
		if end := v.endOf(i); !lastOf[end-1] && end > bases[0] {
			t.Fatalf("segment %d does not end at %d, where the next one begins", bases[i], end)
		}
	}
	return out, lastOf, bases
}

// looseBatches is segmentBatches for a log that Kafka may have cleaned.
func looseBatches(t testing.TB, l *Log) (out []modelBatch, lastOf map[int64]bool, bases []int64) {
	t.Helper()
	lastOf = map[int64]bool{}
	v := l.view.Load()
	for i, seg := range v.segs {
		f, err := seg.acquire()
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, v.sizeOf(i))
		if n, err := f.f.ReadAt(p, 0); n < len(p) {
			t.Fatal(err)
		}
		f.release()
		next := seg.base
		for len(p) > 0 {
			b, rest, err := batch.Split(p)
			if err == nil {
				err = b.VerifyCRC()
			}
			if err != nil {
				t.Fatal(err)
			}
			m, err := decodeBatch(b)
			if err != nil {
				t.Fatal(err)
			}
			out, next, p = append(out, m), b.LastOffset()+1, rest
		}
		lastOf[next-1] = true
		bases = append(bases, seg.base)
	}
	return out, lastOf, bases
}
