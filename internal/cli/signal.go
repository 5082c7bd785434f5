package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
)

// ErrInterrupted is the cause of a context that a signal ended, and what a
// command returns when that is why it stopped: exit code 130.
var ErrInterrupted = errors.New("interrupted")

// Interruptible returns a context that ends with ErrInterrupted at the first
// interrupt or termination signal. From then on signals act as they do without
// kq, so that a second one stops the process at once.
func Interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals()...)
	go func() {
		select {
		case <-signals:
			cancel(ErrInterrupted)
		case <-ctx.Done():
		}
		signal.Stop(signals)
	}()
	return ctx, func() { cancel(context.Canceled) }
}
