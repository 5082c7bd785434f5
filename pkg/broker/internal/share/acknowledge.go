package share

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
)

// The types of an acknowledgement (AcknowledgeType).
const (
	ackGap     int8 = 0 // there is no record at the offset
	ackAccept  int8 = 1
	ackRelease int8 = 2
	ackReject  int8 = 3
	ackRenew   int8 = 4 // from version 2 of the requests on
)

// AckBatch acknowledges offsets: with one type for all, or one for each.
type AckBatch struct {
	First, Last int64
	Types       []int8
}

// Invalid says whether a request for a partition has batches that Kafka does not
// look into: out of order, overlapping, or with types that do not fit
// (KafkaApis.validateAcknowledgementBatches). renew says that the request renews locks.
func Invalid(batches []AckBatch, version int16, renew bool) bool {
	highest := ackReject
	if version >= 2 {
		highest = ackRenew
	}
	before := int64(-1)
	for _, b := range batches {
		n := len(b.Types)
		if b.First > b.Last || b.First < before || n == 0 || n > 1 && b.Last-b.First != int64(n-1) {
			return true
		}
		for _, t := range b.Types {
			if t < ackGap || t > highest || t == ackRenew && !renew {
				return true
			}
		}
		before = b.Last
	}
	return false
}

// Why an acknowledgement is refused, in Kafka's words.
var (
	errNotFound   = refusal{kerr.InvalidRecordState.Code, "Batch record not found. The request batch offsets are not found in the cache."}
	errFirstPast  = refusal{kerr.InvalidRequest.Code, "Batch record not found. The first offset in request is past acquired records."}
	errLastPast   = refusal{kerr.InvalidRequest.Code, "Batch record not found. The last offset in request is past acquired records."}
	errNotHeld    = refusal{kerr.InvalidRecordState.Code, "The batch cannot be acknowledged. The batch is not in the acquired state."}
	errNotOwner   = refusal{kerr.InvalidRecordState.Code, "Member is not the owner of batch record"}
	errOneNotHeld = refusal{kerr.InvalidRecordState.Code, "The offset cannot be acknowledged. The offset is not acquired."}
	errOneOwner   = refusal{kerr.InvalidRecordState.Code, "Member is not the owner of offset"}
	errOngoing    = refusal{kerr.InvalidRecordState.Code, "The record state is invalid. The acknowledgement of delivery could not be completed."}
	errNoRenew    = refusal{kerr.InvalidRecordState.Code, "Renewing acquisition locks is not enabled for the group."}
)

// acknowledge takes what a member says of records that it has acquired
// (SharePartition.acknowledge): all of it, or nothing. What comes back is to be
// written and then ended; nil when there is nothing to write.
func (f *flight) acknowledge(member string, batches []AckBatch, r rules, now time.Duration) (*transition, refusal) {
	t := &transition{member: member}
	for _, b := range batches {
		if b.Last < f.start {
			continue
		}
		if why := f.acknowledgeBatch(t, b, r); why.code != 0 {
			f.finish(t, false, r, 0) // the member has them again, whatever the time
			return nil, why
		}
	}
	for _, rec := range t.renewed {
		rec.until = now + r.lock
	}
	t.renewed = nil
	if len(t.ranges) == 0 {
		return nil, refusal{}
	}
	return t, refusal{}
}

func (f *flight) acknowledgeBatch(t *transition, b AckBatch, r rules) refusal {
	i := f.floor(max(b.First, f.start))
	if i < 0 {
		return errNotFound
	}
	j := f.floor(b.Last) + 1
	switch last := f.spans[j-1].last; {
	case last < b.First:
		return errFirstPast
	case last < b.Last:
		return errLastPast
	}
	for _, s := range f.spans[i:j] {
		if s.last < b.First {
			continue
		}
		if s.each == nil {
			if why := s.all.heldBy(t.member); why.code != 0 {
				return why
			}
			if s.first < b.First || s.last > b.Last || len(b.Types) > 1 {
				s.split()
			}
		}
		var why refusal
		s.pieces(func(first, last int64, rec *record) bool {
			if first >= b.First && last <= b.Last {
				why = t.acknowledge(s, rec, first, last, b, r)
			}
			return why.code == 0
		})
		if why.code != 0 {
			return why
		}
	}
	return refusal{}
}

// heldBy says why the records of a span are not a member's.
func (r *record) heldBy(member string) refusal {
	switch {
	case r.member == "":
		return errNotHeld
	case r.member != member:
		return errNotOwner
	case r.change != nil:
		return errOngoing
	case r.state != acquired:
		return errNotHeld
	}
	return refusal{}
}

// acknowledge takes one type for the offsets of a record.
func (t *transition) acknowledge(s *span, rec *record, first, last int64, b AckBatch, r rules) refusal {
	if s.each != nil {
		switch {
		case rec.state != acquired:
			return errOneNotHeld
		case rec.change != nil:
			return errOngoing
		case rec.member != t.member:
			return errOneOwner
		}
	}
	kind := b.Types[0]
	if len(b.Types) > 1 {
		kind = b.Types[first-b.First]
	}
	switch kind {
	case ackRenew:
		if !r.renew {
			return errNoRenew
		}
		t.renewed = append(t.renewed, rec)
		return refusal{}
	case ackAccept:
		t.set(rec, first, last, acknowledged)
	case ackRelease:
		t.set(rec, first, last, rec.released(r))
	default: // a gap, or rejected
		t.set(rec, first, last, archived)
	}
	return refusal{}
}

// released is the state of a record that its consumer gives back: one that was
// delivered too often is not delivered again.
func (r *record) released(by rules) int8 {
	if int(r.deliveries) >= by.deliveries {
		return archived
	}
	return available
}

// set changes acquired records, until finish.
func (t *transition) set(rec *record, first, last int64, state int8) {
	rec.state, rec.member, rec.change = state, "", t
	t.ranges = extend(t.ranges, staterec.ShareStateBatch{First: first, Last: last, State: state, Deliveries: rec.deliveries})
}

// release gives back what a member has acquired; as acknowledge, it is to be
// written and then ended (SharePartition.releaseAcquiredRecords).
func (f *flight) release(member string, r rules) *transition {
	t := &transition{member: member}
	for _, s := range f.spans {
		s.pieces(func(first, last int64, rec *record) bool {
			if rec.state == acquired && rec.member == member && rec.change == nil {
				t.set(rec, first, last, rec.released(r))
			}
			return true
		})
	}
	if len(t.ranges) == 0 {
		return nil
	}
	return t
}

// finish ends a transition: its changes hold, or the member has the records again,
// if its time has not run out meanwhile. freed says that something is available.
func (f *flight) finish(t *transition, written bool, r rules, now time.Duration) (freed bool) {
	for _, s := range f.spans {
		s.pieces(func(_, _ int64, rec *record) bool {
			if rec.change != t {
				return true
			}
			rec.change = nil
			switch {
			case written:
				rec.until = 0
			case rec.until <= now:
				rec.state, rec.until = rec.released(r), 0
			default:
				rec.state, rec.member = acquired, t.member
			}
			freed = freed || rec.state == available
			return true
		})
	}
	f.seek = f.seek || freed
	if written {
		f.advance()
	}
	return freed
}

// expire takes records from members whose time has run out. What comes back is to
// be written, but nobody waits for that. next is when to come again, 0 for never.
func (f *flight) expire(now time.Duration, r rules) (ranges []staterec.ShareStateBatch, next time.Duration) {
	for _, s := range f.spans {
		s.pieces(func(first, last int64, rec *record) bool {
			if rec.state != acquired || rec.change != nil {
				return true
			}
			if rec.until > now {
				if next == 0 || rec.until < next {
					next = rec.until
				}
				return true
			}
			*rec = record{state: rec.released(r), deliveries: rec.deliveries}
			ranges = extend(ranges, staterec.ShareStateBatch{First: first, Last: last, State: rec.state, Deliveries: rec.deliveries})
			f.seek = f.seek || rec.state == available
			return true
		})
	}
	return ranges, next
}
