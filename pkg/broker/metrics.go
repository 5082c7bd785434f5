package broker

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/api"
)

// countedKeys is how many API keys have counters of their own.
const countedKeys = 128

// metrics counts what a broker does. All methods may be called on nil, which is
// a broker that nobody asks.
type metrics struct {
	start    time.Time
	accepted atomic.Int64
	open     atomic.Int64
	apis     [countedKeys]apiCounters
	errors   api.ErrorCounts
}

// apiCounters count the requests of one API.
type apiCounters struct{ requests, in, out atomic.Int64 }

func newMetrics(start time.Time) *metrics { return &metrics{start: start} }

func (m *metrics) connected() {
	if m != nil {
		m.accepted.Add(1)
		m.open.Add(1)
	}
}

func (m *metrics) disconnected() {
	if m != nil {
		m.open.Add(-1)
	}
}

// request counts a request of n bytes. Its key has been checked by the parser of
// the header.
func (m *metrics) request(key int16, n int) {
	if m != nil && int(key) < countedKeys {
		m.apis[key].requests.Add(1)
		m.apis[key].in.Add(int64(n))
	}
}

// answer counts an answer of n bytes.
func (m *metrics) answer(key int16, n int) {
	if m != nil && int(key) < countedKeys {
		m.apis[key].out.Add(int64(n))
	}
}

// logStat is what is exposed of one log.
type logStat struct {
	topic      string
	partition  int32
	size       int64
	start, end int64
}

// write writes all metrics in the text format of Prometheus, version 0.0.4.
func (m *metrics) write(out io.Writer, logs []logStat) error {
	w := &exposition{Writer: bufio.NewWriter(out)}
	w.family("kq_start_time_seconds", "gauge", "When the broker started, in seconds since 1970.")
	w.value("", float64(m.start.UnixMilli())/1000)
	w.family("kq_connections", "gauge", "Client connections that are open.")
	w.value("", float64(m.open.Load()))
	w.family("kq_connections_total", "counter", "Client connections that were accepted.")
	w.value("", float64(m.accepted.Load()))
	m.writeAPIs(w)
	w.family("kq_errors_total", "counter", "Error codes in answers to clients.")
	m.errors.Each(func(code int16, n int64) {
		name := fmt.Sprint(code)
		if e := kerr.TypedErrorForCode(code); e != nil {
			name = e.Message
		}
		w.value(`code="`+name+`"`, float64(n))
	})
	writeLogs(w, logs)
	w.family("go_goroutines", "gauge", "Goroutines that exist.")
	w.value("", float64(runtime.NumGoroutine()))
	return w.Flush()
}

func (m *metrics) writeAPIs(w *exposition) {
	for _, f := range []struct {
		name, help string
		get        func(*apiCounters) int64
	}{
		{"kq_requests_total", "Requests by API.", func(a *apiCounters) int64 { return a.requests.Load() }},
		{"kq_request_bytes_total", "Bytes of requests by API.", func(a *apiCounters) int64 { return a.in.Load() }},
		{"kq_response_bytes_total", "Bytes of answers by API.", func(a *apiCounters) int64 { return a.out.Load() }},
	} {
		w.family(f.name, "counter", f.help)
		for key := range m.apis {
			if m.apis[key].requests.Load() > 0 {
				w.value(`api="`+kmsg.NameForKey(int16(key))+`"`, float64(f.get(&m.apis[key])))
			}
		}
	}
}

func writeLogs(w *exposition, logs []logStat) {
	w.family("kq_partitions", "gauge", "Partitions that this broker has.")
	w.value("", float64(len(logs)))
	for _, f := range []struct {
		name, help string
		get        func(logStat) int64
	}{
		{"kq_log_size_bytes", "Bytes of a partition's log.", func(l logStat) int64 { return l.size }},
		{"kq_log_start_offset", "First offset of a partition.", func(l logStat) int64 { return l.start }},
		{"kq_log_end_offset", "Offset after the last record of a partition.", func(l logStat) int64 { return l.end }},
	} {
		w.family(f.name, "gauge", f.help)
		for _, l := range logs {
			w.value(fmt.Sprintf(`topic="%s",partition="%d"`, labels.Replace(l.topic), l.partition), float64(f.get(l)))
		}
	}
}

// labels escapes the value of a label.
var labels = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// exposition writes metric families; the first error sticks in the Writer.
type exposition struct {
	*bufio.Writer
	name string
}

func (w *exposition) family(name, kind, help string) {
	w.name = name
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (w *exposition) value(labels string, v float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(w, "%s%s %g\n", w.name, labels, v)
}
