package logstore

import (
	"errors"
	"fmt"

	"kq/pkg/broker/batch"
)

// cleanFilter decides what a cleaning keeps of each batch, as Kafka's does
// (Cleaner.cleanInto, MemoryRecords.filterTo):
//   - of a key, the last record of those that the key map has noted, and all
//     behind them; of records without a key, none of those;
//   - a tombstone, until the delete horizon of its batch, which the first cleaning
//     that keeps it sets;
//   - nothing of an aborted transaction;
//   - a marker, until nothing is left that it ends, and then until its horizon;
//   - as a batch without records, the last one of each producer that is
//     remembered, so that its sequence is, and the last one of a segment.
type cleanFilter struct {
	keys     *keyMap
	txns     *cleanedTxns
	lasts    map[int64]lastRecord // of the producers that are remembered
	now      int64
	deleteMs int64 // delete.retention.ms

	open    batch.Decompressor
	packer  batch.Compressor
	body    []byte // uncompressed records of the batch, of those that are compressed
	scratch []byte
	kept    []batch.Raw
	raws    []batch.Raw // the records of the batch, or the next of them
	hashes  []keyHash   // of their keys; of one without a key, anything
	stats   *CleanStats
}

// ahead is how many records are looked at before their keys are looked up.
const ahead = 64

// cut gives the next records of a batch, of which left are left, and the hashes
// of their keys.
func (f *cleanFilter) cut(rest []byte, left int32) (_ []byte, err error) {
	f.raws, f.hashes = f.raws[:0], f.hashes[:0]
	for range min(left, ahead) {
		var r batch.Raw
		if r, rest, err = batch.CutRaw(rest); err != nil {
			return rest, err
		}
		f.raws, f.hashes = append(f.raws, r), append(f.hashes, f.keys.hash(r.Key))
	}
	f.keys.touch(f.hashes)
	return rest, nil
}

// lastRecord is what a producer's last batch is known by (LastRecord).
type lastRecord struct {
	offset int64 // of its last record; noOffset if its epoch has none yet
	epoch  int16
}

func (r lastRecord) is(b batch.Batch) bool {
	if r.offset >= 0 {
		return b.LastOffset() == r.offset
	}
	return b.IsControl() && b.ProducerEpoch() == r.epoch
}

// apply appends what stays of b to out. closing keeps it at least as an empty
// batch. changed is false where b stays as it is.
func (f *cleanFilter) apply(out []byte, b batch.Batch, closing bool) (_ []byte, changed bool, err error) {
	drop, idle := false, false
	if b.IsControl() {
		if idle, err = f.txns.control(b); err != nil {
			return out, false, err
		}
		drop = idle && b.HasDeleteHorizon() && b.BaseTimestamp() <= f.now
	} else {
		drop = f.txns.data(b)
	}
	keepEmpty := closing
	if last, known := f.lasts[b.ProducerID()]; known && b.HasProducerID() {
		keepEmpty = keepEmpty || last.is(b)
	}
	all, tombstones := false, false
	f.kept = f.kept[:0]
	if !drop {
		if all, tombstones, err = f.choose(b); err != nil {
			return out, false, err
		}
	}
	f.stats.RecordsKept += int64(len(f.kept))
	if len(f.kept) == 0 {
		if !keepEmpty {
			return out, true, nil
		}
		return batch.AppendEmpty(out, b), b.Count() > 0, nil
	}
	horizon, fresh := int64(-1), false
	if b.HasDeleteHorizon() {
		horizon = b.BaseTimestamp()
	} else if tombstones || idle {
		horizon, fresh = f.now+f.deleteMs, true
	}
	if all && !fresh {
		return append(out, b...), false, nil
	}
	out, f.scratch, err = batch.Rewrite{Batch: b, Kept: f.kept, HorizonMs: horizon}.Append(out, &f.packer, f.scratch)
	return out, true, err
}

// choose fills kept. all says that no record goes.
func (f *cleanFilter) choose(b batch.Batch) (all, tombstones bool, err error) {
	rest := b.Body()
	if b.Codec() != batch.CodecNone {
		if f.body, err = f.open.Decompress(f.body[:0], b); err != nil {
			return false, false, err
		}
		rest = f.body
	}
	all = true
	for left := b.Count(); left > 0; left -= int32(len(f.raws)) {
		if rest, err = f.cut(rest, left); err != nil {
			return false, false, err
		}
		f.stats.RecordsRead += int64(len(f.raws))
		for i, r := range f.raws {
			if !b.IsControl() && !f.keep(b, r, f.hashes[i]) {
				all = false
				continue
			}
			f.kept = append(f.kept, r)
			tombstones = tombstones || r.NullValue
		}
	}
	if len(rest) > 0 && b.Count() > 0 {
		return false, false, fmt.Errorf("%w: records follow those that the batch has", ErrCorrupt)
	}
	return all, tombstones, nil
}

// keep is for records of data.
func (f *cleanFilter) keep(b batch.Batch, r batch.Raw, key keyHash) bool {
	offset := b.BaseOffset() + int64(r.OffsetDelta)
	if offset > f.keys.last {
		return true
	}
	if r.Key == nil || offset < f.keys.get(key) {
		return false
	}
	return !r.NullValue || !b.HasDeleteHorizon() || f.now < b.BaseTimestamp()
}

// isCorrupt says that a batch cannot be what was written, rather than that it
// could not be read.
func isCorrupt(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, batch.ErrCorrupt) || errors.Is(err, batch.ErrInvalidRecord) ||
		errors.Is(err, batch.ErrUnsupportedCompression) || errors.Is(err, batch.ErrTooLarge) || errors.Is(err, batch.ErrShort) || errors.Is(err, batch.ErrMagic)
}
