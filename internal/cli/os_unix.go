//go:build unix

package cli

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// catchPipeSignal makes a write to a closed standard output fail with EPIPE:
// without a receiver the signal kills the process. It is not ignored, because
// ignored signals are inherited by the commands that kq starts.
func catchPipeSignal() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

func stopSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }
