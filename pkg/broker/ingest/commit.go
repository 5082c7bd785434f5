package ingest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/newtopic"
)

// txnTimeout is how long a transaction may take before its outcome is looked up.
const txnTimeout = 20 * time.Second

// sweepKeys is how many keys that expired leave with one transaction.
const sweepKeys = 1000

// commit appends a group and its entries in a transaction, and answers those it
// can. An error means that the client is of no use any more; the calls that have
// no answer then may be there or not.
func (sh *shard) commit(ctx context.Context, group []*call) error {
	sh.mu.Lock()
	expired := sh.keys.oldest(sh.s.o.Now(), sweepKeys)
	sh.mu.Unlock()
	if len(group) == 0 && len(expired) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, txnTimeout)
	defer cancel()
	return sh.transaction(ctx, group, expired)
}

func (sh *shard) transaction(ctx context.Context, group []*call, expired []string) error {
	if err := sh.cl.BeginTransaction(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	sh.s.o.step(sh.n, "begun")
	if err := sh.records(ctx, group); err != nil {
		return err
	}
	if slices.ContainsFunc(group, func(c *call) bool { return c.failed != nil }) {
		return sh.split(ctx, group)
	}
	sh.s.o.step(sh.n, "records")
	values, end, err := sh.entries(ctx, group, expired)
	if err != nil {
		return err
	}
	sh.s.o.step(sh.n, "entries")
	if err := sh.end(ctx, group, kgo.TryCommit); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	sh.s.o.step(sh.n, "committed")
	sh.position = end // not before: what may or may not be committed has to be read
	sh.mu.Lock()
	for i, c := range group {
		sh.keys.put(c.key, values[i])
		delete(sh.calls, c.key)
	}
	for _, key := range expired {
		if !slices.ContainsFunc(group, func(c *call) bool { return c.key == key }) {
			sh.keys.remove(key)
		}
	}
	sh.keys.trim()
	sh.mu.Unlock()
	sh.s.o.step(sh.n, "answers")
	for _, c := range group {
		close(c.done)
	}
	return nil
}

// end ends the transaction of a group, whose records have been sent.
func (sh *shard) end(ctx context.Context, group []*call, how kgo.TransactionEndTry) error {
	if err := newtopic.Wait(ctx, sh.cl, sh.s.o.KeysTopic); err != nil {
		return err
	}
	for _, c := range group {
		if err := newtopic.Wait(ctx, sh.cl, c.t.name); err != nil {
			return err
		}
	}
	return sh.cl.EndTransaction(ctx, how)
}

// records appends the records of a group; what fails is noted in the calls.
func (sh *shard) records(ctx context.Context, group []*call) error {
	var all []*kgo.Record
	for _, c := range group {
		if c.tries++; c.tries > 1 { // the client may hold those of the last attempt still
			c.records = slices.Clone(c.records)
		}
		c.failed = nil
		for i := range c.records {
			all = append(all, &c.records[i])
		}
	}
	s := send(ctx, sh.cl.Produce, len(all), func(i int) *kgo.Record { return all[i] })
	if err := s.wait(ctx); err != nil {
		return fmt.Errorf("append records: %w", err)
	}
	for _, c := range group {
		for _, err := range s.errs[:len(c.records)] {
			c.failed = cmp.Or(c.failed, err)
		}
		s.errs = s.errs[len(c.records):]
	}
	return nil
}

// entries appends the entries of a group, whose records have their offsets, and
// tombstones for keys that expired. It returns the values of the entries, and the
// offset behind them.
func (sh *shard) entries(ctx context.Context, group []*call, expired []string) ([][]byte, int64, error) {
	o := &sh.s.o
	now := o.Now()
	values := make([][]byte, len(group))
	out := make([]kgo.Record, 0, len(group)+len(expired))
	for i, c := range group {
		c.e = entry{body: c.body, topic: c.t.name, time: now.UnixMilli(), window: o.Window.Milliseconds(), records: resultsOf(c.t, c.records)}
		values[i] = appendEntry(make([]byte, 0, 64+len(c.t.name)+12*len(c.records)), &c.e)
		out = append(out, kgo.Record{Key: []byte(c.key), Value: values[i]})
	}
	for _, key := range expired {
		if !slices.ContainsFunc(group, func(c *call) bool { return c.key == key }) {
			out = append(out, kgo.Record{Key: []byte(key)})
		}
	}
	last, err := sh.append(ctx, out)
	return values, last + 1, err
}

// append appends records to the shard's partition of the keys topic, and returns
// the offset of the last one.
func (sh *shard) append(ctx context.Context, records []kgo.Record) (int64, error) {
	now := sh.s.o.Now()
	s := send(ctx, sh.cl.Produce, len(records), func(i int) *kgo.Record {
		r := &records[i]
		r.Topic, r.Partition, r.Timestamp = sh.s.o.KeysTopic, int32(sh.n), now
		return r
	})
	if err := s.wait(ctx); err != nil {
		return 0, fmt.Errorf("append entries: %w", err)
	}
	if err := cmp.Or(s.errs...); err != nil {
		return 0, fmt.Errorf("append entries: %w", err)
	}
	return records[len(records)-1].Offset, nil
}

// split ends a transaction in which some records failed. Those that the cluster
// refuses for good go again, each alone, to tell the one that is to blame from its
// neighbours in the batch.
func (sh *shard) split(ctx context.Context, group []*call) error {
	if err := sh.end(ctx, group, kgo.TryAbort); err != nil {
		return fmt.Errorf("abort: %w", err)
	}
	var sound []*call
	var alone [][]*call
	for _, c := range group {
		if c.failed == nil {
			sound = append(sound, c)
			continue
		}
		why := refused(c.failed, c.t.name)
		if len(group) == 1 || why.code == http.StatusServiceUnavailable {
			sh.finish(c, entry{}, why)
		} else {
			alone = append(alone, []*call{c})
		}
	}
	if len(sound) > 0 {
		alone = append(alone, sound)
	}
	for _, some := range alone {
		if err := sh.commit(ctx, some); err != nil {
			return err
		}
	}
	return nil
}
