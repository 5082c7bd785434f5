package format

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// object collects the fields of a decoded key or value: as the inside of a JSON
// object, or as text, name=value between spaces. Lists in it are JSON always.
type object struct {
	json bool
	kind string // what it is, "" while it is not decoded
	err  error  // why it is not decoded, if that is a failure
	buf  []byte
}

func (o *object) begin(json bool) { *o = object{json: json, buf: o.buf[:0]} }

// text is the object as text. raw is what is printed where it is not decoded.
func (o *object) text(raw []byte) []byte {
	switch {
	case o.err != nil:
		b := append(append(o.buf[:0], "undecoded="...), base64.StdEncoding.EncodeToString(raw)...)
		o.buf = appendAny(append(b, " error="...), []byte(o.err.Error()), false)
	case o.kind == "" && raw == nil:
		o.buf = append(o.buf[:0], "tombstone"...)
	case o.kind == "":
		o.buf = append(append(o.buf[:0], "undecoded="...), base64.StdEncoding.EncodeToString(raw)...)
	}
	return o.buf
}

// valueKind names a value: its key's kind and the version that begins its bytes.
func (o *object) valueKind(kind string, b []byte) {
	o.kind = kind + "/" + strconv.Itoa(int(int16(binary.BigEndian.Uint16(b))))
}

func (o *object) name(name string) {
	switch {
	case o.json:
		if n := len(o.buf); n > 0 && o.buf[n-1] != '{' {
			o.buf = append(o.buf, ',')
		}
		o.buf = append(append(append(o.buf, '"'), name...), `":`...)
	default:
		if len(o.buf) > 0 {
			o.buf = append(o.buf, ' ')
		}
		o.buf = append(append(o.buf, name...), '=')
	}
}

// string is quoted in text only where it could be read as something else.
func (o *object) string(name, v string) {
	o.name(name)
	if !o.json && bare(v) {
		o.buf = append(o.buf, v...)
		return
	}
	o.buf = appendAny(o.buf, []byte(v), false)
}

func bare(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\' {
			return false
		}
	}
	return s != "" && s != "null"
}

func (o *object) nullString(name string, v *string) {
	if v == nil {
		o.name(name)
		o.buf = append(o.buf, "null"...)
		return
	}
	o.string(name, *v)
}

func (o *object) int(name string, v int64) {
	o.name(name)
	o.buf = strconv.AppendInt(o.buf, v, 10)
}

// id is a topic id as Kafka prints it.
func (o *object) id(name string, v [16]byte) {
	o.string(name, base64.RawURLEncoding.EncodeToString(v[:]))
}

func (o *object) bytes(name string, v []byte) { o.string(name, base64.StdEncoding.EncodeToString(v)) }

func (o *object) ints(name string, v []int32) {
	o.name(name)
	o.buf = append(o.buf, '[')
	for i, n := range v {
		if i > 0 {
			o.buf = append(o.buf, ',')
		}
		o.buf = strconv.AppendInt(o.buf, int64(n), 10)
	}
	o.buf = append(o.buf, ']')
}

func (o *object) strings(name string, v []string) {
	o.name(name)
	o.buf = append(o.buf, '[')
	for i, s := range v {
		if i > 0 {
			o.buf = append(o.buf, ',')
		}
		o.buf = appendAny(o.buf, []byte(s), false)
	}
	o.buf = append(o.buf, ']')
}

// list is a list of objects.
func list[T any](o *object, name string, v []T, each func(*object, *T)) {
	o.name(name)
	o.buf = append(o.buf, '[')
	for i := range v {
		if i > 0 {
			o.buf = append(o.buf, ',')
		}
		o.nested(func(in *object) { each(in, &v[i]) })
	}
	o.buf = append(o.buf, ']')
}

// nested is an object in this one.
func (o *object) nested(walk func(*object)) {
	in := object{json: true, buf: append(o.buf, '{')}
	walk(&in)
	o.buf = append(in.buf, '}')
}
