package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fsyncedProduce sends single records that are answered when they are on disk,
// over plain sockets, to one partition.
func fsyncedProduce(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	return s, b.withServer(ctx, peer, true, func(srv *server) error {
		configs := map[string]string{}
		if peer == "kafka" {
			configs["flush.messages"] = "1"
		}
		if err := createTopic(srv.addr, "synced", 1, configs); err != nil {
			return err
		}
		request := produceRequest("synced", 1, recordBatch(1, b.recordSize))
		for _, v := range []struct {
			key             string
			conns, inFlight int
		}{{"fsync.1", 1, 1}, {"fsync.16", 16, 1}, {"fsync.16x5", 16, 5}} {
			if _, err := flood(ctx, srv.addr, same(request), v.conns, v.inFlight, b.fsyncTime/4); err != nil {
				return fmt.Errorf("warm up: %w", err)
			}
			took, err := flood(ctx, srv.addr, same(request), v.conns, v.inFlight, b.fsyncTime)
			if err != nil {
				return fmt.Errorf("%d connections: %w", v.conns, err)
			}
			s[v.key] = float64(len(took)) / b.fsyncTime.Seconds()
			s[v.key+"-p50"], s[v.key+"-p99"] = percentiles(took)
		}
		return nil
	})
}

// same is the request of all connections.
func same(req kmsg.Request) func(int) kmsg.Request { return func(int) kmsg.Request { return req } }

// flood sends a connection's request over and over, inFlight at a time on each
// connection, and gives the times to the answers that came within d.
func flood(ctx context.Context, addr string, request func(conn int) kmsg.Request, conns, inFlight int, d time.Duration) ([]time.Duration, error) {
	type result struct {
		took []time.Duration
		err  error
	}
	results := make(chan result, conns)
	end := time.Now().Add(d)
	for i := range conns {
		go func() {
			took, err := repeat(ctx, addr, request(i), inFlight, end)
			results <- result{took, err}
		}()
	}
	var all []time.Duration
	var errs []error
	for range conns {
		r := <-results
		all, errs = append(all, r.took...), append(errs, r.err)
	}
	return all, errors.Join(errs...)
}

// repeat is one connection of a flood.
func repeat(ctx context.Context, addr string, req kmsg.Request, inFlight int, end time.Time) ([]time.Duration, error) {
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	raw, resp := frame(req), req.ResponseKind()
	var sent, took []time.Duration
	began := time.Now()
	for len(sent) < inFlight {
		sent = append(sent, time.Since(began))
		if err := c.send(raw); err != nil {
			return nil, err
		}
	}
	for len(sent) > 0 {
		if err := errors.Join(c.receive(resp), ctx.Err()); err != nil {
			return nil, err
		}
		if err := succeeded(resp); err != nil {
			return nil, err
		}
		now := time.Now()
		first := sent[0]
		sent = slices.Delete(sent, 0, 1)
		if now.After(end) && len(took) > 0 {
			continue // what is under way is waited for, not counted, but for a very first answer
		}
		took = append(took, now.Sub(began)-first)
		sent = append(sent, now.Sub(began))
		if err := c.send(raw); err != nil {
			return nil, err
		}
	}
	return took, nil
}
