package cluster

import (
	"encoding/binary"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
)

// The types of KRaft's control records (ControlRecordType).
const (
	controlLeaderChange   = 2
	controlSnapshotHeader = 3
	controlSnapshotFooter = 4
)

// maxBatchBytes bounds a batch of metadata records. Changes that take more are
// several batches in a metadata transaction.
const maxBatchBytes = 1 << 20

// batcher turns records into consecutive batches.
type batcher struct {
	epoch  int32
	nowMs  int64
	offset int64 // of the next record
	out    []byte
	open   *batch.Builder // the batch that is being filled, nil when there is none
}

// add appends one metadata record.
func (b *batcher) add(r meta.Record) { b.addValue(meta.Append(nil, r)) }

func (b *batcher) addValue(value []byte) {
	if b.open != nil && b.open.SizeWith(b.nowMs, nil, value, nil) > maxBatchBytes {
		b.flush()
	}
	if b.open == nil {
		b.open = b.builder(false)
	}
	b.open.Add(b.nowMs, nil, value, nil)
}

// control appends one control record, a batch of its own. Its body is a message
// of version 0 in Kafka's flexible format.
func (b *batcher) control(typ uint16, body []byte) {
	b.flush()
	key := binary.BigEndian.AppendUint16([]byte{0, 0}, typ)
	open := b.builder(true)
	open.Add(b.nowMs, key, body, nil)
	b.open = open
	b.flush()
}

func (b *batcher) builder(control bool) *batch.Builder {
	return batch.NewBuilder(batch.BuilderOptions{BaseOffset: b.offset, LeaderEpoch: b.epoch, Control: control})
}

// flush ends the open batch.
func (b *batcher) flush() {
	if b.open == nil {
		return
	}
	b.offset += int64(b.open.Count())
	b.out = append(b.out, b.open.Build()...)
	b.open = nil
}

// encodeRecords is the bytes of one change: a batch, or a metadata transaction
// of several (KIP-868), so that a crash between them leaves nothing of it. It
// also gives the records as they stand in the log.
func encodeRecords(records []meta.Record, offset int64, epoch int32, nowMs int64) (raw []byte, written []meta.Record) {
	b := &batcher{epoch: epoch, nowMs: nowMs, offset: offset}
	size := 0
	values := make([][]byte, len(records))
	for i, r := range records {
		values[i] = meta.Append(nil, r)
		size += len(values[i]) + recordOverhead
	}
	if size <= maxBatchBytes-batch.HeaderSize {
		for _, v := range values {
			b.addValue(v)
		}
		b.flush()
		return b.out, records
	}
	written = make([]meta.Record, 0, len(records)+2)
	written = append(written, &meta.BeginTransaction{})
	written = append(append(written, records...), &meta.EndTransaction{})
	for _, r := range written {
		b.add(r)
	}
	b.flush()
	return b.out, written
}

// recordOverhead is the most that a record takes beside its value: six varints,
// the attributes and no headers.
const recordOverhead = 24

// leaderChange is the body of the control record that begins an epoch: this
// node leads, elected by its own vote.
func leaderChange(nodeID int32) []byte {
	p := []byte{0, 0} // version
	p = binary.BigEndian.AppendUint32(p, uint32(nodeID))
	for range 2 { // the voters, and who granted the vote
		p = append(p, 2) // one
		p = binary.BigEndian.AppendUint32(p, uint32(nodeID))
		p = append(p, 0) // no tagged fields
	}
	return append(p, 0)
}

// snapshotHeader is the body of the first record of a snapshot; lastMs is when
// the last record in it was appended.
func snapshotHeader(lastMs int64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{0, 0}, uint64(lastMs)), 0)
}

// snapshotFooter is the body of the last record of a snapshot.
func snapshotFooter() []byte { return []byte{0, 0, 0} }
