package task

import (
	"encoding/binary"
	"errors"

	"kq/pkg/streams/topology"
)

// ErrRecords says that a record batch does not hold the records that it says.
var ErrRecords = errors.New("a record is cut off")

// Batch is the body of a record batch of version 2 (KIP-98), decompressed, with
// what its header says. Nothing changes Body afterwards.
type Batch struct {
	Body []byte
	// Base is the offset that the records' deltas are added to, Time their timestamp.
	Base, Time int64
	// Max replaces all timestamps where Clock says so (LogAppendTime).
	Max   int64
	Clock bool
	Count int32
	// From is the first offset that is wanted.
	From int64
}

// Records are records in the order of their offsets. They are decoded when their
// turn comes: a queue of them takes about the bytes that were fetched.
type Records struct {
	inputs []Input // decoded already, or
	batch  Batch
	rest   []byte // of the batch's body
	left   int    // records to come
	last   int64  // the offset of the last of them
}

// Decoded are records that are at hand.
func Decoded(inputs []Input) Records {
	r := Records{inputs: inputs, left: len(inputs), last: -1}
	if len(inputs) > 0 {
		r.last = inputs[len(inputs)-1].Offset
	}
	return r
}

// Encoded are the records of a batch. It reads all of them once: what it accepts
// Next can decode.
func Encoded(b Batch) (Records, error) {
	out := Records{batch: b, rest: b.Body, last: -1}
	if b.Count < 0 || int64(b.Count) > int64(len(b.Body)) { // a record has seven bytes or more
		return Records{}, ErrRecords
	}
	r := reader{b: b.Body}
	for range b.Count {
		rec := reader{b: r.bytes()}
		rec.skip(1)
		rec.varint()
		offset := b.Base + rec.varint()
		rec.bytes()
		rec.bytes()
		headers := rec.varint()
		if headers < 0 || headers > int64(len(rec.b)) {
			rec.bad = true
		}
		for range headers {
			if rec.bad {
				break
			}
			rec.bytes()
			rec.bytes()
		}
		if r.bad || rec.bad {
			return Records{}, ErrRecords
		}
		if offset >= b.From {
			out.left, out.last = out.left+1, offset
		}
	}
	return out, nil
}

// Len is the number of records to come.
func (r *Records) Len() int { return r.left }

// Next decodes the next record into in, which shares the batch's bytes. It
// reports false where there is none.
func (r *Records) Next(in *Input) bool {
	if r.left == 0 {
		return false
	}
	r.left--
	if r.inputs != nil {
		*in = r.inputs[0]
		r.inputs = r.inputs[1:]
		return true
	}
	for {
		all := reader{b: r.rest}
		rec := reader{b: all.bytes()}
		r.rest = all.b
		rec.skip(1)
		*in = Input{Timestamp: r.batch.Time + rec.varint()}
		in.Offset = r.batch.Base + rec.varint()
		if in.Offset >= r.batch.From || all.bad {
			r.fill(&rec, in)
			return true
		}
	}
}

// fill decodes what follows a record's offset.
func (r *Records) fill(rec *reader, in *Input) {
	in.Key, in.Value = rec.bytes(), rec.bytes()
	if n := rec.varint(); n > 0 && n <= int64(len(rec.b)) {
		in.Headers = make([]topology.Header, n)
		for i := range in.Headers {
			key := rec.bytes()
			in.Headers[i] = topology.Header{Key: string(key), Value: rec.bytes()}
		}
	}
	if r.batch.Clock {
		in.Timestamp = r.batch.Max
	}
}

// reader reads fields; what is cut off sets bad.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.varint()
	if n < 0 {
		return nil
	}
	if n > int64(len(r.b)) {
		r.bad = true
		return nil
	}
	f := r.b[:n:n]
	r.b = r.b[n:]
	return f
}

func (r *reader) skip(n int) {
	if len(r.b) < n {
		r.bad = true
		return
	}
	r.b = r.b[n:]
}
