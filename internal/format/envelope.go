package format

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

// envelope prints records as the JSON of the package comment. The beginning of
// a line is the same for all records of a partition, so it is kept.
type envelope struct {
	topic     string
	partition int32
	head      []byte // {"topic":"t","partition":0,"offset":
}

func (e *envelope) Append(dst []byte, r *kgo.Record) []byte {
	if e.head == nil || e.partition != r.Partition || e.topic != r.Topic {
		e.topic, e.partition = r.Topic, r.Partition
		e.head = appendString(append(e.head[:0], `{"topic":`...), r.Topic)
		e.head = strconv.AppendInt(append(e.head, `,"partition":`...), int64(r.Partition), 10)
		e.head = append(e.head, `,"offset":`...)
	}
	dst = strconv.AppendInt(append(dst, e.head...), r.Offset, 10)
	dst = strconv.AppendInt(append(dst, `,"ts":`...), r.Timestamp.UnixMilli(), 10)
	switch r.Attrs.TimestampType() {
	case 0:
		dst = append(dst, `,"tstype":"create"`...)
	case 1:
		dst = append(dst, `,"tstype":"append"`...)
	}
	dst = appendField(dst, `,"key":`, `,"keyb64":"`, r.Key)
	dst = appendField(dst, `,"value":`, `,"valueb64":"`, r.Value)
	dst = appendHeaders(append(dst, `,"headers":`...), r.Headers)
	return append(dst, "}\n"...)
}

// IsEnvelope tells that a line is what the json format prints.
func IsEnvelope(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte(`{"topic":"`))
	if !ok {
		return false
	}
	_, rest, ok = bytes.Cut(rest, []byte(`","partition":`))
	return ok && bytes.Contains(rest, []byte(`,"offset":`))
}

// appendField appends a key or value under the name that its bytes ask for.
func appendField(dst []byte, text, b64 string, v []byte) []byte {
	switch {
	case v == nil:
		return append(append(dst, text...), "null"...)
	case utf8.Valid(v):
		return appendString(append(dst, text...), v)
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, b64...), v)
	return append(dst, '"')
}

func appendHeaders(dst []byte, headers []kgo.RecordHeader) []byte {
	dst = append(dst, '[')
	for i := range headers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendAny(append(dst, '['), []byte(headers[i].Key), false)
		dst = append(dst, ',')
		dst = appendAny(dst, headers[i].Value, headers[i].Value == nil)
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// appendAny appends bytes as one JSON value: a string, null, or {"b64":"…"}.
func appendAny(dst, v []byte, null bool) []byte {
	switch {
	case null:
		return append(dst, "null"...)
	case utf8.Valid(v):
		return appendString(dst, v)
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, `{"b64":"`...), v)
	return append(dst, `"}`...)
}

// appendString appends valid UTF-8 as a JSON string. Control characters are
// escaped, also those beyond ASCII, which some terminals obey.
func appendString[S string | []byte](dst []byte, s S) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plainInJSON[c] {
			continue
		}
		if c == 0xc2 { // U+0080 to U+00BF
			if s[i+1] >= 0xa0 {
				continue
			}
			dst = append(append(dst, s[start:i]...), `\u00`...)
			i++
			dst = append(dst, hexDigits[s[i]>>4], hexDigits[s[i]&0xf])
			start = i + 1
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
	}
	return append(append(dst, s[start:]...), '"')
}

const hexDigits = "0123456789abcdef"

// plainInJSON marks the bytes that stand for themselves in a JSON string.
var plainInJSON = plainBytes()

func plainBytes() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && c != 0xc2
	}
	return t
}
