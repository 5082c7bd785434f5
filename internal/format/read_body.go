package format

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrMany is a body of more records than are wanted.
var ErrMany = errors.New("too many records")

// Bodies reads the records of a JSON document: one envelope, or an array of
// them. The zero value is ready. It is for one goroutine.
type Bodies struct{ e *envelopeReader }

// Read returns the records of body, most at the most, and says whether they
// stand in an array, which may be empty. A partition that is not named is -1, a
// time that is not named is zero. The records alias body, whose bytes are
// overwritten. Errors name the byte, and the record of an array.
func (b *Bodies) Read(body []byte, most int) (records []kgo.Record, array bool, err error) {
	if b.e == nil {
		b.e = newEnvelopeReader()
	}
	s := &b.e.s
	*s = scanner{b: body}
	switch s.peek() {
	case '[':
		s.i++
		records, err = b.array(most)
		array = true
	case '{':
		records = []kgo.Record{{Partition: -1}}
		err = b.one(&records[0])
	default:
		if s.i == len(body) {
			return nil, false, fmt.Errorf("%w: the body is empty", ErrRecord)
		}
		err = s.unexpected()
	}
	if err == nil && (s.peek() != 0 || s.i < len(body)) {
		err = s.unexpected()
	}
	if err != nil {
		return nil, array, err
	}
	return records, array, nil
}

func (b *Bodies) array(most int) (records []kgo.Record, err error) {
	s := &b.e.s
	if s.peek() == ']' {
		s.i++
		return nil, nil
	}
	for {
		if len(records) == most {
			return nil, fmt.Errorf("%w: more than %d", ErrMany, most)
		}
		records = append(records, kgo.Record{Partition: -1})
		if err := b.one(&records[len(records)-1]); err != nil {
			return nil, fmt.Errorf("record %d: %w", len(records), err)
		}
		if s.peek() != ',' {
			return records, s.expect(']')
		}
		s.i++
	}
}

func (b *Bodies) one(r *kgo.Record) error {
	seen, err := b.e.object(r, 0)
	if err == nil && seen&fieldValue == 0 {
		return errNoValue
	}
	return err
}
