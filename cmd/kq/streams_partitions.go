package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
	"kq/pkg/streams/spec"
)

// readJob reads a job file, - for standard input; its mistakes are spec.Errors.
func (a *app) readJob(path string, vars jobVars) (*spec.Job, error) {
	o := spec.Options{Vars: vars, Getenv: func(name string) (string, bool) { v := a.env.Getenv(name); return v, v != "" }}
	if path != "-" {
		return spec.Load(path, o)
	}
	src, err := io.ReadAll(a.env.In)
	if err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	return spec.Parse("-", src, o)
}

// compileJob reads and compiles a job file; mistakes in it are said one by one.
func (a *app) compileJob(path string, vars jobVars, counts partitionCounts) (*spec.Job, *spec.Compiled, error) {
	job, err := a.readJob(path, vars)
	if err != nil {
		return nil, nil, a.jobError(err)
	}
	c, err := job.Compile(spec.CompileOptions{Counts: counts.of})
	if err != nil {
		return nil, nil, a.jobError(err)
	}
	return job, c, nil
}

// partitionCounts is the value of --partitions: TOPIC=N, repeated.
type partitionCounts map[string]int32

func (p partitionCounts) String() string { return "" }
func (partitionCounts) Type() string     { return "TOPIC=N" }

// Set is called with what was given on the command line.
func (p partitionCounts) Set(s string) error {
	topic, number, ok := strings.Cut(s, "=")
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || topic == "" || err != nil || n < 1 {
		return errors.New("it is TOPIC=N, as orders=4")
	}
	p[topic] = int32(n)
	return nil
}

func (p partitionCounts) of(topic string) int32 { return p[topic] }

func (p partitionCounts) add(cmd *cobra.Command) {
	cmd.Flags().Var(p, "partitions", "take topic TOPIC to have N partitions, `TOPIC=N`, instead of asking the cluster; repeatable")
}

// ask completes the counts from the cluster, unless all topics have one; what
// the cluster lacks and the job would create has the number it asks for.
func (p partitionCounts) ask(cmd *cobra.Command, a *app, job *spec.Job, topics []string) error {
	if !slices.ContainsFunc(topics, func(t string) bool { return p[t] == 0 }) {
		return nil
	}
	given := maps.Clone(p)
	created := job.Created()
	a.useBrokers(job)
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		there, err := admin.ListTopics(ctx, cl, admin.ListTopicsOptions{})
		if err != nil {
			return err
		}
		for topic, c := range created {
			p[topic] = max(1, int32(c.Partitions))
		}
		for _, t := range there {
			p[t.Name] = int32(t.Partitions)
		}
		maps.Copy(p, given)
		return nil
	})
}

// useBrokers takes the brokers of the job where neither flags nor environment
// nor a profile name others.
func (a *app) useBrokers(job *spec.Job) {
	s, err := a.settings()
	if err == nil && len(job.Brokers) > 0 && s.Origin == "the default" {
		a.bootstrap, a.settled = strings.Join(job.Brokers, ","), nil
	}
}
