package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const cliPartitions = 4

// testedJob is the example of a streams job whose tests are timed: it takes the longest.
const testedJob = "enrich-orders"

// commandLine times kq and kcat doing the same against kq's broker and against Kafka.
func commandLine(ctx context.Context, b *bench, p part, r *partResult) error {
	dir, err := b.fresh()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	input := filepath.Join(dir, "lines.json")
	if err := writeLines(input, b.lines); err != nil {
		return err
	}
	if err := b.binarySize(ctx, dir, r); err != nil {
		return err
	}
	for _, broker := range []string{"kq", "kafka"} {
		if why := b.missing[broker]; why != "" {
			r.Missing[broker] = why
			continue
		}
		err := b.withServer(ctx, broker, false, func(srv *server) error {
			c := &cli{bench: b, broker: broker, addr: srv.addr, home: dir, input: input}
			if err := c.prepare(ctx); err != nil {
				return fmt.Errorf("prepare on %s: %w", broker, err)
			}
			return b.interleave(ctx, p, r, c.turn)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cli runs tools against one broker.
type cli struct {
	*bench
	broker, addr, home, input string
	turns                     int
}

// argv are the command lines of a tool.
func (c *cli) argv(tool, what, topic string) []string {
	kcat, kq := []string{"-b", c.addr, "-t", topic}, []string{topic, "-b", c.addr}
	switch tool + " " + what {
	case "kq produce":
		return append([]string{"produce"}, kq...)
	case "kq values":
		return append([]string{"consume", "-f", "value"}, kq...)
	case "kq json":
		return append([]string{"consume", "-f", "json"}, kq...)
	case "kq list":
		return []string{"topic", "list", "-b", c.addr}
	case "kq help":
		return []string{"--help"}
	case "kq init":
		return []string{"streams", "init", testedJob, filepath.Join(c.home, "job.yaml"), "--force"}
	case "kq test":
		return []string{"streams", "test", filepath.Join(c.home, "job.yaml")}
	case "kcat produce":
		return append([]string{"-P"}, kcat...)
	case "kcat values":
		return append([]string{"-C", "-e", "-q"}, kcat...)
	case "kcat json":
		return append([]string{"-C", "-e", "-J", "-q"}, kcat...)
	case "kcat list":
		return []string{"-L", "-b", c.addr}
	}
	return []string{"-h"}
}

// run starts a tool and tells how long it took, by the clock and on the CPU.
func (c *cli) run(ctx context.Context, tool, what, topic string, stdout io.Writer) (wall, cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, c.tools[tool], c.argv(tool, what, topic)...)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+c.home) // nobody's own settings
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	if what == "produce" {
		in, err := os.Open(c.input)
		if err != nil {
			return 0, 0, fmt.Errorf("open the input: %w", err)
		}
		defer in.Close()
		cmd.Stdin = in
	}
	began := time.Now()
	if err := cmd.Run(); err != nil && what != "help" { // kcat -h exits with 1
		return 0, 0, fmt.Errorf("%s %s: %w: %.300s", tool, what, err, stderr.Bytes())
	}
	return time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// prepare fills the topic that is read, and sees that each tool that is fast
// reads all of it: one that ends early would look faster.
func (c *cli) prepare(ctx context.Context) error {
	if err := createTopic(c.addr, "two", cliPartitions, nil); err != nil {
		return err
	}
	if _, _, err := c.run(ctx, "kq", "init", "", nil); err != nil {
		return err
	}
	for range 2 {
		if _, _, err := c.run(ctx, "kq", "produce", "two", nil); err != nil {
			return err
		}
	}
	for _, try := range [][2]string{{"kq", "values"}, {"kq", "json"}, {"kcat", "values"}} {
		if c.tools[try[0]] == "" {
			continue
		}
		var lines lineCount
		if _, _, err := c.run(ctx, try[0], try[1], "two", &lines); err != nil {
			return err
		}
		if int(lines) != 2*c.lines {
			return fmt.Errorf("%s %s: %d lines of %d", try[0], try[1], lines, 2*c.lines)
		}
	}
	return nil
}

// turn is everything once, with one tool.
func (c *cli) turn(ctx context.Context, tool string) (sample, error) {
	s := sample{}
	c.turns++
	topic := fmt.Sprintf("in-%d", c.turns)
	if err := createTopic(c.addr, topic, cliPartitions, nil); err != nil {
		return nil, err
	}
	for _, what := range []string{"produce", "values", "json"} {
		from := map[bool]string{true: topic, false: "two"}[what == "produce"]
		wall, cpu, err := c.run(ctx, tool, what, from, nil)
		if err != nil {
			return nil, err
		}
		s["cli."+what+"-"+c.broker] = wall.Seconds()
		s["cli."+what+"-"+c.broker+"-cpu"] = cpu.Seconds()
	}
	if err := c.allArrived(topic); err != nil || c.broker != "kq" {
		return s, err
	}
	timed := []string{"help", "list"}
	if tool == "kq" { // nothing of kcat's is like it
		timed = append(timed, "test")
	}
	for _, what := range timed {
		took := make([]time.Duration, c.starts)
		for i := range took {
			var err error
			if took[i], _, err = c.run(ctx, tool, what, "", nil); err != nil {
				return nil, err
			}
		}
		slices.Sort(took)
		s["cli."+what], s["cli."+what+"-min"] = ms(took[len(took)/2]), ms(took[0])
	}
	return s, nil
}

func (c *cli) allArrived(topic string) error {
	conn, err := dial(c.addr)
	if err != nil {
		return err
	}
	defer conn.close()
	ends, err := conn.ends(topic, cliPartitions)
	if err != nil {
		return err
	}
	sum := 0
	for _, end := range ends {
		sum += int(end)
	}
	if sum != c.lines {
		return fmt.Errorf("%d records of %d lines", sum, c.lines)
	}
	return nil
}

// binarySize notes how large kq is, as measured and stripped.
func (b *bench) binarySize(ctx context.Context, dir string, r *partResult) error {
	stripped := filepath.Join(dir, "kq-stripped")
	if err := buildKQ(ctx, stripped, "-ldflags=-s -w"); err != nil {
		return err
	}
	plain, err := os.Stat(b.tools["kq"])
	small, err2 := os.Stat(stripped)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("look at the binary: %w", err)
	}
	r.add("kq", sample{"cli.binary": float64(plain.Size()) / 1e6, "cli.binary-stripped": float64(small.Size()) / 1e6})
	return nil
}

// writeLines makes the input: lines of JSON, about 95 bytes each.
func writeLines(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the input: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	cities := []string{"Lisbon", "Bergen", "Kyoto", "Quito", "Accra", "Turin", "Perth"}
	for i := range n {
		fmt.Fprintf(w, "{\"id\":%07d,\"user\":\"user-%05d\",\"amount\":%d.%02d,\"city\":%q,\"at\":\"2026-01-31T12:%02d:%02dZ\"}\n",
			i+1_000_000, i*7919%100_000, 100+i%900, i%100, cities[i%len(cities)], i/60%60, i%60)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write the input: %w", err)
	}
	return nil
}

// lineCount counts the lines written to it.
type lineCount int

func (l *lineCount) Write(p []byte) (int, error) {
	*l += lineCount(bytes.Count(p, []byte("\n")))
	return len(p), nil
}
