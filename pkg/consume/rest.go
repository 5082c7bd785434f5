package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// lookAtRests is called when no record arrives. It finds out for each partition
// that is not at its end whether there is anything to come, since kgo tells
// nothing of a batch in which no record is left.
func (r *reader) lookAtRests(ctx context.Context) error {
	for _, key := range r.keys() {
		p := r.parts[key]
		for more := !p.done; more; {
			before := p.pos
			if err := r.lookAt(ctx, p); err != nil {
				return err
			}
			more = !p.done && p.pos > before
		}
	}
	return nil
}

// lookAt fetches once at the position of p and moves it over what holds no
// record for us. Records it finds are left for kgo to bring.
func (r *reader) lookAt(ctx context.Context, p *partition) error {
	resp, err := r.fetchOne(ctx, p, p.pos)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return r.refresh(ctx, p)
	}
	switch err := kerr.ErrorForCode(resp.ErrorCode); {
	case err == nil:
		p.missed = 0
		r.back()
	case errors.Is(err, kerr.OffsetOutOfRange):
		return r.overtaken(ctx, p)
	default:
		return r.refresh(ctx, p)
	}
	if len(resp.RecordBatches) == 0 {
		if r.readable(resp) >= p.end || p.past() { // nothing is stored from here to the end
			r.reached(p, p.end)
		}
		return nil
	}
	records, next := r.decode(p, p.pos, resp)
	if records.Err != nil {
		return fmt.Errorf("read %s partition %d at offset %d: %w", p.topic, p.number, p.pos, records.Err)
	}
	if len(records.Records) > 0 {
		next = records.Records[0].Offset
		recycle(records.Records)
	}
	r.reached(p, next)
	return nil
}

// refresh looks up where p is led now, after its leader did not answer for it,
// and whether its topic is still the one that was read. It asks the cluster
// itself, not what the client remembers.
func (r *reader) refresh(ctx context.Context, p *partition) error {
	req := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &p.topic
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, r.client)
	if err != nil {
		return r.wait(fmt.Errorf("look up topic %q: %w", p.topic, err))
	}
	if len(resp.Topics) != 1 {
		return fmt.Errorf("look up topic %q: the broker's answer leaves it out", p.topic)
	}
	t := resp.Topics[0]
	err = kerr.ErrorForCode(t.ErrorCode)
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), err == nil && t.TopicID != p.id:
		// A cluster that is busy may not know its topics for a moment.
		if p.missed++; p.missed >= 3 {
			return fmt.Errorf("topic %q: %w", p.topic, ErrDeleted)
		}
	case err == nil:
		p.missed = 0
		for _, detail := range t.Partitions {
			if detail.Partition == p.number && detail.Leader >= 0 {
				p.leader = detail.Leader
			}
		}
	}
	return nil
}

// wait decides whether to go on when the cluster does not answer.
func (r *reader) wait(err error) error {
	switch {
	case r.away.IsZero():
		r.away = time.Now()
		r.notice("the cluster does not answer, trying again: %v", err)
	case !r.options.Follow && time.Since(r.away) > patience:
		return err
	}
	return nil
}

// back notes that the cluster answers.
func (r *reader) back() {
	if !r.away.IsZero() {
		r.away = time.Time{}
		r.notice("the cluster answers again")
	}
}

// overtaken moves p to where its log begins now, or ends the run if the log has
// become shorter than what was read of it.
func (r *reader) overtaken(ctx context.Context, p *partition) error {
	adm := kadm.NewClient(r.client)
	start, err := adm.ListStartOffsets(ctx, p.topic)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	first, err := listed(start, partitionKey{p.topic, p.number})
	if err != nil {
		return err
	}
	if first <= p.pos {
		return fmt.Errorf("read %s partition %d at offset %d: %w", p.topic, p.number, p.pos, kerr.OffsetOutOfRange)
	}
	r.notice("%s partition %d: records %d to %d were deleted before they could be read", p.topic, p.number, p.pos, min(first, p.end)-1)
	r.reached(p, first)
	if !p.done && r.fetcher != r.client {
		r.fetcher.SetOffsets(map[string]map[int32]kgo.EpochOffset{p.topic: {p.number: {Epoch: -1, Offset: first}}})
	} else if !p.done {
		r.client.RemoveConsumePartitions(map[string][]int32{p.topic: {p.number}})
		r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{p.topic: {p.number: kgo.NewOffset().At(first)}})
	}
	return nil
}
