package ingest_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/ingest"
)

// clock is a fixed time for records and keys.
func clock() time.Time { return time.UnixMilli(1_700_000_000_123) }

func TestRecords(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1", "many:3", "stamped:1:1:message.timestamp.type=LogAppendTime"))
	d := open(t, b, ingest.Options{Now: clock})
	raw := func(query, body string, headers ...string) reply {
		r, err := d.send("POST", "/topics/t/records"+query, body, append([]string{"Content-Type", "application/octet-stream"}, headers...)...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := d.json("t", `{"key":"k","value":"v","headers":[["h","1"],["n",null]]}`)
	if want := `{"topic":"t","records":[{"partition":0,"offset":0,"timestamp":1700000000123}]}`; first.code != 200 || first.body != want {
		t.Errorf("%+v, want %s", first, want)
	}
	if r := d.json("t", `[{"value":1,"ts":5},{"key":null,"value":null,"partition":0}]`); r.code != 200 ||
		r.body != `{"topic":"t","records":[{"partition":0,"offset":1,"timestamp":5},{"partition":0,"offset":2,"timestamp":1700000000123}]}` {
		t.Errorf("an array: %+v", r)
	}
	if r := raw("?key=a%20b&header=x=1&header=x=&timestamp=1970-01-01T00:00:01Z&partition=0", "\xff\x00"); r.code != 200 || !strings.Contains(r.body, `"timestamp":1000}`) {
		t.Errorf("raw: %+v", r)
	}
	if r := raw("?keyb64=%2Bw%3D%3D&timestamp=7", "", "Idempotency-Key", "raw"); r.code != 200 ||
		r.body != `{"topic":"t","records":[{"partition":0,"offset":4,"timestamp":7}],"expires":1700086400123}` {
		t.Errorf("raw with a key: %+v", r)
	}
	if r := d.json("stamped", `{"value":1}`); r.body != `{"topic":"stamped","records":[{"partition":0,"offset":0}]}` {
		t.Errorf("a topic that stamps: %+v", r)
	}
	if r := d.keyed("stamped", "s", `{"value":1}`); r.body != `{"topic":"stamped","records":[{"partition":0,"offset":1}],"expires":1700086400123}` {
		t.Errorf("a topic that stamps, a key: %+v", r)
	}
	if r := d.json("made-by-itself", `{"value":1}`); r.code != 200 {
		t.Errorf("a topic that is made: %+v", r)
	}
	var got []string
	for _, r := range consume(t, b, "t") {
		got = append(got, fmt.Sprintf("%d %q=%q %v %d", r.Offset, r.Key, r.Value, r.Headers, r.Timestamp.UnixMilli()))
	}
	if want := []string{
		`0 "k"="v" [{h [49]} {n []}] 1700000000123`, `1 ""="1" [] 5`, `2 ""="" [] 1700000000123`, `3 "a b"="\xff\x00" [{x [49]} {x []}] 1000`, `4 "\xfb"="" [] 7`,
	}; !slices.Equal(got, want) {
		t.Errorf("the log has\n%s", strings.Join(got, "\n"))
	}
	// Keys go where Kafka's producers put them: murmur2.
	var partitions []string
	for _, key := range []string{"a", "b", "c", "kafka", "hello"} {
		for _, r := range []reply{d.json("many", `{"key":"`+key+`","value":1}`), d.keyed("many", key, `{"key":"`+key+`","value":1}`)} {
			partitions = append(partitions, regexp.MustCompile(`"partition":(\d)`).FindStringSubmatch(r.body)[1])
		}
	}
	// murmur2 of the keys, positive, modulo 3; by org.apache.kafka.common.utils.Utils.
	if got := strings.Join(partitions, ""); got != "1122111100" {
		t.Errorf("partitions %s", got)
	}
}

func TestRefusals(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("auto.create.topics.enable", "false"),
		brokertest.Topics("t:2", "c:1:1:cleanup.policy=compact", "small:1:1:max.message.bytes=1000", "old:1:1:message.timestamp.before.max.ms=1000"))
	d := open(t, b, ingest.Options{MaxBody: 4000, MaxRecords: 3})
	js := []string{"Content-Type", "application/json"}
	for _, tt := range []struct {
		what, method, path, body string
		headers                  []string
		code                     int
		text                     string
	}{
		{"no path", "POST", "/topics/t", "{}", js, 404, "there is nothing at"},
		{"a path in a name", "POST", "/topics/a/b/records", "{}", js, 404, "there is nothing at"},
		{"no topic", "POST", "/topics/nosuch/records", `{"value":1}`, js, 404, `topic \"nosuch\" does not exist`},
		{"a bad name", "POST", "/topics/a%20b/records", `{"value":1}`, js, 400, "is no name of a topic"},
		{"a name of the door", "POST", "/topics/__kq_ingest_keys/records", `{"value":1}`, js, 403, "the door's own"},
		{"a name of the cluster", "POST", "/topics/__transaction_state/records", `{"value":1}`, js, 403, "the cluster's own"},
		{"get", "GET", "/topics/t/records", "", nil, 405, "GET does nothing here"},
		{"put", "PUT", "/topics/t/records", "", js, 405, "PUT does nothing here"},
		{"post a probe", "POST", "/healthz", "", js, 405, "POST does nothing here"},
		{"no type", "POST", "/topics/t/records", "x", nil, 415, "Content-Type is missing"},
		{"a form", "POST", "/topics/t/records", "x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "is not read"},
		{"an odd type", "POST", "/topics/t/records", "x", []string{"Content-Type", "a/b/c;"}, 415, "makes no sense"},
		{"zipped", "POST", "/topics/t/records", "x", append(js, "Content-Encoding", "gzip"), 415, "Content-Encoding"},
		{"empty", "POST", "/topics/t/records", "", js, 400, "the body is empty"},
		{"an empty array", "POST", "/topics/t/records", "[]", js, 400, "the array has no records"},
		{"cut off", "POST", "/topics/t/records", `{"value":`, js, 400, "byte 10"},
		{"unknown field", "POST", "/topics/t/records", `{"vlaue":1}`, js, 400, `no field is named \"vlaue\"`},
		{"deep", "POST", "/topics/t/records", `{"value":` + strings.Repeat("[", 2000), js, 400, "too deep"},
		{"not UTF-8", "POST", "/topics/t/records", "{\"value\":\"\xff\"}", js, 400, "UTF-8"},
		{"too many", "POST", "/topics/t/records", `[{"value":1},{"value":1},{"value":1},{"value":1}]`, js, 413, "more than 3"},
		{"too large", "POST", "/topics/t/records", `{"value":"` + strings.Repeat("x", 4000) + `"}`, js, 413, "larger than 4000 bytes"},
		{"a record too large", "POST", "/topics/small/records", `[{"value":1},{"value":"` + strings.Repeat("x", 1000) + `"}]`, js, 413, "record 2: it takes 10"},
		{"records too large together", "POST", "/topics/small/records", strings.Repeat(`x`, 999), []string{"Content-Type", "text/plain"}, 413, "max.message.bytes"},
		{"no key", "POST", "/topics/c/records", `{"value":1}`, js, 400, "compacted"},
		{"no such partition", "POST", "/topics/t/records", `{"value":1,"partition":2}`, js, 400, "there is no partition 2, topic t has 2"},
		{"too old", "POST", "/topics/old/records", `{"value":1,"ts":1}`, js, 400, "no record of that time"},
		{"before 1970", "POST", "/topics/t/records", `{"value":1,"ts":-1}`, js, 400, "timestamp"},
		{"json and a query", "POST", "/topics/t/records?key=a", `{"value":1}`, js, 400, "no query string"},
		{"an empty Idempotency-Key", "POST", "/topics/t/records", `{"value":1}`, append(js, "Idempotency-Key", `""`), 400, "is empty"},
		{"two of them", "POST", "/topics/t/records", `{"value":1}`, append(js, "Idempotency-Key", "a", "Idempotency-Key", "b"), 400, "several"},
		{"a long one", "POST", "/topics/t/records", `{"value":1}`, append(js, "Idempotency-Key", strings.Repeat("k", 256)), 400, "too long"},
		{"not ASCII", "POST", "/topics/t/records", `{"value":1}`, append(js, "Idempotency-Key", "ä"), 400, "a character"},
		{"raw: unknown parameter", "POST", "/topics/t/records?kye=a", "x", []string{"Content-Type", "text/plain"}, 400, `query parameter \"kye\"`},
		{"raw: twice", "POST", "/topics/t/records?key=a&key=b", "x", []string{"Content-Type", "text/plain"}, 400, "2 times"},
		{"raw: two keys", "POST", "/topics/t/records?key=a&keyb64=YQ==", "x", []string{"Content-Type", "text/plain"}, 400, "one key"},
		{"raw: a partition", "POST", "/topics/t/records?partition=-1", "x", []string{"Content-Type", "text/plain"}, 400, "is no partition"},
		{"raw: a timestamp", "POST", "/topics/t/records?timestamp=yesterday", "x", []string{"Content-Type", "text/plain"}, 400, "RFC 3339"},
		{"raw: a header", "POST", "/topics/t/records?header=x", "x", []string{"Content-Type", "text/plain"}, 400, "no name=value"},
		{"another host", "POST", "/topics/t/records", `{"value":1}`, append(js, "Host", "evil.example"), 403, "not the loopback's"},
		{"a page", "POST", "/topics/t/records", `{"value":1}`, append(js, "Origin", "http://evil.example"), 403, "a page of a browser"},
	} {
		for _, key := range []string{"", "key of " + tt.what} { // with a key nothing is different
			headers := tt.headers
			if key != "" && !slices.Contains(headers, "Idempotency-Key") {
				headers = append(slices.Clone(headers), "Idempotency-Key", key)
			}
			r, err := d.send(tt.method, tt.path, tt.body, headers...)
			if err != nil {
				t.Fatal(err)
			}
			var doc struct{ Error, Hint string }
			if err := json.Unmarshal([]byte(r.body), &doc); err != nil || doc.Error == "" || doc.Hint == "" || r.code != tt.code || !strings.Contains(r.body, tt.text) {
				t.Errorf("%s: %d %s\nwant %d %s", tt.what, r.code, r.body, tt.code, tt.text)
			}
			if r.code == 405 && r.header.Get("Allow") == "" {
				t.Errorf("%s: nothing is allowed", tt.what)
			}
		}
	}
	for _, topic := range []string{"t", "c", "small", "old"} {
		if got := consume(t, b, topic); len(got) != 0 {
			t.Errorf("topic %s has %d records", topic, len(got))
		}
	}
}

func TestToken(t *testing.T) {
	b := brokertest.Start(t)
	dir := t.TempDir()
	file, short := filepath.Join(dir, "token"), filepath.Join(dir, "short")
	for name, text := range map[string]string{file: "0123456789abcdef0123\n", short: "secret"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := open(t, b, ingest.Options{Listen: "0.0.0.0:0", TokenFile: file})
	_, port, err := net.SplitHostPort(d.s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	d.addr = "127.0.0.1:" + port
	for auth, want := range map[string]int{"": 401, "Bearer": 401, "Bearer 0123456789abcdef012": 401, "Basic 0123456789abcdef0123": 401, "bearer 0123456789abcdef0123": 200} {
		if r := d.json("t", `{"value":1}`, "Authorization", auth, "Host", "any.example"); r.code != want || want == 401 && r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %+v", auth, r)
		}
	}
	if r, err := d.send("GET", "/healthz", ""); err != nil || r.code != 200 {
		t.Errorf("a probe: %+v, %v", r, err)
	}
	for _, o := range []ingest.Options{
		{Listen: "0.0.0.0:0"},
		{Listen: ":0"},
		{Listen: "8080"},
		{Listen: "127.0.0.1:0", TokenFile: short},
		{Listen: "127.0.0.1:0", TokenFile: file + "x"},
		{Listen: "127.0.0.1:0", Window: time.Millisecond},
		{Listen: "127.0.0.1:0", Window: -1},
		{Listen: "127.0.0.1:0", MaxBody: -1},
	} {
		if s, err := ingest.Listen(o); err == nil {
			s.Close()
			t.Errorf("%+v is taken", o)
		}
	}
}

// Bodies that come slowly, or not at all, are given up.
func TestSlowBodies(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	d := open(t, b, ingest.Options{BodyTimeout: 200 * time.Millisecond})
	<-d.s.Loaded()
	for what, want := range map[string]string{
		"POST /topics/t/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{": "408",
		"POST /topics/t/records HTTP/1.1\r\nHost: localhost\r\n":                                                               "",
	} {
		c, err := net.Dial("tcp", d.s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(what)); err != nil {
			t.Fatal(err)
		}
		var got [12]byte
		if n, _ := c.Read(got[:]); want != "" && string(got[:n]) != "HTTP/1.1 "+want {
			t.Errorf("%q is answered with %q", what, got[:n])
		}
	}
	// Half a body, and the client is gone.
	c, err := net.Dial("tcp", d.s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("POST /topics/t/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var got [12]byte
	if n, _ := c.Read(got[:]); string(got[:n]) != "HTTP/1.1 400" {
		t.Errorf("half a body is answered with %q", got[:n])
	}
	if got := consume(t, b, "t"); len(got) != 0 {
		t.Errorf("%d records", len(got))
	}
}
