package cluster

import (
	"errors"
	"fmt"
	"path/filepath"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// startRecords bounds the changes that a start writes at once. They are many
// independent ones, unlike those of a request.
const startRecords = 5000

// maxOperationBytes is the most that one request may write.
const maxOperationBytes = logSegmentBytes / 2

// errTooLarge: one request would write more than maxOperationBytes.
var errTooLarge = errors.New("change of cluster metadata is too large")

// start begins the controller's epoch and registers the broker. c.mu is held.
func (c *Controller) start(got loaded) error {
	prefix := c.batcher()
	prefix.control(controlLeaderChange, leaderChange(c.o.NodeID))
	var records []meta.Record
	if got.torn {
		prefix.add(&meta.AbortTransaction{})
		prefix.flush()
	}
	records = append(records, c.step.raiseFeatures(c.o.Features)...)
	records = append(records, c.step.registerSelf(prefix.offset+int64(len(records)), c.directory, c.o))
	if err := c.append(prefix, records); err != nil {
		return err
	}
	elections := c.step.elect(c.o.NodeID, !c.o.Store.CleanShutdown())
	for len(elections) > 0 {
		n := min(len(elections), startRecords)
		if err := c.append(nil, elections[:n]); err != nil {
			return err
		}
		elections = elections[n:]
	}
	return nil
}

func (c *Controller) batcher() *batcher {
	return &batcher{epoch: c.epoch, nowMs: c.o.Now().UnixMilli(), offset: c.log.EndOffset()}
}

// commit makes records part of the log, of the published image, and of the
// answer: in this order. c.mu is held. After an error nothing has changed, or
// nothing can be known and Fatal was called.
func (c *Controller) commit(records []meta.Record) error {
	if c.failed != nil {
		return c.failed
	}
	if len(records) == 0 {
		return nil
	}
	old := c.step.img
	if err := c.append(nil, records); err != nil {
		return err
	}
	if err := c.o.Publish(old, c.step.img); err != nil {
		// It is in the log, so it is so: what failed here is this broker.
		c.o.Logger.Error("broker does not follow the cluster metadata", "offset", c.step.img.Offset, "err", err)
	}
	c.image.Store(c.step.img)
	if c.since >= max(c.o.SnapshotRecords, c.step.size()) {
		c.snapshot()
	}
	return nil
}

// append writes records behind what prefix holds, if anything, and syncs. It
// moves the stepper's image on. c.mu is held.
func (c *Controller) append(prefix *batcher, records []meta.Record) error {
	if prefix == nil {
		prefix = c.batcher()
	}
	raw, written := encodeRecords(records, prefix.offset, c.epoch, prefix.nowMs)
	if len(raw) > maxOperationBytes {
		return fmt.Errorf("%w: %d bytes", errTooLarge, len(raw))
	}
	d := meta.NewDelta(c.step.img)
	for _, r := range written {
		if err := d.Apply(r); err != nil {
			return fmt.Errorf("apply to cluster metadata: %w", err)
		}
	}
	next := d.Image(prefix.offset+int64(len(written))-1, c.epoch)
	if err := c.write(append(prefix.out, raw...)); err != nil {
		return err
	}
	c.lastMs = prefix.nowMs
	c.since += int(next.Offset - c.step.img.Offset)
	c.step.move(next)
	return nil
}

// write appends to the log, which syncs. A log that says it goes on (a full
// disk, say) is as it was before; any other failure ends this controller.
func (c *Controller) write(raw []byte) error {
	_, err := c.log.Append(raw, logstore.AppendOptions{LeaderEpoch: c.epoch, Origin: logstore.OriginCoordinator})
	if err == nil {
		c.log.SetHighWatermark(c.log.EndOffset())
		return nil
	}
	if c.log.Err() == nil {
		return fmt.Errorf("append to metadata log: %w", err)
	}
	c.failed = fmt.Errorf("%w: %w", ErrFailed, err)
	go c.o.Fatal(c.failed) // it may want to close this controller, whose lock is held
	return c.failed
}

// snapshot writes the image beside the log and drops what the log holds below
// the oldest snapshot that stays. Failing to is no harm but to the disk. c.mu is
// held.
func (c *Controller) snapshot() {
	img := c.step.img
	id := checkpointID{offset: img.Offset + 1, epoch: img.Epoch}
	raw, records := encodeCheckpoint(img, c.lastMs, c.o.Now().UnixMilli())
	path := filepath.Join(c.log.Dir(), id.name())
	c.since = 0 // also after a failure: the next try is as far away
	if err := vfs.WriteFileAtomic(c.o.FS, path, raw, 0o644); err != nil {
		c.o.Logger.Warn("cannot write metadata snapshot", "path", path, "err", err)
		return
	}
	c.o.Logger.Debug("wrote metadata snapshot", "path", path, "records", records)
	if err := c.prune(); err != nil {
		c.o.Logger.Warn("cannot remove old metadata", "err", err)
	}
}

// prune removes old snapshots and the log below those that stay.
func (c *Controller) prune() error {
	ids, err := listCheckpoints(c.o.FS, c.log.Dir())
	if err != nil || len(ids) <= keptCheckpoints {
		return err
	}
	// The log first: a snapshot without the log after it is of no use.
	if err := c.log.AdvanceStart(ids[keptCheckpoints-1].offset); err != nil {
		return err
	}
	for _, id := range ids[keptCheckpoints:] {
		if err := c.o.FS.Remove(filepath.Join(c.log.Dir(), id.name())); err != nil {
			return fmt.Errorf("remove metadata snapshot: %w", err)
		}
	}
	return nil
}
