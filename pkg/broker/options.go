package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// Options of a broker. The zero value but for DataDir, or Mem, is a broker for
// development on localhost:9092 that behaves as Apache Kafka's defaults say.
//
// What is set here goes before Set, and that before Properties.
type Options struct {
	// Listen are the addresses to listen on, HOST:PORT (default
	// localhost:9092). localhost means 127.0.0.1 and, where there is one, ::1;
	// port 0 picks a free one.
	Listen []string
	// Listeners are used as they are, instead of Listen, when there are any.
	Listeners []net.Listener
	// Advertise says where clients are told to connect to: auto (the default)
	// for the local address of their own connection, HOST:PORT, or
	// CIDR=HOST:PORT for clients whose address is in a network.
	Advertise []string

	// DataDir is where everything is kept; it is created. Ignored with Mem.
	DataDir string
	// Mem keeps everything in memory, MaxMemory bytes of it at most (default
	// 1 GiB): the oldest records of topics that may lose some go first.
	Mem       bool
	MaxMemory int64
	// FS replaces the file system. With Mem it is not used.
	FS vfs.FS

	// Sync is when records become durable (default none, as in Kafka: they
	// survive the process, not the machine), SyncInterval the pace of
	// logstore.SyncInterval (default 1 s).
	Sync         logstore.SyncMode
	SyncInterval time.Duration

	// Cleaning is called when a thread begins to clean a compacted log, with true, and
	// when it ends, with false. A process that has few processors may want to give
	// Go one more meanwhile (runtime.GOMAXPROCS): the thread is busy all the time,
	// and who serves clients would have one less.
	Cleaning func(begins bool)

	// FullValidation opens every compressed batch that a producer sends. By
	// default only topics that need it have theirs opened.
	FullValidation bool

	// Topics are created unless they exist.
	Topics []TopicSpec
	// Set are broker configs, by the names of Kafka's server.properties.
	Set map[string]string
	// Properties is a server.properties that was read.
	Properties *Properties

	// Now is the wall clock (default time.Now), from which records and answers have
	// their times. Timeouts, sessions and retention do not follow it when it is set.
	Now func() time.Time

	Logger *slog.Logger // default: discards
	// Metrics is where to serve /metrics, /healthz and /readyz, HOST:PORT;
	// empty for nowhere.
	Metrics string
	// DrainTimeout is how long Close waits for the answers to requests that are
	// under way (default 5 s).
	DrainTimeout time.Duration
	// Fatal is called, from any goroutine, when the broker cannot go on because
	// its metadata log failed to reach the disk. By default the broker stops
	// serving and logs it.
	Fatal func(error)
}

const defaultMaxMemory = 1 << 30

func (o Options) withDefaults() Options {
	if o.MaxMemory == 0 {
		o.MaxMemory = defaultMaxMemory
	}
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	if o.Mem {
		o.FS = vfs.NewMem(0)
		o.DataDir = "memory"
	}
	if o.SyncInterval == 0 {
		o.SyncInterval = time.Second
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Validate reports options that cannot be meant, without looking at the network
// or the disk.
func (o Options) Validate() error {
	switch {
	case o.Sync > logstore.SyncAlways:
		return &Error{Message: fmt.Sprintf("sync mode %d does not exist", o.Sync)}
	case o.MaxMemory < 0:
		return &Error{Message: "the memory limit is negative"}
	case o.SyncInterval < 0 || o.DrainTimeout < 0:
		return &Error{Message: "a duration is negative"}
	}
	for _, t := range o.Topics {
		if t.Name == "" {
			return &Error{Message: "a topic has no name"}
		}
	}
	_, err := newSettings(o)
	return err
}

// NamesDataDir says whether Set or Properties name a data directory, which then
// DataDir does not have to.
func (o Options) NamesDataDir() bool {
	for _, key := range []string{"log.dirs", "log.dir"} {
		if _, ok := o.Set[key]; ok {
			return true
		}
		if _, ok := o.Properties.Get(key); ok {
			return true
		}
	}
	return false
}

// TopicSpec is a topic to create.
type TopicSpec struct {
	Name       string
	Partitions int32 // 0 for the broker's num.partitions
	Replicas   int16 // 0 for the broker's default.replication.factor
	Configs    map[string]string
}

// ParseTopicSpec reads name[:partitions[:replicas[:key=value…]]]. Numbers may be
// left empty, and configs are separated by colons.
func ParseTopicSpec(s string) (TopicSpec, error) {
	bad := func(format string, args ...any) (TopicSpec, error) {
		return TopicSpec{}, &Error{
			Message: fmt.Sprintf("topic %q: ", s) + fmt.Sprintf(format, args...),
			Next:    "a topic is name[:partitions[:replicas[:key=value…]]], as in orders:6:1:cleanup.policy=compact",
			Usage:   true,
		}
	}
	parts := strings.Split(s, ":")
	spec := TopicSpec{Name: parts[0]}
	if spec.Name == "" {
		return bad("the name is empty")
	}
	if len(parts) > 1 && parts[1] != "" {
		n, err := strconv.ParseInt(parts[1], 10, 32)
		if err != nil || n < 1 {
			return bad("%q is no number of partitions", parts[1])
		}
		spec.Partitions = int32(n)
	}
	if len(parts) > 2 && parts[2] != "" {
		n, err := strconv.ParseInt(parts[2], 10, 16)
		if err != nil || n < 1 {
			return bad("%q is no number of replicas", parts[2])
		}
		spec.Replicas = int16(n)
	}
	last := ""
	for _, p := range parts[min(3, len(parts)):] {
		key, value, ok := strings.Cut(p, "=")
		switch {
		case ok && key != "":
			if spec.Configs == nil {
				spec.Configs = make(map[string]string)
			}
			spec.Configs[key], last = value, key
		case !ok && last != "":
			spec.Configs[last] += ":" + p // the colon belonged to the value
		default:
			return bad("%q is no key=value", p)
		}
	}
	return spec, nil
}

// String returns the form that ParseTopicSpec reads.
func (t TopicSpec) String() string {
	var b strings.Builder
	number := func(n int) {
		b.WriteByte(':')
		if n != 0 {
			fmt.Fprint(&b, n)
		}
	}
	b.WriteString(t.Name)
	number(int(t.Partitions))
	number(int(t.Replicas))
	for _, k := range slices.Sorted(maps.Keys(t.Configs)) {
		fmt.Fprintf(&b, ":%s=%s", k, t.Configs[k])
	}
	return strings.TrimRight(b.String(), ":")
}

// Error is why a broker does not start, in one line, with what to do about it.
type Error struct {
	Message string
	Next    string // what to do next; may be empty
	Err     error  // the cause; may be nil
	Usage   bool   // a mistake in the options rather than a failed operation

	cause error // of a Message that says it all; not printed
}

// Error returns the message and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e.cause != nil {
		return e.cause
	}
	return e.Err
}

// Hint returns what to do next.
func (e *Error) Hint() string { return e.Next }

// ExitCode returns the exit code of a command that fails with this error.
func (e *Error) ExitCode() int {
	if e.Usage {
		return 2
	}
	return 1
}

// ErrClosed is returned by what needs a broker that runs.
var ErrClosed = errors.New("broker is closed")
