package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	keyed       = "keyed"
	keyedValue  = 36               // bytes; with a key of 8 and what surrounds them, a record takes about 50
	keyedSize   = 50               // bytes of a record in the log
	idleHops    = 3000             // records from produce to consume before the cleaning
	compactWait = 10 * time.Minute // for a cleaning
)

// compaction fills a topic in which each key comes twice, and has it cleaned
// while single records go through another topic.
func compaction(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	return s, b.withServer(ctx, peer, false, func(srv *server) error {
		c := &compacting{srv: srv, dir: filepath.Join(filepath.Dir(srv.log), "data")}
		if err := c.fill(ctx, b.compactKeys); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
		h, err := newHopper(srv.addr, "through", b.recordSize)
		if err != nil {
			return err
		}
		defer h.close()
		hops := min(idleHops, 2*b.trips)
		for range hops / 2 {
			if _, err := h.hop(ctx); err != nil {
				return fmt.Errorf("produce to consume: %w", err)
			}
		}
		var idle []time.Duration
		for range hops {
			took, err := h.hop(ctx)
			if err != nil {
				return fmt.Errorf("produce to consume: %w", err)
			}
			idle = append(idle, took)
		}
		before, err := c.sealed()
		if err != nil {
			return err
		}
		busy, took, err := c.clean(ctx, h, before.end)
		if err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		after, err := c.sealed()
		if err != nil {
			return err
		}
		s["compact.rate"] = before.mb / took.Seconds()
		s["compact.left"] = after.mb / before.mb * 100
		s["compact.memory"] = c.peak
		_, s["compact.idle-p99"] = percentiles(idle)
		_, s["compact.busy-p99"] = percentiles(busy)
		s["compact.p99"] = s["compact.busy-p99"] / s["compact.idle-p99"]
		return nil
	})
}

// compacting is a topic that is cleaned on a server.
type compacting struct {
	srv  *server
	dir  string  // the server's data
	peak float64 // MB of memory while it cleaned
}

// fill writes every key twice, in an order that looks random.
func (c *compacting) fill(ctx context.Context, keys int) error {
	segment := max(1<<20, 2*keys*keyedSize/16)
	if err := createTopic(c.srv.addr, keyed, 1, map[string]string{
		"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "1", "segment.bytes": strconv.Itoa(segment),
	}); err != nil {
		return err
	}
	if err := alterConfig(c.srv.addr, kmsg.ConfigResourceTypeBroker, "", "log.cleaner.backoff.ms", "100"); err != nil {
		return err
	}
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(c.srv.addr), kgo.DefaultProduceTopic(keyed), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(100_000), kgo.ProducerBatchMaxBytes(512<<10),
	)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	const prime = 15485863
	var failed atomic.Pointer[error]
	for i := range 2 * keys {
		p := make([]byte, 8+keyedValue)
		binary.BigEndian.PutUint64(p, uint64(i)*prime%uint64(keys))
		binary.BigEndian.PutUint64(p[8:], uint64(i))
		cl.Produce(ctx, &kgo.Record{Key: p[:8], Value: p[8:]}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return err
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// part of a log that can be cleaned: all segments but the last.
type sealedPart struct {
	mb  float64
	end int64 // where the last segment begins
}

func (c *compacting) sealed() (s sealedPart, err error) {
	logs, err := filepath.Glob(filepath.Join(c.dir, keyed+"-0", "*.log"))
	if err != nil || len(logs) < 2 {
		return s, fmt.Errorf("%d segments: %w", len(logs), err)
	}
	slices.Sort(logs)
	last := len(logs) - 1
	for _, name := range logs[:last] {
		fi, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s.mb += float64(fi.Size()) / 1e6
	}
	s.end, err = strconv.ParseInt(strings.TrimSuffix(filepath.Base(logs[last]), ".log"), 10, 64)
	return s, err
}

// cleaned is where the server says that the dirty part begins.
func (c *compacting) cleaned() int64 {
	text, err := os.ReadFile(filepath.Join(c.dir, "cleaner-offset-checkpoint"))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if at, ok := strings.CutPrefix(line, keyed+" 0 "); ok {
			n, _ := strconv.ParseInt(at, 10, 64) // torn: the next look tells
			return n
		}
	}
	return 0
}

// clean has the cleaner begin, sends single records until it is done, and gives
// the times that both took.
func (c *compacting) clean(ctx context.Context, h *hopper, end int64) (hops []time.Duration, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, compactWait)
	defer cancel()
	if err := alterConfig(c.srv.addr, kmsg.ConfigResourceTypeTopic, keyed, "min.cleanable.dirty.ratio", "0.01"); err != nil {
		return nil, 0, err
	}
	began, done := time.Now(), make(chan time.Duration, 1)
	go func() {
		for ctx.Err() == nil && c.cleaned() < end {
			c.peak = max(c.peak, residentMB(c.srv.pid))
			<-time.After(10 * time.Millisecond)
		}
		done <- time.Since(began)
	}()
	for {
		hop, err := h.hop(ctx)
		if err != nil {
			return nil, 0, err
		}
		hops = append(hops, hop)
		select {
		case took := <-done:
			return hops, took, ctx.Err()
		default:
		}
	}
}

// hopper sends single records to a consumer that has read everything.
type hopper struct {
	producer, consumer *kgo.Client
	topic              string
	value              []byte
	failed             chan error
}

func newHopper(addr, topic string, size int) (*hopper, error) {
	if err := createTopic(addr, topic, 1, nil); err != nil {
		return nil, err
	}
	producer, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	consumer, err := fromStart(addr, topic, 1)
	if err != nil {
		producer.Close()
		return nil, fmt.Errorf("client: %w", err)
	}
	return &hopper{producer: producer, consumer: consumer, topic: topic, value: make([]byte, size), failed: make(chan error, 1)}, nil
}

func (h *hopper) close() {
	h.producer.Close()
	h.consumer.Close()
}

// hop is the time from produce to consume, after a pause.
func (h *hopper) hop(ctx context.Context) (time.Duration, error) {
	<-time.After(pause)
	began := time.Now()
	h.producer.Produce(ctx, &kgo.Record{Topic: h.topic, Value: h.value}, func(_ *kgo.Record, err error) { h.failed <- err })
	for got := 0; got == 0; {
		fetches := h.consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return 0, err
		}
		got = fetches.NumRecords()
	}
	took := time.Since(began)
	return took, <-h.failed
}

// alterConfig sets a dynamic config.
func alterConfig(addr string, kind kmsg.ConfigResourceType, name, key, value string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kind, name
	set := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	set.Name, set.Value = key, &value
	r.Configs = append(r.Configs, set)
	req.Resources = append(req.Resources, r)
	req.Version = 1
	resp, err := c.ask(req)
	if err != nil {
		return fmt.Errorf("set %s: %w", key, err)
	}
	for _, r := range resp.(*kmsg.IncrementalAlterConfigsResponse).Resources {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return fmt.Errorf("set %s: %w", key, err)
		}
	}
	return nil
}
