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
