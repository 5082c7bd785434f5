package logstore

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"kq/pkg/broker/batch"
)

// model is what a log should be: a slice of batches.
type model struct {
	batches []batch.Batch // as they should be read; nothing is ever taken out at the front
	start   int64
	end     int64
	txns    []modelTxn
}

// modelTxn is a transaction in the order of its marker; open ones have last -1.
type modelTxn struct {
	pid, first, last int64
	aborted          bool
}

func (m *model) append(b batch.Batch, epoch int32) {
	b = bytes.Clone(b)
	b.SetBaseOffset(m.end)
	b.SetLeaderEpoch(epoch)
	m.batches = append(m.batches, b)
	m.end = b.LastOffset() + 1
	m.addTxn(b)
}

func (m *model) addTxn(b batch.Batch) {
	if !b.IsTransactional() {
		return
	}
	open := slices.IndexFunc(m.txns, func(t modelTxn) bool { return t.pid == b.ProducerID() && t.last < 0 })
	switch {
	case b.IsControl() && open >= 0:
		mk, _, _ := parseMarker(b)
		m.txns[open].last, m.txns[open].aborted = b.BaseOffset(), mk.abort
	case !b.IsControl() && open < 0:
		m.txns = append(m.txns, modelTxn{pid: b.ProducerID(), first: b.BaseOffset(), last: -1})
	}
}

// cutPoint is the start of the batch that holds offset.
func (m *model) cutPoint(offset int64) int64 {
	if from := m.from(offset); len(from) > 0 {
		return min(offset, from[0].BaseOffset())
	}
	return offset
}

// truncate ends the model where the batch begins that holds offset.
func (m *model) truncate(offset int64) {
	i := slices.IndexFunc(m.batches, func(b batch.Batch) bool { return b.LastOffset() >= offset })
	if i < 0 {
		return
	}
	offset = m.cutPoint(offset)
	m.batches = m.batches[:i:i]
	m.end, m.start = offset, min(m.start, offset)
	m.retell()
}

// retell works the transactions out anew.
func (m *model) retell() {
	m.txns = nil
	for _, b := range m.batches {
		m.addTxn(b)
	}
}

// from gives the batches that a reader at offset gets.
func (m *model) from(offset int64) []batch.Batch {
	i := slices.IndexFunc(m.batches, func(b batch.Batch) bool { return b.LastOffset() >= offset })
	if i < 0 {
		return nil
	}
	return m.batches[i:]
}

// window gives the last batches of a producer, oldest first, and its epoch.
func (m *model) window(pid int64) (out []batch.Batch, epoch int16) {
	epoch = -1
	for _, b := range m.batches {
		if b.ProducerID() != pid {
			continue
		}
		if b.ProducerEpoch() != epoch {
			epoch, out = b.ProducerEpoch(), nil
		}
		if !b.IsControl() {
			out = append(out, b)
		}
	}
	return out[max(0, len(out)-windowSize):], epoch
}

// stable is the last stable offset under a high watermark.
func (m *model) stable(hw int64) int64 {
	lso := hw
	for _, t := range m.txns {
		if t.last < 0 || t.last >= hw {
			lso = min(lso, max(t.first, m.start))
		}
	}
	return lso
}

// checkModel compares everything that can be asked of a log.
func checkModel(l *Log, m *model, r *rand.Rand) error {
	if l.StartOffset() != m.start || l.EndOffset() != m.end {
		return fmt.Errorf("log is %d to %d, should be %d to %d", l.StartOffset(), l.EndOffset(), m.start, m.end)
	}
	got, err := tryReadAll(l, m.start)
	if err != nil {
		return err
	}
	want := m.from(m.start)
	if err := sameBatches(got, want); err != nil {
		return err
	}
	if err := checkReads(l, m, r); err != nil {
		return err
	}
	if err := checkTimes(l, m, r); err != nil {
		return err
	}
	if err := checkEpochs(l, want); err != nil {
		return err
	}
	if err := checkTxns(l, m, r); err != nil {
		return err
	}
	return checkIndexes(l)
}

func sameBatches(got, want []batch.Batch) error {
	for i := range min(len(got), len(want)) {
		if !bytes.Equal(got[i], want[i]) {
			return fmt.Errorf("batch %d: read offset %d, %d bytes, should be offset %d, %d bytes",
				i, got[i].BaseOffset(), len(got[i]), want[i].BaseOffset(), len(want[i]))
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("read %d batches, should be %d", len(got), len(want))
	}
	return nil
}

// checkReads reads with random bounds.
func checkReads(l *Log, m *model, r *rand.Rand) error {
	for range 4 {
		offset := m.start + r.Int64N(m.end-m.start+1)
		limit := m.start + r.Int64N(m.end-m.start+2)
		maxBytes, minOne := r.IntN(3000), r.IntN(2) == 0
		f, err := l.Read(offset, maxBytes, limit, minOne)
		if err != nil {
			return fmt.Errorf("read at %d: %w", offset, err)
		}
		p, err := fetchedBytes(f)
		if err != nil {
			return err
		}
		if want := m.read(offset, maxBytes, min(limit, m.end), minOne); !bytes.HasPrefix(want, p) || len(want) > 0 && len(p) == 0 {
			return fmt.Errorf("read at %d, %d bytes below %d (min one: %v): got %d bytes, want up to %d", offset, maxBytes, limit, minOne, len(p), len(want))
		} else if len(p) < len(want) && len(f.Regions) < maxRegions && !f.OlderSegment {
			return fmt.Errorf("read at %d, %d bytes below %d: got %d bytes of %d", offset, maxBytes, limit, len(p), len(want))
		}
	}
	return nil
}

// read is Log.Read over a slice.
func (m *model) read(offset int64, maxBytes int, limit int64, minOne bool) (out []byte) {
	if offset >= limit {
		return nil
	}
	for _, b := range m.from(offset) {
		if b.LastOffset() >= limit || len(out)+len(b) > maxBytes && (len(out) > 0 || !minOne) {
			break
		}
		out = append(out, b...)
	}
	return out
}

func checkTimes(l *Log, m *model, r *rand.Rand) error {
	want, maxTS := int64(-1), int64(-1)
	first := m.from(m.start)
	target := int64(math.MaxInt64)
	if len(first) > 0 {
		target = first[r.IntN(len(first))].MaxTimestamp() - r.Int64N(2)
	}
	for _, b := range first {
		maxTS = max(maxTS, b.MaxTimestamp())
		if want < 0 && b.MaxTimestamp() >= target {
			want = max(b.BaseOffset(), m.start) // all records of our batches have one time
		}
	}
	got, ok, err := l.OffsetForTime(target, m.end)
	if err != nil || ok != (want >= 0) || ok && got.Offset != want {
		return fmt.Errorf("offset for time %d: got %d %v %v, want %d", target, got.Offset, ok, err, want)
	}
	top, ok, err := l.MaxTimestamp()
	if err != nil || ok && top.Timestamp < maxTS || !ok && maxTS >= 0 {
		return fmt.Errorf("max timestamp: got %d %v %v, want %d", top.Timestamp, ok, err, maxTS)
	}
	return nil
}

func checkEpochs(l *Log, batches []batch.Batch) error {
	for i, b := range batches {
		if e, ok := l.EpochForOffset(max(b.BaseOffset(), l.StartOffset())); !ok || e != b.LeaderEpoch() {
			return fmt.Errorf("epoch of offset %d is %d, its batch says %d", b.BaseOffset(), e, b.LeaderEpoch())
		}
		if i+1 < len(batches) && batches[i+1].LeaderEpoch() != b.LeaderEpoch() {
			if e, end, ok := l.EndOffsetForEpoch(b.LeaderEpoch()); !ok || e != b.LeaderEpoch() || end != b.LastOffset()+1 {
				return fmt.Errorf("epoch %d ends at %d (%d, %v), should be %d", b.LeaderEpoch(), end, e, ok, b.LastOffset()+1)
			}
		}
	}
	return nil
}

func checkTxns(l *Log, m *model, r *rand.Rand) error {
	if got, want := l.LastStableOffset(), m.stable(l.HighWatermark()); got != want {
		return fmt.Errorf("last stable offset is %d, should be %d (high watermark %d)", got, want, l.HighWatermark())
	}
	from := m.start + r.Int64N(m.end-m.start+1)
	to := from + r.Int64N(m.end-from+1)
	got, err := l.AbortedTxns(from, to)
	if err != nil {
		return err
	}
	var want []int64
	for _, t := range m.txns {
		if t.aborted && t.last >= from && t.first < to {
			want = append(want, t.first)
		}
	}
	slices.Sort(want)
	var have []int64
	for _, t := range got {
		have = append(have, t.FirstOffset)
	}
	if !slices.Equal(have, want) {
		return fmt.Errorf("aborted transactions in %d to %d begin at %v, should be %v", from, to, have, want)
	}
	return nil
}

// checkIndexes looks up every entry of every index.
func checkIndexes(l *Log) error {
	v, err := l.opened()
	if err != nil {
		return err
	}
	for i, seg := range v.segs {
		x, err := v.offsetIndex(i)
		if err != nil {
			return err
		}
		t, err := v.timeIndex(i)
		if err != nil {
			return err
		}
		heads := map[int64]head{} // by position
		lasts := map[int64]head{} // by last offset
		err = scanSegment(&segment{place: seg.place, base: seg.base, size: v.sizeOf(i)}, func(sc *scanner) error {
			heads[sc.head.pos], lasts[sc.head.last] = sc.head, sc.head
			return nil
		})
		if err != nil {
			return err
		}
		for n := range x.entries() {
			if h, ok := heads[int64(x.pos(n))]; !ok || h.last != seg.base+int64(x.rel(n)) {
				return fmt.Errorf("index entry %d of segment %d: offset %d at %d is not there", n, seg.base, x.rel(n), x.pos(n))
			}
		}
		for n := range t.entries() {
			if h, ok := lasts[seg.base+int64(t.rel(n))]; !ok || h.maxTS != t.ts(n) {
				return fmt.Errorf("time index entry %d of segment %d: %d at offset %d, there is %+v", n, seg.base, t.ts(n), t.rel(n), h)
			}
		}
	}
	return nil
}

// checkProducers compares the producer state with what the whole history makes
// of it. Producers whose records have left the log may be forgotten if lost.
func checkProducers(l *Log, m *model, lost bool) error {
	got := map[int64]ProducerState{}
	for _, p := range l.ActiveProducers() {
		got[p.ProducerID] = p
	}
	pids := map[int64]int64{} // last offset of each
	for _, b := range m.batches {
		if b.HasProducerID() {
			pids[b.ProducerID()] = b.LastOffset()
		}
	}
	for pid, lastSeen := range pids {
		p, ok := got[pid]
		if !ok {
			if lost && lastSeen < m.start {
				continue
			}
			return fmt.Errorf("producer %d is forgotten", pid)
		}
		window, epoch := m.window(pid)
		if p.Epoch != epoch {
			return fmt.Errorf("producer %d has epoch %d, should be %d", pid, p.Epoch, epoch)
		}
		if n := len(window); n > 0 && window[n-1].LastOffset() >= m.start && p.LastSequence != window[n-1].LastSequence() {
			return fmt.Errorf("producer %d has sequence %d, should be %d", pid, p.LastSequence, window[n-1].LastSequence())
		}
	}
	return nil
}
