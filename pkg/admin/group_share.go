package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A share group (KIP-932) commits nothing. In the place of a committed offset it has
// the start offset of each partition, below which it is done with all records; the
// brokers count its lag.

// shareOffsets adds to share groups the partitions that they have a state of, and
// their topics to topics.
func shareOffsets(ctx context.Context, cl *kgo.Client, groups []GroupDescription, topics map[string]bool) error {
	req := kmsg.NewPtrDescribeShareGroupOffsetsRequest()
	at := map[string]*GroupDescription{}
	for i := range groups {
		if g := &groups[i]; g.Error == nil && g.Type == ShareGroup {
			req.Groups = append(req.Groups, kmsg.DescribeShareGroupOffsetsRequestGroup{GroupID: g.Name})
			at[g.Name] = g
		}
	}
	if len(req.Groups) == 0 {
		return nil
	}
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err != nil {
			if ctx.Err() != nil {
				return shard.Err
			}
			for _, g := range shard.Req.(*kmsg.DescribeShareGroupOffsetsRequest).Groups {
				at[g.GroupID].Error = itemError(shard.Err, "")
			}
			continue
		}
		for i := range shard.Resp.(*kmsg.DescribeShareGroupOffsetsResponse).Groups {
			in := &shard.Resp.(*kmsg.DescribeShareGroupOffsetsResponse).Groups[i]
			if g := at[in.GroupID]; g != nil {
				g.Error = codeError(in.ErrorCode, in.ErrorMessage)
				g.sharePartitions(in)
			}
		}
	}
	for _, g := range at {
		for _, p := range g.Partitions {
			topics[p.Topic] = true
		}
	}
	return nil
}

// sharePartitions takes the partitions of an answer over.
func (g *GroupDescription) sharePartitions(in *kmsg.DescribeShareGroupOffsetsResponseGroup) {
	for _, t := range in.Topics {
		for _, p := range t.Partitions {
			row := GroupPartition{Topic: t.Topic, Number: p.Partition, Error: codeError(p.ErrorCode, p.ErrorMessage)}
			if p.StartOffset >= 0 {
				row.Current, row.LeaderEpoch = &p.StartOffset, &p.LeaderEpoch
			}
			if p.Lag >= 0 && row.Error == nil {
				row.Lag = &p.Lag
			}
			g.Partitions = append(g.Partitions, row)
		}
	}
	slices.SortFunc(g.Partitions, func(a, b GroupPartition) int {
		return placeKey{a.Topic, a.Number}.compare(placeKey{b.Topic, b.Number})
	})
}

// alterShare sets the start offsets that change, and notes in plan what failed.
func alterShare(ctx context.Context, cl *kgo.Client, group string, plan []ResetPartition) error {
	req := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	req.GroupID = group
	for _, p := range plan {
		if !p.Changed {
			continue
		}
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != p.Topic {
			req.Topics = append(req.Topics, kmsg.AlterShareGroupOffsetsRequestTopic{Topic: p.Topic})
		}
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, kmsg.AlterShareGroupOffsetsRequestTopicPartition{Partition: p.Number, StartOffset: *p.After})
	}
	resp, err := req.RequestWith(ctx, cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	switch {
	case errors.Is(err, kerr.NonEmptyGroup):
		return fmt.Errorf("%w now, which joined a moment ago", ErrGroupActive)
	case err != nil:
		return err
	}
	answers := map[placeKey]error{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			answers[placeKey{t.Topic, p.Partition}] = kerr.ErrorForCode(p.ErrorCode)
		}
	}
	for i := range plan {
		p := &plan[i]
		if !p.Changed {
			continue
		}
		err, ok := answers[placeKey{p.Topic, p.Number}]
		switch {
		case !ok:
			p.Error = itemError(kerr.UnknownServerError, "the broker's answer leaves it out")
		case err != nil:
			p.Error = itemError(err, "")
		default:
			continue
		}
		p.After, p.Moved, p.Changed = nil, nil, false
	}
	return nil
}

// deleteShare deletes the start offsets of topics, all partitions of each, and notes
// in plan what became of them.
func deleteShare(ctx context.Context, cl *kgo.Client, group string, plan []DeletedOffset) error {
	req := kmsg.NewPtrDeleteShareGroupOffsetsRequest()
	req.GroupID = group
	for _, p := range plan {
		if n := len(req.Topics); p.Deleted && (n == 0 || req.Topics[n-1].Topic != p.Topic) {
			req.Topics = append(req.Topics, kmsg.DeleteShareGroupOffsetsRequestTopic{Topic: p.Topic})
		}
	}
	resp, err := req.RequestWith(ctx, cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	switch {
	case errors.Is(err, kerr.NonEmptyGroup):
		return ErrGroupActive
	case err != nil:
		return err
	}
	answers := map[string]error{}
	for _, t := range resp.Topics {
		answers[t.Topic] = kerr.ErrorForCode(t.ErrorCode)
	}
	for i := range plan {
		p := &plan[i]
		if !p.Deleted {
			continue
		}
		err, ok := answers[p.Topic]
		if !ok {
			err = kerr.UnknownServerError
		}
		p.Error = itemError(err, "")
		p.Deleted = p.Error == nil
	}
	return nil
}
