package query

import (
	"math"
	"net/http"
	"strconv"
	"strings"
)

// Metric is a family of Prometheus.
type Metric struct {
	// Name is as kq_streams_records_total, Type counter or gauge.
	Name, Help, Type string
	Samples          []Sample
}

// Sample is one value of a family.
type Sample struct {
	// Labels are names and values in turns.
	Labels []string
	Value  float64
}

// metrics answers in Prometheus' text format, version 0.0.4.
func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) error {
	st := s.instance.Status()
	requests := Metric{Name: "kq_streams_query_requests_total", Help: "Requests for stores and status, by class of the answer.", Type: "counter"}
	for i := 2; i < len(s.requests); i++ {
		requests.Samples = append(requests.Samples, Sample{Labels: []string{"code", strconv.Itoa(i) + "xx"}, Value: float64(s.requests[i].Load())})
	}
	lag := Metric{Name: "kq_streams_input_lag", Help: "Offsets of an input that are not processed yet.", Type: "gauge"}
	for _, t := range st.Tasks {
		for _, in := range t.Inputs {
			lag.Samples = append(lag.Samples, Sample{
				Labels: []string{"task", t.ID, "topic", in.Topic, "partition", strconv.Itoa(int(in.Partition))}, Value: float64(in.Lag()),
			})
		}
	}
	state := Metric{Name: "kq_streams_state", Help: "1 for the state that the instance is in.", Type: "gauge", Samples: []Sample{{Labels: []string{"state", st.State}, Value: 1}}}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	var b strings.Builder
	for _, m := range append(st.Metrics, requests, lag, state) {
		m.write(&b, st.App)
	}
	_, err := w.Write([]byte(b.String()))
	return err
}

func (m *Metric) write(b *strings.Builder, app string) {
	if len(m.Samples) == 0 {
		return
	}
	b.WriteString("# HELP " + m.Name + " " + helpEscapes(m.Help) + "\n# TYPE " + m.Name + " " + m.Type + "\n")
	for _, s := range m.Samples {
		b.WriteString(m.Name + `{app="` + labelEscapes(app) + `"`)
		for i := 0; i+1 < len(s.Labels); i += 2 {
			b.WriteString("," + s.Labels[i] + `="` + labelEscapes(s.Labels[i+1]) + `"`)
		}
		b.WriteString("} " + number(s.Value) + "\n")
	}
}

func number(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func helpEscapes(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(s)
}

func labelEscapes(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s)
}
