package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/broker"
	"kq/pkg/streams"
	"kq/pkg/streams/query"
	streamsrun "kq/pkg/streams/run"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// streamsRun is one kq streams run.
type streamsRun struct {
	a     *app
	flags *streamsRunFlags
	job   *streams.Job
}

func (r *streamsRun) run(cmd *cobra.Command, file string) (err error) {
	if r.job, err = r.a.loadJob(file, r.flags.vars); err != nil {
		return err
	}
	tuneMemory(r.a.env, 35)
	s, err := r.a.settings()
	if err != nil {
		return err
	}
	if brokers := r.job.Spec().Brokers; len(brokers) > 0 && s.Origin == "the default" {
		r.a.bootstrap = strings.Join(brokers, ",")
		r.a.settled = nil
	}
	if r.flags.serve {
		b, failed := r.startBroker(cmd.Context(), s.Bootstrap)
		if failed != nil {
			return r.unlessStopped(cmd.Context(), failed)
		}
		defer func() { err = errors.Join(err, b.Close()) }()
	}
	err = r.a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error { return r.onCluster(ctx, cl) })
	return r.unlessStopped(cmd.Context(), err)
}

// unlessStopped is err, but nil for the interrupt that is the way to stop a job,
// however far it was. One that was to process all there is did not do it.
func (r *streamsRun) unlessStopped(ctx context.Context, err error) error {
	interrupted := ctx.Err() != nil && errors.Is(context.Cause(ctx), cli.ErrInterrupted)
	switch {
	case !interrupted || err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, cli.ErrInterrupted):
		return err
	case r.flags.once:
		return cli.ErrInterrupted
	case err != nil:
		r.a.note("%s stopped before it ran", r.job.App())
	}
	return nil
}

// startBroker is kq serve in this process.
func (r *streamsRun) startBroker(ctx context.Context, listen []string) (*broker.Broker, error) {
	if r.flags.listen != "" {
		listen = []string{r.flags.listen}
	}
	o := serveOptions{listen: listen[:1], data: r.flags.data, mem: r.flags.mem, maxMemory: "1GiB", sync: "none", logLevel: "warn"}
	opts, err := o.options(r.a, nil)
	if err != nil {
		return nil, err
	}
	b, err := broker.Open(ctx, opts)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	where := b.DataDir()
	if r.flags.mem {
		where = "memory"
	}
	r.a.note("a broker is ready on %s, data in %s", b.Addr(), where)
	r.a.bootstrap, r.a.settled = b.Addr(), nil
	r.flags.topics = true
	return b, nil
}

func (r *streamsRun) onCluster(ctx context.Context, cl *kgo.Client) error {
	dir, err := r.flags.stateDir(r.a)
	if err != nil {
		return err
	}
	runner, err := r.job.Runner(ctx, streams.RunOptions{
		Opts: cl.Opts(), StateDir: dir, Listen: r.flags.query, Topics: r.flags.topics, Once: r.flags.once,
	})
	if err != nil {
		return r.hint(r.a.jobError(err))
	}
	if at := runner.QueryAddr(); at != "" {
		r.a.note("queries are answered on http://%s", at)
	}
	stop := r.watch(runner)
	err = runner.Run(ctx)
	stop()
	if interrupted := context.Cause(ctx); ctx.Err() != nil && !errors.Is(interrupted, cli.ErrInterrupted) {
		return interrupted // --timeout
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return r.hint(err)
	}
	s := runner.Status()
	r.a.note("%s stopped: %s processed, %d written, in %s", r.job.App(), plural(s.Records, "record"), s.Sent, plural(s.Commits, "commit"))
	return nil
}

// hint says what to do about an error of the runtime.
func (r *streamsRun) hint(err error) error {
	var differ *topology.CopartitionError
	switch {
	case errors.As(err, &differ):
		return cli.WithHint(err, "%s", differ.Hint())
	case errors.Is(err, streamsrun.ErrOptions), errors.Is(err, query.ErrOptions):
		return optionError("", err, "")
	case errors.Is(err, streamsrun.ErrStateInUse), errors.Is(err, state.ErrInUse):
		return cli.WithHint(err, "another instance uses it; --state DIR gives this one a directory of its own")
	case errors.Is(err, streamsrun.ErrStateOfAnother), errors.Is(err, state.ErrOwner):
		return cli.WithHint(err, "--state DIR gives this application a directory of its own")
	case errors.Is(err, state.ErrFull), errors.Is(err, syscall.ENOSPC):
		return cli.WithHint(err, "make room there, or name another directory with --state or stateDir, and start again: nothing that was committed is lost")
	case errors.Is(err, streamsrun.ErrPartitions):
		return cli.WithHint(err, "the inputs have other partitions than they had: kq streams reset %s deletes internal topics, and what was counted", shellQuote(r.job.App()))
	case errors.As(err, new(*fs.PathError)):
		return cli.WithHint(err, "--state DIR names a directory that can be written, --state memory keeps no files")
	case errors.Is(err, topology.ErrUnknownTopic):
		return cli.WithHint(err, "kq topic create makes it, --create-topics makes all that are missing")
	}
	return err
}
