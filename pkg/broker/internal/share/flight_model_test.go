package share

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"kq/internal/staterec"
)

// modelled is what is expected of one offset.
type modelled struct {
	state      int8
	deliveries int16
	member     string
	until      time.Duration
	writing    *modelWrite
}

// modelWrite is a transition that is not written yet.
type modelWrite struct {
	real   *transition
	member string
}

// simulation is a share partition, a state for each offset that it is compared
// with, and what of it is kept.
type simulation struct {
	*testing.T
	seed   uint64
	rng    *rand.Rand
	log    []logBatch
	f      flight
	now    time.Duration
	rules  rules
	offset map[int64]*modelled
	kept   []staterec.ShareStateBatch
	start  int64 // kept
	writes []*modelWrite
	steps  []string
	got    map[int64]int // how often it was acquired
}

func (s *simulation) fail(format string, args ...any) {
	s.Helper()
	n := max(0, len(s.steps)-25)
	for _, line := range s.steps[n:] {
		s.Log(line)
	}
	s.Fatalf("seed %d: %s", s.seed, fmt.Sprintf(format, args...))
}

func (s *simulation) note(format string, args ...any) {
	s.steps = append(s.steps, fmt.Sprintf(format, args...))
}

func (s *simulation) end() int64 {
	if len(s.log) == 0 {
		return 0
	}
	return s.log[len(s.log)-1].last + 1
}

// append adds a batch to the log, now and then behind a gap.
func (s *simulation) append() {
	first := s.end()
	if s.rng.IntN(8) == 0 {
		first += s.rng.Int64N(4)
	}
	s.log = append(s.log, logBatch{first, first + s.rng.Int64N(6)})
}

// acquire lets a member fetch.
func (s *simulation) acquire(member string) bool {
	if !s.f.room(s.rules) {
		return false
	}
	a := acquisition{
		rules: s.rules, member: member, exact: s.rng.IntN(3) == 0, batchSize: 1 + s.rng.IntN(8), most: 1 + s.rng.IntN(12),
		offset: s.f.next(), now: s.now,
	}
	n := 1 + s.rng.IntN(5)
	for _, b := range s.log {
		if b.last >= a.offset && len(a.batches) < n {
			a.batches = append(a.batches, b)
		}
	}
	if len(a.batches) == 0 {
		return false
	}
	before, end := s.f.start, s.f.after()
	got := s.f.acquire(a)
	s.note("%v: %s acquires %+v from %d: %v", s.now, member, a.batches, a.offset, got)
	records := 0
	for _, r := range got {
		for at := r.First; at <= r.Last; at++ {
			s.acquired(member, at, r.Deliveries)
			records++
		}
	}
	if a.exact && records > a.most {
		s.fail("%d records, not %d", records, a.most)
	}
	// What is not in the log is not available any more.
	for at := a.offset; at < a.batches[0].first; at++ {
		if m := s.offset[at]; m != nil && m.state == available && m.writing == nil {
			m.state = archived
		}
	}
	for at := before; at < s.f.start; at++ {
		if m := s.offset[at]; m != nil && !terminal(m.state) && at >= end {
			s.fail("start moved over %d", at)
		}
	}
	return len(got) > 0
}

// acquired checks that an offset may be given to a member.
func (s *simulation) acquired(member string, at int64, deliveries int16) {
	m := s.offset[at]
	if m == nil {
		m = &modelled{}
		s.offset[at] = m
	}
	if m.state != available || m.writing != nil {
		s.fail("%d is given to %s, but it is %+v", at, member, *m)
	}
	if deliveries != m.deliveries+1 || int(deliveries) > s.rules.deliveries {
		s.fail("%d is delivered for the %d-th time, after %d", at, deliveries, m.deliveries)
	}
	*m = modelled{state: acquired, deliveries: deliveries, member: member, until: s.now + s.rules.lock}
	s.got[at]++
}

func (s *simulation) released(m *modelled) int8 {
	if int(m.deliveries) >= s.rules.deliveries {
		return archived
	}
	return available
}

// acknowledge says something of random offsets, held or not.
func (s *simulation) acknowledge(member string) {
	first := s.f.start - 2 + s.rng.Int64N(14)
	b := AckBatch{First: max(0, first), Types: []int8{int8(s.rng.IntN(5))}}
	b.Last = b.First + s.rng.Int64N(8)
	if s.rng.IntN(2) == 0 {
		b.Types = nil
		for range b.Last - b.First + 1 {
			b.Types = append(b.Types, int8(s.rng.IntN(5)))
		}
	}
	held := true
	for at := max(b.First, s.f.start); at <= b.Last; at++ {
		if m := s.offset[at]; (m == nil || m.state != acquired || m.member != member || m.writing != nil) && s.inSpan(at) {
			held = false
		}
	}
	within := b.Last < s.f.start || s.inSpan(b.Last)
	t, why := s.f.acknowledge(member, []AckBatch{b}, s.rules, s.now)
	s.note("%v: %s acknowledges %+v: %+v", s.now, member, b, why)
	if held && within && why.code != 0 || !held && why.code == 0 {
		s.fail("%s acknowledges %+v: %+v, held %v", member, b, why, held)
	}
	if why.code != 0 || b.Last < s.f.start {
		return
	}
	w := &modelWrite{t, member}
	for at := max(b.First, s.f.start); at <= b.Last; at++ {
		kind := b.Types[0]
		if len(b.Types) > 1 {
			kind = b.Types[at-b.First]
		}
		m := s.offset[at]
		if m == nil || !s.inSpan(at) {
			continue
		}
		if kind == ackRenew {
			m.until = s.now + s.rules.lock
			continue
		}
		m.writing = w
		switch kind {
		case ackAccept:
			m.state = acknowledged
		case ackRelease:
			m.state = s.released(m)
		default:
			m.state = archived
		}
	}
	if t != nil {
		s.writes = append(s.writes, w)
	}
}

func (s *simulation) inSpan(at int64) bool {
	i := s.f.floor(at)
	return i >= 0 && at <= s.f.spans[i].last
}

// keep is a write, as the share coordinator takes it.
func (s *simulation) keep(ranges []staterec.ShareStateBatch) {
	s.start = max(s.start, s.f.start)
	s.kept = combine(s.kept, ranges, s.start)
}

// finish ends the oldest write.
func (s *simulation) finish(ok bool) {
	if len(s.writes) == 0 {
		return
	}
	w := s.writes[0]
	s.writes = s.writes[1:]
	if ok {
		s.keep(w.real.ranges)
	}
	s.f.finish(w.real, ok, s.rules, s.now)
	s.note("%v: written %v: %v", s.now, w.real.ranges, ok)
	for _, m := range s.offset {
		if m.writing != w {
			continue
		}
		m.writing = nil
		switch {
		case ok:
		case m.until <= s.now:
			m.state = s.released(m)
		default:
			m.state, m.member = acquired, w.member
		}
	}
}

func (s *simulation) expire() {
	ranges, _ := s.f.expire(s.now, s.rules)
	s.keep(ranges)
	s.f.advance()
	s.note("%v: expired %v", s.now, ranges)
	for _, m := range s.offset {
		if m.state == acquired && m.writing == nil && m.until <= s.now {
			m.state = s.released(m)
		}
	}
}

// restart begins with what is kept.
func (s *simulation) restart() {
	s.writes = nil
	s.f.begin(s.start, s.kept)
	s.note("restart at %d with %v", s.start, s.kept)
	kept := map[int64]staterec.ShareStateBatch{}
	for _, b := range s.kept {
		for at := b.First; at <= b.Last; at++ {
			kept[at] = b
		}
	}
	for at := range s.offset {
		if b, ok := kept[at]; ok {
			s.offset[at] = &modelled{state: b.State, deliveries: b.Deliveries}
		} else if at >= s.start {
			delete(s.offset, at)
		}
	}
	for at := s.start; len(s.kept) > 0 && at <= s.kept[len(s.kept)-1].Last; at++ {
		if s.offset[at] == nil {
			s.offset[at] = &modelled{}
		}
	}
}

func (s *simulation) check() {
	done := int32(0)
	for at, m := range s.offset {
		if at >= s.f.start && at < s.f.after() && s.inSpan(at) && terminal(m.state) {
			done++
		}
		if at < s.f.start && !terminal(m.state) {
			s.fail("start is %d, but %d is %+v", s.f.start, at, *m)
		}
	}
	if got := s.f.done(); got != done {
		s.fail("%d offsets are done, not %d", got, done)
	}
	for i := 1; i < len(s.f.spans); i++ {
		if s.f.spans[i-1].last >= s.f.spans[i].first {
			s.fail("spans overlap: %d-%d, %d-%d", s.f.spans[i-1].first, s.f.spans[i-1].last, s.f.spans[i].first, s.f.spans[i].last)
		}
	}
}

// TestFlightModel lets members acquire, acknowledge and lose records at random,
// with restarts: no record has two holders, none is delivered too often, none is
// forgotten before it was accepted, rejected or delivered too often.
func TestFlightModel(t *testing.T) {
	for range 150 {
		seed := rand.Uint64()
		s := &simulation{
			T: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), offset: map[int64]*modelled{}, got: map[int64]int{},
			rules: rules{deliveries: 2 + int(seed%5), locks: 20 + int(seed%3)*20, lock: 50, renew: true},
		}
		members := []string{"a", "b", "c"}
		for range 400 {
			s.now += time.Duration(s.rng.IntN(6))
			member := members[s.rng.IntN(len(members))]
			switch n := s.rng.IntN(100); {
			case n < 20:
				s.append()
			case n < 50:
				s.acquire(member)
			case n < 75:
				s.acknowledge(member)
			case n < 90:
				s.finish(n < 87)
			case n < 94:
				s.expire()
			case n < 97:
				if r := s.f.release(member, s.rules); r != nil {
					w := &modelWrite{r, member}
					for _, m := range s.offset {
						if m.state == acquired && m.member == member && m.writing == nil {
							m.state, m.writing = s.released(m), w
						}
					}
					s.writes = append(s.writes, w)
				}
			case n < 99:
				s.restart()
			}
			s.check()
		}
		s.drain()
	}
}

// drain accepts all that is left.
func (s *simulation) drain() {
	s.restart()
	for i := 0; s.f.start < s.end(); i++ {
		s.now += 10
		s.acquire("z")
		for at, m := range s.offset {
			if m.state != acquired || at < s.f.start {
				continue
			}
			if tr, why := s.f.acknowledge("z", []AckBatch{{at, at, []int8{ackAccept}}}, s.rules, s.now); why.code == 0 && tr != nil {
				w := &modelWrite{tr, "z"}
				m.state, m.writing = acknowledged, w
				s.writes = append(s.writes, w)
			}
		}
		for len(s.writes) > 0 {
			s.finish(true)
		}
		if i > 2000 {
			s.fail("it does not come to an end: %d of %d: %+v, %+v, next %d, log %v", s.f.start, s.end(), *s.f.spans[0], s.offset[s.f.start], s.f.next(), s.log)
		}
	}
	for _, b := range s.log {
		for at := b.first; at <= b.last; at++ {
			if m := s.offset[at]; s.got[at] == 0 || m == nil || !terminal(m.state) {
				s.fail("%d was delivered %d times and is %+v", at, s.got[at], m)
			}
		}
	}
}
