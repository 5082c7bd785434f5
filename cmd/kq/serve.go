package main

import (
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kq/internal/cli"
	"kq/pkg/broker"
	"kq/pkg/broker/logstore"
)

// serveOptions are the flags of kq serve.
type serveOptions struct {
	listen, advertise []string
	data              string
	mem               bool
	maxMemory         string
	sync              string
	topics, set       []string
	readyFile         string
	logLevel          string
	metrics           string
	http              httpFlags
}

func newServeCommand(a *app) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve [server.properties] [flags] [-- CMD ARG…]",
		Short: "run a Kafka broker",
		Long: `Run a Kafka broker in this process, until it is interrupted.

Without flags it listens on localhost:9092, keeps its data in your data
directory and tells every client the address that the client reached. A
server.properties of Kafka may be given; flags go before what it says.

With -- CMD the broker runs as long as CMD does, which finds its address in
KQ_BOOTSTRAP; the exit code is that of CMD.

With --http it takes records over HTTP too, and those that come with an
Idempotency-Key once, however often they are sent; CMD finds it in KQ_HTTP.`,
		Example: `  kq serve
  kq serve --mem --topic orders:6 --topic users:1:1:cleanup.policy=compact
  kq serve --listen 0.0.0.0:9092 --advertise 172.17.0.0/16=host.internal:9092
  kq serve --mem --listen localhost:0 -- go test ./...
  kq serve --http localhost:8082`,
		Args: func(cmd *cobra.Command, args []string) error {
			if n := filesGiven(cmd, args); n > 1 {
				return cli.WithHint(cli.Usagef("serve takes one server.properties, not %d arguments", n),
					"a command to run goes after --")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n := filesGiven(cmd, args)
			return runServe(cmd.Context(), a, &o, args[:n], args[n:])
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *serveOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringArrayVar(&o.listen, "listen", nil, "listen on `HOST:PORT`, where port 0 picks a free one (default: localhost:9092); repeatable")
	f.StringArrayVar(&o.advertise, "advertise", nil, "tell clients to connect to `HOST:PORT`, to auto (what they reached, the default), or by their network, CIDR=HOST:PORT; repeatable")
	f.StringVar(&o.data, "data", "", "keep data in `DIR` (default: the user's data directory)")
	f.BoolVar(&o.mem, "mem", false, "keep everything in memory")
	f.StringVar(&o.maxMemory, "max-memory", "1GiB", "with --mem, drop the oldest records beyond `SIZE`")
	f.StringVar(&o.sync, "sync", "none", "when records are on disk for sure, `MODE`: none, interval, commit or always")
	f.StringArrayVar(&o.topics, "topic", nil, "create a topic, `name[:partitions[:replicas[:key=value…]]]`; repeatable")
	f.StringArrayVar(&o.set, "set", nil, "a broker config, `KEY=VALUE`; repeatable")
	f.StringVar(&o.readyFile, "ready-file", "", "write the address to `FILE` when ready, remove it at a clean stop")
	f.StringVar(&o.logLevel, "log-level", "warn", "log from `LEVEL` on: debug, info, warn or error")
	f.StringVar(&o.metrics, "metrics", "", "answer /metrics, /healthz and /readyz on `HOST:PORT`")
	o.http.addFlags(f)
}

// filesGiven is the number of arguments before a --.
func filesGiven(cmd *cobra.Command, args []string) int {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return n
	}
	return len(args)
}

// options turns flags and a server.properties into those of a broker.
func (o *serveOptions) options(a *app, files []string) (broker.Options, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return broker.Options{}, cli.Usagef("--log-level %s: want debug, info, warn or error", o.logLevel)
	}
	opts := broker.Options{
		Listen: o.listen, Advertise: o.advertise, DataDir: o.data, Mem: o.mem, Metrics: o.metrics,
		Set:    make(map[string]string, len(o.set)),
		Logger: slog.New(slog.NewTextHandler(a.env.Err, &slog.HandlerOptions{Level: level})),
	}
	tuneProcessors(a.env, &opts)
	var err error
	if opts.Sync, err = logstore.ParseSyncMode(o.sync); err != nil {
		return opts, cli.Usagef("--sync: %v", err)
	}
	if opts.MaxMemory, err = parseSize(o.maxMemory); err != nil {
		return opts, cli.Usagef("--max-memory %s: %v", o.maxMemory, err)
	}
	for _, s := range o.set {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" {
			return opts, cli.Usagef("--set %s: want key=value", s)
		}
		opts.Set[key] = value
	}
	for _, s := range o.topics {
		spec, err := broker.ParseTopicSpec(s)
		if err != nil {
			return opts, err
		}
		opts.Topics = append(opts.Topics, spec)
	}
	for _, file := range files {
		if opts.Properties, err = broker.ReadProperties(file); err != nil {
			return opts, err
		}
		for _, w := range opts.Properties.Warnings {
			a.note("warning: %s", w)
		}
	}
	if !opts.Mem && opts.DataDir == "" && !opts.NamesDataDir() {
		opts.DataDir, err = defaultDataDir(a.env)
	}
	return opts, err
}
