package batch

import (
	"fmt"
	"iter"
)

// Records iterates over the records of the batch. Keys, values and headers
// alias the batch or, if it is compressed, memory of their own that d has made;
// a nil d opens with default limits.
//
// An error ends the iteration; the records before it were sound. The errors are
// those of Decompress, and ErrInvalidRecord for records that do not parse, that
// are fewer than the header claims, or that are followed by other bytes.
func (b Batch) Records(d *Decompressor) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		body := b.Body()
		if b.Codec() != CodecNone {
			if d == nil {
				d = new(Decompressor)
			}
			var err error
			if body, err = d.Decompress(nil, b); err != nil {
				yield(Record{}, err)
				return
			}
		}
		if b.Count() < 0 {
			yield(Record{}, fmt.Errorf("%w: found invalid record count %d in magic v2 batch", ErrInvalidRecord, b.Count()))
			return
		}
		p := parser{p: body}
		for range b.Count() {
			r, err := p.next()
			if !yield(r, err) || err != nil {
				return
			}
		}
		if p.at != len(body) && b.Count() > 0 {
			yield(Record{}, fmt.Errorf("%w: incorrect declared batch size, records still remaining in file", ErrInvalidRecord))
		}
	}
}

// Timestamp is the time of a record of b in ms since 1970, or NoTimestamp.
func (b Batch) Timestamp(r Record) int64 {
	if b.TimestampType() == LogAppendTime {
		return b.MaxTimestamp()
	}
	return b.BaseTimestamp() + r.TimestampDelta
}

// parser reads records from uncompressed bytes (DefaultRecord.readFrom).
type parser struct {
	p  []byte
	at int
}

func (s *parser) next() (Record, error) {
	size, at := varint32(s.p, s.at)
	if at < 0 {
		return Record{}, fmt.Errorf("%w: incorrect declared batch size, premature EOF reached", ErrInvalidRecord)
	}
	if int(size) > len(s.p)-at {
		return Record{}, fmt.Errorf("%w: invalid record size: expected %d bytes in record payload, but instead the buffer has only %d remaining bytes",
			ErrInvalidRecord, size, len(s.p)-at)
	}
	if size < 1 {
		return Record{}, fmt.Errorf("%w: invalid record size: %d", ErrInvalidRecord, size)
	}
	f := fields{p: s.p[:at+int(size)], at: at + 1}
	r := Record{Attributes: int8(s.p[at])}
	r.TimestampDelta = f.varlong()
	r.OffsetDelta = f.varint()
	r.Key = f.bytes(f.varint())
	r.Value = f.bytes(f.varint())
	n := f.varint()
	if f.at >= 0 && (n < 0 || int(n) > len(f.p)-f.at) {
		return Record{}, fmt.Errorf("%w: found invalid number of record headers: %d", ErrInvalidRecord, n)
	}
	for i := int32(0); i < n && f.at >= 0; i++ {
		keySize := f.varint()
		if keySize < 0 {
			return Record{}, fmt.Errorf("%w: invalid negative header key size %d", ErrInvalidRecord, keySize)
		}
		key := f.bytes(keySize)
		r.Headers = append(r.Headers, Header{Key: string(key), Value: f.bytes(f.varint())})
	}
	switch {
	case f.at < 0:
		return Record{}, fmt.Errorf("%w: found invalid record structure", ErrInvalidRecord)
	case f.at != len(f.p):
		return Record{}, fmt.Errorf("%w: invalid record size: expected to read %d bytes in record payload, but instead read %d",
			ErrInvalidRecord, size, f.at-at)
	}
	s.at = f.at
	return r, nil
}

// fields reads the fields of one record. After a failure, at is -1 and all
// further reads give nothing.
type fields struct {
	p  []byte
	at int
}

func (f *fields) varint() int32 {
	if f.at < 0 {
		return 0
	}
	v, at := varint32(f.p, f.at)
	f.at = at
	return v
}

func (f *fields) varlong() int64 {
	if f.at < 0 {
		return 0
	}
	v, at := varint64(f.p, f.at)
	f.at = at
	return v
}

// bytes gives the next n bytes; nil, which is null, for a negative n.
func (f *fields) bytes(n int32) []byte {
	if f.at < 0 || n < 0 {
		return nil
	}
	if int(n) > len(f.p)-f.at {
		f.at = -1
		return nil
	}
	v := f.p[f.at : f.at+int(n) : f.at+int(n)]
	f.at += int(n)
	return v
}
