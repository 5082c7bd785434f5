package streams

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/query"
	"kq/pkg/streams/run"
	"kq/pkg/streams/run/assign"
)

// RunOptions are where and how a job runs; what the job file says of it goes first.
type RunOptions struct {
	// Opts are the clients': seed brokers, TLS, SASL and so on.
	Opts []kgo.Opt
	// StateDir holds stores where the job names no directory; "" keeps them in memory.
	StateDir string
	// Listen, where set, serves queries on HOST:PORT in place of the job's own address.
	Listen string
	// Topics makes missing topics that the job reads and writes, with one
	// partition where the job says nothing else.
	Topics bool
	// Once stops when the input that was there at the start, and all that followed
	// from it, is processed and committed.
	Once bool
}

// Runner runs a job in this process.
type Runner struct {
	job   *Job
	rt    *run.Runtime
	inst  *instance
	query *query.Server
	hub   *query.Hub // brings changes of stores to those who watch
}

// Runner readies a job to run: it looks at the cluster's topics, makes those that
// the job says to create, checks the job against their partitions, and binds the
// address of its queries. Run, or Close, is called next.
func (j *Job) Runner(ctx context.Context, o RunOptions) (*Runner, error) {
	found, err := j.prepareTopics(ctx, &o)
	if err != nil {
		return nil, err
	}
	co := j.compileOptions(func(topic string) int32 { return found.partitions[topic] })
	co.TimestampType = func(topic string) string { return found.clocks[topic] }
	c, err := j.spec.Compile(co)
	if err != nil {
		return nil, err
	}
	r := &Runner{job: j, hub: query.NewHub()}
	if err := r.listen(&o); err != nil {
		return nil, err
	}
	ro := j.runOptions(&o)
	if r.query != nil {
		ro.Listen = r.query.Advertised()
		ro.Feed = func(id assign.TaskID) run.Feed { return r.hub.Feed(id.Partition) }
	}
	if r.rt, err = run.New(c.Topology, ro); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.inst = &instance{app: j.spec.App, rt: r.rt, topology: c.Topology, types: c.Stores}
	return r, nil
}

func (r *Runner) listen(o *RunOptions) error {
	q := r.job.spec.Query
	if q == nil && o.Listen == "" {
		return nil
	}
	qo := query.Options{Listen: o.Listen, Hub: r.hub, Logger: r.job.o.Logger}
	if q != nil {
		qo.Advertise, qo.Stores, qo.TokenFile = q.Advertise, q.Stores, q.TokenFile
		if qo.Listen == "" {
			qo.Listen = q.Listen
		}
	}
	var err error
	r.query, err = query.Listen(qo)
	return err
}

// runOptions are those of the runtime.
func (j *Job) runOptions(o *RunOptions) run.Options {
	c := &j.spec.Config
	policy := func(word string) run.Policy {
		return map[string]run.Policy{"continue": run.Continue, "dlq": run.DeadLetter}[word] // fail otherwise
	}
	ro := run.Options{
		App: j.spec.App, Opts: o.Opts, Commit: c.Commit, Threads: c.Threads, Standbys: c.Standbys, StateDir: c.StateDir,
		MaxIdle: c.MaxIdle, OffsetReset: c.OffsetReset, InstanceID: c.Kafka.InstanceID,
		OnError: run.OnError{Deserialize: policy(c.OnError.Deserialize), Process: policy(c.OnError.Process), Produce: policy(c.OnError.Produce)},
		Session: c.Kafka.SessionTimeout, TransactionTimeout: c.Kafka.TransactionTimeout, AcceptableLag: c.Kafka.AcceptableLag, Cleanup: c.Kafka.CleanupDelay,
		Linger: c.Kafka.Linger, BatchBytes: int64(c.Kafka.Batch), Compression: c.Kafka.Compression,
		Warmups: c.Kafka.Warmups, Replicas: int16(c.Kafka.Replication), Once: o.Once, Logger: j.o.Logger,
	}
	if c.Guarantee == "exactly_once" {
		ro.Guarantee = run.ExactlyOnce
	}
	if c.DLQ != nil {
		ro.DLQ = c.DLQ.Topic
	}
	if ro.StateDir == "" {
		ro.StateDir = o.StateDir
	}
	return ro
}

// Run runs the job until ctx ends, or with Once until the input is done; it
// commits and leaves the group before it returns.
func (r *Runner) Run(ctx context.Context) error {
	if r.query == nil {
		return r.rt.Run(ctx)
	}
	// Queries are answered until the job has stopped.
	asked, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() {
		err := r.query.Serve(asked, r.inst)
		if err != nil {
			cancel(err)
		}
		done <- err
	}()
	err := r.rt.Run(ctx)
	stop()
	return errors.Join(err, <-done)
}

// Close frees the address of a Runner that was never run.
func (r *Runner) Close() error {
	if r.query == nil {
		return nil
	}
	return r.query.Close()
}

// Status is what the job is doing. Any goroutine may ask.
func (r *Runner) Status() run.Status { return r.rt.Status() }

// QueryAddr is HOST:PORT of the queries' listener, "" for none.
func (r *Runner) QueryAddr() string {
	if r.query == nil {
		return ""
	}
	return r.query.Addr()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// errTopic is a topic that cannot be made.
func errTopic(name string, err error) error { return fmt.Errorf("create topic %s: %w", name, err) }
