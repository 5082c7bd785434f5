package query_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/query"
	"kq/pkg/streams/state"
)

// instance is one process of an application with two partitions: it has stores of
// its own for those that parts names, true where it runs them.
type instance struct {
	parts  map[int32]bool
	dbs    map[int32]*state.DB
	places []query.Place
	hosts  []string
	status query.Status
	server *query.Server
	feeds  map[int32]*query.Feed
}

var specs = []*state.Spec{
	{Name: "counts", Kind: state.KeyValueKind},
	{Name: "wc", Kind: state.WindowKind, Retention: time.Hour, WindowSize: 5 * time.Second},
	{Name: "sessions", Kind: state.SessionKind, Retention: time.Hour},
	{Name: "hidden", Kind: state.RawKind},
	{Name: "docs", Kind: state.KeyValueKind},
}

func (i *instance) Stores() []query.Store {
	var out []query.Store
	for _, s := range specs {
		q := query.Store{Name: s.Name, Kind: s.Kind, Key: codec.String{}, Value: codec.Long{}, WindowSize: s.WindowSize}
		if s.Name == "docs" {
			q.Value = codec.JSON{}
		}
		out = append(out, q)
	}
	return out
}
func (i *instance) Places(string) []query.Place { return i.places }
func (i *instance) Status() query.Status        { return i.status }
func (i *instance) Hosts() []string             { return i.hosts }

func (i *instance) Open(store string) ([]query.Part, func(), error) {
	var parts []query.Part
	for n, active := range i.parts {
		parts = append(parts, query.Part{Partition: n, Active: active, Lag: 7, Store: i.dbs[n].Store(store)})
	}
	return parts, func() {}, nil
}

func long(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// serve starts an instance that runs some partitions and has copies of others.
func serve(t *testing.T, o query.Options, active, standby []int32) *instance {
	t.Helper()
	i := &instance{parts: map[int32]bool{}, dbs: map[int32]*state.DB{}, feeds: map[int32]*query.Feed{}, status: query.Status{App: "app", State: query.Running}}
	o.Listen, o.Hub = "127.0.0.1:0", query.NewHub()
	for _, n := range slices.Concat(active, standby) {
		i.parts[n] = slices.Contains(active, n)
		feed := o.Hub.Feed(n)
		db := state.OpenMemory(state.Options{Log: func(s *state.Spec, key, value []byte, ts int64, _ []state.Header) { feed.Log(s, key, value, ts) }})
		for _, spec := range specs {
			if _, err := db.Add(spec); err != nil {
				t.Fatal(err)
			}
		}
		i.dbs[n], i.feeds[n] = db, feed
	}
	var err error
	if i.server, err = query.Listen(o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- i.server.Serve(ctx, i) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return i
}

func (i *instance) put(n int32, key string, value int64) {
	i.dbs[n].Store("counts").(*state.KeyValue).Put([]byte(key), long(value), 10*value)
	i.commit(n)
}

func (i *instance) commit(n int32) {
	if err := i.dbs[n].Commit(state.Checkpoint{}); err != nil {
		panic(err)
	}
	i.feeds[n].Commit()
}

// get asks, and returns the code and the body, without white space around it.
func get(t *testing.T, i *instance, path string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+i.server.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for j := 0; j+1 < len(headers); j += 2 {
		if headers[j] == "Host" {
			req.Host = headers[j+1]
		}
		req.Header.Set(headers[j], headers[j+1])
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(b)), resp.Header
}

func check(t *testing.T, i *instance, path string, code int, body string) {
	t.Helper()
	gotCode, got, _ := get(t, i, path)
	if gotCode != code || got != body {
		t.Errorf("%s: %d\n%s\nwant %d\n%s", path, gotCode, got, code, body)
	}
}

// one is an application of one instance, with something in each store. By murmur2
// kafka is in partition 0 of two and hello in 1.
func one(t *testing.T) *instance {
	i := serve(t, query.Options{}, []int32{0, 1}, nil)
	i.places = []query.Place{{Active: i.server.Addr()}, {Active: i.server.Addr()}}
	i.put(partition("kafka"), "kafka", 2)
	i.put(partition("hello"), "hello", 1)
	i.put(partition("a/b ?"), "a/b ?", 3)
	i.put(partition("count"), "count", 4)
	n := partition("kafka")
	for start, v := range map[int64]int64{0: 1, 5000: 2, 10000: 3} {
		i.dbs[n].Store("wc").(*state.Window).Put([]byte("kafka"), start, long(v), start+1)
	}
	i.dbs[n].Store("sessions").(*state.Session).Put([]byte("kafka"), 1000, 2000, long(5), 2000)
	i.dbs[n].Store("docs").(*state.KeyValue).Put([]byte("kafka"), []byte(`{"n":9007199254740993,"a":[1]}`), 1)
	i.dbs[n].Store("docs").(*state.KeyValue).Put([]byte("broken"), []byte(`{`), 1)
	i.commit(n)
	return i
}

func partition(key string) int32 { return codec.Partition([]byte(key), 2) }

func TestStores(t *testing.T) {
	i := one(t)
	check(t, i, "/stores/counts/kafka", 200, `{"key":"kafka","value":2,"timestamp":20}`)
	check(t, i, "/stores/counts/a%2Fb%20%3F", 200, `{"key":"a/b ?","value":3,"timestamp":30}`)
	check(t, i, "/stores/counts?key=a/b+%3F", 200, `{"key":"a/b ?","value":3,"timestamp":30}`)
	check(t, i, "/stores/counts?key=count", 200, `{"key":"count","value":4,"timestamp":40}`)
	check(t, i, "/stores/counts/count", 200, `{"count":4}`)
	check(t, i, "/stores/wc/count", 200, `{"count":3}`)
	check(t, i, "/stores/sessions/count", 200, `{"count":1}`)
	check(t, i, "/stores/counts/nobody", 404, `{"error":"no such key in store counts"}`)
	check(t, i, "/stores/nosuch/x", 404, `{"error":"no such store: \"nosuch\""}`)
	check(t, i, "/stores/hidden", 404, `{"error":"no such store: \"hidden\""}`)
	check(t, i, "/stores/counts", 200, `[
{"key":"a/b ?","value":3,"timestamp":30},
{"key":"count","value":4,"timestamp":40},
{"key":"hello","value":1,"timestamp":10},
{"key":"kafka","value":2,"timestamp":20}
]`)
	check(t, i, "/stores/counts?from=b&to=hello&reverse=1", 200, `[
{"key":"hello","value":1,"timestamp":10},
{"key":"count","value":4,"timestamp":40}
]`)
	check(t, i, "/stores/counts?prefix=ka", 200, `[
{"key":"kafka","value":2,"timestamp":20}
]`)
	check(t, i, "/stores/counts?prefix=zz", 200, `[]`)
	check(t, i, "/stores/docs?to=kafka", 200, `[
{"key":"broken","value":null,"timestamp":1,"error":"decode json: unexpected end of JSON"},
{"key":"kafka","value":{"n":9007199254740993,"a":[1]},"timestamp":1}
]`)
	code, body, header := get(t, i, "/stores/counts?limit=1")
	if code != 200 || strings.Count(body, "key") != 1 || header.Get("Kq-More") != "1" {
		t.Errorf("limit: %d %s %v", code, body, header)
	}
}

func TestWindows(t *testing.T) {
	i := one(t)
	check(t, i, "/stores/wc/kafka?window=1970-01-01T00:00:05Z..", 200,
		`[{"key":"kafka","start":5000,"end":10000,"value":2,"timestamp":5001},{"key":"kafka","start":10000,"end":15000,"value":3,"timestamp":10001}]`)
	check(t, i, "/stores/wc/kafka?window=0&limit=5", 200, `[{"key":"kafka","start":0,"end":5000,"value":1,"timestamp":1}]`)
	check(t, i, "/stores/wc/hello", 200, `[]`)
	check(t, i, "/stores/wc?window=..4999", 200, "[\n"+`{"key":"kafka","start":0,"end":5000,"value":1,"timestamp":1}`+"\n]")
	check(t, i, "/stores/wc?limit=1&reverse=1", 200, "[\n"+`{"key":"kafka","start":10000,"end":15000,"value":3,"timestamp":10001}`+"\n]")
	check(t, i, "/stores/sessions/kafka", 200, `[{"key":"kafka","start":1000,"end":2000,"value":5,"timestamp":2000}]`)
	check(t, i, "/stores/sessions/kafka?window=2001..", 200, `[]`)
	check(t, i, "/stores/sessions?window=1500..1600", 200, "[\n"+`{"key":"kafka","start":1000,"end":2000,"value":5,"timestamp":2000}`+"\n]")
}

// TestHostileQueries: nothing that a stranger writes does more than answer 400.
func TestHostileQueries(t *testing.T) {
	i := one(t)
	for _, q := range []string{
		"?limit=0", "?limit=-1", "?limit=99999999999999999999", "?limit=1e9", "?limit=1&limit=2", "?from=%zz", "?lmit=1",
		"?reverse=maybe", "?stale=no", "?watch=9", "?window=5..", "?prefix=a&from=b", "?a;b", "?key=%ff%00&x=1", "?asOf=yesterday", "?asOf=5", "?key=a&from=b",
	} {
		if code, body, _ := get(t, i, "/stores/counts"+q); code != 400 || !strings.HasPrefix(body, `{"error":"bad `) {
			t.Errorf("%s: %d %s", q, code, body)
		}
	}
	for _, q := range []string{"?key=a", "?from=a", "?window=5..1", "?window=x", "?window=9223372036854775808", "?window=1..2..3"} {
		if code, body, _ := get(t, i, "/stores/wc/kafka"+q); code != 400 {
			t.Errorf("%s: %d %s", q, code, body)
		}
	}
	for path, want := range map[string]int{
		"/stores/counts/%00%ff": 404, "/stores/..%2f..%2fetc": 404, "/stores/%F0%28": 404, "/nosuch": 404, "/stores/counts/a/b": 404,
		"/stores/counts/" + strings.Repeat("x", 20000): 404, "/stores/wc/kafka?window=-9223372036854775808..9223372036854775807": 200,
	} {
		if code, body, _ := get(t, i, path); code != want {
			t.Errorf("%s: %d %s", path[:min(len(path), 50)], code, body[:min(len(body), 200)])
		}
	}
	for _, method := range []string{"POST", "DELETE", "PUT"} {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+i.server.Addr()+"/stores/counts", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %s", method, resp.Status)
		}
	}
	// A page of another site that made its name point here.
	if code, body, _ := get(t, i, "/stores/counts/kafka", "Host", "evil.example"); code != 403 {
		t.Errorf("a strange host name: %d %s", code, body)
	}
	// Partitions that another instance asks about are numbers that there are.
	for _, numbers := range []string{"x", "-1", "99999999999", "5"} {
		if code, body, _ := get(t, i, "/stores/counts", "Kq-Hop", "entries", "Kq-Partitions", numbers); code != 400 && code != 503 {
			t.Errorf("partitions %s: %d %s", numbers, code, body)
		}
	}
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("0123456789abcdef0123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i := serve(t, query.Options{TokenFile: file}, []int32{0, 1}, nil)
	i.places = make([]query.Place, 2)
	for _, auth := range []string{"", "Bearer", "Bearer 0123456789abcdef012", "Basic 0123456789abcdef0123"} {
		if code, _, header := get(t, i, "/stores", "Authorization", auth); code != 401 || header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %d", auth, code)
		}
	}
	if code, _, _ := get(t, i, "/stores", "Authorization", "bearer 0123456789abcdef0123", "Host", "any.example"); code != 200 {
		t.Errorf("with the token: %d", code)
	}
	if code, _, _ := get(t, i, "/readyz"); code != 200 {
		t.Errorf("a probe without a token: %d", code)
	}
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []query.Options{{Listen: "0.0.0.0:0"}, {Listen: ":0"}, {Listen: "7070"}, {Listen: "127.0.0.1:0", Advertise: "x"}, {Listen: "127.0.0.1:0", TokenFile: short}, {Listen: "127.0.0.1:0", TokenFile: file + "x"}} {
		if s, err := query.Listen(o); err == nil {
			s.Close()
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestStatus(t *testing.T) {
	i := one(t)
	i.status.Topology = "Topologies:\n"
	i.status.Tasks = []query.Task{{ID: "0_1", Role: "active", State: "running", StreamTime: 5, Inputs: []query.Input{{Topic: "in", Partition: 1, Offset: 3, Committed: -1, End: 10}}}}
	i.status.Metrics = []query.Metric{{Name: "kq_streams_records_total", Help: "Records.", Type: "counter", Samples: []query.Sample{{Labels: []string{"topic", "a\"b\n"}, Value: 1.5}}}}
	check(t, i, "/topology", 200, "Topologies:")
	check(t, i, "/lag", 200, `[{"topic":"in","partition":1,"offset":3,"committed":-1,"end":10,"task":"0_1","lag":7,"instance":"`+i.server.Addr()+`"}]`)
	check(t, i, "/tasks", 200, `{"instance":"`+i.server.Addr()+`","app":"app","state":"RUNNING","tasks":[{"task":"0_1","role":"active","state":"running","streamTime":5,"restores":0,"inputs":[{"topic":"in","partition":1,"offset":3,"committed":-1,"end":10}],"stores":[]}]}`)
	check(t, i, "/healthz", 200, `{"error":"","state":"RUNNING"}`)
	_, metrics, _ := get(t, i, "/metrics")
	for _, line := range []string{
		`kq_streams_records_total{app="app",topic="a\"b\n"} 1.5`, `# TYPE kq_streams_records_total counter`,
		`kq_streams_input_lag{app="app",task="0_1",topic="in",partition="1"} 7`, `kq_streams_state{app="app",state="RUNNING"} 1`,
	} {
		if !strings.Contains(metrics+"\n", line+"\n") {
			t.Errorf("metrics lack %s:\n%s", line, metrics)
		}
	}
	i.status.State = query.Rebalancing
	check(t, i, "/readyz", 503, `{"error":"","state":"REBALANCING"}`)
	check(t, i, "/healthz", 200, `{"error":"","state":"REBALANCING"}`)
	i.status.State, i.status.Error = query.Failed, "no broker"
	check(t, i, "/healthz", 503, `{"error":"no broker","state":"ERROR"}`)
	var list []map[string]any
	_, body, _ := get(t, i, "/stores")
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != 4 || fmt.Sprint(list[0]["active"]) != "[0 1]" || list[0]["store"] != "counts" {
		t.Errorf("%v %v", list, err)
	}
	if _, _, err := net.SplitHostPort(i.server.Advertised()); err != nil {
		t.Error(err)
	}
}
