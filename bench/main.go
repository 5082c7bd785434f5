package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// config is what a run measures.
type config struct {
	runs        int
	megabytes   int
	warmup      int // MB in and out before the measured ones
	recordSize  int
	partitions  int
	trips       int
	manyParts   int
	lines       int
	starts      int
	fsyncTime   time.Duration
	members     int           // of groups: each of a group of its own, then together in ten
	beatTime    time.Duration // heartbeats are sent
	commitTime  time.Duration // offsets are committed
	offsets     int           // that a restarted server has
	txnTime     time.Duration // transactions are committed
	idleIDs     int           // transactional ids that do nothing
	streamLines int           // that streams applications count the words of
	quiet       time.Duration // without growth, after which an output has ended
	restoreKeys int           // that a streams application restores
	compactKeys int           // of a topic that is compacted; each comes twice
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == "spin" {
		return spin()
	}
	if len(args) == 4 && args[0] == "serve-kfake" {
		return serveKfake(ctx, args[1], args[2], args[3] == "sync")
	}
	var c config
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.IntVar(&c.runs, "runs", 5, "how often each peer is measured")
	fs.IntVar(&c.megabytes, "mb", 1000, "data written and read back, in MB of 10^6 bytes")
	fs.IntVar(&c.warmup, "warm", 300, "MB written and read back before, to warm up")
	fs.IntVar(&c.recordSize, "record", 1000, "bytes of a record's value")
	fs.IntVar(&c.partitions, "partitions", 6, "partitions of the topic")
	fs.IntVar(&c.trips, "trips", 2000, "single records sent for latencies")
	fs.IntVar(&c.manyParts, "many", 1000, "partitions of the start with many")
	fs.IntVar(&c.lines, "lines", 1_000_000, "lines of the command line's input; twice as many are read")
	fs.IntVar(&c.starts, "starts", 30, "cold starts of a command")
	fs.DurationVar(&c.fsyncTime, "fsync-time", 2*time.Second, "how long fsynced records are sent")
	fs.IntVar(&c.members, "members", 1000, "members of groups: each in a group of its own, then all in ten groups")
	fs.DurationVar(&c.beatTime, "beat-time", 5*time.Second, "how long members send heartbeats")
	fs.DurationVar(&c.commitTime, "commit-time", 3*time.Second, "how long offsets are committed")
	fs.IntVar(&c.offsets, "offsets", 1_000_000, "committed offsets that a restarted server has")
	fs.DurationVar(&c.txnTime, "txn-time", 4*time.Second, "how long transactions are committed")
	fs.IntVar(&c.idleIDs, "idle", 5000, "transactional ids that do nothing")
	fs.IntVar(&c.streamLines, "stream-lines", 400_000, "lines whose words streams applications count")
	fs.DurationVar(&c.quiet, "quiet", 1500*time.Millisecond, "how long an output does not grow when it has ended")
	fs.IntVar(&c.restoreKeys, "restore", 1_000_000, "keys that a streams application restores")
	fs.IntVar(&c.compactKeys, "compact-keys", 10_000_000, "keys of a compacted topic; each comes twice, in 50 bytes")
	peers := fs.String("peers", strings.Join(allPeers(), ","), "who takes part")
	only := fs.String("only", "", "measure these parts only, separated by commas: "+strings.Join(partNames(), ", "))
	out := fs.String("o", "", "write the table to this file, the samples beside it")
	readme := fs.String("readme", "../README.md", "with -o: the file whose text between the bench markers is replaced")
	render := fs.Bool("render", false, "measure nothing: write the files from the samples")
	if err := fs.Parse(args); err != nil {
		return err
	}
	files := outputs{table: *out, readme: *readme}
	res, err := files.load()
	if err != nil {
		return err
	}
	if *render {
		return files.write(res)
	}
	names := partNames()
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	for _, n := range names {
		if !slices.Contains(partNames(), n) {
			return fmt.Errorf("no part %q: there are %s", n, strings.Join(partNames(), ", "))
		}
	}
	return measure(ctx, c, strings.Split(*peers, ","), names, res, files)
}

// measure runs the parts and writes the files after each of them.
func measure(ctx context.Context, c config, peers, names []string, res *results, files outputs) error {
	dir, err := os.MkdirTemp("", "kq-bench-")
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	defer os.RemoveAll(dir)
	b, err := newBench(ctx, c, dir, peers)
	if err != nil {
		return err
	}
	began := time.Now()
	var failed []error
	for _, p := range parts() {
		if !slices.Contains(names, p.name) {
			continue
		}
		partBegan := time.Now()
		r, err := b.part(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if why := r.Failed["kq"]; why != "" {
			failed = append(failed, fmt.Errorf("%s: kq: %s", p.name, why))
		}
		b.progress("%s took %v", p.name, time.Since(partBegan).Round(time.Second))
		res.Machine, res.Parts[p.name] = machine(), r
		if err := files.write(res); err != nil {
			return err
		}
	}
	b.progress("done in %v", time.Since(began).Round(time.Second))
	if files.table == "" {
		fmt.Print(resultsPage(res, ""))
	}
	return errors.Join(failed...)
}

// outputs are the files of a run; no table, no files.
type outputs struct{ table, readme string }

func (o outputs) samples() string { return filepath.Join(filepath.Dir(o.table), "results.json") }
func (o outputs) notes() string   { return filepath.Join(filepath.Dir(o.table), "NOTES.md") }
