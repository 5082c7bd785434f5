package state

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Destroy removes the directory of a DB that nobody has open: the way on from
// ErrCorrupt. It fails with ErrInUse.
func Destroy(dir string) error { return destroy(dir, vfs.Default) }

func destroy(dir string, fs vfs.FS) error {
	if _, err := fs.Stat(dir); err != nil {
		return nil // nothing there
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if err != nil {
		return fmt.Errorf("destroy state %s: %w: %w", dir, ErrInUse, err)
	}
	// Everything else goes first: the lock must hold until then.
	names, err := fs.List(dir)
	for _, name := range names {
		if name != "LOCK" {
			err = errors.Join(err, fs.RemoveAll(fs.PathJoin(dir, name)))
		}
	}
	err = errors.Join(err, lock.Close(), fs.RemoveAll(dir))
	if err != nil {
		return fmt.Errorf("destroy state %s: %w", dir, err)
	}
	return nil
}
