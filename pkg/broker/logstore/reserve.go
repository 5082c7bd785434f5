package logstore

import (
	"errors"
	"math"

	"kq/pkg/broker/vfs"
)

// Room is set aside for a segment once it has grown to reserveFrom, so that
// small logs cost nothing, and then for reserveStep at a time.
const (
	reserveFrom = 4 << 20
	reserveStep = 16 << 20
)

// reserve sets room aside for an append of n bytes and those to come: the file
// system then finds all blocks of a step at once, not one by one in each write.
// Where appends are synced it would cost: the first write to a block set aside
// has to be noted. A failure is no matter, as the write itself will tell. It
// needs mu.
func (l *Log) reserve(file *segFile, n int64) {
	a := &l.act
	end := a.size + n
	if end <= a.reserved || a.size < reserveFrom || l.syncMode() >= SyncCommit {
		return
	}
	f, ok := file.f.(vfs.Reserver)
	if !ok {
		a.reserved = math.MaxInt64
		return
	}
	to := max(end, min(end+reserveStep, l.store.segmentBytes(l.config.Load())))
	a.reserved = to // also if it fails: the next step tries again
	err := f.Reserve(a.size, to-a.size)
	if errors.Is(err, errors.ErrUnsupported) {
		return
	}
	a.lent = true
	if err != nil { // it may have got some way
		a.unreserve()
	}
}

// unreserve gives back the room behind the last batch. It may stay when that
// fails; the next owner of the file tries again.
func (a *active) unreserve() {
	if a.lent && a.file.f.Truncate(a.size) == nil {
		a.lent = false
	}
}
