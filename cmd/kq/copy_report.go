package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"kq/internal/out"
	"kq/pkg/consume/transfer"
)

// copySummary is what --summary json prints.
type copySummary struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
	transfer.Result
	ExactlyOnce bool    `json:"exactlyOnce"`
	Seconds     float64 `json:"seconds"`
	Error       string  `json:"error,omitempty"`
}

func (c *copying) printSummary(r transfer.Result, took time.Duration, err error) {
	s := copySummary{Source: c.o.Source, Destination: c.o.Destination, Result: r, ExactlyOnce: c.o.ExactlyOnce, Seconds: float64(took.Milliseconds()) / 1000}
	if err != nil {
		s.Error = err.Error()
	}
	printLine(c.env.Err, s)
}

// printLine prints a document as a line of JSON.
func printLine(w io.Writer, v any) {
	line, err := json.Marshal(v)
	if err != nil {
		return // structs of numbers and texts
	}
	_, _ = fmt.Fprintf(w, "%s\n", line) // nobody reads standard error
}

// printPlan prints what a copy would do.
func (c *copying) printPlan(p *transfer.Plan) error {
	c.noteDryRun(true)
	if c.summary != "" {
		printLine(c.env.Err, p)
		return nil
	}
	if p.Create {
		c.note("would create topic %q with %s", p.Destination.Topic, plural(int64(p.Partitions), "partition"))
	}
	t := out.Table{Columns: out.Cols("PARTITION", ">BEGIN", ">END", ">RECORDS", ">LOST", "RESUMED")}
	for _, r := range p.Ranges {
		end, records := "", ""
		if r.End >= 0 {
			end, records = strconv.FormatInt(r.End, 10), strconv.FormatInt(max(0, r.End-r.Begin), 10)
		}
		t.Rows = append(t.Rows, []string{
			strconv.Itoa(int(r.Partition)), strconv.FormatInt(r.Begin, 10), end, records, strconv.FormatInt(r.Lost, 10), strconv.FormatBool(r.Resumed),
		})
	}
	size := ""
	if p.Bytes >= 0 {
		size = ", about " + megabytes(float64(p.Bytes))
	}
	c.note("at most %s%s; positions are kept in %s", plural(p.Records, "record"), size, p.Positions)
	return c.print(p.Ranges, t)
}
