package broker

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/logstore"
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

// collector shows a broker to Prometheus. The counters are plain atomics that
// are read when somebody asks: a request costs no more than an addition.
type collector struct {
	metrics *metrics
	logs    func() []logStat
	cleaner func() cleanerStat
}

// cleanerStat is what is exposed of compaction.
type cleanerStat struct {
	logstore.CleanStats
	uncleanable []logstore.TopicPartition
}

// Describe sends nothing: which series there are depends on what is asked of the
// broker.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends every metric.
func (c collector) Collect(out chan<- prometheus.Metric) {
	m := c.metrics
	gauge, counter := family(out, prometheus.GaugeValue), family(out, prometheus.CounterValue)
	gauge("kq_start_time_seconds", "When the broker started, in seconds since 1970.")(float64(m.start.UnixMilli()) / 1000)
	gauge("kq_connections", "Client connections that are open.")(float64(m.open.Load()))
	counter("kq_connections_total", "Client connections that were accepted.")(float64(m.accepted.Load()))
	requests := counter("kq_requests_total", "Requests by API.", "api")
	in := counter("kq_request_bytes_total", "Bytes of requests by API.", "api")
	answers := counter("kq_response_bytes_total", "Bytes of answers by API.", "api")
	for key := range m.apis {
		a := &m.apis[key]
		if n := a.requests.Load(); n > 0 {
			name := kmsg.NameForKey(int16(key))
			requests(float64(n), name)
			in(float64(a.in.Load()), name)
			answers(float64(a.out.Load()), name)
		}
	}
	errs := counter("kq_errors_total", "Error codes in answers to clients.", "code")
	m.errors.Each(func(code int16, n int64) {
		name := strconv.Itoa(int(code))
		if e := kerr.TypedErrorForCode(code); e != nil {
			name = e.Message
		}
		errs(float64(n), name)
	})
	c.collectCleaner(gauge, counter)
	logs := c.logs()
	gauge("kq_partitions", "Partitions that this broker has.")(float64(len(logs)))
	size := gauge("kq_log_size_bytes", "Bytes of a partition's log.", "topic", "partition")
	start := gauge("kq_log_start_offset", "First offset of a partition.", "topic", "partition")
	end := gauge("kq_log_end_offset", "Offset after the last record of a partition.", "topic", "partition")
	for _, l := range logs {
		p := strconv.Itoa(int(l.partition))
		size(float64(l.size), l.topic, p)
		start(float64(l.start), l.topic, p)
		end(float64(l.end), l.topic, p)
	}
}

// collectCleaner sends what there is of compaction.
func (c collector) collectCleaner(gauge, counter metricFamily) {
	s := c.cleaner()
	counter("kq_cleanings_total", "Times that the dirty part of a compacted log was cleaned.")(float64(s.Runs))
	counter("kq_cleaner_read_bytes_total", "Bytes that were read to clean logs.")(float64(s.BytesIndexed + s.BytesRead))
	counter("kq_cleaner_written_bytes_total", "Bytes of cleaned segments that were written.")(float64(s.BytesWritten))
	gauge("kq_uncleanable_partitions", "Compacted partitions that are not cleaned any more: a batch is corrupt.")(float64(len(s.uncleanable)))
	uncleanable := gauge("kq_log_uncleanable", "1 for a partition that is not cleaned any more.", "topic", "partition")
	for _, tp := range s.uncleanable {
		uncleanable(1, tp.Topic, strconv.Itoa(int(tp.Partition)))
	}
}

// metricFamily describes a metric and returns a function that sends its values.
type metricFamily func(name, help string, labels ...string) func(v float64, values ...string)

// family returns a function that describes a metric and returns one that sends
// its values.
func family(out chan<- prometheus.Metric, kind prometheus.ValueType) metricFamily {
	return func(name, help string, labels ...string) func(float64, ...string) {
		desc := prometheus.NewDesc(name, help, labels, nil)
		return func(v float64, values ...string) {
			m, err := prometheus.NewConstMetric(desc, kind, v, values...)
			if err != nil { // a topic's name is always valid as a label
				m = prometheus.NewInvalidMetric(desc, err)
			}
			out <- m
		}
	}
}
