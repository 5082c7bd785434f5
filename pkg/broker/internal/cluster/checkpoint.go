package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/vfs"
)

// ErrCorrupt is wrapped when the metadata log or a snapshot cannot be what was
// written.
var ErrCorrupt = errors.New("corrupt cluster metadata")

const checkpointSuffix = ".checkpoint"

// keptCheckpoints is how many snapshots stay. The log reaches back to the oldest
// of them, so that the newest one may turn out unreadable.
const keptCheckpoints = 2

// checkpointID names a snapshot: the offset after the last record in it, and
// the epoch of that record (org.apache.kafka.raft.OffsetAndEpoch).
type checkpointID struct {
	offset int64
	epoch  int32
}

func (id checkpointID) name() string {
	return fmt.Sprintf("%020d-%010d%s", id.offset, id.epoch, checkpointSuffix)
}

func parseCheckpointName(name string) (id checkpointID, ok bool) {
	stem, ok := strings.CutSuffix(name, checkpointSuffix)
	offset, epoch, dash := strings.Cut(stem, "-")
	if !ok || !dash || len(offset) != 20 || len(epoch) != 10 {
		return checkpointID{}, false
	}
	o, err := strconv.ParseUint(offset, 10, 63)
	e, err2 := strconv.ParseUint(epoch, 10, 31)
	return checkpointID{int64(o), int32(e)}, err == nil && err2 == nil
}

// listCheckpoints gives the snapshots in dir, the newest first.
func listCheckpoints(fs vfs.FS, dir string) ([]checkpointID, error) {
	entries, err := fs.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list metadata snapshots: %w", err)
	}
	var ids []checkpointID
	for _, e := range entries {
		if id, ok := parseCheckpointName(e.Name()); ok {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b checkpointID) int {
		if a.offset != b.offset {
			return int(min(1, max(-1, b.offset-a.offset)))
		}
		return int(b.epoch) - int(a.epoch)
	})
	return ids, nil
}

// encodeCheckpoint is the bytes of a snapshot: header, the records of the image,
// footer, each in batches of the snapshot's own offsets.
func encodeCheckpoint(img *meta.Image, lastMs, nowMs int64) (raw []byte, records int) {
	b := &batcher{epoch: img.Epoch, nowMs: nowMs}
	b.control(controlSnapshotHeader, snapshotHeader(lastMs))
	_ = img.Records(func(r meta.Record) error { // only fails when this function does
		b.add(r)
		records++
		return nil
	})
	b.control(controlSnapshotFooter, snapshotFooter())
	return b.out, records
}

// readCheckpoint loads a snapshot.
func readCheckpoint(fs vfs.FS, dir string, id checkpointID, clusterID string) (*meta.Image, error) {
	raw, err := vfs.ReadFile(fs, filepath.Join(dir, id.name()))
	if err != nil {
		return nil, fmt.Errorf("read metadata snapshot: %w", err)
	}
	d := meta.NewDelta(meta.NewImage(clusterID))
	if err := decodeCheckpoint(raw, d); err != nil {
		return nil, fmt.Errorf("read metadata snapshot %s: %w", id.name(), err)
	}
	return d.Image(id.offset-1, id.epoch), nil
}

// decodeCheckpoint applies the records of a whole snapshot to d.
func decodeCheckpoint(raw []byte, d *meta.Delta) error {
	var header, footer bool
	for len(raw) > 0 {
		b, rest, err := batch.Split(raw)
		if err == nil {
			err = b.VerifyCRC()
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		typ, err := applyBatch(b, d)
		if err != nil {
			return err
		}
		if footer || header == (typ == controlSnapshotHeader) {
			return fmt.Errorf("%w: header or footer out of place", ErrCorrupt)
		}
		header = header || typ == controlSnapshotHeader
		footer = typ == controlSnapshotFooter
		raw = rest
	}
	if !footer || d.InTransaction() {
		return fmt.Errorf("%w: no footer", ErrCorrupt)
	}
	return nil
}

// applyBatch applies the records of one batch. Of a control batch it gives the
// type instead, else 0.
func applyBatch(b batch.Batch, d *meta.Delta) (control uint16, err error) {
	for r, err := range b.Records(nil) {
		if err != nil {
			return 0, fmt.Errorf("%w: batch at offset %d: %w", ErrCorrupt, b.BaseOffset(), err)
		}
		if b.IsControl() {
			if len(r.Key) != 4 {
				return 0, fmt.Errorf("%w: control record at offset %d", ErrCorrupt, b.BaseOffset())
			}
			control = binary.BigEndian.Uint16(r.Key[2:])
			continue
		}
		record, _, err := meta.Decode(r.Value)
		if err == nil {
			err = d.Apply(record)
		}
		if err != nil {
			return 0, fmt.Errorf("%w: record at offset %d: %w", ErrCorrupt, b.BaseOffset()+int64(r.OffsetDelta), err)
		}
	}
	return control, nil
}
