package main

import (
	"fmt"
	"strconv"
	"strings"

	"kq/internal/out"
	"kq/pkg/streams"
)

// testOutcome is a test as -o json shows it.
type testOutcome struct {
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Test     string        `json:"test"`
	OK       bool          `json:"ok"`
	Ms       float64       `json:"ms"`
	Failures []testFailure `json:"failures"`
}

type testFailure struct {
	What    string   `json:"what"`
	Line    int      `json:"line"`
	Message string   `json:"message"`
	Diff    []string `json:"diff"`
}

func (a *app) printTests(results []streams.TestResult) error {
	outcomes := []testOutcome{}
	t := out.Table{Columns: out.Cols("TEST", "FILE", ">LINE", "RESULT", ">MS")}
	for i := range results {
		r := &results[i]
		o := testOutcome{File: r.File, Line: r.At.Line, Test: r.Name, OK: r.OK(), Ms: float64(r.Took.Microseconds()) / 1000, Failures: []testFailure{}}
		word := "ok"
		for _, f := range r.Failures {
			word = "FAIL"
			o.Failures = append(o.Failures, testFailure{f.What, f.At.Line, f.Message, append([]string{}, f.Diff...)})
		}
		outcomes = append(outcomes, o)
		t.Rows = append(t.Rows, []string{r.Name, r.File, strconv.Itoa(r.At.Line), word, strconv.FormatFloat(o.Ms, 'f', 1, 64)})
	}
	if f := out.Format(a.output); f != out.TableFormat {
		return a.printItems(outcomes, t, false)
	}
	_, err := a.env.Out.Write([]byte(a.testText(results)))
	return err
}

// testText is what people see of tests.
func (a *app) testText(results []streams.TestResult) string {
	var b strings.Builder
	paint := func(code, text string) string {
		if !a.color() {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	for i := range results {
		r := &results[i]
		word := paint("32", "ok  ")
		if !r.OK() {
			word = paint("31", "FAIL")
		}
		fmt.Fprintf(&b, "%s  %s:%d  %s\n", word, r.File, r.At.Line, r.Name)
		for _, f := range r.Failures {
			fmt.Fprintf(&b, "      %s (line %d): %s\n", f.What, f.At.Line, f.Message)
			for _, line := range f.Diff {
				switch line[0] {
				case '-':
					line = paint("31", line)
				case '+':
					line = paint("32", line)
				}
				b.WriteString("        " + line + "\n")
			}
		}
	}
	return b.String()
}
