package logstore

import (
	"fmt"
	"sort"
	"strconv"
)

// epochEntry says that a leader epoch's first record has this offset.
type epochEntry struct {
	epoch int32
	start int64
}

// epochs is a partition's leader epochs, both columns ascending
// (LeaderEpochFileCache). A value is never changed, only replaced.
type epochs []epochEntry

func (e epochs) latest() (epochEntry, bool) {
	if len(e) == 0 {
		return epochEntry{epoch: noEpoch, start: noOffset}, false
	}
	return e[len(e)-1], true
}

// assign adds an epoch and drops those it contradicts. changed is false if it
// is known already.
func (e epochs) assign(epoch int32, start int64) (_ epochs, changed bool) {
	if epoch < 0 || start < 0 {
		return e, false
	}
	if last, ok := e.latest(); ok && last.epoch == epoch && start >= last.start {
		return e, false
	}
	n := len(e)
	for n > 0 && (e[n-1].epoch >= epoch || e[n-1].start >= start) {
		n--
	}
	return append(e[:n:n], epochEntry{epoch, start}), true
}

// grow adds the epoch of a batch if it is newer than all. Epochs only go back
// where a log was carried from one cluster to another.
func (e epochs) grow(epoch int32, start int64) (_ epochs, changed bool) {
	if last, _ := e.latest(); epoch <= last.epoch {
		return e, false
	}
	return e.assign(epoch, start)
}

// endOffset gives the largest epoch at most the requested one and the offset
// after its last record; ok is false when the epoch is newer than all.
func (e epochs) endOffset(epoch int32, logEnd int64) (found int32, end int64, ok bool) {
	last, any := e.latest()
	if epoch == noEpoch || !any || epoch > last.epoch {
		return noEpoch, noOffset, false
	}
	if epoch == last.epoch {
		return epoch, logEnd, true
	}
	higher := sort.Search(len(e), func(i int) bool { return e[i].epoch > epoch })
	if higher == 0 { // older than the log: its end is where the first one began
		return epoch, e[0].start, true
	}
	return e[higher-1].epoch, e[higher].start, true
}

// forOffset gives the epoch of the record at offset.
func (e epochs) forOffset(offset int64) (int32, bool) {
	i := sort.Search(len(e), func(i int) bool { return e[i].start > offset })
	if i == 0 {
		return noEpoch, false
	}
	return e[i-1].epoch, true
}

// cutFrom drops the epochs that begin at or after end.
func (e epochs) cutFrom(end int64) epochs {
	n := sort.Search(len(e), func(i int) bool { return e[i].start >= end })
	return e[:n:n]
}

// cutBefore moves the start of the log: the epoch that start lies in begins
// there now, older ones are gone.
func (e epochs) cutBefore(start int64) epochs {
	n := sort.Search(len(e), func(i int) bool { return e[i].start > start })
	if n == 0 || n == 1 && e[0].start == start {
		return e
	}
	return append(epochs{{e[n-1].epoch, start}}, e[n:]...)
}

// encode writes the leader-epoch-checkpoint file.
func (e epochs) encode() []byte {
	lines := make([]string, len(e))
	for i, x := range e {
		lines[i] = strconv.FormatInt(int64(x.epoch), 10) + " " + strconv.FormatInt(x.start, 10)
	}
	return encodeCheckpoint(lines)
}

// parseEpochs reads a leader-epoch-checkpoint file. An empty file is what Kafka
// makes before the first epoch.
func parseEpochs(p []byte) (epochs, error) {
	lines, err := parseCheckpoint(p)
	if err != nil {
		return nil, err
	}
	e := make(epochs, 0, len(lines))
	for _, fields := range lines {
		if len(fields) != 2 {
			return nil, fmt.Errorf("%w: epoch line has %d fields", ErrCorrupt, len(fields))
		}
		epoch, err1 := strconv.ParseInt(fields[0], 10, 32)
		start, err2 := strconv.ParseInt(fields[1], 10, 64)
		if err1 != nil || err2 != nil || epoch < 0 || start < 0 {
			return nil, fmt.Errorf("%w: epoch line %q %q", ErrCorrupt, fields[0], fields[1])
		}
		if n := len(e); n > 0 && (e[n-1].epoch >= int32(epoch) || e[n-1].start >= start) {
			return nil, fmt.Errorf("%w: epoch %d at %d follows epoch %d at %d", ErrCorrupt, epoch, start, e[n-1].epoch, e[n-1].start)
		}
		e = append(e, epochEntry{int32(epoch), start})
	}
	return e, nil
}
