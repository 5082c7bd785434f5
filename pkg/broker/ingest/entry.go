package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// result is where a record is. Topics that stamp records when they append them do
// not tell the time: it is noTime.
type result struct {
	partition int32
	offset    int64
	timestamp int64  // milliseconds since 1970
	err       string // of a request without a key: why it is not there
}

const noTime = math.MinInt64

// sum is the first half of a SHA-256.
type sum [16]byte

// entry is what is kept of a key.
type entry struct {
	body    sum // of the topic and all that was sent
	topic   string
	time    int64 // of the request, milliseconds since 1970
	window  int64 // how long the key is known, milliseconds
	records []result
}

func (e *entry) expires() int64 { return e.time + e.window }

func (e *entry) expired(now time.Time) bool { return now.UnixMilli() >= e.expires() }

// markKey is the key of the record that a shard writes before it reads its
// partition. No Idempotency-Key is like it.
const markKey = "\x00"

const (
	entryVersion = 0
	flagNoTimes  = 1 // the records have no timestamps
)

var errEntry = errors.New("not an entry of a key")

// appendEntry appends the value of an entry's record; docs/format.md has the bytes.
func appendEntry(b []byte, e *entry) []byte {
	flags := byte(0)
	if len(e.records) > 0 && e.records[0].timestamp == noTime {
		flags |= flagNoTimes
	}
	b = append(b, entryVersion, flags)
	b = append(b, e.body[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.time))
	b = binary.AppendUvarint(b, uint64(e.window))
	b = binary.AppendUvarint(b, uint64(len(e.topic)))
	b = append(b, e.topic...)
	b = binary.AppendUvarint(b, uint64(len(e.records)))
	last := int64(0)
	for i := range e.records {
		r := &e.records[i]
		b = binary.AppendUvarint(b, uint64(r.partition))
		b = binary.AppendVarint(b, r.offset-last)
		if flags&flagNoTimes == 0 {
			b = binary.AppendVarint(b, r.timestamp-e.time)
		}
		last = r.offset
	}
	return b
}

// parseEntry reads what appendEntry made, all of b.
func parseEntry(b []byte) (entry, error) {
	var e entry
	const fixed = 2 + len(e.body) + 8
	if len(b) < fixed || b[0] != entryVersion || b[1]&^flagNoTimes != 0 {
		return e, errEntry
	}
	noTimes := b[1] == flagNoTimes
	copy(e.body[:], b[2:])
	e.time = int64(binary.BigEndian.Uint64(b[fixed-8:]))
	r := entryReader{b: b[fixed:]}
	e.window = int64(r.uvarint(math.MaxInt64 / 4))
	e.topic = string(r.bytes(r.uvarint(uint64(len(r.b)))))
	if e.time < -math.MaxInt64/4 || e.time > math.MaxInt64/4 {
		return e, fmt.Errorf("%w: its time", errEntry)
	}
	n := r.uvarint(uint64(len(r.b) / 2)) // a record has two bytes or more
	if r.bad {
		return e, errEntry
	}
	e.records = make([]result, n)
	last := int64(0)
	for i := range e.records {
		p := &e.records[i]
		p.partition = int32(r.uvarint(math.MaxInt32))
		last += r.varint()
		p.offset, p.timestamp = last, noTime
		if !noTimes {
			if p.timestamp = e.time + r.varint(); p.timestamp == noTime {
				r.bad = true
			}
		}
		if r.bad || last < 0 {
			return e, errEntry
		}
	}
	if len(r.b) > 0 {
		return e, fmt.Errorf("%w: %d bytes too many", errEntry, len(r.b))
	}
	return e, nil
}

// entryReader takes fields; one that is cut off or too large sets bad.
type entryReader struct {
	b   []byte
	bad bool
}

func (r *entryReader) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > most {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *entryReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *entryReader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}
