package format

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// envelope prints records as the JSON of the package comment. The beginning of
// a line is the same for all records of a partition, and many have the time of
// the one before: both are kept.
type envelope struct {
	topic     string
	partition int32
	head      []byte // {"topic":"t","partition":0,"offset":

	ms    int64
	attrs kgo.RecordAttrs
	time  []byte // ,"ts":1700000000123,"tstype":"create"
}

func (e *envelope) Append(dst []byte, r *kgo.Record) []byte {
	dst = e.appendHead(dst, r)
	dst = appendField(dst, `,"key":`, `,"keyb64":"`, r.Key)
	dst = appendField(dst, `,"value":`, `,"valueb64":"`, r.Value)
	dst = appendHeaders(append(dst, `,"headers":`...), r.Headers)
	return append(dst, "}\n"...)
}

// appendHead appends what stands before the key.
func (e *envelope) appendHead(dst []byte, r *kgo.Record) []byte {
	if e.head == nil || e.partition != r.Partition || e.topic != r.Topic {
		e.topic, e.partition = r.Topic, r.Partition
		e.head = appendAny(append(e.head[:0], `{"topic":`...), []byte(r.Topic), false)
		e.head = strconv.AppendInt(append(e.head, `,"partition":`...), int64(r.Partition), 10)
		e.head = append(e.head, `,"offset":`...)
	}
	if ms := r.Timestamp.UnixMilli(); e.time == nil || e.ms != ms || e.attrs != r.Attrs {
		e.ms, e.attrs = ms, r.Attrs
		e.time = strconv.AppendInt(append(e.time[:0], `,"ts":`...), ms, 10)
		switch r.Attrs.TimestampType() {
		case 0:
			e.time = append(e.time, `,"tstype":"create"`...)
		case 1:
			e.time = append(e.time, `,"tstype":"append"`...)
		}
	}
	dst = strconv.AppendInt(append(dst, e.head...), r.Offset, 10)
	return append(dst, e.time...)
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
	if v == nil {
		return append(append(dst, text...), "null"...)
	}
	if quoted, ok := appendQuoted(append(dst, text...), v); ok {
		return quoted
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
	if null {
		return append(dst, "null"...)
	}
	dst, ok := appendQuoted(dst, v)
	if ok {
		return dst
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, `{"b64":"`...), v)
	return append(dst, `"}`...)
}
