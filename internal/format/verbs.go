package format

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// numberPart prints a number of a record.
type numberPart struct {
	of   func(*kgo.Record) int64
	show number
}

func (p numberPart) append(dst []byte, r *kgo.Record) []byte { return p.show(dst, p.of(r)) }

// numberVerbs are the verbs whose value is a number.
var numberVerbs = map[byte]func(*kgo.Record) int64{
	'p': func(r *kgo.Record) int64 { return int64(r.Partition) },
	'o': func(r *kgo.Record) int64 { return r.Offset },
	'K': func(r *kgo.Record) int64 { return length(r.Key) },
	'V': valueLength,
	'S': valueLength,
	'H': func(r *kgo.Record) int64 { return int64(len(r.Headers)) },
	'e': func(r *kgo.Record) int64 { return int64(r.LeaderEpoch) },
	'x': func(r *kgo.Record) int64 { return r.ProducerID },
	'y': func(r *kgo.Record) int64 { return int64(r.ProducerEpoch) },
}

func valueLength(r *kgo.Record) int64 { return length(r.Value) }

// length is -1 for null.
func length(b []byte) int64 {
	if b == nil {
		return -1
	}
	return int64(len(b))
}

// counter prints how many records it has seen.
type counter struct {
	n    int64
	show number
}

func (c *counter) append(dst []byte, _ *kgo.Record) []byte {
	c.n++
	return c.show(dst, c.n)
}

// The verbs whose value is bytes.
type (
	keyPart   struct{ show text }
	valuePart struct{ show text }
	topicPart struct {
		show  text
		name  string
		bytes []byte // name's, so that printing makes no garbage
	}
)

func (p keyPart) append(dst []byte, r *kgo.Record) []byte   { return p.show(dst, r.Key) }
func (p valuePart) append(dst []byte, r *kgo.Record) []byte { return p.show(dst, r.Value) }

func (p *topicPart) append(dst []byte, r *kgo.Record) []byte {
	if p.name != r.Topic {
		p.name, p.bytes = r.Topic, []byte(r.Topic)
	}
	return p.show(dst, p.bytes)
}

// text is a way to print bytes.
type text func(dst, v []byte) []byte

func plain(dst, v []byte) []byte { return append(dst, v...) }

var texts = map[string]text{
	"":          plain,
	"hex":       func(dst, v []byte) []byte { return hex.AppendEncode(dst, v) },
	"base64":    func(dst, v []byte) []byte { return base64.StdEncoding.AppendEncode(dst, v) },
	"base64raw": func(dst, v []byte) []byte { return base64.RawStdEncoding.AppendEncode(dst, v) },
	"q":         func(dst, v []byte) []byte { return appendAny(dst, v, v == nil) },
}

func makeText(verb byte, how string, braced bool) (part, error) {
	show, ok := texts[how]
	if !ok && strings.HasPrefix(how, "unpack") {
		return delegate(map[byte]string{'t': "t", 'k': "k", 'v': "v", 's': "v"}[verb], how)
	}
	if !ok || braced && how == "" {
		return nil, fmt.Errorf("%w: no way to print text as %%%c{%s}", ErrVerb, verb, how)
	}
	switch verb {
	case 't':
		return &topicPart{show: show}, nil
	case 'k':
		return keyPart{show}, nil
	}
	return valuePart{show}, nil
}

// delegated leaves a verb to franz-go's own formatter.
type delegated struct{ f *kgo.RecordFormatter }

func (d delegated) append(dst []byte, r *kgo.Record) []byte { return d.f.AppendRecord(dst, r) }

func delegate(verb, how string) (part, error) {
	f, err := kgo.NewRecordFormatter("%" + verb + "{" + how + "}")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVerb, err)
	}
	return delegated{f}, nil
}

// timePart prints the timestamp.
type timePart struct {
	show func([]byte, time.Time) []byte
}

func (p timePart) append(dst []byte, r *kgo.Record) []byte { return p.show(dst, r.Timestamp) }

func makeTime(how string, braced bool) (part, error) {
	unit := func(of func(time.Time) int64, show number) (part, error) {
		return timePart{func(dst []byte, t time.Time) []byte { return show(dst, of(t)) }}, nil
	}
	switch {
	case !braced, how == "ms":
		return unit(time.Time.UnixMilli, ascii)
	case how == "s":
		return unit(time.Time.Unix, ascii)
	case how == "us":
		return unit(time.Time.UnixMicro, ascii)
	case how == "ns":
		return unit(time.Time.UnixNano, ascii)
	case how == "rfc3339":
		return timePart{func(dst []byte, t time.Time) []byte {
			return t.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
		}}, nil
	case strings.HasPrefix(how, "go"), strings.HasPrefix(how, "strftime"):
		return delegate("d", how)
	}
	if show, ok := numbers[how]; ok {
		return unit(time.Time.UnixMilli, show)
	}
	return nil, fmt.Errorf("%w: no way to print a time as %%T{%s}", ErrVerb, how)
}

// headersPart prints headers as kcat does, or as JSON.
type headersPart struct{ json bool }

func (p headersPart) append(dst []byte, r *kgo.Record) []byte {
	if p.json {
		return appendHeaders(dst, r.Headers)
	}
	for i, h := range r.Headers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, h.Key...), '=')
		if h.Value == nil {
			dst = append(dst, "NULL"...)
		}
		dst = append(dst, h.Value...)
	}
	return dst
}

// eachHeader prints a template for each header, as its key and value.
type eachHeader struct {
	t     *template
	reuse kgo.Record
}

func (p *eachHeader) append(dst []byte, r *kgo.Record) []byte {
	for i := range r.Headers {
		p.reuse.Key = append(p.reuse.Key[:0], r.Headers[i].Key...)
		p.reuse.Value = r.Headers[i].Value
		dst = p.t.Append(dst, &p.reuse)
	}
	p.reuse.Value = nil
	return dst
}

func makeEachHeader(how string, terminal bool) (part, error) {
	t, err := parseTemplate(how, headerVerbs, terminal)
	if err != nil {
		return nil, err
	}
	return &eachHeader{t: t, reuse: kgo.Record{Key: []byte{}}}, nil
}

// makeAttribute makes the part of %a{NAME} and %a{NAME;NUMBER}.
func makeAttribute(how string) (part, error) {
	name, numeric, hasNumber := strings.Cut(how, ";")
	bit := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	var of func(*kgo.Record) int64
	switch name {
	case "compression":
		of = func(r *kgo.Record) int64 { return int64(r.Attrs.CompressionType()) }
		if !hasNumber {
			return numberPart{of: of, show: codecName}, nil
		}
	case "timestamp-type":
		of = func(r *kgo.Record) int64 { return int64(r.Attrs.TimestampType()) }
	case "transactional-bit":
		of = func(r *kgo.Record) int64 { return bit(r.Attrs.IsTransactional()) }
	case "control-bit":
		of = func(r *kgo.Record) int64 { return bit(r.Attrs.IsControl()) }
	default:
		return nil, fmt.Errorf("%w: no attribute %%a{%s}", ErrVerb, how)
	}
	show, err := makeNumber('a', numeric, hasNumber)
	return numberPart{of: of, show: show}, err
}

func codecName(dst []byte, n int64) []byte {
	names := [...]string{"none", "gzip", "snappy", "lz4", "zstd"}
	if n < 0 || int(n) >= len(names) {
		return strconv.AppendInt(dst, n, 10)
	}
	return append(dst, names[n]...)
}
