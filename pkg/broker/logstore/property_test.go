package logstore

import (
	"bytes"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

var seedFlag = flag.Uint64("logstore.seed", 0, "seed of the property and crash tests; 0 draws one")

func testSeed(t *testing.T) uint64 {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-logstore.seed=%d", seed)
	return seed
}

// player plays random operations on a log and on its model.
type player struct {
	t     *testing.T
	r     *rand.Rand
	clock *testClock
	fs    vfs.FS
	s     *Store
	l     *Log
	m     model
	c     Config
	epoch int32
	seqs  map[int64]producerSeq // of producers that play by the rules
	opts  []func(*Options)
	lost  bool // producer state may have been lost with its records
	// announce, if set, hears what is about to change.
	announce func(promise)
}

// promise says what a crash may leave while an operation is under way.
type promise struct {
	l        *Log
	history  []batch.Batch // what may be there
	returned int64         // end of what was appended
	start    int64
	maxStart int64 // the log start may move up to here
	cutTo    int64 // a truncation is under way to here; noOffset without one
	restart  int64 // the log is being emptied, to begin here; noOffset if not
}

func (p *player) promised() promise {
	return promise{
		l: p.l, history: slices.Clip(p.m.batches), returned: p.m.end, start: p.m.start, maxStart: p.m.start,
		cutTo: noOffset, restart: noOffset,
	}
}

// before tells what is about to change.
func (p *player) before(edit func(*promise)) {
	if p.announce != nil {
		pr := p.promised()
		edit(&pr)
		p.announce(pr)
	}
}

type producerSeq struct {
	epoch int16
	next  int32
	open  bool // in a transaction
}

func newPlayer(t *testing.T, seed uint64, fsys vfs.FS, opts ...func(*Options)) *player {
	p := &player{
		t: t, r: rand.New(rand.NewPCG(seed, 1)), clock: newClock(), fs: fsys, seqs: map[int64]producerSeq{},
		c: Config{
			SegmentBytes: 2500, IndexIntervalBytes: 200, RetentionMs: 100_000, RetentionBytes: 20_000,
			SegmentIndexBytes: 400, FileDeleteDelayMs: 3_600_000,
		},
	}
	p.opts = append(opts, withClock(p.clock))
	p.open()
	return p
}

func (p *player) open() {
	p.s = openStore(p.t, p.fs, p.opts...)
	p.l = openLog(p.t, p.s, p.c)
}

func (p *player) ts() int64 { return p.clock.now().UnixMilli() - p.r.Int64N(50) }

// step plays one operation.
func (p *player) step() {
	switch n := p.r.IntN(100); {
	case n < 35:
		p.append(records(1+p.r.IntN(4), p.r.IntN(150), p.ts()), AppendOptions{})
	case n < 60:
		p.produce()
	case n < 66:
		p.marker()
	case n < 70:
		p.epoch += int32(p.r.IntN(3))
	case n < 75:
		p.clock.add(time.Duration(p.r.IntN(10_000)) * time.Millisecond)
	case n < 80:
		hw := p.l.HighWatermark()
		p.l.SetHighWatermark(hw + p.r.Int64N(p.m.end-hw+1))
	case n < 83:
		p.must(p.l.Roll())
	case n < 87:
		p.retain()
	case n < 90:
		p.advance()
	case n < 94:
		p.truncate()
	case n < 97:
		p.must(p.l.Flush())
	default:
		p.must(p.s.Checkpoint())
	}
}

func (p *player) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *player) append(b batch.Batch, o AppendOptions) {
	p.t.Helper()
	o.LeaderEpoch = p.epoch
	want := p.m.end
	kept := bytes.Clone(b)
	p.before(func(pr *promise) {
		next := model{end: p.m.end}
		next.append(kept, p.epoch)
		pr.history = append(pr.history, next.batches...)
	})
	a, err := p.l.Append(b, o)
	p.must(err)
	if a.Duplicate || a.FirstOffset != want {
		p.t.Fatalf("append at %d got %+v", want, a)
	}
	p.m.append(kept, p.epoch)
}

// produce sends the next batch of an idempotent producer, or one that must be
// refused, or one that must be known.
func (p *player) produce() {
	pid := 1 + p.r.Int64N(4)
	st, known := p.seqs[pid]
	switch n := p.r.IntN(10); {
	case n == 0 && known:
		p.duplicate(pid)
		return
	case n == 1 && known:
		p.refused(ErrOutOfOrderSequence, idempotent(pid, st.epoch, st.next+1+p.r.Int32N(5)), st.open)
		return
	case n == 2 && known && st.epoch > 0:
		p.refused(ErrInvalidProducerEpoch, idempotent(pid, st.epoch-1, st.next), st.open)
		return
	case n == 3 && known && st.open:
		p.refused(ErrInvalidTxnState, idempotent(pid, st.epoch, st.next), false)
		return
	case n == 4 && known && !st.open:
		st = producerSeq{epoch: st.epoch + 1}
	}
	edit := []func(*batch.BuilderOptions){idempotent(pid, st.epoch, st.next)}
	if st.open || p.r.IntN(3) == 0 {
		edit = append(edit, transactional)
		st.open = true
	}
	n := 1 + p.r.IntN(3)
	p.append(records(n, p.r.IntN(100), p.ts(), edit...), AppendOptions{})
	st.next += int32(n)
	p.seqs[pid] = st
}

func (p *player) duplicate(pid int64) {
	window, _ := p.m.window(pid)
	if len(window) == 0 {
		return
	}
	old := window[p.r.IntN(len(window))]
	if old.BaseOffset() < p.m.start {
		return // may be forgotten by now
	}
	b := bytes.Clone(old)
	batch.Batch(b).SetBaseOffset(0)
	a, err := p.l.Append(b, AppendOptions{LeaderEpoch: p.epoch})
	p.must(err)
	if !a.Duplicate || a.FirstOffset != old.BaseOffset() || a.LastOffset != old.LastOffset() {
		p.t.Fatalf("repeat of the batch at %d got %+v", old.BaseOffset(), a)
	}
}

func (p *player) refused(want error, edit func(*batch.BuilderOptions), txn bool) {
	edits := []func(*batch.BuilderOptions){edit}
	if txn {
		edits = append(edits, transactional)
	}
	if _, err := p.l.Append(records(1, 10, p.ts(), edits...), AppendOptions{LeaderEpoch: p.epoch}); !errors.Is(err, want) {
		p.t.Fatalf("append got %v, want %v", err, want)
	}
}

// marker ends a transaction.
func (p *player) marker() {
	for _, pid := range []int64{1, 2, 3, 4} {
		st := p.seqs[pid]
		if !st.open || p.r.IntN(2) == 0 {
			continue
		}
		kind := batch.MarkerType(p.r.IntN(2))
		p.append(batch.EndTxnMarker(batch.MarkerOptions{
			Type: kind, ProducerID: pid, ProducerEpoch: st.epoch, TimestampMs: p.ts(),
		}), AppendOptions{Origin: OriginCoordinator})
		st.open = false
		p.seqs[pid] = st
		return
	}
}

func (p *player) retain() {
	p.before(func(pr *promise) { pr.maxStart = p.l.HighWatermark() })
	p.s.Retain()
	if start := p.l.StartOffset(); start > p.m.start {
		p.m.start = start
		p.lost = true
	}
	if p.m.start > p.l.HighWatermark() {
		p.t.Fatalf("log start %d went past the high watermark %d", p.m.start, p.l.HighWatermark())
	}
}

func (p *player) advance() {
	hw := p.l.HighWatermark()
	if hw <= p.m.start {
		return
	}
	to := p.m.start + p.r.Int64N(hw-p.m.start+1)
	p.before(func(pr *promise) { pr.maxStart = to })
	p.m.start = to
	p.must(p.l.AdvanceStart(p.m.start))
	if err := p.l.AdvanceStart(hw + 1); !errors.Is(err, ErrOffsetOutOfRange) {
		p.t.Fatalf("log start past the high watermark got %v", err)
	}
}

func (p *player) truncate() {
	if p.r.IntN(8) == 0 {
		p.restart()
		return
	}
	to := max(p.m.start, p.m.end-p.r.Int64N(40))
	p.before(func(pr *promise) { pr.cutTo = p.m.cutPoint(to) })
	p.must(p.l.TruncateTo(to))
	p.m.truncate(to)
	p.resync()
}

func (p *player) restart() {
	to := p.m.end + p.r.Int64N(3)
	p.before(func(pr *promise) { pr.restart, pr.cutTo = to, 0 })
	p.must(p.l.TruncateFullyAndStartAt(to))
	p.m = model{start: to, end: to}
	p.resync()
}

// resync lets the producers go on from what is left of the log.
func (p *player) resync() {
	p.l.SetHighWatermark(p.m.end) // as after a restart
	clear(p.seqs)
	for _, ps := range p.l.ActiveProducers() {
		_, epoch := p.m.window(ps.ProducerID)
		if epoch < 0 { // its records are gone, its state is not
			epoch = ps.Epoch
		}
		next := ps.LastSequence + 1
		open := slices.ContainsFunc(p.m.txns, func(t modelTxn) bool { return t.pid == ps.ProducerID && t.last < 0 })
		p.seqs[ps.ProducerID] = producerSeq{epoch: epoch, next: next, open: open}
	}
}

func TestLogAgainstModel(t *testing.T) {
	seed := testSeed(t)
	for round := range 12 {
		mem := vfs.NewMem(0)
		p := newPlayer(t, seed+uint64(round), mem)
		for i := range 400 {
			p.step()
			if i%7 == 0 {
				p.check(i)
			}
			if i%53 == 52 {
				p.reopen(p.r.IntN(2) == 0)
				p.check(i)
			}
		}
		p.must(p.s.Close(true))
	}
}

func (p *player) check(i int) {
	p.t.Helper()
	if err := checkModel(p.l, &p.m, p.r); err != nil {
		p.t.Fatalf("after step %d: %v", i, err)
	}
	if err := checkProducers(p.l, &p.m, p.lost); err != nil {
		p.t.Fatalf("after step %d: %v", i, err)
	}
}

// reopen ends the process, one way or the other, and starts again.
func (p *player) reopen(clean bool) {
	p.must(p.s.Close(clean))
	p.open()
	if p.s.CleanShutdown() != clean {
		p.t.Fatalf("clean shutdown is %v, want %v", !clean, clean)
	}
	// A lone leader commits what it has. (Markers above the high watermark are
	// not remembered over a restart, here and in Kafka.)
	p.l.SetHighWatermark(p.l.EndOffset())
	p.m.start = p.l.StartOffset()
	p.resyncAfterReopen()
}

// resyncAfterReopen forgets producers that the log has forgotten.
func (p *player) resyncAfterReopen() {
	known := map[int64]bool{}
	for _, ps := range p.l.ActiveProducers() {
		known[ps.ProducerID] = true
	}
	for pid := range p.seqs {
		if !known[pid] {
			delete(p.seqs, pid)
		}
	}
}
