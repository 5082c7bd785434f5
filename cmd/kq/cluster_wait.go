package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/client"
)

// errNoController is a cluster that answers and cannot do anything yet.
var errNoController = errors.New("the cluster has no controller yet")

// await is connect for a cluster that may not be there yet: it tries again until
// f succeeds or the time is over, which is exit code 3. What waiting does not
// mend ends it at once.
func (a *app) await(cmd *cobra.Command, limit time.Duration, f func(ctx context.Context, cl *kgo.Client) error) error {
	const first, most = 50 * time.Millisecond, time.Second
	if a.timeout > 0 {
		limit = min(limit, a.timeout)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), limit)
	defer cancel()
	outer := cmd.Context()
	cmd.SetContext(ctx)
	defer cmd.SetContext(outer)
	var last error
	for pause := first; ; pause = min(2*pause, most) {
		err := a.connect(cmd, f)
		switch {
		case err == nil:
			return nil
		case outer.Err() != nil:
			return err
		case ctx.Err() != nil && last == nil:
			last = err
		case ctx.Err() == nil && !mayPass(err):
			return err
		case ctx.Err() == nil:
			last = err
			a.trace("not yet: %v", err)
		}
		select {
		case <-ctx.Done():
			if outer.Err() != nil {
				return context.Cause(outer)
			}
			return cli.WithCode(tooLong(limit, last), cli.CodeCondition)
		case <-time.After(pause):
		}
	}
}

// mayPass tells that an error may be one of a cluster that is starting.
func mayPass(err error) bool {
	if errors.Is(err, kerr.SaslAuthenticationFailed) || errors.Is(err, kerr.UnsupportedSaslMechanism) {
		return false
	}
	var connect *client.ConnectError
	var kafka *kerr.Error
	return errors.Is(err, errNoController) || errors.As(err, &connect) ||
		errors.As(err, &kafka) && kafka.Retriable || errors.Is(err, context.DeadlineExceeded)
}

// tooLong is the error of a wait in vain, with the last reason.
func tooLong(limit time.Duration, last error) error {
	if last == nil || errors.Is(last, context.DeadlineExceeded) {
		return fmt.Errorf("no answer from the cluster within %v", limit)
	}
	e := fmt.Errorf("no answer from the cluster within %v: %w", limit, last)
	var hinted interface{ Hint() string }
	if errors.As(last, &hinted) && hinted.Hint() != "" {
		return cli.WithHint(e, "%s", hinted.Hint())
	}
	return e
}
