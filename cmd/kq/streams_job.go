package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/streams"
	"kq/pkg/streams/spec"
)

// loadJob reads and checks a job file; its mistakes are said, each with its line.
func (a *app) loadJob(path string, vars jobVars) (*streams.Job, error) {
	o := streams.Options{Print: a.env.Out, Logger: a.jobLogger(), Vars: vars, Getenv: func(name string) (string, bool) {
		v := a.env.Getenv(name)
		return v, v != ""
	}}
	j, err := streams.Load(path, o)
	return j, a.jobError(err)
}

// jobVars are the texts of --var, by name.
type jobVars map[string]string

func (jobVars) String() string { return "" }
func (jobVars) Type() string   { return "name=text" }

// Set is called with what was given on the command line, each time it is.
func (v jobVars) Set(s string) error {
	name, text, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("it is NAME=TEXT")
	}
	v[name] = text
	return nil
}

// addVars adds --var to a command that takes a job file.
func addVars(cmd *cobra.Command) jobVars {
	v := jobVars{}
	cmd.Flags().Var(v, "var", "put TEXT where the file says ${vars.NAME}, `NAME=TEXT`; repeatable")
	return v
}

// jobLogger says what a job and its runtime log.
func (a *app) jobLogger() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	if a.quiet {
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(a.env.Err, &slog.HandlerOptions{Level: level}))
}

// jobError says the mistakes of a job file, with the lines that they stand in.
func (a *app) jobError(err error) error {
	var mistakes spec.Errors
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cli.WithHint(err, "kq streams init writes examples to start from")
	case !errors.As(err, &mistakes):
		return err
	}
	for _, e := range mistakes {
		head, lines, _ := strings.Cut(e.Error(), "\n")
		cli.Notef(a.env, "%s", head)
		for line := range strings.Lines(lines) {
			// The file's text is made harmless for a terminal, blanks stay.
			_, _ = fmt.Fprintln(a.env.Err, strings.Map(visible, strings.TrimRight(line, "\r\n"))) // no standard error, no talk
		}
		if e.Hint != "" {
			_, _ = fmt.Fprintln(a.env.Err, "hint: "+strings.Map(visible, e.Hint)) // as above
		}
	}
	return cli.ErrReported
}

// visible keeps what a terminal takes for text.
func visible(r rune) rune {
	if r != '\t' && r < 0x20 || r >= 0x7f && r < 0xa0 {
		return -1
	}
	return r
}

// completeJobs offers YAML files.
func completeJobs(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}
