package state

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options of a DB. The zero value is ready to use.
type Options struct {
	// Log gets the changelog records of puts, nil drops them.
	Log Log
	// CacheBytes is about how much the DB remembers, decoded, of what it read
	// and wrote; 16 MiB where 0. Changes since the last commit come on top.
	CacheBytes int64
	// Logger gets what the files have to say, nil drops it.
	Logger *slog.Logger
	// Owner names the application and the task; a directory with another one is
	// refused with ErrOwner. "" does not ask.
	Owner string
	// Shared is a cache of blocks for several DBs; nil gives the DB 32 MiB of its own.
	Shared *Cache
	// MemTableBytes is how much is committed before files are written, 8 MiB where 0. Twice that may be in memory.
	MemTableBytes int64
	// RunBytes is how much of a changelog a Bulk holds before it writes a table, 24 MiB where 0.
	RunBytes int64
	// FlushEvery is the longest time between writing files, 30 s where 0. A crash
	// loses the commits since, which their changelogs give back.
	FlushEvery time.Duration
	// Fault, where set, is asked before files are made and written; what it answers
	// is taken for the disk's own error, such as syscall.ENOSPC. It is for tests.
	Fault func() error

	fs vfs.FS // of tests
}

func (o *Options) setDefaults() {
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 8 << 20
	}
	if o.RunBytes == 0 {
		o.RunBytes = 24 << 20
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = 30 * time.Second
	}
}

// Validate says what is wrong with o.
func (o *Options) Validate() error {
	switch {
	case o.CacheBytes < 0:
		return fmt.Errorf("validate state options: CacheBytes is %d", o.CacheBytes)
	case o.MemTableBytes < 0 || o.MemTableBytes > 1<<30:
		return fmt.Errorf("validate state options: MemTableBytes is %d", o.MemTableBytes)
	case o.RunBytes < 0:
		return fmt.Errorf("validate state options: RunBytes is %d", o.RunBytes)
	case o.FlushEvery < 0:
		return fmt.Errorf("validate state options: FlushEvery is %v", o.FlushEvery)
	}
	return nil
}
