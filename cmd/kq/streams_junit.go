package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"strconv"
	"strings"

	"kq/pkg/streams"
)

// writeJUnit writes the report that build servers read.
func writeJUnit(file string, results []streams.TestResult) error {
	type failure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testCase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Time    string   `xml:"time,attr"`
		Failure *failure `xml:"failure,omitempty"`
	}
	suite := struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testCase `xml:"testcase"`
	}{Name: "kq streams test", Tests: len(results)}
	for i := range results {
		r := &results[i]
		c := testCase{Name: r.Name, Class: r.File, Time: strconv.FormatFloat(r.Took.Seconds(), 'f', 6, 64)}
		if !r.OK() {
			suite.Failures++
			c.Failure = &failure{Message: r.Failures[0].What + ": " + r.Failures[0].Message}
			for _, f := range r.Failures {
				c.Failure.Text += f.What + ": " + f.Message + "\n" + strings.Join(f.Diff, "\n") + "\n"
			}
		}
		suite.Cases = append(suite.Cases, c)
	}
	b, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if err := os.WriteFile(file, append([]byte(xml.Header), append(b, '\n')...), 0o644); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}
