package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestBodies(t *testing.T) {
	var b Bodies
	show := func(body string, most int) string {
		records, array, err := b.Read([]byte(body), most)
		if err != nil {
			if !errors.Is(err, ErrRecord) && !errors.Is(err, ErrMany) {
				t.Errorf("%q: %v is neither of the errors", body, err)
			}
			return err.Error()
		}
		text := fmt.Sprint(array)
		for i := range records {
			r := &records[i]
			text += fmt.Sprintf(" p%d %s=%s%s", r.Partition, r.Key, r.Value, fmt.Sprint(r.Headers))
		}
		return text
	}
	deep := strings.Repeat("[", maxDepth+2)
	for body, want := range map[string]string{
		`{"value":"v"}`: "false p-1 =v[]",
		" [ ] ":         "true",
		`[{"value":1},` + "\n" + `{"key":"k","value":{"a": [1, 2]},"partition":3,"headers":[["h",null]]}]`: `true p-1 =1[] p3 k={"a":[1,2]}[{h []}]`,
		`[{"value":1},{"value":2},{"value":3},{"value":4}]`:                                                "too many records: more than 3",
		``:                           "not a record: the body is empty",
		" \n":                        "not a record: the body is empty",
		`{"key":"k"}`:                `not a record: it has no "value", which may be null`,
		`[{"value":1},{}]`:           `record 2: not a record: it has no "value", which may be null`,
		`[{"value":1},]`:             "record 2: not a record: byte 14: unexpected character ']'",
		`[{"value":1}`:               "not a record: byte 13: it ends too early",
		`[{"value":1}]x`:             "not a record: byte 14: unexpected character 'x'",
		`{"value":1}{"value":2}`:     "not a record: byte 12: unexpected character '{'",
		`[[{"value":1}]]`:            "record 1: not a record: byte 2: unexpected character '['",
		`{"value":1,"vlue":2}`:       `not a record: byte 12: no field is named "vlue"`,
		`{"value":` + deep:           fmt.Sprintf("not a record: byte %d: arrays and objects lie too deep in each other", maxDepth+11),
		"\x00":                       "not a record: byte 1: unexpected character '\\x00'",
		`{"value":1,"partition":-1}`: "not a record: byte 24: partition -1",
	} {
		if got := show(body, 3); got != want {
			t.Errorf("%.60q: %s\nwant %s", body, got, want)
		}
	}
}

// What the json format prints is read as a body again, alone and in an array.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{`{"value":"v"}`, `[{"value":1},{"key":null,"value":null,"headers":[["a",{"b64":"/w=="}]]}]`, `[]`, `{"keyb64":"/w==","value":"\u00e9","ts":5,"partition":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var b Bodies
		records, array, err := b.Read(slices.Clone(body), 100)
		if err != nil {
			return
		}
		if len(records) > 100 || !array && len(records) != 1 {
			t.Fatalf("%d records, array %v", len(records), array)
		}
		var e envelope
		again := []byte("[")
		for i := range records {
			if i > 0 {
				again = append(again, ',')
			}
			if records[i].Partition < 0 {
				records[i].Partition = 0
			}
			again = e.Append(again, &records[i])
		}
		got, _, err := b.Read(append(again, ']'), 100)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		same := func(x, y kgo.Record) bool {
			return string(x.Key) == string(y.Key) && (x.Key == nil) == (y.Key == nil) && string(x.Value) == string(y.Value) &&
				(x.Value == nil) == (y.Value == nil) && len(x.Headers) == len(y.Headers) && x.Partition == y.Partition
		}
		if !slices.EqualFunc(records, got, same) {
			t.Fatalf("%v, then %v", records, got)
		}
	})
}
