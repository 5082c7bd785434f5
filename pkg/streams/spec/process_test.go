package spec

import (
	"fmt"
	"testing"
	"time"

	"kq/pkg/streams/driver"
)

func TestProcessRuns(t *testing.T) {
	c := compile(t, `
app: a
streams: {in: {topic: in}}
stores: {seen: {value: long}}
pipelines:
  alerts:
    from: in
    steps:
      - process:
          stores: {last: {value: json}, seen: , hours: {value: long, kind: window, retention: 1d, window: 1h}, past: {value: json, kind: versioned, retention: 1h}}
          on:
            - stop: value == nil
            - let: {prev: 'get("last", key)', n: '(get("seen", key) ?? 0) + 1'}
            - put: {store: last, value: value}
            - put: {store: seen, value: n}
            - put: {store: hours, value: n, time: timestamp - timestamp % 3600000}
            - put: {store: past, value: value}
            - emit: {if: prev != nil && value.v - prev.v > 10, value: '{"jump": value.v - prev.v, "n": n, "from": topic}'}
            - emit: {if: n == 3, value: '{"before": get("past", key, 1000).v, "hours": len(fetch("hours", key, 0, 7200000)), "keys": map(range("seen", "a", "b"), .key)}'}
            - delete: {if: n == 3, store: last}
          every:
            - wall: 30s
              do:
                - emit: {for: 'all("seen")', if: item.value > 1, key: item.key, value: '{"total": item.value}'}
    to: alerts
`)
	d, err := driver.New(c.Topology, driver.Options{App: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, v := range []string{`{"v": 1}`, `{"v": 20}`, `{"v": 21}`} {
		if err := d.Pipe("in", driver.Record{Key: []byte("a"), Value: []byte(v), Timestamp: int64(i) * 1800_000}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Pipe("in", driver.Record{Key: []byte("b")}); err != nil {
		t.Fatal(err)
	}
	if err := d.AdvanceWall(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range d.Output("alerts") {
		got += fmt.Sprintf("%s %s\n", r.Key, r.Value)
	}
	want := `a {"from":"in","jump":19,"n":2}
a {"before":1,"hours":2,"keys":["a"]}
a {"total":3}
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestSessionStore: sessions in a process step: found, taken out and put
// together, as a session aggregate does it.
func TestSessionStore(t *testing.T) {
	c := compile(t, `
app: a
streams: {in: {topic: in, value: long}}
pipelines:
  sessions:
    from: in
    steps:
      - process:
          stores: {visits: {kind: session, retention: 1h, value: long}}
          on:
            - let: {near: 'fetch("visits", key, timestamp - 10, timestamp + 10)'}
            - let:
                from: 'min(concat([timestamp], map(near, .start)))'
                to: 'max(concat([timestamp], map(near, .end)))'
                n: 'sum(map(near, .value)) + value'
            - delete: {for: near, store: visits, start: item.start, time: item.end}
            - put: {store: visits, start: from, time: to, value: n}
            - emit: {value: '{"n": n, "exact": get("visits", key, from, to), "all": map(all("visits"), [.key, .start, .end, .value])}'}
    to: {topic: out, value: json}
`)
	d, err := driver.New(c.Topology, driver.Options{App: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, r := range []struct {
		key string
		at  int64
	}{{"a", 100}, {"a", 120}, {"b", 120}, {"a", 110}} {
		if err := d.Pipe("in", driver.Record{Key: []byte(r.key), Value: []byte{0, 0, 0, 0, 0, 0, 0, 1}, Timestamp: r.at}); err != nil {
			t.Fatal(err)
		}
	}
	got := ""
	for _, r := range d.Output("out") {
		got += fmt.Sprintf("%s %s\n", r.Key, r.Value)
	}
	want := `a {"all":[["a",100,100,1]],"exact":1,"n":1}
a {"all":[["a",100,100,1],["a",120,120,1]],"exact":1,"n":1}
b {"all":[["a",100,100,1],["a",120,120,1],["b",120,120,1]],"exact":1,"n":1}
a {"all":[["a",100,120,3],["b",120,120,1]],"exact":3,"n":3}
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// Its changelog has Kafka's keys (SessionKeySchema): the key, the end, the start.
	changes := d.Output("a-visits-changelog")
	if len(changes) != 6 { // four puts, two deletes
		t.Fatalf("%d changes", len(changes))
	}
	if got, want := fmt.Sprintf("%x", changes[5].Key), "6100000000000000780000000000000064"; got != want || changes[5].Timestamp != 110 {
		t.Errorf("the key is %s, not %s, at %d", got, want, changes[5].Timestamp)
	}
}

// TestWindowedInput: keys of windows that are read have their ends by the size.
func TestWindowedInput(t *testing.T) {
	c := compile(t, `
app: a
streams: {in: {topic: in, key: {timeWindowed: string, size: 5m}, value: long}}
pipelines:
  p:
    from: in
    steps: [{map: {key: key, value: '{"from": window.start, "to": window.end}'}}]
    to: out
`)
	d, err := driver.New(c.Topology, driver.Options{App: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	key := append([]byte("k"), 0, 0, 0, 0, 0, 0, 0, 60)
	if err := d.Pipe("in", driver.Record{Key: key, Value: []byte{0, 0, 0, 0, 0, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	out := d.Output("out")
	if len(out) != 1 || string(out[0].Key) != "k" || string(out[0].Value) != `{"from":60,"to":300060}` {
		t.Errorf("got %v", out)
	}
}
