package logstore

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"kq/internal/gather"
	"kq/pkg/broker/vfs"
)

// Log is one partition's log: an active segment that is appended to, older ones
// that are only read, and what the leader has to know of its producers and
// epochs. All methods are safe for concurrent use.
//
// After a clean shutdown a log is opened by the first call that needs more than
// its end offset, high watermark or configuration: starting a broker with
// thousands of partitions touches none of them.
//
// Lock order: cleanMu, syncMu, then mu, then a segment's mu, then the cache's;
// the group's is a leaf.
type Log struct {
	store   *Store
	tp      TopicPartition
	topicID [16]byte
	place   *place
	config  atomic.Pointer[Config]

	view          atomic.Pointer[view] // nil until the log is opened; replaced under mu
	epochs        atomic.Pointer[epochs]
	offline       atomic.Pointer[error] // why nothing is served; set once
	hw            atomic.Int64
	synced        atomic.Int64  // records below survive a power loss; moved under mu
	recoveryPoint atomic.Int64  // so do the indexes below; moved under mu
	unstable      atomic.Int64  // first unstable offset, noOffset without one; moved under mu
	hasClosedTxns atomic.Bool   // a high watermark may move the first unstable offset
	wants         atomic.Uint32 // syncScope bits and busy; see syncer
	group         gather.Group  // with SyncCommit
	isDirty       atomic.Bool   // has bytes that are not durable
	nextStart     atomic.Int64  // a log start that is being written to its file

	// cleanMu is held over a cleaning, and by whoever takes records away that it
	// may be reading; cleanStop counts those, so that it does not keep them waiting.
	cleanMu   sync.Mutex
	cleanStop atomic.Int32

	// syncMu is held over a sync, a truncation, a swap and the end of the log, so
	// that what is being synced stays what it is.
	syncMu sync.Mutex
	swap   *pendingSwap // guarded by syncMu

	mu      sync.Mutex
	closed  bool       // guarded by mu
	closing bool       // guarded by mu; no more appends
	act     active     // guarded by mu
	prod    *producers // guarded by mu
	dirty   dirt       // guarded by mu
	saved   savedState // guarded by mu
	atOpen  openInfo   // guarded by mu
}

// openInfo is what the store's files say of a log before it is opened.
type openInfo struct {
	recoveryPoint int64
	start         int64
	hw            int64
	known         bool         // there was a recovery point
	found         bool         // the directory is there
	clean         bool         // after a clean shutdown: the recovery point is the end
	renamed       bool         // an earlier incarnation waits for its removal
	epochs        []epochEntry // assigned since
}

// savedState is what of the memory's state is in files.
type savedState struct {
	snapshot int64 // offset of the last producer snapshot
	epochs   bool  // the epoch file is up to date, though perhaps not durable
}

// TopicPartition names the log.
func (l *Log) TopicPartition() TopicPartition { return l.tp }

// Dir is the directory of the log.
func (l *Log) Dir() string { return l.place.dir }

// TopicID is the id of the topic's incarnation.
func (l *Log) TopicID() [16]byte { return l.topicID }

// Config is the configuration in force.
func (l *Log) Config() Config { return *l.config.Load() }

// SetConfig takes effect with the next append, roll or retention.
func (l *Log) SetConfig(c Config) {
	c = c.withDefaults()
	l.config.Store(&c)
}

// Err is nil, or why the log serves nothing (ErrOffline, wrapping the cause).
func (l *Log) Err() error {
	if p := l.offline.Load(); p != nil {
		return *p
	}
	return nil
}

// fail takes the log offline. It stays so until a restart has recovered it:
// after a failed sync nobody knows what the disk holds.
func (l *Log) fail(cause error) error {
	err := offlineError(l.tp, cause)
	if l.offline.CompareAndSwap(nil, &err) {
		l.store.opts.Logger.Error("log goes offline", "partition", l.tp.String(), "dir", l.place.dir, "err", cause)
		l.store.notify(l)
	}
	return l.Err()
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// opened gives the current view, opening the log if need be.
func (l *Log) opened() (*view, error) {
	if p := l.offline.Load(); p != nil {
		return nil, *p
	}
	if v := l.view.Load(); v != nil {
		return v, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return nil, err
	}
	return l.view.Load(), nil
}

// usable opens the log if need be. It needs mu.
func (l *Log) usable() error {
	if l.closed || l.closing {
		return fmt.Errorf("%w: %s", ErrClosed, l.tp)
	}
	if err := l.Err(); err != nil {
		return err
	}
	if l.view.Load() != nil {
		return nil
	}
	err := l.open()
	if err == nil {
		return nil
	}
	if l.atOpen.found && !l.atOpen.clean || errors.Is(err, ErrCorrupt) {
		return l.fail(err)
	}
	return storageError("open log "+l.tp.String(), err) // the next caller tries again
}

// StartOffset is the first offset that readers may ask for.
func (l *Log) StartOffset() int64 {
	v, err := l.opened()
	if err != nil {
		return l.lastKnown().start
	}
	return v.start
}

// lastKnown is the view, or what stands for it in a log that is not open.
func (l *Log) lastKnown() view {
	if v := l.view.Load(); v != nil {
		return *v
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return view{start: l.atOpen.start, end: max(l.atOpen.start, l.atOpen.recoveryPoint)}
}

// EndOffset is the offset that the next record gets.
func (l *Log) EndOffset() int64 {
	if v := l.view.Load(); v != nil {
		return v.end
	}
	return l.lastKnown().end // the recovery point of a clean shutdown is the end
}

// SyncedOffset is the offset below which records survive a power loss.
func (l *Log) SyncedOffset() int64 { return l.synced.Load() }

// RecoveryPoint is the offset from which recovery would start.
func (l *Log) RecoveryPoint() int64 { return l.recoveryPoint.Load() }

// DurableEnd is the end offset as far as this replica may vouch for it: the
// synced offset where acknowledgements wait for a sync, the end otherwise.
func (l *Log) DurableEnd() int64 {
	switch l.syncMode() {
	case SyncCommit, SyncAlways:
		return l.synced.Load()
	}
	return l.EndOffset()
}

// syncMode is the store's mode, or SyncAlways for a log that asks for it.
func (l *Log) syncMode() SyncMode {
	if l.config.Load().SyncAlways {
		return SyncAlways
	}
	return l.store.opts.Sync
}

// Size is the length of all segments in bytes.
func (l *Log) Size() int64 {
	v, err := l.opened()
	if err != nil {
		return 0
	}
	var n int64
	for i := range v.segs {
		n += v.sizeOf(i)
	}
	return n
}

// HighWatermark is what SetHighWatermark set last; after a restart, what the
// checkpoint says.
func (l *Log) HighWatermark() int64 { return l.hw.Load() }

// SetHighWatermark takes the offset below which records are committed. It is
// kept within the log.
func (l *Log) SetHighWatermark(offset int64) {
	if v := l.view.Load(); v != nil {
		offset = min(max(offset, v.start), v.end)
	} else {
		offset = min(offset, l.EndOffset())
	}
	l.hw.Store(offset)
	if l.hasClosedTxns.Load() {
		l.mu.Lock()
		l.publishUnstable()
		l.mu.Unlock()
	}
}

// publishUnstable needs mu. Transactions whose marker is committed are done with:
// the high watermark may have been there before they were, after a restart.
func (l *Log) publishUnstable() {
	l.prod.replicated(l.hw.Load())
	l.hasClosedTxns.Store(len(l.prod.closed) > 0)
	first, ok := l.prod.firstUnstable()
	if !ok {
		l.unstable.Store(noOffset)
		return
	}
	l.unstable.Store(max(first, l.view.Load().start))
}

// FirstUnstableOffset is the first offset of the oldest transaction that is
// open, or whose marker is not committed. ok is false without one.
func (l *Log) FirstUnstableOffset() (offset int64, ok bool) {
	if _, err := l.opened(); err != nil {
		return noOffset, false
	}
	offset = l.unstable.Load()
	return offset, offset != noOffset
}

// LastStableOffset is the limit for readers of committed data.
func (l *Log) LastStableOffset() int64 {
	hw := l.hw.Load()
	if first, ok := l.FirstUnstableOffset(); ok {
		return min(first, hw)
	}
	return hw
}

// ProducerState is what the log knows of a producer (DescribeProducers).
type ProducerState struct {
	ProducerID       int64
	Epoch            int16
	LastSequence     int32 // -1 without one
	LastOffset       int64 // -1 without one
	LastTimestamp    int64
	CoordinatorEpoch int32 // -1 without one
	TxnStartOffset   int64 // of the open transaction; -1 without one
}

// ActiveProducers lists the producers that are remembered, by id.
func (l *Log) ActiveProducers() []ProducerState {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.usable() != nil {
		return nil
	}
	entries := l.prod.sorted()
	out := make([]ProducerState, len(entries))
	for i, e := range entries {
		last, _ := e.last()
		out[i] = ProducerState{
			ProducerID: e.id, Epoch: e.epoch, LastSequence: last.lastSeq, LastOffset: last.lastOffset,
			LastTimestamp: e.lastTimestamp, CoordinatorEpoch: e.coordinatorEpoch, TxnStartOffset: e.txnFirst,
		}
	}
	return out
}

// AbortedTxns lists the aborted transactions that touch [from, to), by first
// offset. Readers of committed data skip their records.
func (l *Log) AbortedTxns(from, to int64) ([]AbortedTxn, error) { return l.abortedTxns(from, to, 0) }

// AnyAborted says that some aborted transaction touches [from, to), in less time
// than it takes to list them.
func (l *Log) AnyAborted(from, to int64) (bool, error) {
	some, err := l.abortedTxns(from, to, 1)
	return len(some) > 0, err
}

func (l *Log) abortedTxns(from, to int64, limit int) ([]AbortedTxn, error) {
	for {
		v, err := l.opened()
		if err != nil {
			return nil, err
		}
		out, err := v.abortedTxns(from, to, limit)
		if err == nil {
			return out, nil
		}
		if again, err := l.afterReadError(v, err); !again {
			return nil, err
		}
	}
}

func (v *view) abortedTxns(from, to int64, limit int) (out []AbortedTxn, err error) {
	for i := v.segmentOf(from); i < len(v.segs); i++ {
		txns, err := v.segs[i].abortedTxns()
		if err != nil {
			return nil, err
		}
		var done bool
		if out, done = overlapping(txns, from, to, limit, out); done {
			break
		}
	}
	sortByFirst(out)
	return out, nil
}

// LatestEpoch is the newest leader epoch; ok is false before the first.
func (l *Log) LatestEpoch() (epoch int32, ok bool) {
	if _, err := l.opened(); err != nil {
		return noEpoch, false
	}
	e, ok := l.epochs.Load().latest()
	return e.epoch, ok
}

// EpochForOffset is the leader epoch of the record at offset.
func (l *Log) EpochForOffset(offset int64) (epoch int32, ok bool) {
	if _, err := l.opened(); err != nil {
		return noEpoch, false
	}
	return l.epochs.Load().forOffset(offset)
}

// EndOffsetForEpoch gives the largest epoch at most the requested one, and the
// offset after its last record. ok is false if the epoch is newer than all.
func (l *Log) EndOffsetForEpoch(epoch int32) (found int32, end int64, ok bool) {
	v, err := l.opened()
	if err != nil {
		return noEpoch, noOffset, false
	}
	return l.epochs.Load().endOffset(epoch, v.end)
}

// AssignEpoch says that the records from startOffset on are of this leader
// epoch. The file is written now and durable with the next checkpoint, before
// the recovery point passes the epoch: until then recovery would find it in the
// batches. That of a log that was recovered is written in the background:
// thousands of them begin an epoch at once, and do not hold up the start.
func (l *Log) AssignEpoch(epoch int32, startOffset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.view.Load() == nil && l.Err() == nil && !l.closed { // a log that is not open yet stays so
		l.atOpen.epochs = append(l.atOpen.epochs, epochEntry{epoch, startOffset})
		return nil
	}
	if err := l.usable(); err != nil {
		return err
	}
	if !l.atOpen.found {
		l.assignEpoch(epochEntry{epoch, startOffset})
		return nil
	}
	if e, changed := l.epochs.Load().assign(epoch, startOffset); changed {
		l.epochs.Store(&e)
		l.saved.epochs = false
		time.AfterFunc(restDelay, func() { l.store.syncer.add(l, syncRest) })
	}
	return nil
}

// assignEpoch needs mu.
func (l *Log) assignEpoch(x epochEntry) {
	if e, changed := l.epochs.Load().assign(x.epoch, x.start); changed {
		l.setEpochs(e)
	}
}

// setEpochs needs mu. A file that cannot be written now is written later.
func (l *Log) setEpochs(e epochs) {
	l.epochs.Store(&e)
	l.saved.epochs = false
	if err := l.writeEpochs(); err != nil {
		l.store.opts.Logger.Warn("cannot write leader epochs yet", "partition", l.tp.String(), "err", err)
	}
}

// writeEpochs writes the epoch file, unsynced. It needs mu.
func (l *Log) writeEpochs() error {
	if l.saved.epochs {
		return nil
	}
	if err := writeFileUnsynced(l.place.fs, l.file(epochFile), l.epochs.Load().encode()); err != nil {
		return err
	}
	l.saved.epochs = true
	l.dirty.addFile(epochFile)
	return nil
}

// writeFileUnsynced replaces a file without waiting for the disk: after a crash
// it may hold anything, which its reader has to notice.
func writeFileUnsynced(fsys vfs.FS, name string, data []byte) error {
	tmp := name + tmpSuffix
	if err := writeWhole(fsys, tmp, data); err != nil {
		return errors.Join(err, ignoreMissing(fsys.Remove(tmp)))
	}
	return fsys.Rename(tmp, name)
}
