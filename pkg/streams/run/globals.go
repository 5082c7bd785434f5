package run

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// globals are the stores that every process keeps whole. Their own goroutine
// reads them; a lock keeps it apart from the threads that read the stores.
type globals struct {
	rt    *Runtime
	db    *state.DB
	cl    *kgo.Client
	f     *fetcher.Fetcher
	tasks map[fetcher.Key]*task.Task
	ends  map[fetcher.Key]int64
	fail  chan error
	stop  context.CancelFunc
	wg    sync.WaitGroup
	mu    sync.Mutex // held while stores are read or written
}

// startGlobals loads the global stores to the end of their topics and keeps reading.
func startGlobals(ctx context.Context, rt *Runtime) (*globals, error) {
	g := &globals{rt: rt, fail: make(chan error, 1)}
	if len(rt.top.Globals) == 0 {
		return g, nil
	}
	var err error
	if g.cl, err = rt.client(); err != nil {
		return nil, err
	}
	g.f = fetcher.New(fetcher.Options{Client: g.cl, Committed: rt.o.Guarantee == ExactlyOnce, PartitionBytes: 4 << 20})
	g.db = state.OpenMemory(state.Options{CacheBytes: rt.o.CacheBytes, Logger: rt.o.Logger})
	g.tasks, g.ends = map[fetcher.Key]*task.Task{}, map[fetcher.Key]int64{}
	if err = g.load(ctx); err != nil {
		g.close()
		return nil, err
	}
	ctx, g.stop = context.WithCancel(rt.ctx)
	g.wg.Go(func() {
		for {
			if err := g.read(ctx); err != nil {
				if ctx.Err() == nil {
					g.fail <- err
				}
				return
			}
		}
	})
	return g, nil
}

// load makes a task for each partition and reads it to its end.
func (g *globals) load(ctx context.Context) error {
	var parts []fetcher.Key
	for _, d := range g.rt.top.Globals {
		if _, err := g.db.Add(d.Store); err != nil {
			return err
		}
		sub := &topology.SubTopology{ID: d.ID, Nodes: []*topology.Node{d.Source, d.Processor}, Stores: []*state.Spec{d.Store}}
		for _, topic := range d.Source.Source.Topics {
			for _, k := range partitionsOf(topic, g.rt.l.partitions[topic]) {
				t, err := task.New(task.Config{
					ID: task.ID{Sub: d.ID, Partition: k.Partition}, Sub: sub, App: g.rt.o.App, MaxIdle: -1, Wall: g.rt.o.Clock().UnixMilli(),
					Store: g.store, Send: func(o *task.Output) error { return fmt.Errorf("a global store sends to %s", o.Topic) },
				})
				if err != nil {
					return err
				}
				g.tasks[k] = t
				parts = append(parts, k)
			}
		}
	}
	committed := g.rt.o.Guarantee == ExactlyOnce
	starts, err := listOffsets(ctx, g.cl, logStart, committed, parts)
	if err != nil {
		return err
	}
	if g.ends, err = listOffsets(ctx, g.cl, logEnd, committed, parts); err != nil {
		return err
	}
	for _, k := range parts {
		if starts[k] >= g.ends[k] {
			delete(g.ends, k)
		}
		g.f.Add(k.Topic, k.Partition, starts[k])
	}
	for len(g.ends) > 0 {
		if err := g.read(ctx); err != nil {
			return fmt.Errorf("load global stores: %w", err)
		}
	}
	return nil
}

// read takes what was read and applies it.
func (g *globals) read(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-g.f.Ready():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.f.Take() {
		if c.Err != nil {
			return fmt.Errorf("read %s-%d: %w", c.Topic, c.Partition, c.Err)
		}
		t := g.tasks[c.Key]
		if err := t.Add(c.Topic, c.Partition, c.Records); err != nil {
			return err
		}
		for {
			took, err := t.Process(g.rt.o.Clock().UnixMilli())
			if err != nil && g.rt.o.OnError.Deserialize == Fail {
				return err
			}
			if err != nil {
				g.rt.o.Logger.Warn("record of a global store failed", "err", err)
			}
			if !took {
				break
			}
		}
		if end, ok := g.ends[c.Key]; ok && c.Next >= end {
			delete(g.ends, c.Key)
		}
	}
	return g.db.Commit(state.Checkpoint{StreamTime: -1})
}

// lock keeps the stores as they are until the result is called.
func (g *globals) lock() (unlock func()) {
	if g.db == nil {
		return func() {}
	}
	g.mu.Lock()
	return g.mu.Unlock
}

func (g *globals) store(name string) any {
	if g.db == nil {
		return nil
	}
	if s := g.db.Store(name); s != nil {
		return s
	}
	return nil
}

func (g *globals) failed() <-chan error { return g.fail }

func (g *globals) close() {
	if g.db == nil {
		return
	}
	if g.stop != nil {
		g.stop()
	}
	g.wg.Wait()
	g.f.Close()
	g.cl.Close()
	_ = g.db.Close()
}
