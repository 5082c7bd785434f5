package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	manyTopics = 10  // that share the many partitions
	manyBatch  = 100 // records of 100 bytes in a batch
)

// starts times a peer from the start of its process: on an empty directory
// until Metadata names it, then with many partitions, after a clean and an
// unclean stop, until all of them tell the right end.
func starts(ctx context.Context, b *bench, peer string) (s sample, err error) {
	base, err := b.fresh()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(base)
	settle()
	s = sample{}
	t, perTopic := target{dir: filepath.Join(base, "data")}, max(1, b.manyParts/manyTopics)
	srv, err := launch(ctx, b.brokers[peer], t, answersMetadata)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = srv.kill() // the first error is the one to tell
		}
	}()
	s["start.empty"] = ms(srv.ready)
	for i := range manyTopics {
		if err := createTopic(srv.addr, manyTopic(i), perTopic, nil); err != nil {
			return nil, err
		}
	}
	for round, stop := range []struct {
		key string
		how func(*server) error
	}{{"start.clean", (*server).stop}, {"start.unclean", (*server).kill}} {
		if err := fillMany(srv.addr, perTopic); err != nil {
			return nil, fmt.Errorf("fill: %w", err)
		}
		if err := stop.how(srv); err != nil {
			return nil, err
		}
		settle()
		end := int64(round+1) * manyBatch
		again, err := launch(ctx, b.brokers[peer], t, func(addr string) bool { return manyEnd(addr, perTopic, end) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stop.key, err)
		}
		srv = again
		s[stop.key] = ms(srv.ready)
	}
	return s, srv.stop()
}

func manyTopic(i int) string { return fmt.Sprintf("many-%d", i) }

// fillMany writes one batch to every partition.
func fillMany(addr string, perTopic int) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	batch := recordBatch(manyBatch, 100)
	for i := range manyTopics {
		resp, err := c.ask(produceRequest(manyTopic(i), perTopic, batch))
		if err != nil {
			return err
		}
		answer, ok := resp.(*kmsg.ProduceResponse)
		if !ok {
			return errors.New("an answer to something else")
		}
		if err := produced(answer); err != nil {
			return err
		}
	}
	return nil
}

// manyEnd reports whether every partition ends where it should.
func manyEnd(addr string, perTopic int, want int64) bool {
	c, err := dial(addr)
	if err != nil {
		return false
	}
	defer c.close()
	for i := range manyTopics {
		ends, err := c.ends(manyTopic(i), perTopic)
		if err != nil {
			return false
		}
		for _, end := range ends {
			if end != want {
				return false
			}
		}
	}
	return true
}
