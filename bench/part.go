package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// sample is what one turn of one peer gave: row key to value.
type sample map[string]float64

// part is a group of rows that is measured together.
type part struct {
	name, title, about string
	peers              []string
	awake              bool // the processors may not halt meanwhile
	run                func(ctx context.Context, b *bench, p part, r *partResult) error
}

func partNames() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// bench is one invocation.
type bench struct {
	config
	dir     string // for everything that is written, removed at the end
	started time.Time
	brokers map[string]starter
	tools   map[string]string // paths of kq and kcat
	missing map[string]string // why a peer is left out
	// kafkaJars is the class path of Apache Kafka, jvmClasses that of the JVM's word counts.
	kafkaJars, jvmClasses string
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(b.started).Seconds(), fmt.Sprintf(format, args...))
}

// part measures one part with the peers that are here.
func (b *bench) part(ctx context.Context, p part) (*partResult, error) {
	r := &partResult{
		Measured: time.Now().UTC().Truncate(time.Minute), Runs: b.runs, Sizes: b.sizes(p.name),
		Missing: map[string]string{}, Failed: map[string]string{}, Samples: map[string]map[string][]float64{},
	}
	for _, name := range p.peers {
		if why, ok := b.missing[name]; ok {
			r.Missing[name] = why
		}
	}
	if p.awake {
		stop, err := keepAwake(ctx)
		if err != nil {
			return r, err
		}
		defer stop()
	}
	return r, p.run(ctx, b, p, r)
}

// sizes tells what a part measures with, when that can be chosen.
func (b *bench) sizes(part string) string {
	switch part {
	case "server":
		return fmt.Sprintf("%d MB after %d MB to warm up, %d-byte records, %d partitions", b.megabytes, b.warmup, b.recordSize, b.partitions)
	case "copy":
		return fmt.Sprintf("%d MB, %d-byte records, %d partitions", b.megabytes, b.recordSize, b.partitions)
	case "latency":
		return fmt.Sprintf("%d records of %d bytes", b.trips, b.recordSize)
	case "fsync":
		return fmt.Sprintf("%v each, %d-byte records", b.fsyncTime, b.recordSize)
	case "groups":
		return fmt.Sprintf("%d members, heartbeats every %v for %v", b.members, beatEvery, b.beatTime)
	case "commits":
		return fmt.Sprintf("%v each, %d offsets at the restart", b.commitTime, b.offsets)
	case "txns":
		return fmt.Sprintf("%v each, %d-byte records, %d idle ids", b.txnTime, b.recordSize, b.idleIDs)
	case "door":
		return fmt.Sprintf("%v each, %d-byte values, %d partitions", b.txnTime, doorRecord, b.partitions)
	case "streams", "streams-kafka":
		return fmt.Sprintf("%d lines of %d words, %d partitions, %d threads; %d keys restored", b.streamLines, wordsInLine, streamsParts, streamsParts, b.restoreKeys)
	case "engine":
		return fmt.Sprintf("%d lines of %d words", b.streamLines/4, wordsInLine)
	case "compact":
		return fmt.Sprintf("%d keys, each twice, in records of %d bytes", b.compactKeys, keyedSize)
	case "start":
		return fmt.Sprintf("%d partitions", b.manyParts)
	}
	return fmt.Sprintf("%d lines, %d cold starts a run", b.lines, b.starts)
}

// interleave lets the peers take turns, each run beginning with another of them,
// so that none always follows the same. One that fails is dropped with its reason.
func (b *bench) interleave(ctx context.Context, p part, r *partResult, measure func(ctx context.Context, peer string) (sample, error)) error {
	for i := range b.runs {
		for j := range p.peers {
			peer := p.peers[(i+j)%len(p.peers)]
			if r.Missing[peer] != "" || r.Failed[peer] != "" {
				continue
			}
			s, err := measure(ctx, peer)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				b.progress("%s %d/%d %s failed: %v", p.name, i+1, b.runs, peer, err)
				r.drop(peer, err)
				continue
			}
			b.progress("%s %d/%d %s: %s", p.name, i+1, b.runs, peer, s)
			r.add(peer, s)
		}
	}
	return nil
}

func (s sample) String() string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(s)) {
		words = append(words, fmt.Sprintf("%s %.4g", k[strings.IndexByte(k, '.')+1:], s[k]))
	}
	return strings.Join(words, ", ")
}

// turns is the run of a part whose turns each have a server of their own.
func turns(measure func(ctx context.Context, b *bench, peer string) (sample, error)) func(context.Context, *bench, part, *partResult) error {
	return func(ctx context.Context, b *bench, p part, r *partResult) error {
		return b.interleave(ctx, p, r, func(ctx context.Context, peer string) (sample, error) { return measure(ctx, b, peer) })
	}
}

// fresh makes an empty directory; the caller removes it.
func (b *bench) fresh() (string, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	return dir, nil
}

// withServer runs f against a peer on an empty directory.
func (b *bench) withServer(ctx context.Context, peer string, fsync bool, f func(*server) error) error {
	base, err := b.fresh()
	if err != nil {
		return err
	}
	defer os.RemoveAll(base)
	settle()
	s, err := launch(ctx, b.brokers[peer], target{dir: filepath.Join(base, "data"), fsync: fsync}, answersMetadata)
	if err != nil {
		return err
	}
	if err := f(s); err != nil {
		_ = s.kill() // the first error is the one to tell
		return err
	}
	return s.stop()
}

func machine() string {
	return fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
