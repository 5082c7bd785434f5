package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// OS is the file system of the operating system.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) OpenFile(name string, flag int, perm os.FileMode) (File, error) {
	f, err := openOS(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) Rename(oldname, newname string) error         { return os.Rename(oldname, newname) }
func (osFS) Remove(name string) error                     { return os.Remove(name) }
func (osFS) RemoveAll(name string) error                  { return os.RemoveAll(name) }
func (osFS) MkdirAll(name string, perm os.FileMode) error { return os.MkdirAll(name, perm) }
func (osFS) ReadDir(name string) ([]fs.DirEntry, error)   { return os.ReadDir(name) }
func (osFS) Stat(name string) (fs.FileInfo, error)        { return os.Stat(name) }
func (osFS) SyncDir(name string) error                    { return syncDirOS(name) }

func (osFS) Usage(dir string) (Usage, error) {
	u, err := usageOS(dir)
	if err != nil {
		return Usage{}, fmt.Errorf("get usage of %s: %w", dir, err)
	}
	return u, nil
}

// Lock holds the file open; the operating system drops the lock when the
// process ends, however it ends.
func (osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if err := lockOS(f); err != nil {
		_ = f.Close() // the lock error is the one that matters
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return f, nil
}

// osFile adds Size and a data-only Sync; SyscallConn comes from os.File.
type osFile struct{ *os.File }

var (
	_ RawFile  = osFile{}
	_ Reserver = osFile{}
)

func (f osFile) Size() (int64, error) {
	fi, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return fi.Size(), nil
}

func (f osFile) Sync() error { return syncOS(f.File) }

func (f osFile) Reserve(off, n int64) error { return reserveOS(f.File, off, n) }
