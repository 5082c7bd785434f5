package logstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"sync"
	"sync/atomic"

	"kq/pkg/broker/vfs"
)

// checkpoints are the four offset files of a data directory.
type checkpoints struct {
	store *Store

	mu sync.Mutex // one writer at a time; nothing is locked while it is held but logs
	// What the files hold; logs that were not loaded keep their entries.
	// Guarded by mu.
	recovery, start, hw offsets
	cleaned             offsets            // where the dirty part of a compacted log begins; guarded by mu
	raw                 map[string][]byte  // the files as written last; guarded by mu
	onDisk              map[string]offsets // what they say, as far as it is known; guarded by mu

	newDirs atomic.Bool // the data directory has entries that are not durable
}

// read takes what there is. A file that cannot be read counts as missing: then
// recovery starts at the beginning.
func (c *checkpoints) read() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw, c.onDisk = map[string][]byte{}, map[string]offsets{}
	for name, into := range map[string]*offsets{recoveryPointFile: &c.recovery, logStartFile: &c.start, highWatermarkFile: &c.hw, cleanedFile: &c.cleaned} {
		*into = offsets{}
		raw, err := vfs.ReadFile(c.store.fs, c.store.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		o, err := parseOffsets(raw)
		if err != nil {
			c.store.logger().Warn("checkpoint file is ignored", "file", c.store.path(name), "err", err)
			continue
		}
		if o != nil {
			*into = o
		}
		c.raw[name], c.onDisk[name] = raw, maps.Clone(*into)
	}
	return nil
}

// of gives what the files say of a log; known is false if it has no recovery
// point.
func (c *checkpoints) of(tp TopicPartition) (info openInfo, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info.recoveryPoint, known = c.recovery[tp]
	info.start, info.hw = c.start[tp], c.hw[tp]
	return info, known
}

// forget drops the entries of a log that is gone. They may stay in the files
// until purge.
func (c *checkpoints) forget(tp TopicPartition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.recovery, tp)
	delete(c.start, tp)
	delete(c.hw, tp)
	delete(c.cleaned, tp)
}

// purge takes the entries of an earlier incarnation out of the files, before a
// new one begins.
func (c *checkpoints) purge(tp TopicPartition) error {
	c.forget(tp)
	c.mu.Lock()
	stale := false
	for _, o := range c.onDisk {
		stale = stale || o[tp] > 0
	}
	c.mu.Unlock()
	if !stale {
		return nil
	}
	return c.write()
}

// forgetRecovery makes the next open of these logs start at their beginning.
func (c *checkpoints) forgetRecovery(tps []TopicPartition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tp := range tps {
		delete(c.recovery, tp)
	}
}

func (c *checkpoints) addedDir() { c.newDirs.Store(true) }

// syncDirs makes new directories durable.
func (c *checkpoints) syncDirs() error {
	if !c.newDirs.Load() {
		return nil
	}
	c.newDirs.Store(false) // one that is added from here on is for the next call
	if err := c.store.fs.SyncDir(c.store.opts.Dir); err != nil {
		c.newDirs.Store(true)
		return err
	}
	return nil
}

// write brings all files up to date.
func (c *checkpoints) write() error {
	return errors.Join(c.writeRecovery(), c.writeStarts(), c.writeHighWatermarks(), c.writeCleaned())
}

// recoveryOnDisk is the recovery point that a start after a crash would go by.
func (c *checkpoints) recoveryOnDisk(tp TopicPartition) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.onDisk[recoveryPointFile][tp]
}

// cleanedTo is where the dirty part of a log begins; ok is false if nobody has
// said so.
func (c *checkpoints) cleanedTo(tp TopicPartition) (offset int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset, ok = c.cleaned[tp]
	return offset, ok
}

// setCleaned notes how far a log is clean.
func (c *checkpoints) setCleaned(tp TopicPartition, offset int64) error {
	c.mu.Lock()
	c.cleaned[tp] = offset
	c.mu.Unlock()
	return c.writeCleaned()
}

// cutCleaned notes that a log ends at an offset.
func (c *checkpoints) cutCleaned(tp TopicPartition, end int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.cleaned[tp]; ok {
		c.cleaned[tp] = min(at, end)
	}
}

// writeCleaned writes how far the logs are clean.
func (c *checkpoints) writeCleaned() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replace(cleanedFile, c.cleaned)
}

// writeRecovery writes the recovery points.
func (c *checkpoints) writeRecovery() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.syncDirs(); err != nil {
		return fmt.Errorf("sync data directory: %w", err)
	}
	for _, l := range c.store.Logs() {
		c.recovery[l.tp] = l.recoveryPoint.Load()
	}
	return c.replace(recoveryPointFile, c.recovery)
}

// writeStarts writes the log starts that lie inside a segment, where the name
// of the first file does not tell them.
func (c *checkpoints) writeStarts() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.store.Logs() {
		v := l.view.Load()
		if v == nil {
			continue
		}
		if start := max(v.start, l.nextStart.Load()); start > v.segs[0].base {
			c.start[l.tp] = start
		} else {
			delete(c.start, l.tp)
		}
	}
	return c.replace(logStartFile, c.start)
}

func (c *checkpoints) writeHighWatermarks() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.store.Logs() {
		c.hw[l.tp] = l.hw.Load()
	}
	return c.replace(highWatermarkFile, c.hw)
}

// replace writes a file if it changed. It needs mu.
func (c *checkpoints) replace(name string, o offsets) error {
	data := o.encode()
	if old, ok := c.raw[name]; ok && bytes.Equal(old, data) {
		return nil
	}
	delete(c.raw, name) // after an error, nobody knows what the file holds
	if err := vfs.WriteFileAtomic(c.store.fs, c.store.path(name), data, filePerm); err != nil {
		return err
	}
	c.raw[name], c.onDisk[name] = data, maps.Clone(o)
	return nil
}

// Checkpoint writes the recovery points, log starts and high watermarks. What
// recovery points promise is made durable first.
func (s *Store) Checkpoint() error {
	for _, l := range s.Logs() {
		if l.view.Load() != nil && l.recoveryPoint.Load()+1 < l.synced.Load() {
			l.syncScope(syncRest)
		}
	}
	return s.files.write()
}
