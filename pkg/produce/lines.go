package produce

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

// read sends the records of the inputs.
func (p *producer) read(inputs []Input) error {
	for _, in := range inputs {
		l := &lines{p: p, in: in}
		err := l.run()
		if l.c != nil {
			l.c.release()
		}
		if err != nil {
			return err
		}
		if p.stopped.Load() {
			return nil
		}
	}
	return nil
}

// lines splits one input into records. The bytes between taken and filled of the
// current chunk are read and not yet split.
type lines struct {
	p             *producer
	in            Input
	c             *chunk
	taken, filled int
	scanned       int // no line end lies between taken and scanned
	number        int64
}

func (l *lines) run() error {
	for {
		if !l.room() {
			return nil
		}
		n, err := l.in.R.Read(l.c.buf[l.filled:])
		l.filled += n
		l.p.meter.read.Add(int64(n))
		now := time.Now()
		if splitErr := l.split(now, err == nil); splitErr != nil {
			return splitErr
		}
		if err != nil {
			return l.end(err, now)
		}
		if l.p.stopped.Load() {
			return nil
		}
		if most := l.p.options.MaxLine; l.filled-l.taken > most {
			return fmt.Errorf("%s: %w: more than %d bytes", l.place(l.number+1), ErrLineTooLong, most)
		}
	}
}

// end sends the last line, which needs no line end. Where the input did not end
// but fail, that may be half a line: it is not sent.
func (l *lines) end(err error, now time.Time) error {
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", l.in.Name, err)
	}
	whole := l.p.options.Whole
	for l.taken < l.filled || whole && l.number == 0 { // once, or more when the chunk has no record left
		if l.full() {
			if !l.move() {
				return nil
			}
			if splitErr := l.split(now, false); splitErr != nil {
				return splitErr
			}
			continue
		}
		line := l.c.buf[l.taken:l.filled]
		l.taken = l.filled
		if sendErr := l.sendLine(line, now); sendErr != nil {
			return sendErr
		}
	}
	return nil
}

// room makes sure that there is a chunk with room for bytes; false when the run
// is over.
func (l *lines) room() bool {
	if l.c != nil && l.filled < len(l.c.buf) && !l.full() {
		return true
	}
	return l.move()
}

func (l *lines) full() bool { return len(l.c.used) == cap(l.c.used) }

// move goes on in another chunk with what is not split yet.
func (l *lines) move() bool {
	var rest []byte
	if l.c != nil {
		rest = l.c.buf[l.taken:l.filled]
	}
	next := l.p.take(len(rest))
	if next == nil {
		return false
	}
	copy(next.buf, rest)
	if l.c != nil {
		l.c.release()
	}
	next.input, next.first = l, l.number
	l.c = next
	l.scanned -= l.taken
	l.taken, l.filled = 0, len(rest)
	return true
}

// split sends the whole records among what was read; more tells that the input
// may go on.
func (l *lines) split(now time.Time, more bool) error {
	switch {
	case l.p.options.Whole:
		return nil
	case l.p.reads.Lines():
		return l.splitLines(now)
	}
	return l.splitRecords(now, more)
}

func (l *lines) splitLines(now time.Time) error {
	for {
		i := bytes.IndexByte(l.c.buf[l.scanned:l.filled], '\n')
		if i < 0 {
			l.scanned = l.filled
			return nil
		}
		if l.full() {
			if !l.move() {
				return nil
			}
			continue
		}
		end := l.scanned + i
		line := l.c.buf[l.taken:end]
		l.taken, l.scanned = end+1, end+1
		if err := l.sendLine(line, now); err != nil {
			return err
		}
	}
}

// splitRecords lets the format find where records end.
func (l *lines) splitRecords(now time.Time, more bool) error {
	for l.taken < l.filled {
		if l.full() {
			if !l.move() {
				return nil
			}
			continue
		}
		if l.p.stopped.Load() {
			return nil
		}
		if err := l.refuse(l.c.buf[l.taken:l.filled]); err != nil {
			return err
		}
		r := l.c.next()
		n, err := l.p.reads.Read(r, l.c.buf[l.taken:l.filled], more)
		if err != nil {
			l.c.back()
			if errors.Is(err, format.ErrShort) && more {
				return nil
			}
			return l.noRecord(err)
		}
		l.taken += n
		l.number++
		if l.p.options.EmptyNull && len(r.Key) == 0 {
			r.Key = nil
		}
		if err := l.send(r, now); err != nil {
			return err
		}
	}
	return nil
}

// sendLine makes a line a record and sends it.
func (l *lines) sendLine(line []byte, now time.Time) error {
	l.number++
	if l.p.stopped.Load() {
		return nil
	}
	if err := l.refuse(line); err != nil {
		return err
	}
	o := &l.p.options
	r := l.c.next()
	switch {
	case l.p.decodes:
		if _, err := l.p.reads.Read(r, line, false); err != nil {
			l.number--
			l.c.back()
			return l.noRecord(err)
		}
	case len(o.KeyDelim) > 0:
		key, value, found := bytes.Cut(line, o.KeyDelim)
		switch {
		case found:
			r.Key, r.Value = key, value
			if o.EmptyNull && len(key) == 0 {
				r.Key = nil
			}
		case o.KeylessOK:
			r.Value = line
		default:
			l.c.back()
			return fmt.Errorf("%s: %w %q", l.place(l.number), ErrNoDelimiter, o.KeyDelim)
		}
	default:
		r.Key, r.Value = o.Key, line
	}
	return l.send(r, now)
}

// refuse ends an input that begins with an envelope.
func (l *lines) refuse(line []byte) error {
	if l.number <= 1 && l.p.options.RefuseEnvelopes && format.IsEnvelope(line) {
		return fmt.Errorf("%s: %w", l.in.Name, ErrEnvelope)
	}
	return nil
}

func (l *lines) noRecord(err error) error {
	if errors.Is(err, format.ErrRecord) {
		err = &recordError{err}
	}
	return fmt.Errorf("%s: %w", l.place(l.number+1), err)
}

// recordError makes an error of internal/format one of this package.
type recordError struct{ error }

func (*recordError) Is(target error) bool { return target == ErrRecord }

func (e *recordError) Unwrap() error { return e.error }

// send hands a record to the client, which may wait. The error is that of a
// transaction that is full and cannot be committed.
func (l *lines) send(r *kgo.Record, now time.Time) error {
	o := &l.p.options
	r.Topic = o.Topic
	if r.Timestamp.IsZero() || o.Now {
		r.Timestamp = now
	}
	switch {
	case o.Partition != nil:
		r.Partition = *o.Partition
	case o.DropPartitions:
		r.Partition = anyPartition
	}
	if o.EmptyNull && len(r.Value) == 0 {
		r.Value = nil
	}
	if len(o.Headers) > 0 {
		if len(r.Headers) == 0 {
			r.Headers = o.Headers
		} else {
			r.Headers = append(r.Headers, o.Headers...) // its capacity ends with it: a copy
		}
	}
	l.c.pending.Add(1)
	l.p.sent.Add(1)
	l.p.client.Produce(l.p.sending, r, l.c.promise)
	return l.p.txn.filledOne()
}

// place names a record of this input, from 1.
func (l *lines) place(number int64) string {
	switch {
	case l.p.options.Whole:
		return l.in.Name
	case l.p.reads.Lines():
		return fmt.Sprintf("%s line %d", l.in.Name, number)
	}
	return fmt.Sprintf("%s record %d", l.in.Name, number)
}
