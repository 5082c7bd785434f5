package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	if err := command(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() error {
	if len(os.Args) > 2 && os.Args[1] == fakeCommand {
		return runFake(os.Args[2], os.Args[3:])
	}
	var w work
	runs := flag.Int("runs", 3, "runs of every peer")
	flag.IntVar(&w.megabytes, "mb", 1000, "payload of a run, in MB")
	flag.IntVar(&w.recordBytes, "record", 1000, "bytes of a record's value")
	flag.IntVar(&w.partitions, "partitions", 6, "partitions of the topic")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return run(ctx, w, *runs)
}

// run measures every peer in turn, runs times, and prints the table.
func run(ctx context.Context, w work, runs int) error {
	tmp, err := os.MkdirTemp("", "kq-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	kq := filepath.Join(tmp, "kq")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", kq, "./cmd/kq")
	build.Dir = ".."
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build kq: %w", err)
	}
	peers := []peer{kqPeer(kq), kfakePeer()}
	results := map[string][]figures{}
	for i := range runs {
		for _, p := range peers {
			dir := filepath.Join(tmp, fmt.Sprintf("%s-%d", p.name, i))
			f, err := measure(ctx, p, w, dir)
			if err != nil {
				return fmt.Errorf("measure %s: %w", p.name, err)
			}
			fmt.Fprintf(os.Stderr, "run %d %-6s %v\n", i+1, p.name, f)
			results[p.name] = append(results[p.name], f)
			_ = os.RemoveAll(dir)
		}
	}
	printTable(os.Stdout, peers, results, w)
	return nil
}
