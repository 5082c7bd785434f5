package vfs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncOS is fdatasync: the bytes and the length, but not the times.
func syncOS(f *os.File) error {
	return control(f, "fdatasync", func(fd int) error { return unix.Fdatasync(fd) })
}

// keepFree is what reserveOS leaves of a volume to everybody else.
const keepFree = 1 << 30

// reserveOS serves ext4 alone. A file system that copies on write gains nothing,
// and one in memory would give the memory away at once.
func reserveOS(f *os.File, off, n int64) error {
	return control(f, "fallocate", func(fd int) error {
		var st unix.Statfs_t
		if err := unix.Fstatfs(fd, &st); err != nil {
			return err
		}
		if st.Type != unix.EXT4_SUPER_MAGIC || int64(st.Bavail)*int64(st.Bsize) < keepFree+n {
			return errors.ErrUnsupported
		}
		return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, off, n)
	})
}

// lockOS takes two locks on the same file. flock is what other copies of this
// program look at; the open-file-description lock also excludes a JVM broker,
// whose FileChannel.tryLock is a POSIX record lock. Both belong to the open
// file, so that a second Lock in this process fails too.
func lockOS(f *os.File) error {
	err := control(f, "flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	if err != nil {
		return err
	}
	err = control(f, "fcntl", func(fd int) error {
		return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return ErrLocked
	}
	return nil // a file system without record locks is still guarded by flock
}
