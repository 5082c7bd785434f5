package run

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// globals are the stores that every process keeps whole. Their own goroutine
// reads the topics and writes the stores; threads read what it has committed
// without waiting for it, but for windows and sessions, which a lock keeps apart.
type globals struct {
	rt      *Runtime
	dir     string // "" in memory
	db      *state.DB
	reader  *state.Reader
	cl      *kgo.Client
	f       *fetcher.Fetcher
	tasks   map[fetcher.Key]*task.Task
	at      map[fetcher.Key]state.Position
	ends    map[fetcher.Key]int64 // of partitions that are not at their end as of the start
	records int64                 // records since the start
	fail    chan error
	stop    context.CancelFunc
	wg      sync.WaitGroup
	locked  bool       // the stores are read and written under mu
	mu      sync.Mutex // held while stores are read or written that need it
}

// startGlobals brings the global stores to the end of their topics and keeps reading.
func startGlobals(ctx context.Context, rt *Runtime) (*globals, error) {
	g := &globals{rt: rt, fail: make(chan error, 1), dir: rt.dir.task("global")}
	if len(rt.top.Globals) == 0 {
		return g, nil
	}
	var err error
	if g.cl, err = rt.client(); err != nil {
		return nil, err
	}
	g.f = fetcher.New(fetcher.Options{Client: g.cl, Committed: rt.o.Guarantee == ExactlyOnce, PartitionBytes: 4 << 20})
	g.tasks, g.at, g.ends = map[fetcher.Key]*task.Task{}, map[fetcher.Key]state.Position{}, map[fetcher.Key]int64{}
	if err = g.open(); err == nil {
		err = g.load(ctx)
	}
	if err != nil {
		g.close()
		return nil, err
	}
	ctx, g.stop = context.WithCancel(rt.ctx)
	g.wg.Go(func() {
		for {
			if err := g.take(ctx); err != nil {
				if ctx.Err() == nil {
					g.fail <- err
				}
				return
			}
		}
	})
	return g, nil
}

// open opens the stores. Files that are corrupt are dropped.
func (g *globals) open() (err error) {
	for range 2 {
		if err = g.openStores(); !errors.Is(err, state.ErrCorrupt) {
			break
		}
		g.rt.o.Logger.Warn("global stores are dropped and loaded again", "dir", g.dir, "reason", err)
		if g.db != nil {
			_ = g.db.Close() // it is void
		}
		if err := state.Destroy(g.dir); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("open the global stores: %w", err)
	}
	return nil
}

func (g *globals) openStores() (err error) {
	o := state.Options{CacheBytes: g.rt.o.CacheBytes, Logger: g.rt.o.Logger, Shared: g.rt.holders.cache, Owner: g.rt.o.App + " global"}
	if g.db, err = openDB(g.dir, o, true); err != nil {
		return err
	}
	var names []string
	for _, d := range g.rt.top.Globals {
		if _, err := g.db.Add(d.Store); err != nil {
			return err
		}
		names = append(names, d.Store.Name)
		g.locked = g.locked || d.Store.Kind != state.KeyValueKind && d.Store.Kind != state.RawKind
	}
	if !g.locked {
		g.reader, err = g.db.Reader(names...)
	}
	return err
}

// load makes a task for each partition and reads it to its end.
func (g *globals) load(ctx context.Context) error {
	for _, d := range g.rt.top.Globals {
		sub := &topology.SubTopology{ID: d.ID, Nodes: []*topology.Node{d.Source, d.Processor}, Stores: []*state.Spec{d.Store}}
		var parts []fetcher.Key
		for _, topic := range d.Source.Source.Topics {
			for _, k := range partitionsOf(topic, g.rt.l.partitions(topic)) {
				t, err := task.New(task.Config{
					ID: task.ID{Sub: d.ID, Partition: k.Partition}, Sub: sub, App: g.rt.o.App, MaxIdle: -1, Wall: g.rt.o.Clock().UnixMilli(),
					Store: g.own, Send: func(o *task.Output) error { return fmt.Errorf("a global store sends to %s", o.Topic) },
				})
				if err != nil {
					return err
				}
				g.tasks[k] = t
				parts = append(parts, k)
			}
		}
		if err := g.begin(ctx, d.Store.Name, parts); err != nil {
			return fmt.Errorf("load the global store %s: %w", d.Store.Name, err)
		}
	}
	for len(g.ends) > 0 {
		if err := g.take(ctx); err != nil {
			return fmt.Errorf("load global stores: %w", err)
		}
	}
	g.rt.o.Logger.Info("global stores are loaded", "records", g.records)
	return nil
}

// positionName is what the position in a topic's partition is kept under; no
// store has such a name.
func positionName(k fetcher.Key) string { return fmt.Sprintf("%s/%d", k.Topic, k.Partition) }

// begin reads a store's partitions from where it is in them, or from their
// starts when it does not fit one of them.
func (g *globals) begin(ctx context.Context, store string, parts []fetcher.Key) error {
	c, err := g.db.Checkpoint()
	if err != nil {
		return err
	}
	epochs := map[fetcher.Key]int32{}
	names := make([]string, len(parts))
	for i, k := range parts {
		names[i] = positionName(k)
		if p, ok := c.Changelogs[names[i]]; ok && p.Offset > 0 && p.Epoch >= 0 {
			epochs[k] = p.Epoch
		}
	}
	logs, err := changelogsNow(ctx, g.cl, g.rt.o.Guarantee == ExactlyOnce, parts, epochs)
	if err != nil {
		return err
	}
	wipe := false
	for i, k := range parts {
		p, ok := c.Changelogs[names[i]]
		v := state.Verdict{Wipe: true}
		if ok {
			v = p.Check(logs[k])
		}
		if v.Reason != "" {
			g.rt.o.Logger.Warn("a global store is dropped and loaded again", "store", store, "topic", k.Topic, "partition", k.Partition, "reason", v.Reason)
		}
		wipe = wipe || v.Wipe
		p.TopicID = logs[k].TopicID
		g.at[k] = p
	}
	if wipe {
		if err := g.db.Wipe(store, names...); err != nil {
			return err
		}
	}
	for _, k := range parts {
		if wipe {
			g.at[k] = state.Position{TopicID: logs[k].TopicID, Offset: logs[k].Start, Epoch: -1}
		}
		if g.at[k].Offset < logs[k].End {
			g.ends[k] = logs[k].End
		}
		g.f.Add(k.Topic, k.Partition, g.at[k].Offset)
	}
	return g.commit(parts)
}

// commit writes what was put since the last commit, with the positions.
func (g *globals) commit(parts []fetcher.Key) error {
	c := state.Checkpoint{Changelogs: map[string]state.Position{}, StreamTime: -1}
	for _, k := range parts {
		c.Changelogs[positionName(k)] = g.at[k]
	}
	return g.db.Commit(c)
}

// take applies what was read.
func (g *globals) take(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-g.f.Ready():
	}
	if g.locked {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	var parts []fetcher.Key
	for _, c := range g.f.Take() {
		if c.Err != nil {
			return fmt.Errorf("read %s-%d: %w", c.Topic, c.Partition, c.Err)
		}
		if err := g.apply(&c); err != nil {
			return err
		}
		g.f.Recycle(c.Records)
		at := g.at[c.Key]
		at.Offset = c.Next
		if epoch := c.EpochAt(c.Next - 1); epoch >= 0 {
			at.Epoch = epoch
		}
		g.at[c.Key] = at
		parts = append(parts, c.Key)
		if end, ok := g.ends[c.Key]; ok && c.Next >= end {
			delete(g.ends, c.Key)
		}
	}
	return g.commit(parts)
}

// apply processes a chunk.
func (g *globals) apply(c *fetcher.Chunk) error {
	t := g.tasks[c.Key]
	g.records += int64(len(c.Records))
	if err := t.Add(c.Topic, c.Partition, c.Records); err != nil {
		return err
	}
	for {
		took, err := t.Process(g.rt.o.Clock().UnixMilli())
		if err != nil && (g.rt.o.OnError.Deserialize == Fail || errors.Is(err, state.ErrCorrupt)) {
			return err
		}
		if err != nil {
			g.rt.o.Logger.Warn("record of a global store failed", "err", err)
		}
		if !took {
			return nil
		}
	}
}

// lock keeps stores that need it as they are until the result is called.
func (g *globals) lock() (unlock func()) {
	if !g.locked {
		return func() {}
	}
	g.mu.Lock()
	return g.mu.Unlock
}

// store is a store for the threads to read.
func (g *globals) store(name string) any {
	if g.reader == nil {
		return g.own(name)
	}
	if s := g.reader.Store(name); s != nil {
		return s
	}
	return nil
}

// own is a store for the goroutine that writes it.
func (g *globals) own(name string) any {
	if g.db == nil {
		return nil
	}
	if s := g.db.Store(name); s != nil {
		return s
	}
	return nil
}

func (g *globals) failed() <-chan error { return g.fail }

// damaged says that the files are corrupt. They are removed at the end, and the
// next start loads them again.
func (g *globals) damaged() error {
	if g.db == nil {
		return nil
	}
	return g.db.Damaged()
}

func (g *globals) close() {
	if g.cl == nil {
		return
	}
	if g.stop != nil {
		g.stop()
	}
	g.wg.Wait()
	g.f.Close()
	g.cl.Close()
	if g.db == nil {
		return
	}
	damaged := g.damaged()
	if err := g.db.Close(); err != nil && damaged == nil {
		g.rt.o.Logger.Warn("close the global stores", "err", err)
	}
	if damaged != nil && g.dir != "" {
		g.rt.o.Logger.Warn("global stores are corrupt: they are dropped, and loaded again at the next start", "dir", g.dir, "err", damaged)
		if err := state.Destroy(g.dir); err != nil {
			g.rt.o.Logger.Warn("drop the global stores", "err", err)
		}
	}
}
