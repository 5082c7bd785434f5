//go:build windows

package cli

import (
	"errors"
	"os"
	"syscall"
)

// The two errors of a write to a pipe whose reader is gone.
const (
	errnoBrokenPipe = syscall.Errno(109)
	errnoNoData     = syscall.Errno(232)
)

func catchPipeSignal() {}

func isClosedPipe(err error) bool {
	return errors.Is(err, errnoBrokenPipe) || errors.Is(err, errnoNoData)
}

func stopSignals() []os.Signal { return []os.Signal{os.Interrupt} }
