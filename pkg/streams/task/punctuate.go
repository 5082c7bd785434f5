package task

import (
	"container/heap"

	"kq/pkg/streams/topology"
)

// due is a punctuation and when it comes next.
type due struct {
	at   int64
	seq  int // earlier scheduled first among equals
	p    *topology.Punctuation
	gone bool
}

// timetable holds the punctuations of one clock, the next first.
type timetable struct {
	list []*due
	seq  int
}

func (t *timetable) Len() int { return len(t.list) }
func (t *timetable) Less(i, j int) bool {
	a, b := t.list[i], t.list[j]
	if a.at != b.at {
		return a.at < b.at
	}
	return a.seq < b.seq
}
func (t *timetable) Swap(i, j int) { t.list[i], t.list[j] = t.list[j], t.list[i] }

// Push is heap.Interface's.
func (t *timetable) Push(x any) { t.list = append(t.list, x.(*due)) }

// Pop is heap.Interface's.
func (t *timetable) Pop() any {
	last := len(t.list) - 1
	d := t.list[last]
	t.list = t.list[:last]
	return d
}

// Schedule starts a punctuation: by stream time the first comes with the first
// record (intervals are counted from 1970), by wall clock one interval from
// now (ProcessorContext#schedule).
func (t *Task) Schedule(p *topology.Punctuation) (cancel func()) {
	table, at := &t.stream, int64(0)
	if p.Clock == topology.WallClock {
		table, at = &t.wall, t.times.Wall+p.Every.Milliseconds()
	}
	d := &due{at: at, seq: table.seq, p: p}
	table.seq++
	heap.Push(table, d)
	return func() { d.gone = true }
}

// Punctuate fires what the wall clock (milliseconds since 1970) made due.
func (t *Task) Punctuate(wall int64) error {
	t.times.Wall = wall
	return t.punctuate(&t.wall, wall)
}

// NextPunctuation is when the wall clock makes something due, or -1.
func (t *Task) NextPunctuation() int64 {
	if t.wall.Len() == 0 {
		return -1
	}
	return t.wall.list[0].at
}

// punctuate calls what is due at now once each, however many intervals passed
// (PunctuationSchedule#next).
func (t *Task) punctuate(table *timetable, now int64) error {
	if now < 0 {
		return nil
	}
	for table.Len() > 0 && table.list[0].at <= now {
		d := table.list[0]
		if d.gone {
			heap.Pop(table)
			continue
		}
		every := max(d.p.Every.Milliseconds(), 1)
		d.at += every
		if now >= d.at {
			d.at += (now - d.at + every) / every * every
		}
		heap.Fix(table, 0)
		t.origin = topology.Origin{Partition: -1, Offset: -1}
		if err := d.p.Do(now); err != nil {
			if t.failed.err == nil {
				t.failed = failure{node: d.p.Node, err: err}
			}
			return t.recordError(Input{}, err)
		}
	}
	return nil
}
