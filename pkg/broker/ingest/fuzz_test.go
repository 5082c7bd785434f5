package ingest

import (
	"errors"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// FuzzRequest: whatever a stranger sends is records or a refusal.
func FuzzRequest(f *testing.F) {
	for _, s := range []struct{ kind, query, body, key string }{
		{"application/json", "", `{"key":"k","value":{"a":[1]},"headers":[["h",null]],"partition":3,"ts":5}`, "k"},
		{"application/json; charset=utf-8", "", `[{"value":1},{"valueb64":"/w==","ts":-1}]`, `"k"`},
		{"text/plain", "key=a&header=x=1&timestamp=1970-01-01T00:00:00Z", "body", ""},
		{"application/octet-stream", "keyb64=%2Bw%3D%3D&partition=2147483647&timestamp=9223372036854775807", "", "a b"},
	} {
		f.Add(s.kind, s.query, []byte(s.body), s.key)
	}
	f.Fuzz(func(t *testing.T, contentType, query string, body []byte, key string) {
		refusalOnly := func(err error) bool {
			var r *refusal
			if err != nil && (!errors.As(err, &r) || r.code < 400 || r.code > 499 || r.hint == "" || r.text == "") {
				t.Fatalf("%v is no refusal that says what to do", err)
			}
			return err != nil
		}
		h := http.Header{"Content-Type": {contentType}, "Idempotency-Key": {key}}
		k, err := kindOf(h)
		if refusalOnly(err) {
			return
		}
		if got, err := keyOf(h); !refusalOnly(err) && (got == "" || len(got) > longestKey || strings.ContainsAny(got, "\x00\"\r\n")) {
			t.Fatalf("%q is a key", got)
		}
		before := bodySum("t", k, query, body)
		var d decoder
		records, _, err := d.records(k, query, body, 10)
		if refusalOnly(err) {
			return
		}
		if len(records) == 0 || len(records) > 10 {
			t.Fatalf("%d records", len(records))
		}
		for i := range records {
			if r := &records[i]; r.Partition < -1 || !r.Timestamp.IsZero() && r.Timestamp.UnixMilli() < 0 {
				t.Fatalf("%+v", r)
			}
		}
		if bodySum("u", k, query, body) == before {
			t.Fatal("another topic has the same sum")
		}
	})
}

func FuzzEntry(f *testing.F) {
	for _, e := range []entry{
		{topic: "t", time: 1_700_000_000_123, window: 86_400_000, records: []result{{partition: 0, offset: 5, timestamp: 1_700_000_000_123}}},
		{topic: "stamped", time: 5, window: 1, records: []result{{partition: 2, offset: math.MaxInt64 / 2, timestamp: noTime}, {partition: 1, offset: 0, timestamp: noTime}}},
		{},
	} {
		f.Add(appendEntry(nil, &e))
	}
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEntry(b)
		if err != nil {
			return
		}
		again, err := parseEntry(appendEntry(nil, &e))
		if err != nil || !reflect.DeepEqual(e, again) {
			t.Fatalf("%+v, then %+v, %v", e, again, err)
		}
	})
}
