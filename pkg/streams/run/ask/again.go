package ask

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Pause waits. It answers the error of ctx where that ends before.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Backoff is the pause after the attempt of that number, the first being 0: from
// 20 ms on twice as long each time, a second at most.
func Backoff(try int) time.Duration {
	return min(20*time.Millisecond<<min(try, 6), time.Second)
}

// Retriable says that asking again may help: brokers say so, or it is one
// of also, or no broker has answered, be it that it is not reached in time.
func Retriable(err error, also ...error) bool {
	var k *kerr.Error
	if errors.As(err, &k) {
		return k.Retriable || slices.ContainsFunc(also, func(x error) bool { return errors.Is(err, x) })
	}
	return !errors.Is(err, kgo.ErrClientClosed) && !errors.Is(err, context.Canceled)
}

// Again asks until the answer is none that asking again may change (Retriable), or
// ctx ends; between attempts it pauses.
func Again(ctx context.Context, question func() error, also ...error) error {
	for try := 0; ; try++ {
		err := question()
		if err == nil || ctx.Err() != nil || !Retriable(err, also...) {
			return err
		}
		if e := Pause(ctx, Backoff(try)); e != nil {
			return errors.Join(err, e)
		}
	}
}
