package ingest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrOptions is matched by every mistake in Options.
var ErrOptions = errors.New("invalid ingest options")

// KeysTopic is the topic that holds the entries of keys, unless Options say another.
const KeysTopic = "__kq_ingest_keys"

// Options of a Server.
type Options struct {
	// Listen is HOST:PORT; port 0 picks a free one. Beyond the loopback it needs TokenFile.
	Listen string
	// TokenFile holds the token that requests must bring, as "Authorization:
	// Bearer TOKEN". /healthz and /readyz go without.
	TokenFile string
	// Client says how to reach the cluster.
	Client []kgo.Opt

	// Window is how long a key is known (24h). An entry keeps the window it was
	// made with.
	Window time.Duration
	// KeysTopic holds the entries (KeysTopic). It is created when it is missing,
	// with a partition a shard.
	KeysTopic string
	// Shards is how many transactions run side by side (one for every four
	// processors, four at the most): fewer take more requests each, which is less
	// work. A keys topic that is there already decides by its number of partitions.
	Shards int
	// KeyMemory bounds what the entries of all keys take, in bytes (256 MiB: 2
	// million keys of 36 bytes, about). New keys are refused beyond it.
	KeyMemory int64

	// MaxBody bounds a request's body in bytes (8 MiB), MaxRecords the records in
	// it (10,000), and MaxPending the bodies of all that are under way (256 MiB).
	MaxBody    int64
	MaxRecords int
	MaxPending int64
	// BodyTimeout is how long a request may take to arrive (30s), AnswerTimeout how
	// long it waits for the cluster (30s).
	BodyTimeout, AnswerTimeout time.Duration

	// Now is the clock that keys age by (time.Now).
	Now func() time.Time
	// SweepInterval is how often keys that expired are looked for (1m).
	SweepInterval time.Duration
	// Logger gets what goes wrong; nil drops it.
	Logger *slog.Logger

	step func(shard int, point string) // tests: called between the steps of a transaction
}

// Validate fills the defaults in and finds what cannot work.
func (o *Options) Validate() error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("%w: listen %q: it is HOST:PORT", ErrOptions, o.Listen)
	}
	if o.TokenFile == "" && !loopback(host) {
		return fmt.Errorf("%w: listen %s: beyond the loopback a token file is needed", ErrOptions, o.Listen)
	}
	for what, d := range map[string]*time.Duration{"window": &o.Window, "body timeout": &o.BodyTimeout, "answer timeout": &o.AnswerTimeout, "sweep interval": &o.SweepInterval} {
		if *d < 0 {
			return fmt.Errorf("%w: the %s is negative", ErrOptions, what)
		}
	}
	if o.KeyMemory < 0 || o.MaxBody < 0 || o.MaxRecords < 0 || o.MaxPending < 0 || o.Shards < 0 || o.Shards > 64 {
		return fmt.Errorf("%w: a limit is negative, or there are more than 64 shards", ErrOptions)
	}
	o.fill()
	if o.Window < time.Second {
		return fmt.Errorf("%w: a window of %v: it is a second at least", ErrOptions, o.Window)
	}
	return nil
}

func (o *Options) fill() {
	def(&o.Window, 24*time.Hour)
	def(&o.KeysTopic, KeysTopic)
	def(&o.Shards, min(max(runtime.GOMAXPROCS(0)/4, 1), 4))
	def(&o.KeyMemory, 256<<20)
	def(&o.MaxBody, 8<<20)
	def(&o.MaxRecords, 10_000)
	def(&o.MaxPending, 256<<20)
	def(&o.BodyTimeout, 30*time.Second)
	def(&o.AnswerTimeout, 30*time.Second)
	def(&o.SweepInterval, time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.step == nil {
		o.step = func(int, string) {}
	}
}

func def[T comparable](to *T, v T) {
	var none T
	if *to == none {
		*to = v
	}
}

// loopback says that a host is this machine's own: an address, or localhost.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// shortestToken is what cannot be guessed, in bytes.
const shortestToken = 16

// readToken returns the sum of the token in a file; nil for no file. Sums are
// compared, so that the time that takes tells nothing.
func readToken(file string) (*[sha256.Size]byte, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read token file: %w", err)
	}
	b = bytes.TrimSpace(b)
	if len(b) < shortestToken || bytes.ContainsAny(b, " \t\r\n") {
		return nil, fmt.Errorf("%w: token file %s: it holds one word of at least %d characters", ErrOptions, file, shortestToken)
	}
	sum := sha256.Sum256(b)
	return &sum, nil
}
