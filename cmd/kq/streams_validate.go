package main

import (
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/streams/spec"
)

// validatedJob is what kq streams validate says of a job file.
type validatedJob struct {
	File      string       `json:"file"`
	App       string       `json:"app"`
	Valid     bool         `json:"valid"`
	Pipelines int          `json:"pipelines"`
	Stores    int          `json:"stores"`
	Mistakes  []jobMistake `json:"mistakes"`
}

// jobMistake is one mistake and its place; lines and columns count from 1.
type jobMistake struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func newStreamsValidateCommand(a *app) *cobra.Command {
	counts := partitionCounts{}
	var vars jobVars
	cmd := &cobra.Command{
		Use:   "validate FILE… [flags]",
		Short: "find the mistakes in job files",
		Long: `Find the mistakes in streams job files: keys and types that the schema knows,
and what it does not: names that nothing has, cycles, steps out of place,
types that do not fit each other, expressions that do not compile. No broker is
asked; with --partitions for the topics of a join their counts are compared.
FILE may be -, standard input.`,
		Example: `  kq streams validate job.yaml
  kq streams validate job.yaml --partitions orders=6 --partitions customers=4
  kq streams validate jobs/*.yaml -o json`,
		Args:              args(1, -1, "a job file"),
		ValidArgsFunction: completeJobs,
		RunE: func(_ *cobra.Command, args []string) error {
			all, t, failed := []validatedJob{}, out.Table{Columns: out.Cols("FILE", "APP", ">PIPELINES", ">STORES")}, false
			for _, file := range args {
				v, err := a.validate(file, vars, counts)
				if err != nil {
					return err
				}
				all = append(all, v)
				if failed = failed || !v.Valid; v.Valid {
					t.Rows = append(t.Rows, []string{file, v.App, strconv.Itoa(v.Pipelines), strconv.Itoa(v.Stores)})
				}
			}
			return a.printItems(all, t, failed)
		},
	}
	vars = addVars(cmd)
	counts.add(cmd)
	cmd.Flags().Lookup("partitions").Usage = "take topic TOPIC to have N partitions, `TOPIC=N`; repeatable"
	return cmd
}

// validate checks one file; mistakes are said unless they are part of the output.
func (a *app) validate(file string, vars jobVars, counts partitionCounts) (validatedJob, error) {
	v := validatedJob{File: file, Mistakes: []jobMistake{}}
	job, err := a.readJob(file, vars)
	var c *spec.Compiled
	if err == nil {
		v.App, v.Pipelines = job.App, len(job.Pipelines)
		c, err = job.Compile(spec.CompileOptions{Counts: counts.of})
	}
	if err == nil {
		v.Valid, v.Stores = true, len(c.Stores)
		return v, nil
	}
	var all spec.Errors
	if !errors.As(err, &all) {
		return v, err
	}
	for _, e := range all {
		v.Mistakes = append(v.Mistakes, jobMistake{Line: e.Line, Column: e.Column, Message: e.Message, Hint: e.Hint})
	}
	if !a.structured() {
		if err := a.jobError(err); !errors.Is(err, cli.ErrReported) {
			return v, err
		}
	}
	return v, nil
}
