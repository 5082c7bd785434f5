package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The time between two tries, which doubles.
const (
	firstPause = 20 * time.Millisecond
	mostPause  = time.Second
)

// madeWithin is how long a topic that was made may take to be seen.
const madeWithin = 15 * time.Second

// retry calls f until it succeeds, fails for good, or patience is over.
func retry(ctx context.Context, patience time.Duration, f func() error) error {
	began, pause := time.Now(), firstPause
	for {
		err := f()
		if err == nil || !transient(err) || time.Since(began) > patience {
			return err
		}
		if !rest(ctx, pause) {
			return context.Cause(ctx)
		}
		pause = min(2*pause, mostPause)
	}
}

// retryOn is retry for what is about a topic: between tries its leaders are looked
// up, and a topic that is gone ends it.
func retryOn(ctx context.Context, topic *leaders, patience time.Duration, f func() error) error {
	return retry(ctx, patience, func() error {
		err := f()
		if err != nil && transient(err) {
			if again := topic.refresh(ctx); again != nil && lost(again) {
				return again
			}
		}
		return err
	})
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// transient tells that trying again may help: a Kafka error that says so, or a
// connection that broke.
func transient(err error) bool {
	if errors.Is(err, errMoved) {
		return true
	}
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return !lost(err) && kafka.Retriable || errors.Is(err, kerr.ConcurrentTransactions) || errors.Is(err, kerr.OperationNotAttempted)
	}
	for _, own := range []error{ErrGap, ErrAhead, ErrFenced, ErrLost, errBatch} {
		if errors.Is(err, own) {
			return false
		}
	}
	if lost(err) || errors.Is(err, context.Canceled) || errors.Is(err, kgo.ErrClientClosed) {
		return false
	}
	return true
}
