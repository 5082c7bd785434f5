//go:build unix

package vfs

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func openOS(name string, flag int, perm os.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

// syncDirOS ignores the answer of file systems that cannot sync a directory
// (some FUSE and network ones): there is nothing better to do on them.
func syncDirOS(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

func isPlatformNoSpace(err error) bool { return errors.Is(err, syscall.EDQUOT) }

// control runs one system call on the descriptor of f, which cannot be closed
// meanwhile, and repeats it when a signal interrupts it.
func control(f *os.File, call string, do func(fd int) error) error {
	rc, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var callErr error
	err = rc.Control(func(fd uintptr) {
		for {
			callErr = do(int(fd))
			if !errors.Is(callErr, unix.EINTR) {
				return
			}
		}
	})
	if err != nil { // the only reason not to call is that the file is closed
		return &os.PathError{Op: call, Path: f.Name(), Err: os.ErrClosed}
	}
	if callErr != nil {
		return &os.PathError{Op: call, Path: f.Name(), Err: callErr}
	}
	return nil
}

func usageOS(dir string) (Usage, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(dir, &st)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return Usage{}, err
		}
	}
	block := int64(st.Bsize)
	return Usage{Total: int64(st.Blocks) * block, Free: int64(st.Bavail) * block}, nil
}
