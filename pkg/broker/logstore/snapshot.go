package logstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A producer snapshot holds, for each producer, its last batch. That is all
// Kafka keeps over a restart; we append the rest of the window where there is
// one, inside the checksum and after everything Kafka reads.

// encodeSnapshot writes a .snapshot file (ProducerStateManager.writeSnapshot).
func encodeSnapshot(entries []producerEntry) []byte {
	older := 0
	for i := range entries {
		older += max(0, int(entries[i].count)-1)
	}
	p := make([]byte, 0, snapshotHeaderSize+snapshotEntrySize*len(entries)+4+older*windowEntrySize)
	be := binary.BigEndian
	p = be.AppendUint16(p, 1)
	p = be.AppendUint32(p, 0) // the checksum, below
	p = be.AppendUint32(p, uint32(len(entries)))
	for i := range entries {
		e := &entries[i]
		last, _ := e.last()
		p = be.AppendUint64(p, uint64(e.id))
		p = be.AppendUint16(p, uint16(e.epoch))
		p = be.AppendUint32(p, uint32(last.lastSeq))
		p = be.AppendUint64(p, uint64(last.lastOffset))
		p = be.AppendUint32(p, uint32(last.delta))
		p = be.AppendUint64(p, uint64(e.lastTimestamp))
		p = be.AppendUint32(p, uint32(e.coordinatorEpoch))
		p = be.AppendUint64(p, uint64(e.txnFirst))
	}
	if older > 0 {
		p = appendWindows(be.AppendUint32(p, uint32(older)), entries)
	}
	be.PutUint32(p[2:], crc32.Checksum(p[6:], crc32.MakeTable(crc32.Castagnoli)))
	return p
}

func appendWindows(p []byte, entries []producerEntry) []byte {
	be := binary.BigEndian
	for i := range entries {
		e := &entries[i]
		for _, m := range e.window[:max(0, int(e.count)-1)] {
			p = be.AppendUint64(p, uint64(e.id))
			p = be.AppendUint32(p, uint32(m.lastSeq))
			p = be.AppendUint32(p, uint32(m.delta))
			p = be.AppendUint64(p, uint64(m.lastOffset))
			p = be.AppendUint64(p, uint64(m.timestamp))
		}
	}
	return p
}

// parseSnapshot reads a .snapshot file, ours or Kafka's. Entries are sorted if
// they were written sorted.
func parseSnapshot(p []byte) ([]producerEntry, error) {
	be := binary.BigEndian
	if len(p) < snapshotHeaderSize {
		return nil, fmt.Errorf("%w: snapshot of %d bytes", ErrCorrupt, len(p))
	}
	if v := be.Uint16(p); v != 1 {
		return nil, fmt.Errorf("%w: snapshot version %d", ErrCorrupt, v)
	}
	if want, got := be.Uint32(p[2:]), crc32.Checksum(p[6:], crc32.MakeTable(crc32.Castagnoli)); want != got {
		return nil, fmt.Errorf("%w: snapshot checksum is %08x, its bytes have %08x", ErrCorrupt, want, got)
	}
	n, rest := int64(be.Uint32(p[6:])), p[snapshotHeaderSize:]
	if n*snapshotEntrySize > int64(len(rest)) {
		return nil, fmt.Errorf("%w: snapshot of %d bytes says %d entries", ErrCorrupt, len(p), n)
	}
	entries := make([]producerEntry, n)
	byID := make(map[int64]*producerEntry, n)
	for i := range entries {
		e, q := &entries[i], rest[i*snapshotEntrySize:]
		*e = newProducerEntry(int64(be.Uint64(q)))
		e.epoch = int16(be.Uint16(q[8:]))
		m := batchMeta{lastSeq: int32(be.Uint32(q[10:])), lastOffset: int64(be.Uint64(q[14:])), delta: int32(be.Uint32(q[22:]))}
		e.lastTimestamp = int64(be.Uint64(q[26:]))
		e.coordinatorEpoch = int32(be.Uint32(q[34:]))
		e.txnFirst = max(noOffset, int64(be.Uint64(q[38:])))
		m.timestamp = e.lastTimestamp
		if m.lastOffset >= 0 {
			if m.delta < 0 {
				return nil, fmt.Errorf("%w: snapshot entry of producer %d spans %d", ErrCorrupt, e.id, m.delta)
			}
			e.push(m)
		}
		byID[e.id] = e
	}
	return entries, parseWindows(rest[n*snapshotEntrySize:], byID)
}

// parseWindows puts the older batches before the last one. A tail that is not
// ours is ignored, as Kafka ignores it.
func parseWindows(p []byte, byID map[int64]*producerEntry) error {
	be := binary.BigEndian
	if len(p) < 4 || int64(be.Uint32(p))*windowEntrySize != int64(len(p)-4) {
		return nil
	}
	older := map[int64][]batchMeta{}
	for q := p[4:]; len(q) > 0; q = q[windowEntrySize:] {
		id := int64(be.Uint64(q))
		older[id] = append(older[id], batchMeta{
			lastSeq: int32(be.Uint32(q[8:])), delta: int32(be.Uint32(q[12:])),
			lastOffset: int64(be.Uint64(q[16:])), timestamp: int64(be.Uint64(q[24:])),
		})
	}
	for id, window := range older {
		e := byID[id]
		if e == nil || e.count != 1 || len(window) >= windowSize {
			return fmt.Errorf("%w: snapshot window of producer %d has %d entries", ErrCorrupt, id, len(window))
		}
		last := e.window[0]
		e.count = 0
		for _, m := range append(window, last) {
			e.push(m)
		}
	}
	return nil
}
