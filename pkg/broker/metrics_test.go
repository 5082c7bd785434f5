package broker

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/logstore"
)

func TestMetrics(t *testing.T) {
	m := newMetrics(time.UnixMilli(1500))
	m.errors.Add(6)
	m.errors.Add(0)
	m.errors.Add(-1)
	m.errors.Add(30000)
	s := newServer(serverOptions{maxRequest: 1000, maxConnections: 1000, drainTimeout: time.Second, logger: discard()}, serviceFunc(func(r *api.Request) { echo(r) }), nil, m)
	l := newPipeListener()
	s.serve(l)
	c := l.dial(t)
	for range 3 {
		c.write(request(1, []byte("12345")))
		c.read()
	}
	var ready atomic.Bool
	source := collector{m, func() []logStat {
		return []logStat{{topic: `a"b`, partition: 2, size: 10, start: 3, end: 7}}
	}, func() cleanerStat {
		return cleanerStat{
			logstore.CleanStats{Runs: 3, BytesIndexed: 40, BytesRead: 50, BytesWritten: 6},
			[]logstore.TopicPartition{{Topic: "bad", Partition: 1}},
		}
	}}
	srv, err := serveMetrics(t.Context(), "127.0.0.1:0", source, ready.Load)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.close()
	get := func(path string) (int, string) {
		resp, err := http.Get("http://" + srv.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	_, text := get("/metrics")
	for _, want := range []string{
		"kq_start_time_seconds 1.5\n", "kq_connections 1\n", "kq_connections_total 1\n",
		`kq_requests_total{api="Metadata"} 3` + "\n",
		`kq_request_bytes_total{api="Metadata"} 45` + "\n",
		`kq_response_bytes_total{api="Metadata"} 27` + "\n",
		`kq_errors_total{code="NOT_LEADER_FOR_PARTITION"} 1` + "\n",
		`kq_errors_total{code="UNKNOWN_SERVER_ERROR"} 2` + "\n",
		"kq_partitions 1\n", `kq_log_size_bytes{partition="2",topic="a\"b"} 10` + "\n",
		"# TYPE kq_log_end_offset gauge\n", "kq_cleanings_total 3\n", "kq_cleaner_read_bytes_total 90\n", "kq_cleaner_written_bytes_total 6\n",
		"kq_uncleanable_partitions 1\n", `kq_log_uncleanable{partition="1",topic="bad"} 1` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if status, _ := get("/healthz"); status != 200 {
		t.Errorf("/healthz = %d", status)
	}
	if status, _ := get("/readyz"); status != 503 {
		t.Errorf("/readyz before ready = %d", status)
	}
	ready.Store(true)
	if status, _ := get("/readyz"); status != 200 {
		t.Errorf("/readyz = %d", status)
	}
	if status, _ := get("/other"); status != 404 {
		t.Errorf("/other = %d", status)
	}
	_ = c.Close()
	s.close()
	if n := m.open.Load(); n != 0 {
		t.Errorf("%d connections open at the end", n)
	}
	http.DefaultClient.CloseIdleConnections()
}
