//go:build unix && !linux

package vfs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncOS is the full sync of os.File, which on darwin also empties the cache of
// the disk (F_FULLFSYNC).
func syncOS(f *os.File) error { return f.Sync() }

// lockOS uses flock, which on these systems excludes POSIX record locks too.
func lockOS(f *os.File) error {
	err := control(f, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

func reserveOS(*os.File, int64, int64) error { return errors.ErrUnsupported }
