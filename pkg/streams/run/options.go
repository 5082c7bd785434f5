package run

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/assign"
)

// Guarantee is what holds after a crash.
type Guarantee uint8

// The guarantees.
const (
	// AtLeastOnce repeats records after a crash, and loses none.
	AtLeastOnce Guarantee = iota
	// ExactlyOnce commits outputs, changelogs and positions in one transaction (KIP-447).
	ExactlyOnce
)

func (g Guarantee) String() string {
	return [...]string{"at_least_once", "exactly_once"}[g]
}

// Policy is what to do about a record that fails.
type Policy uint8

// The policies of OnError.
const (
	// Fail stops the application.
	Fail Policy = iota
	// Continue logs the record and goes on.
	Continue
	// DeadLetter writes the record to the topic DLQ with the reason in headers (KIP-1034), and goes on.
	DeadLetter
)

// OnError holds a policy for each phase.
type OnError struct{ Deserialize, Process, Produce Policy }

// Options configure a Runtime.
type Options struct {
	// App is the application id: group, prefix of internal topics and of transactional ids.
	App string
	// Opts are the clients': seed brokers, TLS, SASL and so on.
	Opts []kgo.Opt
	// Guarantee is AtLeastOnce by default.
	Guarantee Guarantee
	// Commit is the time between commits; 0 is 30 s, a second where queries are
	// answered, which see what is committed, or 100 ms under ExactlyOnce.
	Commit time.Duration
	// Threads is how many tasks run at a time; 0 is 1.
	Threads int
	// Standbys is how many copies of each store other processes keep (num.standby.replicas).
	Standbys int
	// StateDir holds stores; "" keeps them in memory.
	StateDir string
	// CacheBytes bounds what a task's stores remember of their files; 0 is their
	// share of 32 MiB, from 2 to 16 MiB.
	CacheBytes int64
	// MaxIdle is how long a task waits for partitions that have nothing
	// (max.task.idle.ms): 0 only while the broker has more, negative never.
	MaxIdle time.Duration
	// OffsetReset is earliest, latest or none: where to start without a position; "" is earliest.
	OffsetReset string
	// OnError says what happens to records that fail; DLQ is the topic of DeadLetter.
	OnError OnError
	DLQ     string
	// InstanceID makes the members static (KIP-345): a restart within Session moves no task.
	InstanceID string
	// Listen is where this process answers queries, HOST:PORT as others reach it; "" is nowhere.
	Listen string
	// Session is how long brokers wait for a dead member; 0 is 45 s. Heartbeat 0 is a fifteenth of it.
	Session, Heartbeat time.Duration
	// TransactionTimeout is how long brokers keep a dead member's transaction; 0 is 10 s.
	TransactionTimeout time.Duration
	// Linger is how long a producer waits for fuller batches; 0 is 5 ms, or less
	// where the thread has nothing else to do.
	Linger time.Duration
	// BatchBytes bounds a batch; 0 is 256 KiB.
	BatchBytes int64
	// Compression is that of what is written: gzip, snappy, lz4 or zstd; none where "".
	Compression string
	// AcceptableLag is how many changelog records a process may lack to take a
	// task over at once (acceptable.recovery.lag); 0 is 10,000.
	AcceptableLag int64
	// Warmups is how many tasks are warmed up elsewhere at a time (max.warmup.replicas); 0 is 2.
	Warmups int
	// Probe is how often warm-ups are looked at (probing.rebalance.interval.ms); 0 is 10 minutes.
	Probe time.Duration
	// Cleanup is how long the local state of a task is kept that moved away
	// (state.cleanup.delay.ms); 0 is 10 minutes.
	Cleanup time.Duration
	// Purge is how often repartition topics are emptied up to the position
	// committed (repartition.purge.interval.ms); 0 is 30 s, negative is never.
	Purge time.Duration
	// Refresh is how often inputs are looked at for more partitions
	// (metadata.max.age.ms); 0 is 30 s.
	Refresh time.Duration
	// Replicas is the replication factor of internal topics; 0 is the brokers' default.
	Replicas int16
	// Once stops when all input that was there at the start, and all that
	// followed from it through repartition topics, is processed and committed.
	Once bool
	// Feed makes what hears of the changes of a task's stores; nil is nobody.
	Feed func(task assign.TaskID) Feed
	// Clock is the wall clock; nil is time.Now.
	Clock func() time.Time
	// Logger gets what happens; nil drops it.
	Logger *slog.Logger

	disk diskOfTests
}

// diskOfTests stands between the stores and their files; the zero value does not.
type diskOfTests struct {
	fault    func() error // what the disk says to writes
	memTable int64        // bytes that are written at a time
}

// The bounds of what a producer is told. A batch of more than 64 MiB would not fit
// a request, and a longer wait is more than a group waits for.
const (
	maxLinger = 10 * time.Second
	minBatch  = 1 << 10
	maxBatch  = 64 << 20
)

// compressions are the names of Compression.
func compressions() []string { return []string{"none", "gzip", "snappy", "lz4", "zstd"} }

// compressor is nil where batches are left as they are.
func (o *Options) compressor() kgo.Compressor {
	var codec kgo.CompressionCodec
	switch o.Compression {
	case "gzip":
		codec = kgo.GzipCompression()
	case "snappy":
		codec = kgo.SnappyCompression()
	case "lz4":
		codec = kgo.Lz4Compression()
	case "zstd":
		codec = kgo.ZstdCompression()
	default:
		return nil
	}
	c, _ := kgo.DefaultCompressor(codec) // these are known
	return c
}

// ErrOptions is matched by every mistake in Options.
var ErrOptions = errors.New("streams options")

// Validate says what cannot work.
func (o *Options) Validate() error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrOptions}, a...)...)
	}
	switch {
	case !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(o.App) || o.App == "." || o.App == "..":
		return bad("the application id is %q: letters, digits, dots, dashes and underscores are possible", o.App)
	case o.Threads < 0 || o.Standbys < 0 || o.Warmups < 0 || o.AcceptableLag < 0 || o.CacheBytes < 0 || o.Commit < 0 || o.Session < 0 || o.Cleanup < 0 || o.Refresh < 0:
		return bad("a number is negative")
	case o.OffsetReset != "" && o.OffsetReset != "earliest" && o.OffsetReset != "latest" && o.OffsetReset != "none":
		return bad("the offset reset is %q: earliest, latest and none are possible", o.OffsetReset)
	case o.Linger < 0 || o.Linger > maxLinger:
		return bad("kafka.linger is %v: up to %v is possible", o.Linger, maxLinger)
	case o.BatchBytes != 0 && (o.BatchBytes < minBatch || o.BatchBytes > maxBatch):
		return bad("kafka.batch is %d bytes: %d to %d are possible", o.BatchBytes, minBatch, maxBatch)
	case !slices.Contains(compressions(), or(o.Compression, "none")):
		return bad("kafka.compression is %q: %s are possible", o.Compression, strings.Join(compressions(), ", "))
	case o.DLQ == "" && (o.OnError.Deserialize == DeadLetter || o.OnError.Process == DeadLetter || o.OnError.Produce == DeadLetter):
		return bad("records that fail go to a dead-letter topic, but none is named")
	}
	return nil
}

func (o *Options) setDefaults() {
	if o.Commit == 0 {
		o.Commit = 30 * time.Second
		if o.Listen != "" {
			o.Commit = time.Second
		}
		if o.Guarantee == ExactlyOnce {
			o.Commit = 100 * time.Millisecond
		}
	}
	o.Threads = or(o.Threads, 1)
	o.OffsetReset = or(o.OffsetReset, "earliest")
	o.Session = or(o.Session, 45*time.Second)
	o.AcceptableLag = or(o.AcceptableLag, 10_000)
	o.Warmups = or(o.Warmups, 2)
	o.Probe = or(o.Probe, 10*time.Minute)
	o.Purge = or(o.Purge, 30*time.Second)
	o.Cleanup = or(o.Cleanup, 10*time.Minute)
	o.Refresh = or(o.Refresh, 30*time.Second)
	o.Replicas = or(o.Replicas, -1)
	if o.Feed == nil {
		o.Feed = func(assign.TaskID) Feed { return nobody{} }
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
