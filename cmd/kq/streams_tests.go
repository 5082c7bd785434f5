package main

import (
	"errors"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/streams"
)

func newStreamsTestCommand(a *app) *cobra.Command {
	var run, junit string
	var vars jobVars
	cmd := &cobra.Command{
		Use:   "test FILE… [flags]",
		Short: "run the tests of job files, without a broker",
		Long: `Run the tests that stand under tests: in job files. Records go into the job
without a broker, the wall clock moves only where the test says so, and what
comes out is compared: the records of topics, the last value of each key, what
stores hold, how many records were dropped. It takes milliseconds.

Of an expectation that does not hold a diff is shown: "-" stands before what was
expected and did not come, "+" before what came and was not expected. Exit code
1: a test failed, or a file has a mistake.`,
		Example: `  kq streams test wordcount.yaml
  kq streams test jobs/*.yaml --run 'late|grace'
  kq streams test wordcount.yaml --junit report.xml
  kq streams test wordcount.yaml -o json`,
		Args:              args(1, -1, "a job file"),
		ValidArgsFunction: completeJobs,
		RunE: func(_ *cobra.Command, files []string) error {
			re, err := regexp.Compile(run)
			if err != nil {
				return optionError("--run", err, "")
			}
			return a.testJobs(files, vars, re, junit)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&run, "run", "", "run the tests whose name `REGEX` matches somewhere")
	f.StringVar(&junit, "junit", "", "write a JUnit report to `FILE`")
	vars = addVars(cmd)
	return cmd
}

// testJobs runs the tests of files, and tells of each.
func (a *app) testJobs(files []string, vars jobVars, match *regexp.Regexp, junit string) error {
	began := time.Now()
	results, failed := []streams.TestResult{}, false
	for _, file := range files {
		j, err := a.loadJob(file, vars)
		if err != nil {
			if !errors.Is(err, cli.ErrReported) {
				cli.Say(a.env, err)
			}
			failed = true
			continue
		}
		of := j.Test(match.MatchString)
		if len(of) == 0 {
			a.note("%s: no test", file)
		}
		results = append(results, of...)
	}
	if err := a.printTests(results); err != nil {
		return err
	}
	bad := int64(0)
	for i := range results {
		if !results[i].OK() {
			bad++
		}
	}
	took := time.Since(began).Round(time.Millisecond)
	if n := int64(len(results)); bad > 0 {
		a.note("%d of %s failed, in %s", bad, plural(n, "test"), took)
	} else if !failed {
		a.note("%s passed, in %s", plural(n, "test"), took)
	}
	if junit != "" {
		if err := writeJUnit(junit, results); err != nil {
			return err
		}
	}
	if failed || bad > 0 {
		return cli.ErrReported
	}
	return nil
}
