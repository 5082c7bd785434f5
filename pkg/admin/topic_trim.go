package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TrimTopicOptions is which records to delete: those before a place.
type TrimTopicOptions struct {
	Topic      string
	Before     Position // FromEnd keeps the last N of each partition
	Partitions []int32  // empty for all
	DryRun     bool     // find out what would go and delete nothing

	// Approve is asked before anything is deleted; nil is yes. Its error ends TrimTopic.
	Approve func(plan []TrimmedPartition) error
}

// Validate finds what no cluster would take.
func (o *TrimTopicOptions) Validate() error {
	switch {
	case o.Topic == "":
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Before.Kind == AtStart:
		return fmt.Errorf("%w: nothing is before the start", ErrOptions)
	}
	return checkPartitions(o.Partitions)
}

// TrimmedPartition is the first offset of a partition before and after. The
// offsets are nil where they are not known; After is Before where nothing went.
type TrimmedPartition struct {
	Topic   string `json:"topic"`
	Number  int32  `json:"partition"`
	Before  *int64 `json:"before"`
	After   *int64 `json:"after"`
	Deleted int64  `json:"deleted"` // offsets between; records are fewer in compacted topics
	Error   *Error `json:"error,omitempty"`
}

// TrimTopic deletes the records before a place in each partition, by number
// (DeleteRecords, KIP-107). A topic that does not exist is an error.
func TrimTopic(ctx context.Context, cl *kgo.Client, o TrimTopicOptions) ([]TrimmedPartition, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	plan, targets, err := o.plan(ctx, cl)
	if err != nil || o.DryRun || len(targets) == 0 {
		return plan, err
	}
	if o.Approve != nil {
		if err := o.Approve(plan); err != nil {
			return nil, err
		}
	}
	return plan, o.delete(ctx, cl, plan, targets)
}

// plan finds what would go: the partitions with their starts, and the offset to
// delete to of each that has something to lose.
func (o *TrimTopicOptions) plan(ctx context.Context, cl *kgo.Client) ([]TrimmedPartition, map[int32]int64, error) {
	topics, err := ListTopicOffsets(ctx, cl, TopicOffsetsOptions{Topics: []string{o.Topic}, Partitions: o.Partitions, At: &o.Before})
	if err != nil {
		return nil, nil, fmt.Errorf("trim topic %q: %w", o.Topic, err)
	}
	if e := topics[0].Error; e != nil {
		return nil, nil, fmt.Errorf("trim topic %q: %w", o.Topic, e)
	}
	targets := map[int32]int64{}
	plan := make([]TrimmedPartition, len(topics[0].Partitions))
	for i, p := range topics[0].Partitions {
		t := TrimmedPartition{Topic: o.Topic, Number: p.Number, Before: p.Start, After: p.Start, Error: p.Error}
		if t.Error == nil {
			target := *p.Start
			switch {
			case p.At != nil:
				target = *p.At
			case o.Before.Kind == AtTime: // all records are older
				target = *p.End
			case o.Before.N > *p.End:
				t.Error = itemError(kerr.OffsetOutOfRange, fmt.Sprintf("offset %d is past the end, %d", o.Before.N, *p.End))
			}
			if t.Error == nil && target > *p.Start {
				targets[p.Number] = target
				t.After, t.Deleted = &target, target-*p.Start
			}
		}
		plan[i] = t
	}
	return plan, targets, nil
}

// delete deletes to the targets and puts what became of it into plan.
func (o *TrimTopicOptions) delete(ctx context.Context, cl *kgo.Client, plan []TrimmedPartition, targets map[int32]int64) error {
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = requestTimeout
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = o.Topic
	for n, target := range targets {
		p := kmsg.NewDeleteRecordsRequestTopicPartition()
		p.Partition, p.Offset = n, target
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	answers := map[int32]kmsg.DeleteRecordsResponseTopicPartition{}
	var failed error
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err != nil {
			failed = shard.Err
			continue
		}
		for _, t := range shard.Resp.(*kmsg.DeleteRecordsResponse).Topics {
			for _, p := range t.Partitions {
				answers[p.Partition] = p
			}
		}
	}
	if failed != nil && len(answers) == 0 {
		return fmt.Errorf("trim topic %q: %w", o.Topic, failed)
	}
	for i := range plan {
		p := &plan[i]
		if _, ok := targets[p.Number]; !ok {
			continue
		}
		a, ok := answers[p.Number]
		switch {
		case !ok:
			p.Error = itemError(failed, "")
			if failed == nil {
				p.Error = itemError(kerr.UnknownServerError, "the broker's answer leaves it out")
			}
		case a.ErrorCode == kerr.PolicyViolation.Code:
			p.Error = itemError(kerr.PolicyViolation, "records can only be deleted where cleanup.policy has delete in it (POLICY_VIOLATION)")
		case a.ErrorCode != 0:
			p.Error = codeError(a.ErrorCode, nil)
		default:
			p.After, p.Deleted = &a.LowWatermark, a.LowWatermark-*p.Before
			continue
		}
		p.After, p.Deleted = p.Before, 0
	}
	return nil
}
