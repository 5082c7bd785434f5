package share

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

// Fetch is what a member wants of a share partition.
type Fetch struct {
	Member    string
	Exact     bool // never more than Records (KIP-1206); else up to the end of a batch of the log
	BatchSize int  // ranges do not grow much beyond it
	Records   int
	MaxBytes  int
	MinOne    bool // the first batch comes even if it is larger than MaxBytes
	Isolation topic.Isolation
}

// Fetched is what a member has got.
type Fetched struct {
	Regions []logstore.Region // whole batches of the log, to be released by the caller
	Bytes   int
	Ranges  []Range // what it may use of them; none when there is nothing for it now
	Seen    uint64  // for Watch
	// Loading says that it is not known yet what there is.
	Loading bool
	// Err is why there never will be anything, as a *kerr.Error or an error of
	// topic.Partition.Read; Text is what Kafka says of it.
	Err  error
	Text string
}

// Records is how many offsets were acquired.
func (f *Fetched) Records() (n int) {
	for _, r := range f.Ranges {
		n += int(r.Last - r.First + 1)
	}
	return n
}

// Fetch acquires records for a member.
func (p *Partition) Fetch(o Fetch) (got Fetched) {
	p.do(func(t *turn) {
		got.Seen = p.version
		if !p.usable(&got) {
			return
		}
		r := p.m.rules(p.key.Group)
		for more := true; more; {
			more = t.fetch(o, r, &got)
		}
		if len(got.Ranges) > 0 {
			t.arm(p.m.elapsed() + r.lock)
		}
	})
	if got.Err != nil {
		p.m.drop(p.key, p)
	}
	return got
}

// Ready is about how many bytes a member would get.
func (p *Partition) Ready(o Fetch) (bytes int) {
	p.do(func(*turn) {
		if p.state != partitionActive || !p.flight.room(p.m.rules(p.key.Group)) {
			return
		}
		if read, err := p.read(o, p.flight.next()); err == nil {
			bytes = read.Bytes
			read.Release()
		}
	})
	return bytes
}

// usable says whether something can be acquired at all. Caller holds p.mu.
func (p *Partition) usable(got *Fetched) bool {
	switch p.state {
	case partitionLoading:
		got.Loading = true
		return false
	case partitionFailed:
		got.Err, got.Text = kerr.ErrorForCode(p.why.code), p.why.text
		return false
	case partitionFenced:
		got.Err = topic.ErrNotLeader
		return false
	}
	return true
}

func (p *Partition) read(o Fetch, offset int64) (topic.Read, error) {
	return p.topic.Read(topic.ReadOptions{
		Offset: offset, MaxBytes: o.MaxBytes, MinOne: o.MinOne, LeaderEpoch: -1, LastFetchedEpoch: -1,
		Isolation: o.Isolation, LeaderOnly: true,
	})
}

// fetch reads once and acquires. It is true when it has to be tried once more: what
// was read is not for members.
func (t *turn) fetch(o Fetch, r rules, got *Fetched) (more bool) {
	p := t.p
	f := &p.flight
	if !f.room(r) {
		return false
	}
	offset := f.next()
	read, err := p.read(o, offset)
	if errors.Is(err, logstore.ErrOffsetOutOfRange) {
		before := f.start
		f.moveStart(p.topic.Log().StartOffset())
		return f.start > before
	}
	if err != nil {
		got.Err = err
		return false
	}
	seen, err := look(&read, max(f.end, offset)+int64(o.Records), o.Isolation == topic.LastStable)
	if err != nil || len(seen.batches) == 0 {
		read.Release()
		got.Err = err
		return false
	}
	ranges := f.acquire(acquisition{
		rules: r, member: o.Member, exact: o.Exact, batchSize: max(1, o.BatchSize), most: o.Records,
		offset: offset, batches: seen.batches, now: p.m.elapsed(),
	})
	ranges = f.withhold(ranges, seen.aborted)
	if len(ranges) == 0 {
		read.Release()
		return f.next() > offset
	}
	got.Ranges = ranges
	got.Regions, got.Bytes = seen.cut(read.Regions, ranges[0].First, ranges[len(ranges)-1].Last)
	return false
}
