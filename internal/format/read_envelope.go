package format

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// envelopeReader reads what the json format prints, and what people write by
// hand in its likeness: fields in any order, white space, and a key or value
// that is an object, array, number, true or false, which stands for its own
// compact text. It also takes what kcat -J, rpk and kaf print as JSON: payload
// for the value, broker, a timestamp, and headers flat or as objects. It is
// strict otherwise, so that a field misspelled is not lost.
type envelopeReader struct {
	s     scanner
	head  head
	names map[string]string  // header names, known to come again
	slab  []kgo.RecordHeader // room for the headers of the next records
}

// Header names kept, at most, their bytes, and headers made room for at a time.
const (
	maxNames    = 1024
	longestName = 256
	slabSize    = 512
)

func newEnvelopeReader() *envelopeReader {
	return &envelopeReader{names: make(map[string]string)}
}

func (e *envelopeReader) Lines() bool { return true }

// The fields of an envelope, as bits.
const (
	fieldTopic = 1 << iota
	fieldPartition
	fieldOffset
	fieldTS
	fieldTSType
	fieldKey
	fieldValue
	fieldHeaders
	fieldBroker
)

func (e *envelopeReader) Read(r *kgo.Record, line []byte, _ bool) (int, error) {
	e.s = scanner{b: line}
	s := &e.s
	seen := e.head.read(s, r)
	if seen == 0 && s.peek() == 0 && s.i == len(line) {
		return 0, fmt.Errorf("%w: the line is empty", ErrRecord)
	}
	seen, err := e.object(r, seen)
	if err != nil {
		return 0, err
	}
	if s.peek() != 0 || s.i < len(line) {
		return 0, s.unexpected()
	}
	e.head.learn(line, r)
	if seen&fieldValue == 0 {
		return 0, errNoValue
	}
	return len(line), nil
}

var errNoValue = fmt.Errorf(`%w: it has no "value", which may be null`, ErrRecord)

// object reads an envelope from its brace on, or, when some fields have been
// seen, from the name of the next one. It returns the fields that are there.
func (e *envelopeReader) object(r *kgo.Record, seen int) (int, error) {
	s, more := &e.s, true
	if seen == 0 {
		if err := s.expect('{'); err != nil {
			return 0, err
		}
		more = s.peek() != '}'
	}
	for more {
		s.space()
		at := s.i
		name, err := s.str()
		if err == nil {
			err = s.expect(':')
		}
		if err != nil {
			return 0, err
		}
		field, err := e.field(r, name)
		if err != nil {
			return 0, err
		}
		switch {
		case field == 0 && isTypeField(name):
			return 0, fail(fmt.Errorf("%q: what this record means, not its bytes; kq consume --decode none prints them", name), at)
		case field == 0:
			return 0, fail(fmt.Errorf("no field is named %q", name), at)
		case seen&field != 0:
			return 0, fail(fmt.Errorf("%q is there twice", name), at)
		}
		seen |= field
		if more = s.peek() == ','; more {
			s.i++
		}
	}
	return seen, s.expect('}')
}

// isTypeField tells the fields that only decoded records have.
func isTypeField(name []byte) bool {
	return string(name) == "keytype" || string(name) == "valuetype" || string(name) == "valueerr"
}

// field reads what stands behind a name into r, and returns the name's bit, 0
// if there is none.
func (e *envelopeReader) field(r *kgo.Record, name []byte) (bit int, err error) {
	s := &e.s
	switch string(name) {
	case "topic":
		_, err = s.str()
		return fieldTopic, err
	case "partition":
		r.Partition, err = s.partition()
		return fieldPartition, err
	case "offset":
		_, err = s.integer()
		return fieldOffset, err
	case "broker":
		_, err = s.integer()
		return fieldBroker, err
	case "timestamp":
		r.Timestamp, err = s.timestamp()
		return fieldTS, err
	case "ts":
		var ms int64
		if ms, err = s.integer(); err == nil {
			r.Timestamp = time.UnixMilli(ms)
		}
		return fieldTS, err
	case "tstype":
		return fieldTSType, s.timestampType()
	case "key":
		r.Key, err = s.field()
		return fieldKey, err
	case "keyb64":
		r.Key, err = s.base64()
		return fieldKey, err
	case "value", "payload":
		r.Value, err = s.field()
		return fieldValue, err
	case "valueb64":
		r.Value, err = s.base64()
		return fieldValue, err
	case "headers":
		r.Headers, err = e.headers()
		return fieldHeaders, err
	}
	return 0, nil
}

func (s *scanner) partition() (int32, error) {
	s.space()
	at := s.i
	n, err := s.integer()
	if err == nil && (n < 0 || n > math.MaxInt32) {
		err = fail(fmt.Errorf("partition %d", n), at)
	}
	return int32(n), err
}

// timestamp takes a number of milliseconds, as rpk prints it, or a text of RFC
// 3339, as kaf does.
func (s *scanner) timestamp() (time.Time, error) {
	if s.peek() != '"' {
		ms, err := s.integer()
		return time.UnixMilli(ms), err
	}
	at := s.i
	text, err := s.str()
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return t, fail(fmt.Errorf("%q is no time of RFC 3339", text), at)
	}
	return t, nil
}

func (s *scanner) timestampType() error {
	s.space()
	at := s.i
	name, err := s.str()
	if err == nil && string(name) != "create" && string(name) != "append" {
		err = fail(fmt.Errorf("tstype %q, there are create and append", name), at)
	}
	return err
}

// field takes a key or value.
func (s *scanner) field() ([]byte, error) {
	switch s.peek() {
	case '"':
		return s.str()
	case 'n':
		return nil, s.word("null")
	}
	return s.compact()
}

// base64 takes a string and returns the bytes that it stands for.
func (s *scanner) base64() ([]byte, error) {
	s.space()
	at := s.i
	text, err := s.str()
	if err != nil {
		return nil, err
	}
	n, err := base64.StdEncoding.Strict().Decode(text, text)
	if err != nil {
		return nil, fail(errors.New("not base64"), at)
	}
	return text[:n:n], nil
}

// headers takes an array of pairs of a name and a value; or, as kcat prints them,
// of names and values in turn; or of objects with a key and a value.
func (e *envelopeReader) headers() ([]kgo.RecordHeader, error) {
	s := &e.s
	if err := s.expect('['); err != nil {
		return nil, err
	}
	if s.peek() == ']' {
		s.i++
		return nil, nil
	}
	headers := e.slab[:0]
	for {
		h, err := e.header()
		if err != nil {
			return nil, err
		}
		if len(headers) == cap(headers) {
			headers = append(make([]kgo.RecordHeader, 0, max(slabSize, 2*len(headers))), headers...)
		}
		headers = append(headers, h)
		if s.peek() != ',' {
			break
		}
		s.i++
	}
	e.slab = headers[len(headers):]
	return headers[:len(headers):len(headers)], s.expect(']')
}

func (e *envelopeReader) header() (h kgo.RecordHeader, err error) {
	s := &e.s
	switch s.peek() {
	case '"':
		return e.pair()
	case '{':
		return e.headerObject()
	}
	if err := s.expect('['); err != nil {
		return h, err
	}
	if h, err = e.pair(); err != nil {
		return h, err
	}
	return h, s.expect(']')
}

// pair takes a name, a comma, and a value.
func (e *envelopeReader) pair() (h kgo.RecordHeader, err error) {
	s := &e.s
	name, err := s.text()
	if err == nil {
		err = s.expect(',')
	}
	if err != nil {
		return h, err
	}
	h.Key = e.name(name)
	h.Value, err = s.nullOrText()
	return h, err
}

// headerObject takes {"key":"…","value":"…"}, in this order.
func (e *envelopeReader) headerObject() (h kgo.RecordHeader, err error) {
	s := &e.s
	s.i++
	for n, want := range []string{"key", "value"} {
		if n > 0 {
			if err := s.expect(','); err != nil {
				return h, err
			}
		}
		s.space()
		at := s.i
		name, err := s.str()
		if err == nil && string(name) != want {
			err = fail(fmt.Errorf("%q stands where a header has its %s", name, want), at)
		}
		if err == nil {
			err = s.expect(':')
		}
		if err != nil {
			return h, err
		}
		if want == "value" {
			h.Value, err = s.nullOrText()
		} else if name, err = s.str(); err == nil {
			h.Key = e.name(name)
		}
		if err != nil {
			return h, err
		}
	}
	return h, s.expect('}')
}

func (s *scanner) nullOrText() ([]byte, error) {
	if s.peek() == 'n' {
		return nil, s.word("null")
	}
	return s.text()
}

// text takes a string or {"b64":"…"}.
func (s *scanner) text() ([]byte, error) {
	if s.peek() != '{' {
		return s.str()
	}
	s.i++
	s.space()
	at := s.i
	name, err := s.str()
	switch {
	case err != nil:
		return nil, err
	case string(name) != "b64":
		return nil, fail(fmt.Errorf(`no field is named %q; bytes are {"b64":"…"}`, name), at)
	}
	if err := s.expect(':'); err != nil {
		return nil, err
	}
	text, err := s.base64()
	if err != nil {
		return nil, err
	}
	return text, s.expect('}')
}

// name returns b as a string, one that is there already where it can.
func (e *envelopeReader) name(b []byte) string {
	if known, ok := e.names[string(b)]; ok {
		return known
	}
	name := string(b)
	if len(e.names) < maxNames && len(name) <= longestName {
		e.names[name] = name
	}
	return name
}
