package state

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
)

// The rows of table 0, by what their key starts with; a store's name follows
// where the row is a store's.
const (
	rowFormat   = 'f' // the format of the files
	rowOwner    = 'o' // Options.Owner
	rowTable    = 't' // of a store: a tableRow
	rowPosition = 'c' // of a store: a Position
	rowProgress = 'p' // of a store: a progress
	rowInputs   = 'i' // inputs and stream time of a Checkpoint
)

// format is the version of the layout of keys and rows.
const format = 1

var errRow = errors.New("a row is not what it should be")

// tableRow says where the entries of a store are and how they are laid out.
type tableRow struct {
	id       uint32
	kind     Kind
	flags    byte
	interval int64 // of segments, 0 for none
}

const (
	flagDuplicates  = 1 << 0
	flagTimeOrdered = 1 << 1
)

// layout is the row of a spec, without an id.
func layout(s *Spec) tableRow {
	r := tableRow{kind: s.Kind}
	if s.Duplicates {
		r.flags |= flagDuplicates
	}
	if s.TimeOrdered {
		r.flags |= flagTimeOrdered
	}
	switch s.Kind {
	case WindowKind, SessionKind:
		g := newSegments(s)
		r.interval = g.interval
	case VersionedKind:
		r.interval = versionInterval(s)
	}
	return r
}

func (r *tableRow) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, r.id)
	b = append(b, byte(r.kind), r.flags)
	return binary.BigEndian.AppendUint64(b, uint64(r.interval))
}

func (r *tableRow) decode(b []byte) error {
	if len(b) != 14 {
		return errRow
	}
	r.id, r.kind, r.flags = binary.BigEndian.Uint32(b), Kind(b[4]), b[5]
	r.interval = int64(binary.BigEndian.Uint64(b[6:]))
	return nil
}

func (p *Position) append(b []byte) []byte {
	b = append(b, p.TopicID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Offset))
	return binary.BigEndian.AppendUint32(b, uint32(p.Epoch))
}

func (p *Position) decode(b []byte) error {
	if len(b) != 28 {
		return errRow
	}
	copy(p.TopicID[:], b)
	p.Offset, p.Epoch = int64(binary.BigEndian.Uint64(b[16:])), int32(binary.BigEndian.Uint32(b[24:]))
	return nil
}

func (p *progress) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(p.time))
	b = binary.BigEndian.AppendUint32(b, p.seq)
	return binary.BigEndian.AppendUint64(b, uint64(p.expired))
}

func (p *progress) decode(b []byte) error {
	if len(b) != 20 {
		return errRow
	}
	p.time, p.seq, p.expired = int64(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint32(b[8:]), int64(binary.BigEndian.Uint64(b[12:]))
	return nil
}

// appendInputs writes the inputs and the stream time of c: the same bytes for the same inputs.
func appendInputs(b []byte, c *Checkpoint) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(c.StreamTime))
	for _, topic := range slices.Sorted(maps.Keys(c.Inputs)) {
		b = binary.BigEndian.AppendUint16(b, uint16(len(topic))) // Kafka's names have at most 249 bytes
		b = append(b, topic...)
		offsets := c.Inputs[topic]
		b = binary.BigEndian.AppendUint32(b, uint32(len(offsets)))
		for _, p := range slices.Sorted(maps.Keys(offsets)) {
			b = binary.BigEndian.AppendUint32(b, uint32(p))
			b = binary.BigEndian.AppendUint64(b, uint64(offsets[p]))
		}
	}
	return b
}

// decodeInputs reads what appendInputs wrote, and nothing else.
func decodeInputs(b []byte, c *Checkpoint) error {
	if len(b) < 8 {
		return errRow
	}
	c.StreamTime = int64(binary.BigEndian.Uint64(b))
	c.Inputs = map[string]map[int32]int64{}
	last := ""
	for b = b[8:]; len(b) > 0; {
		if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b))+4 {
			return errRow
		}
		size := int(binary.BigEndian.Uint16(b))
		topic := string(b[2 : 2+size])
		count := int64(binary.BigEndian.Uint32(b[2+size:]))
		b = b[2+size+4:]
		if int64(len(b)) < 12*count || len(c.Inputs) > 0 && topic <= last {
			return errRow
		}
		last = topic
		c.Inputs[topic] = make(map[int32]int64, count)
		before := int64(math.MinInt64)
		for range count {
			p := int32(binary.BigEndian.Uint32(b))
			if int64(p) <= before {
				return errRow
			}
			before = int64(p)
			c.Inputs[topic][p] = int64(binary.BigEndian.Uint64(b[4:]))
			b = b[12:]
		}
	}
	return nil
}
