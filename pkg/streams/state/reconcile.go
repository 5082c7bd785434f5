package state

import "fmt"

// Changelog is what the partition of a changelog is now, as its broker says.
type Changelog struct {
	// TopicID is the topic's id, zero where the broker does not tell.
	TopicID [16]byte
	// Start and End are the log start offset and the end offset (the last
	// stable offset for a reader of committed records).
	Start, End int64
	// EpochEnd is where the epoch of the position ends (OffsetForLeaderEpoch), -1 where unknown.
	EpochEnd int64
}

// Verdict says how to go on from a position.
type Verdict struct {
	// Wipe asks to empty the store first.
	Wipe bool
	// From is the offset to restore from.
	From int64
	// Reason says why a store that had a position is wiped, "" where it is not.
	Reason string
}

// Check says whether local state at p still fits its changelog. Where the
// changelog was made anew, lost records that the store has, or no longer has
// records that the store has not seen, the state is wiped and restored, as
// Kafka Streams does for a corrupted task.
func (p Position) Check(now Changelog) Verdict {
	none := [16]byte{}
	wipe := func(format string, a ...any) Verdict {
		return Verdict{Wipe: true, From: now.Start, Reason: fmt.Sprintf(format, a...)}
	}
	switch {
	case p.TopicID != none && now.TopicID != none && p.TopicID != now.TopicID:
		return wipe("the changelog was deleted and made anew")
	case p.Offset > now.End:
		return wipe("the changelog ends at %d, below the checkpoint %d", now.End, p.Offset)
	case now.EpochEnd >= 0 && now.EpochEnd < p.Offset:
		return wipe("the changelog was truncated to %d, below the checkpoint %d", now.EpochEnd, p.Offset)
	case p.Offset < now.Start:
		return wipe("the changelog starts at %d, above the checkpoint %d", now.Start, p.Offset)
	}
	return Verdict{From: p.Offset}
}

// Reconcile compares a store's position with what its changelog is now and
// wipes the store where they do not fit, or where it has no position. A
// position without a topic id takes the changelog's.
func (db *DB) Reconcile(store string, now Changelog) (Verdict, error) {
	db.mu.RLock()
	p, ok := db.at.Changelogs[store]
	db.mu.RUnlock()
	v := Verdict{Wipe: true, From: now.Start}
	if ok {
		v = p.Check(now)
	}
	if v.Wipe {
		return v, db.Wipe(store)
	}
	if p.TopicID != now.TopicID && now.TopicID != ([16]byte{}) {
		p.TopicID = now.TopicID
		return v, db.Restore(store, nil, p)
	}
	return v, nil
}
