package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// copies lets a tool copy a topic inside `kq serve` to another one: kq as it does
// by default, and exactly once; kcat as two of it, with a pipe between them.
func copies(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	return s, b.withServer(ctx, "kq", false, func(srv *server) error {
		const from = "from"
		total := b.megabytes * 1_000_000 / b.recordSize
		if err := createTopic(srv.addr, from, b.partitions, nil); err != nil {
			return err
		}
		if err := produceLines(ctx, srv.addr, from, total, b.recordSize); err != nil {
			return fmt.Errorf("produce: %w", err)
		}
		ways := map[string]string{"least": `exec "$TOOL" copy from least -b "$ADDR"`, "exact": `exec "$TOOL" copy from exact -b "$ADDR" --exactly-once`}
		if peer == "kcat" {
			ways = map[string]string{"least": `"$TOOL" -b "$ADDR" -C -e -q -t from | "$TOOL" -b "$ADDR" -P -t least`}
		}
		for way, command := range ways {
			if err := createTopic(srv.addr, way, b.partitions, nil); err != nil {
				return err
			}
			settle()
			wall, cpu, serverCPU, err := b.copyOnce(ctx, srv, peer, command)
			if err != nil {
				return err
			}
			if err := consume(ctx, srv.addr, way, b.partitions, total); err != nil {
				return fmt.Errorf("read the copy: %w", err)
			}
			s["copy."+way] = float64(b.megabytes) / wall.Seconds()
			s["copy."+way+"-cpu"] = cpu / float64(b.megabytes) * 1000
			s["copy."+way+"-server"] = serverCPU / float64(b.megabytes) * 1000
		}
		return nil
	})
}

// copyOnce runs a command line, and tells how long it took by the clock, on the
// CPU, and on that of the server, in seconds.
func (b *bench) copyOnce(ctx context.Context, srv *server, tool, command string) (wall time.Duration, cpu, serverCPU float64, err error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "KQ_CONFIG="+filepath.Join(b.dir, "none.yaml"), "TOOL="+b.tools[tool], "ADDR="+srv.addr)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	before, began := cpuSeconds(srv.pid), time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w: %.300s", command, err, stderr.Bytes())
	}
	wall = time.Since(began)
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return wall, used.Seconds(), cpuSeconds(srv.pid) - before, nil
}

// produceLines is produce with values that are lines, which every tool can copy.
func produceLines(ctx context.Context, addr, topic string, total, size int) error {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(20_000),
	)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	const span = 1 << 20
	pool := make([]byte, span+size)
	for i := range pool {
		pool[i] = 'a' + byte(rand.Uint32()%26)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i := range total {
		at := (i * 7919) % span
		cl.Produce(ctx, &kgo.Record{Value: pool[at : at+size]}, func(_ *kgo.Record, err error) {
			if err != nil {
				cancel(err)
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return context.Cause(ctx)
	}
	return nil
}
