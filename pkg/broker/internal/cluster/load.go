package cluster

import (
	"fmt"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// LogTopic is the name of the metadata log's topic.
const LogTopic = "__cluster_metadata"

// logTopicID is the topic id that Kafka reserves for the metadata log.
var logTopicID = meta.ID{15: 1}

// logSegmentBytes is the least that metadata.log.segment.bytes may be in Kafka.
// Old segments go as soon as snapshots cover them, so small is right here.
const logSegmentBytes = 8 << 20

// readBytes is how much of the log is read at once.
const readBytes = 1 << 20

// logSpec is the metadata log to the store: synced always, never retained or
// evicted.
func logSpec() logstore.LogSpec {
	return logstore.LogSpec{
		Topic: LogTopic, Partition: 0, TopicID: logTopicID,
		Config: logstore.Config{
			SegmentBytes: logSegmentBytes, RetentionMs: logstore.Unlimited, RetentionBytes: logstore.Unlimited,
			SyncAlways: true, Internal: true,
		},
	}
}

// openLog opens the metadata log, or makes it.
func openLog(store *logstore.Store) (*logstore.Log, error) {
	l, err := store.Create(logSpec())
	if err != nil {
		return nil, fmt.Errorf("open metadata log: %w", err)
	}
	return l, nil
}

// loaded is what a data directory holds.
type loaded struct {
	image    *meta.Image
	lastMs   int64        // when the last record was appended
	epoch    int32        // the highest one of a controller; 0 before the first
	snapshot checkpointID // that the log was replayed from; zero without one
	records  int          // replayed from the log
	torn     bool         // the log ends inside a metadata transaction, which is not in image
}

// load reads the newest readable snapshot and the log from there on.
func (c *Controller) load() (loaded, error) {
	var got loaded
	ids, err := listCheckpoints(c.o.FS, c.log.Dir())
	if err != nil {
		return got, err
	}
	got.image = meta.NewImage(c.clusterID)
	for _, id := range ids {
		img, err := readCheckpoint(c.o.FS, c.log.Dir(), id, c.clusterID)
		if err != nil {
			c.o.Logger.Warn("metadata snapshot is skipped", "err", err)
			continue
		}
		got.image, got.snapshot, got.epoch = img, id, id.epoch
		break
	}
	if start := c.log.StartOffset(); start > got.snapshot.offset {
		return got, fmt.Errorf("%w: the log starts at offset %d, snapshots reach to %d", ErrCorrupt, start, got.snapshot.offset)
	}
	if c.log.EndOffset() < got.snapshot.offset {
		c.o.Logger.Warn("the metadata log ends before its snapshot", "end", c.log.EndOffset(), "snapshot", got.snapshot.offset)
		if err := c.log.TruncateFullyAndStartAt(got.snapshot.offset); err != nil {
			return got, fmt.Errorf("begin metadata log at its snapshot: %w", err)
		}
	}
	return got, c.replay(&got)
}

// replay applies the log from the snapshot on.
func (c *Controller) replay(got *loaded) error {
	d := meta.NewDelta(got.image)
	next := got.snapshot.offset
	for end := c.log.EndOffset(); next < end; {
		raw, err := readLog(c.log, next, end)
		if err != nil {
			return err
		}
		for len(raw) > 0 {
			b, rest, err := batch.Split(raw)
			if err == nil {
				err = b.VerifyCRC()
			}
			if err != nil {
				return fmt.Errorf("%w: log at offset %d: %w", ErrCorrupt, next, err)
			}
			raw = rest
			if b.LastOffset() < next { // the snapshot ends inside it, or before
				continue
			}
			if b.BaseOffset() != next {
				return fmt.Errorf("%w: log has offset %d where %d was expected", ErrCorrupt, b.BaseOffset(), next)
			}
			if _, err := applyBatch(b, d); err != nil {
				return err
			}
			got.records += int(b.Count())
			got.epoch = max(got.epoch, b.LeaderEpoch())
			got.lastMs = b.MaxTimestamp()
			next = b.LastOffset() + 1
		}
	}
	got.torn = d.InTransaction()
	if epoch, ok := c.log.LatestEpoch(); ok {
		got.epoch = max(got.epoch, epoch)
	}
	got.image = d.Image(next-1, got.epoch)
	return nil
}

// readLog reads whole batches from offset on.
func readLog(l *logstore.Log, offset, end int64) ([]byte, error) {
	f, err := l.Read(offset, readBytes, end, true)
	if err != nil {
		return nil, fmt.Errorf("read metadata log at offset %d: %w", offset, err)
	}
	defer f.Release()
	var raw []byte
	for i := range f.Regions {
		p := make([]byte, f.Regions[i].Len())
		if _, err := f.Regions[i].ReadAt(p, 0); err != nil {
			return nil, fmt.Errorf("read metadata log at offset %d: %w", offset, err)
		}
		raw = append(raw, p...)
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: nothing at offset %d, the end is %d", ErrCorrupt, offset, end)
	}
	return raw, nil
}
