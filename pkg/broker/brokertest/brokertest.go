package brokertest

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"kq/pkg/broker"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// maxMemory is how much a broker in memory may hold before it drops the oldest
// records, in bytes.
const maxMemory = 1 << 30

// Broker is a broker that runs until its test ends. Its methods fail the test
// when they cannot do what they say.
type Broker struct {
	t    testing.TB
	opts broker.Options

	mu sync.Mutex
	b  *broker.Broker // guarded by mu; nil while it is down
}

// Option changes how a broker is started.
type Option func(t testing.TB, o *broker.Options)

// OnDisk keeps the data in a temporary directory of the test.
func OnDisk() Option {
	return func(t testing.TB, o *broker.Options) { o.FS, o.DataDir = vfs.OS(), t.TempDir() }
}

// OnDiskAt keeps the data in a directory, which may hold some already.
func OnDiskAt(dir string) Option {
	return func(_ testing.TB, o *broker.Options) { o.FS, o.DataDir = vfs.OS(), dir }
}

// OnVolatile keeps the data on a disk in memory that LosePower takes what was
// not synced from.
func OnVolatile() Option {
	return func(_ testing.TB, o *broker.Options) { o.FS, o.DataDir = vfs.NewCrash(1), "kq" }
}

// Sync says when records become durable.
func Sync(mode logstore.SyncMode) Option {
	return func(_ testing.TB, o *broker.Options) { o.Sync = mode }
}

// Topics creates topics, each as name[:partitions[:replicas[:key=value…]]].
func Topics(specs ...string) Option {
	return func(t testing.TB, o *broker.Options) {
		t.Helper()
		for _, s := range specs {
			spec, err := broker.ParseTopicSpec(s)
			if err != nil {
				t.Fatal(err)
			}
			o.Topics = append(o.Topics, spec)
		}
	}
}

// Set sets a broker config by its name in Kafka's server.properties.
func Set(key, value string) Option {
	return func(_ testing.TB, o *broker.Options) { o.Set[key] = value }
}

// Log writes the broker's log, at a level and above, to that of the test.
func Log(level slog.Level) Option {
	return func(t testing.TB, o *broker.Options) {
		o.Logger = slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: level}))
	}
}

// Clock replaces the wall clock, so that a test can set it.
func Clock(now func() time.Time) Option {
	return func(_ testing.TB, o *broker.Options) { o.Now = now }
}

// With changes any option of package broker.
func With(f func(o *broker.Options)) Option {
	return func(_ testing.TB, o *broker.Options) { f(o) }
}

// Start starts a broker on a free port of 127.0.0.1, which is stopped at the end
// of the test.
func Start(t testing.TB, options ...Option) *Broker {
	t.Helper()
	b := &Broker{t: t, opts: broker.Options{
		Listen: []string{"127.0.0.1:0"}, FS: vfs.NewMem(0), DataDir: "kq", MaxMemory: maxMemory,
		Set: make(map[string]string),
	}}
	for _, o := range options {
		o(t, &b.opts)
	}
	b.start()
	t.Cleanup(b.Stop)
	return b
}

func (b *Broker) start() {
	b.t.Helper()
	running, err := broker.Open(context.Background(), b.opts)
	if err != nil {
		b.t.Fatalf("start broker: %v", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b = running
	if len(b.opts.Listeners) == 0 {
		b.opts.Listen = []string{running.Addr()} // a restart is at the same place
	}
}

// Broker returns the broker, nil while it is down.
func (b *Broker) Broker() *broker.Broker {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b
}

// Addr returns where the broker is, or was, HOST:PORT.
func (b *Broker) Addr() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.b != nil {
		return b.b.Addr()
	}
	return b.opts.Listen[0]
}

// HostPort returns the two parts of Addr.
func (b *Broker) HostPort() (host, port string) {
	b.t.Helper()
	host, port, err := net.SplitHostPort(b.Addr())
	if err != nil {
		b.t.Fatal(err)
	}
	return host, port
}

// Topic creates a topic unless it exists.
func (b *Broker) Topic(name string, partitions int32) {
	b.t.Helper()
	b.CreateTopic(broker.TopicSpec{Name: name, Partitions: partitions})
}

// CreateTopic creates a topic unless it exists.
func (b *Broker) CreateTopic(spec broker.TopicSpec) {
	b.t.Helper()
	if err := b.running().CreateTopics(context.Background(), spec); err != nil {
		b.t.Fatal(err)
	}
}

// running returns the broker, which must be up.
func (b *Broker) running() *broker.Broker {
	b.t.Helper()
	r := b.Broker()
	if r == nil {
		b.t.Fatal("the broker is down")
	}
	return r
}

// take returns the broker, nil if it is down already, and makes it down.
func (b *Broker) take() *broker.Broker {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.b
	b.b = nil
	return r
}

// Stop stops the broker cleanly. It does nothing when the broker is down.
func (b *Broker) Stop() {
	b.t.Helper()
	if r := b.take(); r != nil {
		if err := r.Close(); err != nil {
			b.t.Errorf("stop broker: %v", err)
		}
	}
}

// Crash stops the broker as kill -9 does: nothing more is written, connections
// break. It does nothing when the broker is down.
func (b *Broker) Crash() {
	if r := b.take(); r != nil {
		r.Kill()
	}
}

// LosePower ends the broker of OnVolatile and starts it again on the same port
// with what was synced: its metadata and, with the Sync mode of Options' zero
// value, no records.
func (b *Broker) LosePower() {
	b.t.Helper()
	disk, ok := b.opts.FS.(*vfs.Crash)
	if !ok {
		b.t.Fatal("the broker is not on a volatile disk")
	}
	left := disk.CrashImage(vfs.KeepNone())
	b.Crash()
	b.opts.FS = left
	b.start()
}

// Restart starts the broker again, on the same port with the same data, after
// stopping it cleanly if it runs.
func (b *Broker) Restart() {
	b.t.Helper()
	b.Stop()
	b.start()
}

// testLog writes lines to the log of a test.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}
