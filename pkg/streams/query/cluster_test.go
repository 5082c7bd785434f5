package query_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/query"
)

// two is an application of two instances, with a partition each and a copy of the
// other's.
func two(t *testing.T) (a, b *instance) {
	a = serve(t, query.Options{}, []int32{0}, []int32{1})
	b = serve(t, query.Options{}, []int32{1}, []int32{0})
	at, bt := a.server.Addr(), b.server.Addr()
	places := []query.Place{{Active: at, Standbys: []string{bt}}, {Active: bt, Standbys: []string{at}}}
	a.places, b.places = places, places
	for _, i := range []*instance{a, b} {
		for n := range i.parts {
			for j, key := range []string{"all", "hello", "kafka", "lead", "streams", "to"} {
				if partition(key) != n {
					continue
				}
				value := int64(j + 1)
				if !i.parts[n] {
					value = -1 // what a copy says
				}
				i.put(n, key, value)
			}
		}
	}
	return a, b
}

func TestKeysOfOthers(t *testing.T) {
	a, b := two(t)
	for j, key := range []string{"all", "hello", "kafka", "lead", "streams", "to"} {
		want := fmt.Sprintf(`{"key":%q,"value":%d,"timestamp":%d}`, key, j+1, 10*(j+1))
		for _, i := range []*instance{a, b} {
			check(t, i, "/stores/counts/"+key, 200, want)
			check(t, i, "/stores/counts/"+key+"?stale=ok", 200, want)
		}
	}
	all := `[
{"key":"all","value":1,"timestamp":10},
{"key":"hello","value":2,"timestamp":20},
{"key":"kafka","value":3,"timestamp":30},
{"key":"lead","value":4,"timestamp":40},
{"key":"streams","value":5,"timestamp":50},
{"key":"to","value":6,"timestamp":60}
]`
	check(t, a, "/stores/counts", 200, all)
	check(t, b, "/stores/counts", 200, all)
	check(t, b, "/stores/counts/count", 200, `{"count":6}`)
	check(t, b, "/stores/counts?from=hello&to=lead&limit=2", 200, "[\n"+`{"key":"hello","value":2,"timestamp":20},`+"\n"+`{"key":"kafka","value":3,"timestamp":30}`+"\n]")
	for limit := 1; limit < 7; limit++ {
		_, body, header := get(t, a, fmt.Sprintf("/stores/counts?limit=%d", limit))
		if n := strings.Count(body, "\"key\""); n != limit || (header.Get("Kq-More") == "1") != (limit < 6) || strings.Contains(body, "sort") {
			t.Errorf("limit %d: %d entries, %v\n%s", limit, n, header, body)
		}
	}
	key := "hello"
	other, owner := a, b
	if partition(key) == 0 {
		other, owner = b, a
	}
	code, _, header := get(t, other, "/stores/counts/"+key+"?redirect=1")
	if code != 307 || header.Get("Location") != "http://"+owner.server.Addr()+"/stores/counts/"+key+"?redirect=1" {
		t.Errorf("redirect: %d %v", code, header)
	}
	check(t, owner, "/stores/counts/"+key+"?redirect=1", 200, `{"key":"hello","value":2,"timestamp":20}`)
	// Asked by another instance for what it does not run, one does not ask on.
	if code, body, _ := get(t, other, "/stores/counts/"+key, "Kq-Hop", "same"); code != 503 {
		t.Errorf("a second hop: %d %s", code, body)
	}
}

// TestOwnerIsGone: the connection of the owner fails, and a copy answers where that
// is allowed.
func TestOwnerIsGone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	l.Close()
	a, b := two(t)
	c := serve(t, query.Options{}, nil, nil) // it has nothing itself
	places := []query.Place{{Active: gone, Standbys: []string{gone, b.server.Addr()}}, {Active: gone, Standbys: []string{a.server.Addr()}}}
	a.places, b.places, c.places = places, places, places
	a.parts[0], b.parts[1] = false, false
	for _, i := range []*instance{a, b, c} {
		code, body, header := get(t, i, "/stores/counts/hello")
		if code != 503 || !strings.Contains(body, "not available: partition") || header.Get("Retry-After") == "" {
			t.Errorf("without stale: %d %s", code, body)
		}
		code, _, header = get(t, i, "/stores/counts/hello?stale=ok")
		if code != 200 || header.Get("Kq-Stale-Records") != "7" {
			t.Errorf("stale: %d %v", code, header)
		}
		code, body, header = get(t, i, "/stores/counts?stale=ok")
		if code != 200 || strings.Count(body, "key") != 6 || header.Get("Kq-Stale-Records") != "7" {
			t.Errorf("all, stale: %d %s %v", code, body, header)
		}
		if code, body, _ := get(t, i, "/stores/counts"); code != 503 {
			t.Errorf("all: %d %s", code, body)
		}
	}
	a.places = nil
	if code, body, _ := get(t, a, "/stores/counts/hello"); code != 503 {
		t.Errorf("places are not known: %d %s", code, body)
	}
}

// events reads server-sent events, as "name data".
func events(t *testing.T, i *instance, path string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+i.server.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(resp.Status, resp.Header)
	}
	out := make(chan string, 100)
	go func() {
		defer close(out)
		name := ""
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = n
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				out <- name + " " + data
			}
		}
	}()
	return out
}

func expect(t *testing.T, from <-chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := <-from; got != w {
			t.Errorf("got  %s\nwant %s", got, w)
		}
	}
}

// TestWatch: what is there, then what changes, on whichever instance.
func TestWatch(t *testing.T) {
	a, b := two(t)
	all := events(t, a, "/stores/counts?watch=1&from=hello&to=kafka")
	expect(t, all, `entry {"key":"hello","value":2,"timestamp":20}`, `entry {"key":"kafka","value":3,"timestamp":30}`, `ready {}`)
	key := events(t, b, "/stores/counts/kafka?watch=1")
	expect(t, key, `entry {"key":"kafka","value":3,"timestamp":30}`, `ready {}`)
	owner := map[int32]*instance{0: a, 1: b}
	put := func(key string, value int64) {
		owner[partition(key)].put(partition(key), key, value)
	}
	put("all", 7) // not asked for
	put("kafka", 8)
	expect(t, all, `change {"key":"kafka","value":8,"timestamp":80}`)
	expect(t, key, `change {"key":"kafka","value":8,"timestamp":80}`)
	put("hello", 9)
	expect(t, all, `change {"key":"hello","value":9,"timestamp":90}`)
	n := partition("kafka")
	i := owner[n]
	i.dbs[n].Store("counts").(interface{ Put(k, v []byte, ts int64) }).Put([]byte("kafka"), nil, 5)
	i.feeds[n].Discard() // a transaction that was aborted
	i.dbs[n].Store("counts").(interface{ Put(k, v []byte, ts int64) }).Put([]byte("kafka"), nil, 6)
	i.commit(n)
	expect(t, all, `change {"key":"kafka","value":null,"timestamp":6}`)
	expect(t, key, `change {"key":"kafka","value":null,"timestamp":6}`)
}

// TestWatchOfWindows reads the keys of the changelog.
func TestWatchOfWindows(t *testing.T) {
	i := one(t)
	windows := events(t, i, "/stores/wc/kafka?watch=1&window=10000..")
	expect(t, windows, `entry {"key":"kafka","start":10000,"end":15000,"value":3,"timestamp":10001}`, `ready {}`)
	n := partition("kafka")
	i.feeds[n].Log(specs[1], append(append([]byte("kafka"), long(5000)...), 0, 0, 0, 0), long(9), 5002)
	i.feeds[n].Log(specs[1], append(append([]byte("kafka"), long(20000)...), 0, 0, 0, 0), long(4), 20002)
	i.feeds[n].Log(specs[1], []byte("short"), long(4), 20002)
	i.feeds[n].Commit()
	expect(t, windows, `change {"key":"kafka","start":20000,"end":25000,"value":4,"timestamp":20002}`)
	sessions := events(t, i, "/stores/sessions?watch=1&prefix=ka")
	expect(t, sessions, `entry {"key":"kafka","start":1000,"end":2000,"value":5,"timestamp":2000}`, `ready {}`)
	i.feeds[n].Log(specs[2], append(append([]byte("kafka"), long(3000)...), long(2500)...), nil, 3000)
	i.feeds[n].Commit()
	expect(t, sessions, `change {"key":"kafka","start":2500,"end":3000,"value":null,"timestamp":3000}`)
}

// TestLaggards: who does not read is cut off, and the task does not wait.
func TestLaggards(t *testing.T) {
	hub := query.NewHub()
	lost := query.Laggard(hub, "counts")
	feed := hub.Feed(0)
	for n := range 10_000 {
		feed.Log(specs[0], []byte("k"), long(int64(n)), 1)
		feed.Commit()
	}
	if !lost() {
		t.Error("a watcher that never reads is kept")
	}
}

func FuzzKey(f *testing.F) {
	f.Add("5", uint8(1))
	f.Add(`{"a":1}`, uint8(9))
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		names := codec.Names()
		c, _ := codec.Named(names[int(which)%len(names)])
		b, err := query.ParseKey(c, text)
		if err != nil {
			return
		}
		v := codec.Encoded(b, c)
		if _, err := v.Any(); err != nil {
			t.Errorf("%s of %q: %x: %v", c.Name(), text, b, err)
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("limit=5&from=a&window=1..2")
	f.Add("stale=ok&reverse=1&watch")
	f.Fuzz(func(_ *testing.T, text string) { query.ParseQuery(text) })
}

// TestEveryone: the tasks and the lag of all instances, from any of them.
func TestEveryone(t *testing.T) {
	a, b := two(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	l.Close()
	at, bt := a.server.Addr(), b.server.Addr()
	for n, i := range []*instance{a, b} {
		i.hosts = []string{at, bt, ""}
		i.status.Tasks = []query.Task{{ID: fmt.Sprintf("0_%d", n), Role: "active", State: "running", Inputs: []query.Input{{Topic: "in", Partition: int32(n), Offset: 3, Committed: 3, End: 10}}}}
	}
	task := func(n int, of string) string {
		return fmt.Sprintf(`{"instance":%q,"app":"app","state":"RUNNING","tasks":[{"task":"0_%d","role":"active","state":"running","streamTime":0,"restores":0,"inputs":[{"topic":"in","partition":%d,"offset":3,"committed":3,"end":10}],"stores":[]}]}`, of, n, n)
	}
	sorted := []string{task(0, at), task(1, bt)}
	if bt < at {
		sorted[0], sorted[1] = sorted[1], sorted[0]
	}
	lag := func(n int, of string) string {
		return fmt.Sprintf(`{"topic":"in","partition":%d,"offset":3,"committed":3,"end":10,"task":"0_%d","lag":7,"instance":%q}`, n, n, of)
	}
	for _, i := range []*instance{a, b} {
		check(t, i, "/tasks?all=1", 200, "["+strings.Join(sorted, ",")+"]")
		check(t, i, "/lag?all=1", 200, "["+lag(0, at)+","+lag(1, bt)+"]")
	}
	check(t, a, "/tasks", 200, strings.Replace(task(0, at), `,"app"`, fmt.Sprintf(`,"others":[%q],"app"`, bt), 1))
	check(t, a, "/lag", 200, "["+lag(0, at)+"]")
	c, err := query.NewClient([]string{bt}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if list, err := c.Instances(t.Context()); err != nil || len(list) != 2 || list[0].Tasks[0].Inputs[0].Lag() != 7 {
		t.Errorf("%+v %v", list, err)
	}

	// What one instance asks another is of that one alone, and one that is gone is said.
	a.hosts, b.hosts = []string{bt}, []string{at, gone}
	if _, body, _ := get(t, b, "/tasks?all=1", "Kq-Hop", "entries"); !strings.HasPrefix(body, `{"instance":`) {
		t.Error(body)
	}
	if code, body, _ := get(t, b, "/lag?all=1"); code != 503 || !strings.Contains(body, gone) {
		t.Errorf("%d %s", code, body)
	}
	list, err := c.Instances(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, i := range list {
		if lost := i.Instance == gone; lost != (i.State == query.Unknown) || lost != (i.Error != "") {
			t.Errorf("%+v", i)
		}
	}
	for _, path := range []string{"/tasks?all=2", "/tasks?al=1", "/lag?all=1&all=1", "/lag?all=%zz"} {
		if code, body, _ := get(t, a, path); code != 400 {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
}
