package share

import (
	"slices"
	"sort"
	"time"

	"kq/internal/staterec"
)

// The states of a record (RecordState).
const (
	available    int8 = 0
	acquired     int8 = 1
	acknowledged int8 = 2
	archived     int8 = 4 // never delivered again: rejected, a gap, or delivered too often
)

func terminal(state int8) bool { return state == acknowledged || state == archived }

// record is the state of one offset.
type record struct {
	state      int8
	deliveries int16
	member     string        // who has acquired it
	until      time.Duration // when an acquired record becomes available again
	// change is what is being written of it; nil when it may change.
	change *transition
}

// transition is an acknowledgement or release of records that a member had
// acquired, until it is written.
type transition struct {
	member string
	ranges []staterec.ShareStateBatch // what is to be written
	// renewed are the records whose locks begin anew if all of it holds.
	renewed []*record
}

// span is consecutive offsets in flight.
type span struct {
	first, last int64
	all         record   // of every offset, while each is nil
	each        []record // of the offsets from first on
}

func (s *span) count() int64 { return s.last - s.first + 1 }

// split gives every offset its own record.
func (s *span) split() {
	if s.each == nil {
		s.each = slices.Repeat([]record{s.all}, int(s.count()))
	}
}

// trim cuts off the offsets below first.
func (s *span) trim(first int64) {
	if s.each != nil {
		s.each = s.each[first-s.first:]
	}
	s.first = first
}

// pieces calls f for each run of offsets that have one record, in order, until it
// returns false. It reports whether f never did.
func (s *span) pieces(f func(first, last int64, r *record) bool) bool {
	if s.each == nil {
		return f(s.first, s.last, &s.all)
	}
	for i := range s.each {
		if at := s.first + int64(i); !f(at, at, &s.each[i]) {
			return false
		}
	}
	return true
}

// rules are the configs of a group that a share partition goes by.
type rules struct {
	deliveries int           // share.delivery.count.limit
	locks      int           // share.partition.max.record.locks
	lock       time.Duration // share.record.lock.duration.ms
	renew      bool          // share.renew.acknowledge.enable
}

// flight is the state machine of a share partition (SharePartition): which of its
// records are available, acquired or done. It has no lock, clock or I/O. What
// becomes of its offsets below start it does not remember: they are done.
type flight struct {
	start int64   // the first offset that is not done
	end   int64   // the last offset in flight; without spans start, which is to be fetched next
	spans []*span // in flight, in order; between them are offsets that have no record
	seek  bool    // something in flight may be available
}

// begin sets the state that was kept. Offsets in flight of which nothing was kept
// are available.
func (f *flight) begin(start int64, batches []staterec.ShareStateBatch) {
	*f = flight{start: start, end: start}
	next := start
	for _, b := range batches {
		if b.First = max(b.First, next); b.First > b.Last {
			continue
		}
		if b.First > next {
			f.spans = append(f.spans, &span{first: next, last: b.First - 1})
		}
		if !terminal(b.State) {
			b.State = available
		}
		f.spans = append(f.spans, &span{first: b.First, last: b.Last, all: record{state: b.State, deliveries: b.Deliveries}})
		next = b.Last + 1
	}
	if len(f.spans) > 0 {
		f.end, f.seek = next-1, true
		f.advance()
	}
}

// after is the offset that follows what is in flight.
func (f *flight) after() int64 {
	if len(f.spans) == 0 {
		return f.end
	}
	return f.end + 1
}

// next is the offset to fetch from: the first that is available in flight, or the
// one after.
func (f *flight) next() int64 {
	if !f.seek {
		return f.after()
	}
	next := int64(-1)
	for _, s := range f.spans {
		if !s.pieces(func(first, _ int64, r *record) bool {
			if r.state == available && r.change == nil {
				next = first
			}
			return next < 0
		}) {
			return next
		}
	}
	f.seek = false
	return f.after()
}

// inFlight is how many offsets are, whether they have records or not.
func (f *flight) inFlight() int {
	if len(f.spans) == 0 {
		return 0
	}
	return int(f.end - f.start + 1)
}

// room says whether something could be acquired, if the log has it.
func (f *flight) room(r rules) bool {
	return f.next() != f.after() || f.inFlight() < r.locks
}

// done counts the offsets in flight that are acknowledged or archived (KIP-1226).
func (f *flight) done() int32 {
	n := int64(0)
	for _, s := range f.spans {
		s.pieces(func(first, last int64, r *record) bool {
			if terminal(r.state) {
				n += last - first + 1
			}
			return true
		})
	}
	return int32(n)
}

// floor is the place of the last span that begins at or before offset; -1 for none.
func (f *flight) floor(offset int64) int {
	return sort.Search(len(f.spans), func(i int) bool { return f.spans[i].first > offset }) - 1
}

// advance moves start behind the offsets that are done for good.
func (f *flight) advance() {
	done := f.start - 1
	for len(f.spans) > 0 {
		s := f.spans[0]
		all := s.pieces(func(_, last int64, r *record) bool {
			if !terminal(r.state) || r.change != nil {
				return false
			}
			done = last
			return true
		})
		if !all {
			f.start = max(f.start, s.first)
			if done >= s.first {
				s.trim(done + 1)
				f.start = done + 1
			}
			return
		}
		f.spans = f.spans[1:]
	}
	if done >= f.start {
		f.start = done + 1
	}
	f.end, f.spans = f.start, nil
}

// moveStart follows the start of the log. Records below it that a member has
// acquired are forgotten; what it says of them later is taken without a word.
func (f *flight) moveStart(logStart int64) {
	if logStart <= f.start {
		return
	}
	f.start = logStart
	for len(f.spans) > 0 && f.spans[0].last < logStart {
		f.spans = f.spans[1:]
	}
	if len(f.spans) == 0 {
		f.end, f.spans = logStart, nil
		return
	}
	if s := f.spans[0]; s.first < logStart {
		s.trim(logStart)
	}
	f.seek = true
}
