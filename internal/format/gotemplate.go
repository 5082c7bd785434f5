package format

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	gotemplate "text/template"
	"text/template/parse"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrExecute is a Go template that failed on a record.
var ErrExecute = errors.New("template failed")

// Record is what a Go template sees.
type Record struct{ r *kgo.Record }

// Header is one header of a Record.
type Header struct {
	Key, Value string
	ValueNull  bool
}

// Topic is the topic's name.
func (r Record) Topic() string { return r.r.Topic }

// Partition is the partition's number.
func (r Record) Partition() int32 { return r.r.Partition }

// Offset is the record's offset.
func (r Record) Offset() int64 { return r.r.Offset }

// Timestamp is the record's time, in the local zone.
func (r Record) Timestamp() time.Time { return r.r.Timestamp }

// TS is Timestamp in milliseconds since 1970.
func (r Record) TS() int64 { return r.r.Timestamp.UnixMilli() }

// Key is the key as text, empty for null.
func (r Record) Key() string { return string(r.r.Key) }

// Value is the value as text, empty for null.
func (r Record) Value() string { return string(r.r.Value) }

// KeyBytes is the key.
func (r Record) KeyBytes() []byte { return r.r.Key }

// ValueBytes is the value.
func (r Record) ValueBytes() []byte { return r.r.Value }

// KeyNull tells that there is no key, not even an empty one.
func (r Record) KeyNull() bool { return r.r.Key == nil }

// ValueNull tells that there is no value, not even an empty one.
func (r Record) ValueNull() bool { return r.r.Value == nil }

// Headers are the headers in their order.
func (r Record) Headers() []Header {
	headers := make([]Header, len(r.r.Headers))
	for i, h := range r.r.Headers {
		headers[i] = Header{Key: h.Key, Value: string(h.Value), ValueNull: h.Value == nil}
	}
	return headers
}

// executed prints a Go template. It stops at the first record that it fails on.
type executed struct {
	t   *gotemplate.Template
	buf []byte
	err error
}

// parseGo reads a Go template. Outside of {{ }} the escapes of templates hold.
func parseGo(s string, terminal bool) (*executed, error) {
	s, err := unescapeText(s)
	if err != nil {
		return nil, err
	}
	t, err := gotemplate.New("-f").Funcs(functions()).Parse(s)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "template: -f:")
		return nil, fmt.Errorf("%w: line %s", ErrVerb, text)
	}
	if terminal {
		for _, each := range t.Templates() {
			if each.Tree != nil {
				guard(each.Root)
			}
		}
	}
	// A name that is no field is a mistake of the template: it is found here.
	e := &executed{t: t}
	if e.Append(nil, &kgo.Record{}); e.err != nil && strings.Contains(e.err.Error(), "can't evaluate field") {
		return nil, fmt.Errorf("%w: %w", ErrVerb, errors.Unwrap(e.err))
	}
	e.err = nil
	return e, nil
}

func (e *executed) Write(b []byte) (int, error) {
	e.buf = append(e.buf, b...)
	return len(b), nil
}

func (e *executed) Append(dst []byte, r *kgo.Record) []byte {
	if e.err != nil {
		return dst
	}
	e.buf = e.buf[:0]
	if err := e.t.Execute(e, Record{r}); err != nil {
		e.err = &executeError{r.Topic, r.Partition, r.Offset, err}
		return dst
	}
	return append(dst, e.buf...)
}

// Err is why a record could not be printed; nothing was printed since.
func (e *executed) Err() error { return e.err }

type executeError struct {
	topic     string
	partition int32
	offset    int64
	err       error
}

func (e *executeError) Error() string {
	return fmt.Sprintf("print %s partition %d offset %d: %v", e.topic, e.partition, e.offset, e.Unwrap())
}

func (e *executeError) Is(target error) bool { return target == ErrExecute }

// Unwrap is the error without the place in the template that begins it.
func (e *executeError) Unwrap() error {
	return errors.New(strings.TrimPrefix(e.err.Error(), "template: -f:"))
}

// functions are the functions of a Go template beside Go's own.
func functions() gotemplate.FuncMap {
	return gotemplate.FuncMap{
		"json":   toJSON,
		"hex":    func(v any) string { return hex.EncodeToString(toBytes(v)) },
		"base64": func(v any) string { return base64.StdEncoding.EncodeToString(toBytes(v)) },
		"upper":  strings.ToUpper,
		"lower":  strings.ToLower,
		guarding: func(v any) string { return string(appendHarmless(nil, fmt.Sprint(v))) },
	}
}

// toJSON prints text as the envelope does, all else as encoding/json.
func toJSON(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return string(appendAny(nil, []byte(v), false)), nil
	case []byte:
		return string(appendAny(nil, v, v == nil)), nil
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

func toBytes(v any) []byte {
	switch v := v.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return fmt.Append(nil, v)
}

// guarding is the function that guard puts behind all that is printed.
const guarding = "_visible"

// guard makes what the actions below n print harmless to a terminal. The
// template's own text stays.
func guard(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, each := range n.Nodes {
			guard(each)
		}
	case *parse.IfNode:
		guard(n.List)
		guard(n.ElseList)
	case *parse.RangeNode:
		guard(n.List)
		guard(n.ElseList)
	case *parse.WithNode:
		guard(n.List)
		guard(n.ElseList)
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 {
			id := parse.NewIdentifier(guarding).SetTree(nil).SetPos(n.Pos)
			n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Args: []parse.Node{id}})
		}
	}
}

// unescapeText reads the escapes of a Go template, those outside of {{ }}.
func unescapeText(s string) (string, error) {
	var b strings.Builder
	for len(s) > 0 {
		text, rest, action := strings.Cut(s, "{{")
		plain, err := Unescape(text)
		if err != nil {
			return "", err
		}
		b.Write(plain)
		if !action {
			break
		}
		end := actionEnd(rest)
		b.WriteString("{{" + rest[:end])
		s = rest[end:]
	}
	return b.String(), nil
}

// actionEnd is where the text after a {{ goes on: behind the }} that is in no
// string.
func actionEnd(s string) int {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '`' || c == '\'':
			quote = c
		case strings.HasPrefix(s[i:], "}}"):
			return i + 2
		}
	}
	return len(s)
}
