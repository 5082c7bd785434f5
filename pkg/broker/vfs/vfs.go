package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// FS is a file system. All methods are safe for concurrent use; names follow
// the rules of path/filepath. A change of a directory (create, rename, removal)
// survives a power loss only after SyncDir of that directory.
type FS interface {
	// OpenFile opens a file. Flags: os.O_RDONLY or os.O_RDWR, with os.O_CREATE,
	// os.O_EXCL and os.O_TRUNC. os.O_APPEND and os.O_WRONLY are not supported.
	OpenFile(name string, flag int, perm os.FileMode) (File, error)
	// Rename moves a file or a directory; a file at newname is replaced atomically.
	Rename(oldname, newname string) error
	// Remove removes a file or an empty directory. Open handles stay readable.
	Remove(name string) error
	// RemoveAll removes a file or a tree; a missing one is no error.
	RemoveAll(name string) error
	// MkdirAll creates a directory and its missing parents.
	MkdirAll(name string, perm os.FileMode) error
	// ReadDir lists a directory, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Stat describes a file or directory.
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes creates, renames and removals in a directory durable.
	SyncDir(name string) error
	// Lock takes an exclusive lock on a file, which it creates where needed and
	// leaves behind. It fails with ErrLocked if another process, or another
	// holder in this process, has it. Closing the result releases the lock.
	Lock(name string) (io.Closer, error)
	// Usage gives the size of the volume that holds dir.
	Usage(dir string) (Usage, error)
}

// File is an open file without a position: offsets are always given. ReadAt and
// WriteAt may be called concurrently. Writing past the end extends the file,
// and a gap reads as zeros.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Name is the name given to OpenFile, also after a rename.
	Name() string
	// Size is the current length in bytes.
	Size() (int64, error)
	// Truncate sets the length; what is new reads as zeros.
	Truncate(size int64) error
	// Sync makes the bytes and the length durable (fdatasync where there is
	// one). It says nothing about the directory entry: see FS.SyncDir.
	Sync() error
}

// RawFile is the optional interface of files which the kernel can send by
// itself. Only files of OS have it.
type RawFile interface {
	SyscallConn() (syscall.RawConn, error)
}

// Reserver is the optional interface of files for which room can be set aside
// where later writes will go, so that these need not look for it. Only files of
// OS have it.
type Reserver interface {
	// Reserve sets the n bytes from off on aside and leaves the length as it is.
	// A Truncate, also to that very length, gives back what lies behind it. The
	// error is errors.ErrUnsupported where it is not worth it: on a file system
	// that is not known to gain, or that is nearly full.
	Reserve(off, n int64) error
}

// Usage is the size of a volume in bytes.
type Usage struct {
	Total int64 // size of the volume
	Free  int64 // what this process may still use of it
}

var (
	// ErrLocked is returned by FS.Lock when somebody else holds the lock.
	ErrLocked = errors.New("file is locked")
	// ErrNoSpace is returned by in-memory file systems at their limit. It
	// satisfies errors.Is(err, syscall.ENOSPC), like a full disk does.
	ErrNoSpace error = noSpaceError{}
)

type noSpaceError struct{}

func (noSpaceError) Error() string        { return "no space left: memory limit reached" }
func (noSpaceError) Is(target error) bool { return target == syscall.ENOSPC }

// IsNoSpace reports whether err says that a volume or a quota is full, in the
// words of any operating system.
func IsNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || isPlatformNoSpace(err)
}

// ReadFile reads a whole file.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if size != int64(int(size)) {
		return nil, fmt.Errorf("read %s: %d bytes do not fit in memory", name, size)
	}
	data := make([]byte, size)
	n, err := f.ReadAt(data, 0)
	if err != nil && !(errors.Is(err, io.EOF) && n == len(data)) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// WriteFileAtomic replaces a file so that after a crash at any point the name
// holds either the old bytes or the new ones: it writes name.tmp, syncs it,
// renames it into place and syncs the directory. A leftover name.tmp of an
// earlier crash is overwritten. On error the old file is still in place, unless
// the error came from the last step, when either may be.
func WriteFileAtomic(fsys FS, name string, data []byte, perm os.FileMode) error {
	tmp := name + ".tmp"
	if err := writeSynced(fsys, tmp, data, perm); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), removeIfThere(fsys, tmp))
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), removeIfThere(fsys, tmp))
	}
	if err := fsys.SyncDir(filepath.Dir(name)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func removeIfThere(fsys FS, name string) error {
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func writeSynced(fsys FS, name string, data []byte, perm os.FileMode) (err error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteAt(data, 0); err != nil {
		return err
	}
	return f.Sync()
}
