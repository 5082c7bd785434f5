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

// read sends the lines of the inputs.
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

// lines splits one input. The bytes between taken and filled of the current
// chunk are read and not yet split.
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
		now := time.Now()
		if splitErr := l.split(now); splitErr != nil {
			return splitErr
		}
		if err != nil {
			return l.end(err, now)
		}
		if l.p.stopped.Load() {
			return nil
		}
		if most := l.p.options.MaxLine; l.filled-l.taken > most {
			return fmt.Errorf("%s: %w: more than %d bytes", place(l.in.Name, l.number+1), ErrLineTooLong, most)
		}
	}
}

// end sends the last line, which needs no line end, and tells a real error from
// the end of the input.
func (l *lines) end(err error, now time.Time) error {
	for l.taken < l.filled { // once, or more when the chunk has no record left
		if l.full() {
			if !l.move() {
				return nil
			}
			if splitErr := l.split(now); splitErr != nil {
				return splitErr
			}
			continue
		}
		line := l.c.buf[l.taken:l.filled]
		l.taken = l.filled
		if sendErr := l.send(line, now); sendErr != nil {
			return sendErr
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("read %s: %w", l.in.Name, err)
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
	next.input, next.line = l.in.Name, l.number
	l.c = next
	l.scanned -= l.taken
	l.taken, l.filled = 0, len(rest)
	return true
}

// split sends the whole lines among what was read.
func (l *lines) split(now time.Time) error {
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
		if err := l.send(line, now); err != nil {
			return err
		}
	}
}

// send makes a line a record and hands it to the client, which may wait.
func (l *lines) send(line []byte, now time.Time) error {
	l.number++
	if l.p.stopped.Load() {
		return nil
	}
	o := &l.p.options
	if l.number == 1 && o.RefuseEnvelopes && format.IsEnvelope(line) {
		return fmt.Errorf("%s: %w", l.in.Name, ErrEnvelope)
	}
	key, value := o.Key, line
	if len(o.KeyDelim) > 0 {
		var found bool
		if key, value, found = bytes.Cut(line, o.KeyDelim); !found {
			return fmt.Errorf("%s: %w %q", place(l.in.Name, l.number), ErrNoDelimiter, o.KeyDelim)
		}
	}
	c := l.c
	c.used = c.used[:len(c.used)+1]
	r := &c.used[len(c.used)-1]
	*r = kgo.Record{Topic: o.Topic, Key: key, Value: value, Timestamp: now}
	c.pending.Add(1)
	l.p.client.Produce(l.p.sending, r, c.promise)
	return nil
}
