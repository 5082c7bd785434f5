//go:build unix

package run

import (
	"os"
	"syscall"
)

// lockFile holds a file until it is closed. It does not wait.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if err == syscall.EWOULDBLOCK {
			err = ErrStateInUse
		}
		return nil, err
	}
	return f, nil
}
