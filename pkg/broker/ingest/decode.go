package ingest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

// kind is how a body is to be read.
type kind byte

const (
	kindJSON kind = 'j'
	kindRaw  kind = 'r'
)

const typesHint = "send -H 'Content-Type: application/json' with an envelope such as {\"key\":\"k\",\"value\":\"v\"} or an array of them, or application/octet-stream or text/plain with a value"

// kindOf reads a Content-Type.
func kindOf(h http.Header) (kind, error) {
	if enc := h.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return 0, refuse(http.StatusUnsupportedMediaType, "send the body as it is", "a Content-Encoding of %q is not read", clip(enc))
	}
	text := h.Get("Content-Type")
	if text == "application/json" {
		return kindJSON, nil
	}
	media, _, err := mime.ParseMediaType(text)
	switch {
	case text == "":
		return 0, refuse(http.StatusUnsupportedMediaType, typesHint, "the Content-Type is missing")
	case err != nil:
		return 0, refuse(http.StatusUnsupportedMediaType, typesHint, "Content-Type %q makes no sense", clip(text))
	case media == "application/json":
		return kindJSON, nil
	case media == "application/octet-stream", media == "text/plain":
		return kindRaw, nil
	}
	return 0, refuse(http.StatusUnsupportedMediaType, typesHint, "a body of type %q is not read", clip(media))
}

// queryNames are what the query string of a raw body may hold.
var queryNames = []string{"key", "keyb64", "partition", "timestamp", "header"}

// rawRecord makes the record of a raw body: its value, and what the query string
// says of it.
func rawRecord(query string, body []byte) (kgo.Record, error) {
	r := kgo.Record{Partition: -1, Value: body}
	if r.Value == nil {
		r.Value = []byte{}
	}
	if query == "" {
		return r, nil
	}
	bad := func(format string, args ...any) (kgo.Record, error) {
		return r, refuse(http.StatusBadRequest, "the query string takes key or keyb64, partition, timestamp, and header=name=value, which may come again", format, args...)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return bad("bad query string: %s", clip(err.Error()))
	}
	for name, values := range q {
		if !slices.Contains(queryNames, name) {
			return bad("query parameter %q is unknown", clip(name))
		}
		if len(values) > 1 && name != "header" {
			return bad("query parameter %s is there %d times", name, len(values))
		}
		if err := setRaw(&r, name, values); err != nil {
			return bad("query parameter %s: %v", name, err)
		}
	}
	if q.Has("key") && q.Has("keyb64") {
		return bad("a record has one key: key or keyb64")
	}
	return r, nil
}

// setRaw sets what one parameter says.
func setRaw(r *kgo.Record, name string, values []string) (err error) {
	v := values[0]
	switch name {
	case "key":
		r.Key = []byte(v)
	case "keyb64":
		if r.Key, err = base64.StdEncoding.Strict().DecodeString(v); err != nil {
			return errors.New("it is no base64 of the usual alphabet (a + is %2B)")
		}
	case "partition":
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no partition", clip(v))
		}
		r.Partition = int32(n)
	case "timestamp":
		if ms, err := strconv.ParseInt(v, 10, 64); err == nil {
			r.Timestamp = time.UnixMilli(ms)
		} else if r.Timestamp, err = time.Parse(time.RFC3339Nano, v); err != nil {
			return fmt.Errorf("%q is neither milliseconds since 1970 nor a time of RFC 3339", clip(v))
		}
	case "header":
		for _, h := range values {
			key, value, ok := strings.Cut(h, "=")
			if !ok {
				return fmt.Errorf("%q is no name=value", clip(h))
			}
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
		}
	}
	return nil
}

// decoder reads bodies; it is for one goroutine.
type decoder struct{ bodies format.Bodies }

// records returns what a body holds, for a topic. They alias the body, which is
// overwritten.
func (d *decoder) records(k kind, query string, body []byte, most int) (records []kgo.Record, array bool, err error) {
	if k == kindRaw {
		r, err := rawRecord(query, body)
		if err != nil {
			return nil, false, err
		}
		return []kgo.Record{r}, false, checkTimes([]kgo.Record{r})
	}
	if query != "" {
		return nil, false, refuse(http.StatusBadRequest, "say it in the envelope: key, partition, ts and headers", "a JSON body takes no query string")
	}
	records, array, err = d.bodies.Read(body, most)
	switch {
	case errors.Is(err, format.ErrMany):
		return nil, array, refuse(http.StatusRequestEntityTooLarge, "send them in several requests", "%v", err)
	case err != nil:
		return nil, array, refuse(http.StatusBadRequest, "an envelope is {\"key\":…,\"value\":…,\"headers\":[[\"name\",\"value\"]],\"partition\":…,\"ts\":…}; all but the value may be left out", "%s", clipLong(err.Error()))
	case len(records) == 0:
		return nil, array, refuse(http.StatusBadRequest, "send one at least", "the array has no records")
	}
	return records, array, checkTimes(records)
}

// checkTimes refuses times that milliseconds of 64 bits, or a log, do not hold.
func checkTimes(records []kgo.Record) error {
	for i := range records {
		if t := records[i].Timestamp; !t.IsZero() && (t.UnixMilli() < 0 || t.UnixMilli() > math.MaxInt64/8) {
			return refuse(http.StatusBadRequest, "leave the timestamp out, or give one from 1970 on", "record %d: a timestamp that no record can have", i+1)
		}
	}
	return nil
}

func clipLong(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
