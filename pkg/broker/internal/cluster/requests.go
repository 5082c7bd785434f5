package cluster

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// run takes one request through its step and the log. What the step granted is
// only answered when it is committed; otherwise undo puts the error into the
// answer.
func run[Q, R any](ctx context.Context, c *Controller, q Q, step func(*stepper, Q) (R, []meta.Record), undo func(R, *refusal)) R {
	c.mu.Lock()
	defer c.mu.Unlock()
	resp, records := step(&c.step, q)
	err := ctx.Err()
	if err == nil {
		err = c.commit(records)
	}
	if err != nil {
		undo(resp, commitRefusal(err))
	}
	return resp
}

// commitRefusal says why a valid change did not happen.
func commitRefusal(err error) *refusal {
	switch {
	case errors.Is(err, errTooLarge):
		return excessive()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &refusal{err: kerr.RequestTimedOut}
	case errors.Is(err, logstore.ErrStorage), errors.Is(err, ErrFailed):
		return refuse(kerr.KafkaStorageError, "The metadata log cannot be written.")
	case errors.Is(err, ErrClosed):
		return refuse(kerr.NotController, "The controller is shutting down.")
	}
	return refuse(kerr.UnknownServerError, err.Error())
}

// CreateTopics creates topics. When it returns, the broker serves them. The
// timeout of the request is not used: the metadata log is local.
func (c *Controller) CreateTopics(ctx context.Context, q *kmsg.CreateTopicsRequest) *kmsg.CreateTopicsResponse {
	return run(ctx, c, q, (*stepper).createTopics, func(resp *kmsg.CreateTopicsResponse, why *refusal) {
		for i := range resp.Topics {
			if t := &resp.Topics[i]; t.ErrorCode == 0 {
				*t = refusedTopic(t.Topic, why)
			}
		}
	})
}

// DeleteTopics deletes topics, by name or by id.
func (c *Controller) DeleteTopics(ctx context.Context, q *kmsg.DeleteTopicsRequest) *kmsg.DeleteTopicsResponse {
	return run(ctx, c, q, (*stepper).deleteTopics, func(resp *kmsg.DeleteTopicsResponse, why *refusal) {
		for i := range resp.Topics {
			if t := &resp.Topics[i]; t.ErrorCode == 0 {
				why.fill(&t.ErrorCode, &t.ErrorMessage)
			}
		}
	})
}

// CreatePartitions adds partitions to topics.
func (c *Controller) CreatePartitions(ctx context.Context, q *kmsg.CreatePartitionsRequest) *kmsg.CreatePartitionsResponse {
	return run(ctx, c, q, (*stepper).createPartitions, func(resp *kmsg.CreatePartitionsResponse, why *refusal) {
		for i := range resp.Topics {
			if t := &resp.Topics[i]; t.ErrorCode == 0 {
				why.fill(&t.ErrorCode, &t.ErrorMessage)
			}
		}
	})
}

// IncrementalAlterConfigs changes single configs. All of a resource happens, or
// nothing.
func (c *Controller) IncrementalAlterConfigs(ctx context.Context, q *kmsg.IncrementalAlterConfigsRequest) *kmsg.IncrementalAlterConfigsResponse {
	return run(ctx, c, q, (*stepper).incrementalAlterConfigs, func(resp *kmsg.IncrementalAlterConfigsResponse, why *refusal) {
		for i := range resp.Resources {
			if r := &resp.Resources[i]; r.ErrorCode == 0 {
				why.fill(&r.ErrorCode, &r.ErrorMessage)
			}
		}
	})
}

// AlterConfigs replaces the configs of resources.
func (c *Controller) AlterConfigs(ctx context.Context, q *kmsg.AlterConfigsRequest) *kmsg.AlterConfigsResponse {
	return run(ctx, c, q, (*stepper).alterConfigs, func(resp *kmsg.AlterConfigsResponse, why *refusal) {
		for i := range resp.Resources {
			if r := &resp.Resources[i]; r.ErrorCode == 0 {
				why.fill(&r.ErrorCode, &r.ErrorMessage)
			}
		}
	})
}

// AllocateProducerIDs gives a broker a block of producer ids that nobody else
// gets, ever: the end of the block is on disk when it returns.
func (c *Controller) AllocateProducerIDs(ctx context.Context, q *kmsg.AllocateProducerIDsRequest) *kmsg.AllocateProducerIDsResponse {
	return run(ctx, c, q, (*stepper).allocateProducerIDs, func(resp *kmsg.AllocateProducerIDsResponse, why *refusal) {
		*resp = kmsg.NewAllocateProducerIDsResponse()
		resp.ErrorCode = why.err.Code
	})
}
