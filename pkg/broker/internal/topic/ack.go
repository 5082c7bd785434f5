package topic

// Ack waits until a partition's high watermark (or, for DeleteRecords, its low
// watermark) reaches an offset.
type Ack struct {
	// Done is called once, on any goroutine and without locks, unless Cancel
	// reported true: with nil when the offset was reached.
	Done func(err error)

	end        int64    // the offset to reach
	list       *ackList // guarded by Partition.mu: nil when not waiting
	prev, next *Ack     // guarded by Partition.mu
}

// doneAck is an Ack that was taken off its list, and how it ended.
type doneAck struct {
	a   *Ack
	err error
}

// ackList orders the acks of one partition by offset. Its methods are called under
// the partition's lock.
type ackList struct{ head, tail *Ack }

// add puts a behind all acks with the same or a lower offset. Offsets come
// almost in order, so it looks from the end.
func (l *ackList) add(a *Ack, end int64) {
	a.end, a.list = end, l
	after := l.tail
	for after != nil && after.end > end {
		after = after.prev
	}
	if after == nil {
		a.prev, a.next = nil, l.head
		l.head = a
	} else {
		a.prev, a.next = after, after.next
		after.next = a
	}
	if a.next == nil {
		l.tail = a
	} else {
		a.next.prev = a
	}
}

func (l *ackList) remove(a *Ack) {
	if a.prev == nil {
		l.head = a.next
	} else {
		a.prev.next = a.next
	}
	if a.next == nil {
		l.tail = a.prev
	} else {
		a.next.prev = a.prev
	}
	a.list, a.prev, a.next = nil, nil, nil
}

// reached takes off the acks up to offset and appends them to done.
func (l *ackList) reached(offset int64, err error, done []doneAck) []doneAck {
	for l.head != nil && l.head.end <= offset {
		a := l.head
		l.remove(a)
		done = append(done, doneAck{a, err})
	}
	return done
}

// fail takes off all acks and appends them to done.
func (l *ackList) fail(err error, done []doneAck) []doneAck {
	for l.head != nil {
		a := l.head
		l.remove(a)
		done = append(done, doneAck{a, err})
	}
	return done
}

// Fired is what became due under a partition's lock and is called after it. The
// zero value is empty.
type Fired struct {
	acks  []doneAck
	waits []*Wait
}

// Fire calls what became due, and forgets it. The caller holds no lock.
func (f *Fired) Fire() {
	for _, d := range f.acks {
		d.a.Done(d.err)
	}
	for _, w := range f.waits {
		w.run()
	}
	clear(f.acks)
	clear(f.waits)
	f.acks, f.waits = f.acks[:0], f.waits[:0]
}
