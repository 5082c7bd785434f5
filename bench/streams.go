package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	streamsInput    = "streams-plaintext-input"
	streamsOutput   = "streams-wordcount-output"
	wordsInLine     = 5
	distinctWords   = 50_000
	streamsLimit    = 10 * time.Minute
	streamsParts    = 2
	streamsPollTime = 10 * time.Millisecond
)

// streamsModes are the jobs that are measured; each peer has them all.
func streamsModes() []string { return []string{"plain", "eos", "windowed"} }

// streamsOn is the part that runs kq's word count and the JVM's on one kind of broker.
func streamsOn(broker string) func(ctx context.Context, b *bench, peer string) (sample, error) {
	return func(ctx context.Context, b *bench, peer string) (sample, error) {
		if why := b.missing[broker]; why != "" {
			return nil, fmt.Errorf("no %s broker: %s", broker, why)
		}
		s := sample{}
		for _, mode := range streamsModes() {
			if err := b.countWords(ctx, broker, peer, mode, s); err != nil {
				return nil, fmt.Errorf("%s: %w", mode, err)
			}
		}
		if broker != "kq" {
			return s, nil
		}
		if err := b.restoreWords(ctx, broker, peer, s); err != nil {
			return nil, fmt.Errorf("restore: %w", err)
		}
		return s, nil
	}
}

// words are lines of words of a fixed seed, few of them frequent as in texts.
func words(lines int) []string {
	r := rand.New(rand.NewPCG(42, 6))
	zipf := rand.NewZipf(r, 1.1, 4, distinctWords-1)
	out := make([]string, lines)
	var b strings.Builder
	for i := range out {
		b.Reset()
		for w := range wordsInLine {
			if w > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "word%d", zipf.Uint64())
		}
		out[i] = b.String()
	}
	return out
}

// countWords fills the input, starts the application and follows its output to the end.
func (b *bench) countWords(ctx context.Context, broker, peer, mode string, s sample) error {
	return b.withServer(ctx, broker, false, func(srv *server) error {
		lines := words(b.streamLines)
		adm, err := prepareStreams(ctx, srv.addr, lines)
		if err != nil {
			return err
		}
		defer adm.Close()
		dir, err := b.fresh()
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		app, err := b.startApp(peer, appRun{addr: srv.addr, dir: dir, mode: mode})
		if err != nil {
			return err
		}
		first, last, err := followOutput(ctx, adm, app, int64(len(lines)*wordsInLine), b.quiet)
		cpu, peak := cpuSeconds(app.pid), peakMB(app.pid)
		if err != nil {
			return errors.Join(err, app.kill())
		}
		key := "streams." + mode
		s[key] = float64(len(lines)) / (last - first).Seconds()
		s[key+"-cpu"] = cpu / float64(len(lines)) * 1e6
		s[key+"-memory"] = peak
		s[key+"-first"] = first.Seconds()
		if err := app.stop(); err != nil {
			return err
		}
		if mode == "windowed" {
			return nil
		}
		return verifyCounts(ctx, srv.addr, lines)
	})
}

// prepareStreams makes the topics and writes the lines.
func prepareStreams(ctx context.Context, addr string, lines []string) (*kadm.Client, error) {
	for _, topic := range []string{streamsInput, streamsOutput} {
		if err := createTopic(addr, topic, streamsParts, nil); err != nil {
			return nil, err
		}
	}
	if err := sendLines(ctx, addr, lines); err != nil {
		return nil, err
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return kadm.NewClient(cl), nil
}

func sendLines(ctx context.Context, addr string, lines []string) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(streamsInput), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	var failed error
	now := time.Now()
	for i, line := range lines {
		r := &kgo.Record{Value: []byte(line), Timestamp: now.Add(time.Duration(i/1000) * time.Millisecond)}
		cl.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err // callbacks come one after the other
			}
		})
	}
	return errors.Join(cl.Flush(ctx), failed)
}

// followOutput waits until the output has least records and grows no more. It
// gives the times of the first and of the last growth since the process was
// started. Silence is longer than a commit interval.
func followOutput(ctx context.Context, adm *kadm.Client, app *server, least int64, quiet time.Duration) (first, last time.Duration, err error) {
	began := app.began
	var seen int64
	for time.Since(began) < streamsLimit {
		n, err := topicEnd(ctx, adm, streamsOutput)
		if err != nil {
			return 0, 0, err
		}
		now := time.Since(began)
		if n > 0 && first == 0 {
			first = now
		}
		if n > seen {
			seen, last = n, now
		}
		if seen >= least && now-last > quiet {
			return first, last, nil
		}
		select {
		case <-app.done:
			return 0, 0, fmt.Errorf("the application ended: %s", app.lastWords())
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-time.After(streamsPollTime):
		}
	}
	return 0, 0, fmt.Errorf("%d of %d output records after %v: %s", seen, least, streamsLimit, app.lastWords())
}

func topicEnd(ctx context.Context, adm *kadm.Client, topic string) (int64, error) {
	ends, err := adm.ListEndOffsets(ctx, topic)
	if err != nil {
		return 0, fmt.Errorf("list end offsets: %w", err)
	}
	var sum int64
	ends.Each(func(o kadm.ListedOffset) { sum += max(o.Offset, 0) })
	return sum, ends.Error()
}

// verifyCounts reads the output and compares the last count of each word.
func verifyCounts(ctx context.Context, addr string, lines []string) error {
	want := map[string]uint64{}
	for _, line := range lines {
		for w := range strings.FieldsSeq(line) {
			want[w]++
		}
	}
	got, err := lastCounts(ctx, addr)
	if err != nil {
		return err
	}
	for w, n := range want {
		if got[w] != n {
			return fmt.Errorf("the last count of %s is %d, not %d", w, got[w], n)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d words were counted, not %d", len(got), len(want))
	}
	return nil
}

// groupGone waits until a group has no members: a JVM's stay until their session ends.
func groupGone(ctx context.Context, adm *kadm.Client, group string) error {
	for range 600 {
		described, err := adm.DescribeGroups(ctx, group)
		if err != nil {
			return fmt.Errorf("describe group %s: %w", group, err)
		}
		if len(described[group].Members) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("group %s still has members", group)
}
