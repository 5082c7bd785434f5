package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/topology"
)

// Runtime runs one application in this process.
type Runtime struct {
	top     *topology.Topology
	o       Options
	ctx     context.Context // ends when the threads have stopped
	dir     *stateDir
	cl      *kgo.Client
	adm     *kadm.Client
	version int16 // the cluster's transaction.version, asked for once; under ExactlyOnce
	l       *layout
	holders *holders
	globals *globals
	// restores counts those of all tasks.
	restores atomic.Int64
	// alive ends when a test kills it: nothing is asked for, committed or left from then on.
	alive context.Context
	die   context.CancelFunc

	mu      sync.Mutex
	state   State        // guarded by mu
	threads []*thread    // guarded by mu
	hosts   assign.Hosts // guarded by mu
	probing *time.Timer  // guarded by mu
	clients []*kgo.Client
}

// New checks the options. Run does the rest.
func New(top *topology.Topology, o Options) (*Runtime, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.setDefaults()
	rt := &Runtime{top: top, o: o, state: Created, globals: &globals{}}
	rt.alive, rt.die = context.WithCancel(context.Background())
	return rt, nil
}

// client is a new client of the cluster.
func (rt *Runtime) client(more ...kgo.Opt) (*kgo.Client, error) {
	cl, err := kgo.NewClient(slices.Concat([]kgo.Opt{kgo.ClientID(rt.o.App), kgo.MetadataMinAge(50 * time.Millisecond)}, rt.o.Opts, more)...)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	rt.mu.Lock()
	rt.clients = append(rt.clients, cl)
	rt.mu.Unlock()
	return cl, nil
}

// Run runs the application until ctx ends (or with Once, until the input is
// done), commits, and leaves the group. A Runtime runs once.
func (rt *Runtime) Run(ctx context.Context) (err error) {
	defer func() {
		rt.setState(Stopped)
		if err == nil {
			return
		}
		rt.setState(Failed)
	}()
	var cancel context.CancelFunc
	rt.ctx, cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	rt.setState(Starting)
	if rt.dir, err = openStateDir(rt.o.StateDir, rt.o.App); err != nil {
		return err
	}
	defer rt.dir.close()
	if rt.cl, err = rt.client(); err != nil {
		return err
	}
	defer rt.cl.Close()
	rt.adm = kadm.NewClient(rt.cl)
	if rt.o.Guarantee == ExactlyOnce {
		if rt.version, err = sender.TransactionVersion(ctx, rt.cl); err != nil {
			return fmt.Errorf("ask for transaction.version: %w", err)
		}
	}
	if rt.l, err = newLayout(ctx, rt.top, &rt.o, rt.adm); err != nil {
		return err
	}
	rt.holders = newHolders(rt.dir, &rt.o, rt.l)
	defer func() { err = errors.Join(err, rt.holders.close()) }()
	if err = rt.holders.discover(); err != nil {
		return err
	}
	cleaning := make(chan struct{})
	go func() {
		defer close(cleaning)
		rt.holders.cleanup(rt.ctx)
	}()
	defer func() { cancel(); <-cleaning }()
	if rt.globals, err = startGlobals(ctx, rt); err != nil {
		return err
	}
	defer rt.globals.close()
	return rt.runThreads(ctx)
}

// runThreads runs the threads until ctx ends or one fails.
func (rt *Runtime) runThreads(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var once *onceWatch
	if rt.o.Once {
		var err error
		if once, err = newOnceWatch(ctx, rt); err != nil {
			return err
		}
	}
	for n := range rt.o.Threads {
		t, err := newThread(ctx, rt, n)
		if err != nil {
			return err
		}
		rt.mu.Lock()
		rt.threads = append(rt.threads, t)
		rt.mu.Unlock()
	}
	rt.setState(Running)
	errs := make(chan error, len(rt.threads)+1)
	var wg sync.WaitGroup
	for _, t := range rt.threads {
		wg.Go(func() {
			defer cancel()
			if err := t.run(ctx); err != nil {
				errs <- err
			}
		})
	}
	wg.Go(func() {
		if err := rt.watchInputs(ctx, rt.threads[0].m); err != nil {
			errs <- err
			cancel()
		}
	})
	var failed error
	if once != nil {
		if err := once.wait(ctx); ctx.Err() == nil {
			failed = err
		}
		cancel()
	}
	select {
	case err := <-rt.globals.failed():
		failed = errors.Join(failed, err)
		cancel()
	case <-ctx.Done():
	}
	rt.setState(Stopping)
	wg.Wait()
	rt.stopProbing()
	close(errs)
	for err := range errs {
		failed = errors.Join(failed, err)
	}
	return failed
}

// kill stops as kill -9 does: nothing is committed, no group is left. Tests use it.
func (rt *Runtime) kill() {
	rt.die()
	rt.mu.Lock()
	defer rt.mu.Unlock()
	for _, cl := range rt.clients {
		cl.Close()
	}
}

// probe makes the group meet again after the probing interval, while tasks warm up.
func (rt *Runtime) probe(t *thread, on bool) {
	if t.n != 0 {
		return
	}
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.probing != nil {
		rt.probing.Stop()
		rt.probing = nil
	}
	if on {
		rt.probing = time.AfterFunc(rt.o.Probe, t.m.Rejoin)
	}
}

func (rt *Runtime) stopProbing() {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.probing != nil {
		rt.probing.Stop()
	}
}

func (rt *Runtime) setHosts(h assign.Hosts) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.hosts = h
}

// storeOf gives a task its stores, and the globals.
func (rt *Runtime) storeOf(h *holder) func(name string) any {
	return func(name string) any {
		if s := h.db.Store(name); s != nil {
			return s
		}
		return rt.globals.store(name)
	}
}
