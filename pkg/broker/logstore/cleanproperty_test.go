package logstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// cleanPlayer plays random histories on a compacted log, cleans it from time to
// time, and compares it with a model.
type cleanPlayer struct {
	t     *testing.T
	r     *rand.Rand
	clock *testClock
	fs    vfs.FS
	dir   string // empty: the default of openStore
	c     Config
	s     *Store
	l     *Log
	m     cleanModel
	seqs  map[int64]producerSeq
	runs  int
}

func newCleanPlayer(t *testing.T, seed uint64, fsys vfs.FS) *cleanPlayer {
	p := &cleanPlayer{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), clock: newClock(), fs: fsys, seqs: map[int64]producerSeq{},
		c: Config{Compact: true, SegmentBytes: 2000, DeleteRetentionMs: 5000, IndexIntervalBytes: 300},
	}
	p.open()
	return p
}

func (p *cleanPlayer) open() {
	p.s = openStore(p.t, p.fs, withClock(p.clock), func(o *Options) {
		if p.dir != "" {
			o.Dir = p.dir
		}
	})
	p.l = openLog(p.t, p.s, p.c)
	if _, err := p.l.opened(); err != nil {
		p.t.Fatal(err)
	}
	p.l.SetHighWatermark(p.l.EndOffset())
}

// step does one thing that is not cleaning.
func (p *cleanPlayer) step() {
	switch n := p.r.IntN(20); {
	case n < 8:
		p.append(p.data(batch.BuilderOptions{}), AppendOptions{})
	case n < 11:
		p.produce(int64(1+p.r.IntN(3)), false)
	case n < 15:
		p.produce(int64(10+p.r.IntN(3)), true)
	case n < 18:
		p.endTxn(int64(10 + p.r.IntN(3)))
	case n == 18:
		p.clock.add(time.Duration(p.r.IntN(3000)) * time.Millisecond)
	default:
		if err := p.l.Roll(); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *cleanPlayer) append(b batch.Batch, o AppendOptions) {
	o.LeaderEpoch = int32(p.runs / 4)
	a := mustAppend(p.t, p.l, b, o)
	m, err := decodeBatch(b)
	if err != nil || m.base != a.FirstOffset {
		p.t.Fatalf("appended at %d, decoded at %d: %v", a.FirstOffset, m.base, err)
	}
	p.m.batches = append(p.m.batches, m)
	p.l.SetHighWatermark(p.l.EndOffset())
}

// data makes a batch of some keys, tombstones among them, now and then without a
// key, in some codec.
func (p *cleanPlayer) data(o batch.BuilderOptions) batch.Batch {
	o.Codec = batch.Codec(p.r.IntN(5))
	if o.LogAppendTime = p.r.IntN(6) == 0; o.LogAppendTime {
		o.AppendTimeMs = p.clock.ms
	}
	b := batch.NewBuilder(o)
	for range 1 + p.r.IntN(5) {
		key, value := fmt.Appendf(nil, "k%d", p.r.IntN(30)), fmt.Appendf(nil, "%0*d", 1+p.r.IntN(200), p.r.IntN(10))
		var headers []batch.Header
		switch p.r.IntN(12) {
		case 0, 1:
			value = nil
		case 2:
			value = []byte{}
		case 3:
			key = nil
		case 4:
			key = []byte{}
		case 5:
			headers = []batch.Header{{Key: "h", Value: []byte("v")}, {Key: ""}}
		}
		b.Add(p.clock.ms+int64(p.r.IntN(1000)), key, value, headers)
	}
	return b.Build()
}

func (p *cleanPlayer) produce(id int64, txn bool) {
	q := p.seqs[id]
	if !txn && p.r.IntN(10) == 0 {
		q.epoch, q.next = q.epoch+1, 0
	}
	b := p.data(batch.BuilderOptions{Idempotent: true, ProducerID: id, ProducerEpoch: q.epoch, BaseSequence: q.next, Transactional: txn})
	q.next, q.open = q.next+b.LastOffsetDelta()+1, txn
	p.seqs[id] = q
	p.append(b, AppendOptions{})
}

func (p *cleanPlayer) endTxn(id int64) {
	q := p.seqs[id]
	if !q.open && p.r.IntN(4) > 0 {
		return
	}
	q.open = false
	if p.r.IntN(3) == 0 { // as transactions of version 2 end
		q.epoch, q.next = q.epoch+1, 0
	}
	p.seqs[id] = q
	p.append(batch.EndTxnMarker(batch.MarkerOptions{
		Type: batch.MarkerType(p.r.IntN(2)), ProducerID: id, ProducerEpoch: q.epoch, TimestampMs: p.clock.ms,
	}), AppendOptions{Origin: OriginCoordinator})
}

// clean cleans the log and the model.
func (p *cleanPlayer) clean() {
	if err := p.l.Flush(); err != nil {
		p.t.Fatal(err)
	}
	committed := p.committed()
	d, ok, err := p.l.dirtiness(p.clock.ms)
	if err != nil || !ok {
		if err != nil {
			p.t.Fatal(err)
		}
		return
	}
	o := CleanerOptions{LoadFactor: 0.9}
	mc := modelCleaning{from: d.from, to: d.to, keys: 1 << 20, now: p.clock.ms, del: p.c.DeleteRetentionMs, lasts: p.l.lastRecords()}
	if p.r.IntN(2) == 0 { // a map that is too small
		o.LoadFactor, o.DedupeBytes = 0.01, 1
		mc.keys = minKeySlots / 100
	}
	_, _, mc.bases = segmentBatches(p.t, p.l)
	want, end := p.m.clean(mc)
	if _, ok := cleanNow(p.t, p.l, o); !ok {
		p.t.Fatal("nothing was cleaned")
	}
	p.runs++
	if at := p.l.firstDirty(p.l.view.Load()); at != end && end >= p.l.StartOffset() {
		p.t.Fatalf("cleaned up to %d, the model up to %d", at, end)
	}
	p.check(want)
	p.checkCommitted(committed)
}

// check compares the log with what it should be, and goes on from there.
func (p *cleanPlayer) check(want []modelBatch) {
	p.t.Helper()
	got, lastOf, _ := segmentBatches(p.t, p.l)
	if err := compareClean(got, want, lastOf); err != nil {
		p.t.Fatalf("after cleaning %d: %v", p.runs, err)
	}
	p.m.batches = got
	for range 5 { // what a reader gets at any offset
		start, end := p.l.StartOffset(), p.l.EndOffset()
		offset := start + p.r.Int64N(end-start+1)
		f, err := p.l.Read(offset, 1, end, true)
		if err != nil {
			p.t.Fatal(err)
		}
		i := slices.IndexFunc(got, func(b modelBatch) bool { return b.last >= offset })
		if i >= 0 && f.FirstOffset != got[i].base {
			p.t.Fatalf("a read at %d begins with the batch at %d, not %d", offset, f.FirstOffset, got[i].base)
		}
		f.Release()
	}
}

// committed gives the last committed record of each key, as a reader of
// committed data finds it; a tombstone counts as none.
func (p *cleanPlayer) committed() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	limit := p.l.LastStableOffset()
	aborted, err := p.l.AbortedTxns(0, limit)
	if err != nil {
		p.t.Fatal(err)
	}
	all, _, _ := looseBatches(p.t, p.l)
	for _, b := range all {
		if b.control || b.base >= limit || b.last < p.l.StartOffset() ||
			b.txn && slices.ContainsFunc(aborted, func(a AbortedTxn) bool {
				return a.ProducerID == b.pid && a.FirstOffset <= b.base && b.base <= a.LastOffset
			}) {
			continue
		}
		for _, r := range b.recs {
			if out[r.key] = fmt.Sprint(r.offset, r.rest); r.null || r.key == "null" {
				delete(out, r.key)
			}
		}
	}
	return out
}

func (p *cleanPlayer) checkCommitted(want map[string]string) {
	p.t.Helper()
	if got := p.committed(); fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Fatalf("the table was\n%v\nand is\n%v", want, got)
	}
}

func (p *cleanPlayer) reopen(clean bool) {
	before := p.l.ActiveProducers()
	want := p.committed()
	if err := p.s.Close(clean); err != nil {
		p.t.Fatal(err)
	}
	p.open()
	p.check(p.m.batches)
	p.checkCommitted(want)
	if after := p.l.ActiveProducers(); fmt.Sprint(after) != fmt.Sprint(before) {
		p.t.Fatalf("producers were\n%v\nand are\n%v", before, after)
	}
}

func TestCleanModel(t *testing.T) {
	seed := testSeed(t)
	for round := range uint64(6) {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			p := newCleanPlayer(t, seed+round, vfs.NewMem(0))
			for i := range 600 {
				p.step()
				switch {
				case i%15 == 14:
					p.clean()
				case i%97 == 96:
					p.reopen(p.r.IntN(2) == 0)
				case i%120 == 119:
					p.trim()
				case i%80 == 79:
					p.truncate()
				}
			}
			t.Logf("%d cleanings, %d batches are left", p.runs, len(p.m.batches))
		})
	}
}

// truncate cuts the log's end off, where compaction has left nothing perhaps.
func (p *cleanPlayer) truncate() {
	p.t.Helper()
	start, end := p.l.StartOffset(), p.l.EndOffset()
	at := max(start, end-p.r.Int64N(60))
	if err := p.l.TruncateTo(at); err != nil {
		p.t.Fatal(err)
	}
	end = p.l.EndOffset()
	if end > at {
		p.t.Fatalf("the log ends at %d after it was cut at %d", end, at)
	}
	p.l.SetHighWatermark(end)
	n := slices.IndexFunc(p.m.batches, func(b modelBatch) bool { return b.last >= at })
	if n < 0 {
		n = len(p.m.batches)
	}
	got, lastOf, _ := segmentBatches(p.t, p.l)
	if err := compareClean(got, p.m.batches[:n], lastOf); err != nil {
		p.t.Fatalf("after cutting at %d: %v", at, err)
	}
	p.m.batches = got
	clear(p.seqs)
	for _, a := range p.l.ActiveProducers() {
		p.seqs[a.ProducerID] = producerSeq{epoch: a.Epoch, next: a.LastSequence + 1, open: a.TxnStartOffset >= 0}
	}
}

// trim moves the log start, and deletes what lies below as a whole.
func (p *cleanPlayer) trim() {
	p.t.Helper()
	at := min(p.l.StartOffset()+p.r.Int64N(40), p.l.LastStableOffset())
	if err := p.l.AdvanceStart(at); err != nil {
		p.t.Fatal(err)
	}
	p.s.Retain()
	if p.l.StartOffset() < at {
		p.t.Fatalf("the log starts at %d after it was moved to %d", p.l.StartOffset(), at)
	}
	got, _, bases := segmentBatches(p.t, p.l)
	n := slices.IndexFunc(p.m.batches, func(b modelBatch) bool { return b.base >= bases[0] })
	if n < 0 {
		n = len(p.m.batches)
	}
	if err := compareClean(got, p.m.batches[n:], nil); err != nil {
		p.t.Fatalf("after trimming to %d: %v", at, err)
	}
	p.m.batches = got
}
