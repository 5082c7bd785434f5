package consume

import (
	"io"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Appender turns a record into bytes, appended to dst. One that can fail has a
// method Err() error, which is asked after each record.
type Appender interface {
	Append(dst []byte, r *kgo.Record) []byte
}

// Writer is a Sink that writes records as an Appender prints them. It writes
// when its buffer is full and when no record waits.
type Writer struct {
	w   io.Writer
	as  Appender
	err func() error // of an Appender that can fail
	buf []byte
}

// writeSize is how much is written at once: large enough to make the system
// calls cheap, small enough to stay in a processor's cache.
const writeSize = 128 << 10

// NewWriter makes a Writer.
func NewWriter(w io.Writer, as Appender) *Writer {
	out := &Writer{w: w, as: as, buf: make([]byte, 0, writeSize+writeSize/8)}
	if fails, ok := as.(interface{ Err() error }); ok {
		out.err = fails.Err
	}
	return out
}

// Record prints a record into the buffer.
func (w *Writer) Record(r *kgo.Record) error {
	w.buf = w.as.Append(w.buf, r)
	if w.err != nil {
		if err := w.err(); err != nil {
			return err
		}
	}
	if len(w.buf) < writeSize {
		return nil
	}
	return w.Flush()
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	if cap(w.buf) > 64*writeSize { // one huge record must not cost memory for ever
		w.buf = make([]byte, 0, writeSize+writeSize/8)
	}
	return err
}
