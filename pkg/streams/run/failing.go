package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// errAgain asks for the work since the last commit to be done again.
var errAgain = errors.New("again from the last commit")

// handle applies the policy of the phase in which a record of a task failed.
// What the sender or a store cannot do is no record's fault.
func (t *thread) handle(a *active, err error) error {
	if g := t.rt.globals.damaged(); g != nil {
		return fmt.Errorf("global stores: %w", g)
	}
	if errors.Is(err, state.ErrCorrupt) {
		return damageOf(a.h.id, err)
	}
	if s := t.s.Err(); s != nil {
		return s
	}
	if t.generic != nil {
		return t.generic
	}
	var re *task.RecordError
	if !errors.As(err, &re) {
		return err
	}
	policy := [...]Policy{t.rt.o.OnError.Deserialize, t.rt.o.OnError.Process, t.rt.o.OnError.Produce}[re.Phase]
	if policy == Fail {
		return err
	}
	t.rt.o.Logger.Warn("record failed", "phase", re.Phase.String(), "topic", re.Origin.Topic, "partition", re.Origin.Partition, "offset", re.Origin.Offset, "err", re.Err)
	t.mu.Lock()
	t.counts.failed++
	t.mu.Unlock()
	if policy == DeadLetter && re.Origin.Offset >= 0 {
		return t.bury(re.Input, re.Origin, re.Phase, re.Err)
	}
	return nil
}

// rejected applies the policy for records that brokers did not take. It asks
// for the work again where the transaction has to go without a record that was
// in it: it was not written, so the transaction is whole without it.
func (t *thread) rejected(_ context.Context, r sender.Rejection) error {
	err := fmt.Errorf("produce to %s-%d: %w", r.Record.Topic, r.Record.Partition, r.Err)
	policy := t.rt.o.OnError.Produce
	if policy == Fail || r.Record.Topic == t.rt.o.DLQ {
		return err
	}
	t.rt.o.Logger.Warn("record was not taken", "topic", r.Record.Topic, "partition", r.Record.Partition, "err", r.Err)
	t.mu.Lock()
	t.counts.failed++
	t.mu.Unlock()
	if policy == Continue {
		return nil
	}
	in := task.Input{Key: r.Record.Key, Value: r.Record.Value, Timestamp: r.Record.Timestamp, Headers: r.Record.Headers}
	return t.bury(in, topology.Origin{Topic: r.Record.Topic, Partition: r.Record.Partition, Offset: -1}, task.Produce, r.Err)
}

// bury writes a record to the dead-letter topic.
func (t *thread) bury(in task.Input, o topology.Origin, phase task.Phase, why error) error {
	d := task.DeadLetter(in, o, phase, why)
	return t.s.Send(t.rt.ctx, &sender.Record{
		Topic: t.rt.o.DLQ, Partition: -1, PartitionKey: d.Key, Key: d.Key, Value: d.Value, Timestamp: d.Timestamp, Headers: d.Headers,
	})
}

// unreadable deals with a partition that could not be read on.
func (t *thread) unreadable(a *active, c *fetcher.Chunk) error {
	switch {
	case errors.Is(c.Err, kerr.OffsetOutOfRange):
		at, err := t.reset(t.rt.ctx, a, c.Key)
		if err != nil {
			return fmt.Errorf("%s-%d: offset %d is out of range: %w", c.Topic, c.Partition, c.Next, err)
		}
		t.rt.o.Logger.Warn("offset out of range: reading from where the offset reset says", "topic", c.Topic, "partition", c.Partition, "from", c.Next, "to", at.Next)
		t.f.Add(c.Topic, c.Partition, at.Next)
		return nil
	case errors.Is(c.Err, kerr.UnknownTopicOrPartition), errors.Is(c.Err, kerr.UnknownTopicID):
		t.rt.o.Logger.Warn("an input topic is not there any more", "topic", c.Topic, "err", c.Err)
		t.f.Add(c.Topic, c.Partition, c.Next)
		return nil
	}
	return fmt.Errorf("read %s-%d at offset %d: %w", c.Topic, c.Partition, c.Next, c.Err)
}
