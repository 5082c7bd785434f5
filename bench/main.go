package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

// config is what a run measures.
type config struct {
	runs       int
	megabytes  int
	recordSize int
	partitions int
	roundTrips int
	peers      []string
	out        string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) == 4 && os.Args[1] == "serve-kfake" {
		return serveKfake(ctx, os.Args[2], os.Args[3])
	}
	var c config
	var peers string
	flag.IntVar(&c.runs, "runs", 3, "how often each peer is measured")
	flag.IntVar(&c.megabytes, "mb", 1000, "data written and read back, in MB of 10^6 bytes")
	flag.IntVar(&c.recordSize, "record", 1000, "bytes of a record's value")
	flag.IntVar(&c.partitions, "partitions", 6, "partitions of the topic")
	flag.IntVar(&c.roundTrips, "trips", 2000, "single records sent for the round trip")
	flag.StringVar(&peers, "peers", "kq,kfake", "who takes part: kq, kfake, apache")
	flag.StringVar(&c.out, "o", "", "write the table to this file too")
	flag.Parse()
	c.peers = strings.Split(peers, ",")
	start, err := starters(ctx, c.peers)
	if err != nil {
		return err
	}
	results := map[string][]result{}
	for i := range c.runs {
		for _, p := range c.peers {
			fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", i+1, c.runs, p)
			r, err := measure(ctx, c, start[p])
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			fmt.Fprintf(os.Stderr, "  %s\n", r)
			results[p] = append(results[p], r)
		}
	}
	table := render(c, results)
	fmt.Print(table)
	if c.out != "" {
		return os.WriteFile(c.out, []byte(table), 0o644)
	}
	return nil
}
