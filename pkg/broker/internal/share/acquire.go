package share

import (
	"slices"
	"time"
)

// Range is consecutive offsets that were acquired, each for the Deliveries-th time.
type Range struct {
	First, Last int64
	Deliveries  int16
}

// logBatch is where a batch of the log begins and ends.
type logBatch struct{ first, last int64 }

// acquisition is what a member wants and what was read for it.
type acquisition struct {
	rules
	member    string
	exact     bool // never more than most records: share.acquire.mode record_limit
	batchSize int  // a range does not grow beyond it where a batch of the log begins
	most      int  // records, rounded up to a whole batch of the log unless exact
	offset    int64
	batches   []logBatch // that were read from offset on; not empty
	now       time.Duration
}

// throttled is the number of deliveries from which on records come in ever
// smaller portions, so that a record which kills its consumers hurts few others.
func (r rules) throttled() int { return max(2, (r.deliveries+1)/2) }

// acquire gives records to a member (SharePartition.acquire).
func (f *flight) acquire(a acquisition) []Range {
	base, last := a.batches[0].first, a.batches[len(a.batches)-1].last
	if last < f.start || a.most <= 0 {
		return nil
	}
	if room := a.locks - f.inFlight(); room > 0 {
		a.most = min(a.most, room)
	} else {
		if a.offset > f.end {
			return nil
		}
		a.most, last = int(min(int64(a.most), f.end-a.offset+1)), min(last, f.end)
	}
	if f.archiveMissing(a.offset, base); last < max(base, f.start) {
		return nil
	}
	from := max(base, f.start)
	if i := f.floor(base); i >= 0 {
		if from = base; f.spans[i].last >= base {
			from = f.spans[i].first
		}
	}
	i := f.floor(min(base, from)-1) + 1
	j := f.floor(last) + 1
	if i >= j {
		return f.acquireNew(a, from, last, a.most)
	}
	out, left := f.acquireAgain(a, f.spans[i:j], base, last)
	if end := f.spans[j-1].last; left > 0 && end < last {
		out = append(out, f.acquireNew(a, end+1, last, left)...)
	}
	return out
}

// archiveMissing archives what was available from offset on and is not in the log:
// it was compacted away.
func (f *flight) archiveMissing(offset, base int64) {
	if offset >= base {
		return
	}
	for _, s := range f.spans {
		if s.first >= base {
			break
		}
		if s.last < offset {
			continue
		}
		if s.each == nil && (s.first < offset || s.last >= base) && s.all.state == available {
			s.split()
		}
		s.pieces(func(first, last int64, r *record) bool {
			if first >= offset && last < base && r.state == available && r.change == nil {
				r.state = archived
			}
			return true
		})
	}
	f.advance()
}

// acquireAgain acquires what is available of the spans. left is how many more
// records there may be.
func (f *flight) acquireAgain(a acquisition, spans []*span, base, last int64) (out []Range, left int) {
	left, n := a.most, 0
	for _, s := range spans {
		if left <= 0 {
			break
		}
		throttle := f.throttles(a, s, base, last)
		if throttle && n > 0 {
			return out, 0
		}
		whole := s.first >= base && s.last <= last
		if whole && s.each == nil && !throttle && !(a.exact && s.count() > int64(left)) {
			if s.all.state == available && s.all.change == nil {
				s.all = a.take(s.all)
				out = append(out, Range{s.first, s.last, s.all.deliveries})
				n += int(s.count())
				left -= int(s.count())
			}
			continue
		}
		if s.each == nil && (s.all.state != available || s.all.change != nil) {
			continue
		}
		s.split()
		some := f.acquireSome(a, s, base, last, left)
		got := 0
		for _, r := range some {
			got += int(r.Last - r.First + 1)
		}
		out, n, left = append(out, some...), n+got, left-got
		if throttle && got > 0 {
			return out, 0
		}
	}
	return out, left
}

// take is a record that was available, acquired once more.
func (a acquisition) take(r record) record {
	return record{state: acquired, deliveries: r.deliveries + 1, member: a.member, until: a.now + a.lock}
}

// throttles says whether the records of s were delivered so often that they are
// not to be delivered with others.
func (f *flight) throttles(a acquisition, s *span, base, last int64) bool {
	most := int16(0)
	s.pieces(func(first, _ int64, r *record) bool {
		if (s.each == nil || first >= base && first <= last) && r.state == available && r.change == nil {
			most = max(most, r.deliveries)
		}
		return true
	})
	return int(most) >= a.throttled()
}

// acquireSome acquires single offsets of s. One that is delivered for the last
// time comes alone. (SharePartition.acquireSubsetBatchRecords)
func (f *flight) acquireSome(a acquisition, s *span, base, last int64, left int) (out []Range) {
	n, most := 0, -1
	for i := range s.each {
		at, r := s.first+int64(i), &s.each[i]
		if at < base {
			continue
		}
		if at > last {
			break
		}
		if r.state != available || r.change != nil {
			continue
		}
		guarded := a.deliveries > 2
		if guarded && int(r.deliveries) == a.deliveries-1 && n > 0 {
			break
		}
		if over := int(r.deliveries) - a.throttled(); over >= 0 && most < 0 {
			most = max(1, len(s.each)>>(over+1))
		}
		*r = a.take(*r)
		n++
		if k := len(out); k > 0 && out[k-1].Last+1 == at && out[k-1].Deliveries == r.deliveries {
			out[k-1].Last = at
		} else {
			out = append(out, Range{at, at, r.deliveries})
		}
		if guarded && int(r.deliveries) == a.deliveries || a.exact && n == left || n == most {
			break
		}
	}
	return out
}

// acquireNew acquires offsets that were not in flight.
func (f *flight) acquireNew(a acquisition, first, last int64, most int) []Range {
	if len(f.spans) == 0 {
		first = max(first, f.end)
	}
	if int64(most) < last-first+1 {
		last = a.endOfBatch(first + int64(most) - 1)
	}
	var out []Range
	if fresh := (record{state: acquired, deliveries: 1, member: a.member, until: a.now + a.lock}); a.exact && last-first+1 > int64(most) {
		s := &span{first: first, last: last}
		s.split()
		for i := range most {
			s.each[i] = fresh
		}
		f.insert(s)
		f.seek = true
		out = []Range{{first, first + int64(most) - 1, 1}}
	} else {
		for _, r := range a.ranges(first, last) {
			f.insert(&span{first: r.First, last: r.Last, all: fresh})
			out = append(out, r)
		}
	}
	if f.spans[0].first == first {
		f.start = first
	}
	f.end = max(f.end, last)
	return out
}

func (f *flight) insert(s *span) { f.spans = slices.Insert(f.spans, f.floor(s.first)+1, s) }

// endOfBatch is the end of the batch of the log that has an offset.
func (a acquisition) endOfBatch(offset int64) int64 {
	for _, b := range a.batches {
		if b.first <= offset && offset <= b.last {
			return b.last
		}
	}
	return offset
}

// ranges cuts offsets where batches of the log begin, so that none has many more
// than batchSize.
func (a acquisition) ranges(first, last int64) (out []Range) {
	if !a.exact && last-first+1 > int64(a.batchSize) {
		for _, b := range a.batches {
			if b.first > last {
				break
			}
			if b.first-first >= int64(a.batchSize) {
				out = append(out, Range{first, b.first - 1, 1})
				first = b.first
			}
		}
	}
	return append(out, Range{first, last, 1})
}

// withhold archives the records of aborted transactions among what was just
// acquired, and returns what is left of it.
func (f *flight) withhold(got []Range, aborted []logBatch) []Range {
	for _, b := range aborted {
		for _, s := range f.spans {
			if s.last < b.first || s.first > b.last {
				continue
			}
			if s.each == nil && (s.first < b.first || s.last > b.last) && s.all.state == acquired {
				s.split()
			}
			s.pieces(func(first, last int64, r *record) bool {
				if first >= b.first && last <= b.last && r.state == acquired && r.change == nil {
					*r = record{state: archived, deliveries: r.deliveries}
				}
				return true
			})
		}
		got = without(got, b)
	}
	if len(aborted) > 0 {
		f.advance()
	}
	return got
}

// without cuts the offsets of b out of ranges.
func without(ranges []Range, b logBatch) (out []Range) {
	for _, r := range ranges {
		if r.Last < b.first || r.First > b.last {
			out = append(out, r)
			continue
		}
		if r.First < b.first {
			out = append(out, Range{r.First, b.first - 1, r.Deliveries})
		}
		if r.Last > b.last {
			out = append(out, Range{b.last + 1, r.Last, r.Deliveries})
		}
	}
	return out
}
