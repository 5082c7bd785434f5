package logstore

const defaultIndexInterval = 4096

// indexer builds the two indexes of a segment, a batch at a time, the way Kafka
// does (LogSegment.append): an entry for the first batch after more than
// interval bytes without one.
type indexer struct {
	base     int64
	interval int
	offsets  offsetIndex
	times    timeIndex
	max      TimestampOffset // of the batches so far
	since    int64           // bytes since the last entry
	firstTS  int64           // largest timestamp of the first batch
	any      bool            // there was a batch
}

func newIndexer(base int64, interval int) indexer {
	return indexer{
		base: base, interval: interval, firstTS: noTimestamp,
		max: TimestampOffset{Timestamp: noTimestamp, Offset: base, LeaderEpoch: noEpoch},
	}
}

// add takes the batch that lies at h.pos.
func (x *indexer) add(h head) {
	if !x.any {
		x.any, x.firstTS = true, h.maxTS
	}
	if h.maxTS > x.max.Timestamp {
		x.max.Timestamp, x.max.Offset = h.maxTS, h.last
	}
	if x.since > int64(x.interval) {
		x.offsets = x.offsets.add(uint32(h.last-x.base), uint32(h.pos))
		x.times = x.times.add(x.max.Timestamp, uint32(x.max.Offset-x.base))
		x.since = 0
	}
	x.since += h.size
}

// seal makes the last entry of the time index the largest timestamp.
func (x *indexer) seal() {
	x.times = x.times.add(x.max.Timestamp, uint32(x.max.Offset-x.base))
}

// full reports that Kafka would have no room for more entries in files of the
// given size; it keeps one time entry for seal.
func (x *indexer) full(fileBytes int) bool {
	return x.offsets.entries() >= fileBytes/indexEntrySize || x.times.entries() >= fileBytes/timeIndexEntrySize-1
}
