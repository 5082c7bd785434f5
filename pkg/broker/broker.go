package broker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/cluster"
	"kq/pkg/broker/internal/group"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/share"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/txn"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// Broker is a broker that runs in this process. All methods are safe for
// concurrent use.
type Broker struct {
	set     *settings
	started time.Time
	took    time.Duration
	addrs   []string

	store      *logstore.Store
	catalog    *topic.Catalog
	controller *cluster.Controller
	server     *server
	txns       *txn.Coordinator
	groups     atomic.Pointer[group.Coordinator] // from openGroups on
	// shareStates is set from openShares on.
	shareStates atomic.Pointer[share.Coordinator]
	shares      *share.Manager
	metrics     *metrics
	http        *metricsServer

	ready atomic.Bool
	done  chan struct{} // closed when the broker has stopped
	stop  sync.Once

	mu  sync.Mutex
	err error // guarded by mu: why it stopped, nil for a Close that worked
}

// Open starts a broker. When it returns the broker serves clients. Errors are in
// one line; those with a way out of them are an *Error with a hint.
//
// ctx bounds the start only; Close stops the broker.
func Open(ctx context.Context, o Options) (*Broker, error) {
	b := &Broker{started: time.Now(), done: make(chan struct{})}
	o = o.withDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	var err error
	if b.set, err = newSettings(o); err != nil {
		return nil, err
	}
	// The ports come first: what most often goes wrong is found before any file
	// is touched. Clients that connect early wait in the backlog.
	listeners, err := b.listen(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.open(ctx, listeners); err != nil {
		closeListeners(listeners)
		b.abandon()
		return nil, err
	}
	for _, l := range listeners {
		b.server.serve(l)
	}
	b.took = time.Since(b.started)
	b.ready.Store(true)
	return b, nil
}

func (b *Broker) listen(ctx context.Context) (out []bound, err error) {
	for i, l := range b.set.Listeners {
		out = append(out, bound{l, listenSpec{name: fmt.Sprintf("LISTENER%d", i+1)}})
	}
	if len(out) == 0 {
		if out, err = openListeners(ctx, b.set.listen); err != nil {
			return nil, err
		}
	}
	for _, l := range out {
		b.addrs = append(b.addrs, l.address())
	}
	return out, nil
}

// open builds everything behind the listeners. What it leaves behind on an error
// abandon closes.
func (b *Broker) open(ctx context.Context, listeners []bound) error {
	s := b.set
	if s.Metrics != "" {
		b.metrics = newMetrics(b.started)
		var err error
		if b.http, err = serveMetrics(ctx, s.Metrics, collector{b.metrics, b.logStats, b.cleanerStat}, b.ready.Load); err != nil {
			return err
		}
	}
	if err := b.openStore(ctx); err != nil {
		return storeError(s.dataDir, err)
	}
	if err := b.adoptNode(); err != nil {
		return err
	}
	adv := b.advertiser(listeners)
	if err := b.openCluster(ctx, b.endpoints(listeners, adv)); err != nil {
		return storeError(s.dataDir, err)
	}
	service := b.service()
	if err := b.openGroups(service); err != nil {
		return err
	}
	if err := b.openTxns(service); err != nil {
		return err
	}
	if err := b.openShares(service); err != nil {
		return err
	}
	b.server = newServer(serverOptions{
		maxRequest: s.maxRequest, maxConnections: s.maxConnections, idle: s.idle,
		drainTimeout: s.DrainTimeout, logger: s.Logger,
	}, service, adv.advertised, b.metrics)
	return b.CreateTopics(ctx, s.Topics...)
}

func (b *Broker) openStore(ctx context.Context) (err error) {
	s := b.set
	o := logstore.Options{
		FS: s.FS, Dir: s.dataDir, Sync: s.Sync, SyncInterval: s.SyncInterval, Logger: s.Logger, Cleaning: s.Cleaning,
		Now: s.Now, Elapsed: func() time.Duration { return time.Since(b.started) },
		RetentionInterval:    time.Duration(s.number("log.retention.check.interval.ms")) * time.Millisecond,
		CheckpointInterval:   time.Duration(s.number("log.flush.offset.checkpoint.interval.ms")) * time.Millisecond,
		ProducerIDExpiration: time.Duration(s.number("producer.id.expiration.ms")) * time.Millisecond,
	}
	if _, inMemory := s.FS.(*vfs.Mem); inMemory {
		o.MaxMemory = s.MaxMemory
	}
	b.store, err = logstore.Open(ctx, o)
	return err
}

// adoptNode takes over the node id that the data directory was made with, unless
// another one was asked for.
func (b *Broker) adoptNode() error {
	s := b.set
	m, ok, err := b.store.MetaProperties()
	switch {
	case err != nil:
		return storeError(s.dataDir, err)
	case !ok || m.NodeID == s.nodeID:
		return nil
	case s.nodeIDSet:
		return &Error{
			Message: fmt.Sprintf("the data directory %s belongs to broker %d, not %d", s.dataDir, m.NodeID, s.nodeID),
			Next:    fmt.Sprintf("use another data directory, or node.id=%d", m.NodeID),
		}
	}
	s.useNode(m.NodeID)
	return nil
}

func (b *Broker) openCluster(ctx context.Context, endpoints []meta.Endpoint) (err error) {
	s := b.set
	b.catalog, err = topic.New(topic.Options{
		Store: b.store, NodeID: s.nodeID, Static: s.static, Logger: s.Logger,
		FullValidation: s.FullValidation,
	})
	if err != nil {
		return err
	}
	b.controller, err = cluster.Open(ctx, cluster.Options{
		Store: b.store, FS: s.FS, NodeID: s.nodeID, Rack: s.rack(), Static: s.static,
		Endpoints: endpoints, Features: features(), Now: s.Now, Logger: s.Logger, Fatal: b.fatal,
		Publish: func(old, img *meta.Image) error {
			if old != nil {
				err := b.catalog.Apply(context.Background(), old, img)
				b.configureCleaner()
				if groups := b.groups.Load(); groups != nil {
					groups.Follow(img)
				}
				if states := b.shareStates.Load(); states != nil {
					states.Follow(img)
				}
				return err
			}
			err := b.catalog.Apply(ctx, nil, img) // the recovery of all logs, which ctx may end
			b.configureCleaner()
			return err
		},
	})
	return err
}

func (b *Broker) service() *api.Service {
	s := b.set
	service := &api.Service{
		NodeID: s.nodeID, Controller: b.controller, Cluster: b.controller, Accounts: b.controller, Topics: b.catalog, Image: b.catalog.Image,
		Static: s.static, Now: s.Now, Logger: s.Logger,
	}
	if b.metrics != nil {
		service.Errors = &b.metrics.errors
	}
	return service
}

// advertiser puts together where clients connect.
func (b *Broker) advertiser(listeners []bound) *advertiser {
	s := b.set
	a := &advertiser{nodeID: s.nodeID, networks: s.networks, fixed: s.fixed, byListener: make(map[uint16]hostPort)}
	for _, l := range listeners {
		if hp := l.spec.advertised; hp != nil {
			a.byListener[l.port()] = *hp
		}
	}
	a.fallback, _ = parseHostPort(b.addrs[0], 0) // not HOST:PORT for a listener in memory
	return a
}

// endpoints returns the listeners as the broker registers them.
func (b *Broker) endpoints(listeners []bound, a *advertiser) []meta.Endpoint {
	var out []meta.Endpoint
	for i, l := range listeners {
		if slices.ContainsFunc(out, func(e meta.Endpoint) bool { return e.Name == l.spec.name }) {
			continue // the other address of localhost
		}
		hp, err := parseHostPort(b.addrs[i], 0)
		if err != nil {
			hp = hostPort{host: "localhost"}
		}
		switch {
		case a.fixed != nil:
			hp = *a.fixed
		case l.spec.advertised != nil:
			hp = *l.spec.advertised
		}
		out = append(out, meta.Endpoint{Name: l.spec.name, Host: hp.host, Port: uint16(hp.port)})
	}
	return out
}

// storeError says in one line why a data directory cannot be used.
func storeError(dir string, err error) error {
	e := &Error{Message: "open data directory " + dir, Err: err}
	switch {
	case errors.Is(err, logstore.ErrLocked):
		e = &Error{
			Message: strings.TrimPrefix(err.Error(), logstore.ErrLocked.Error()+": "), cause: err,
			Next: "stop the other one, or use another directory with --data DIR; --mem needs none",
		}
	case errors.Is(err, syscall.ENOSPC):
		e.Next = "the disk is full: free some space, or use another one with --data DIR"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Next = "the directory must be writable: use another one with --data DIR, or --mem for none"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		e.Next = "there is a file where a directory should be: use another one with --data DIR"
	case errors.Is(err, cluster.ErrCorrupt), errors.Is(err, logstore.ErrOffline):
		e.Next = fmt.Sprintf("kq log repair %s %s:0 shows what is damaged and what can be kept", dir, cluster.LogTopic)
	case errors.Is(err, logstore.ErrCorrupt):
		e.Next = "put meta.properties back as it was, or use another directory with --data DIR"
	}
	return e
}

// Addr returns the first address that clients connect to, HOST:PORT.
func (b *Broker) Addr() string { return b.addrs[0] }

// Addrs returns all addresses that the broker listens on.
func (b *Broker) Addrs() []string { return slices.Clone(b.addrs) }

// DataDir returns where the broker keeps its data.
func (b *Broker) DataDir() string { return b.set.dataDir }

// MetricsAddr returns where metrics are served, empty for nowhere.
func (b *Broker) MetricsAddr() string {
	if b.http == nil {
		return ""
	}
	return b.http.addr
}

// StartTime returns how long Open took.
func (b *Broker) StartTime() time.Duration { return b.took }

// Done is closed when the broker has stopped, by Close, Kill or a fatal error.
func (b *Broker) Done() <-chan struct{} { return b.done }

// Err returns why the broker stopped, nil for a Close that left everything in
// order.
func (b *Broker) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Close stops the broker cleanly: it takes no more requests, answers those that
// are under way, and leaves everything on disk. It returns when that is done.
func (b *Broker) Close() error {
	b.stop.Do(func() { b.shutdown(true) })
	<-b.done
	return b.Err()
}

// Kill stops the broker as a kill -9 would: connections end, nothing is flushed.
// It is for tests.
func (b *Broker) Kill() {
	b.stop.Do(func() { b.shutdown(false) })
	<-b.done
}

func (b *Broker) shutdown(clean bool) {
	b.ready.Store(false)
	if clean {
		b.server.drain()
	}
	b.groups.Load().Close() // joins that wait are answered
	b.controller.Close()    // first: what it commits from now on, nobody would follow
	b.catalog.Close()
	b.txns.Close()
	b.shares.Close()
	b.shareStates.Load().Close()
	b.server.close()
	err := b.store.Close(clean)
	b.http.close()
	if clean {
		b.setErr(err)
	}
	close(b.done)
}

func (b *Broker) setErr(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
}

// fatal is called when the metadata log failed. Nothing may be acknowledged from
// now on, so the broker stops as if it had been killed.
func (b *Broker) fatal(err error) {
	err = fmt.Errorf("metadata log: %w", err)
	b.setErr(err)
	b.set.Logger.Error("the broker stops", "error", err)
	if b.set.Fatal != nil {
		b.set.Fatal(err)
		return
	}
	go b.Kill()
}

// abandon closes what Open has opened so far.
func (b *Broker) abandon() {
	if b.txns != nil {
		b.txns.Close()
	}
	if groups := b.groups.Load(); groups != nil {
		groups.Close()
	}
	if states := b.shareStates.Load(); states != nil {
		states.Close()
	}
	if b.server != nil {
		b.server.close()
	}
	if b.controller != nil {
		b.controller.Close()
	}
	if b.store != nil {
		_ = b.store.Close(true) // Open fails for another reason
	}
	b.http.close()
}

// logStats returns what is exposed of each log, nothing before the broker is
// ready.
func (b *Broker) logStats() []logStat {
	if !b.ready.Load() {
		return nil
	}
	var out []logStat
	for _, p := range b.catalog.Partitions() {
		if l := p.Log(); l != nil {
			out = append(out, logStat{p.Topic, p.Index, l.Size(), l.StartOffset(), l.EndOffset()})
		}
	}
	return out
}

var _ net.Listener = bound{}
