package share

// prune deletes the records that later snapshots have made superfluous, after
// giving a snapshot to share partitions that have had none for long, and comes
// again. (ShareCoordinatorService: setupRecordPruning, setupSnapshotColdPartitions;
// they are two timers there.)
func (c *Coordinator) prune() {
	for _, sh := range c.shards.All() {
		below := int64(-1)
		sh.do(func(w *work) {
			if sh.loaded && !sh.gone {
				w.snapshotCold()
				below = w.redundant()
			}
		})
		if below < 0 {
			continue
		}
		if err := c.o.Truncate(sh.partition, below); err != nil {
			c.o.Logger.Warn("cannot delete old share group states", "partition", sh.partition, "below", below, "err", err)
		}
	}
}

// snapshotCold writes a snapshot of each share partition that has had none for a
// while, unless the last one of all of them was such a one: then there is nothing
// to gain.
func (w *work) snapshotCold() {
	nowMs := w.sh.c.o.Now().UnixMilli()
	fresh := false
	for _, s := range w.sh.states {
		fresh = fresh || s.CreateMs == s.WriteMs
	}
	if !fresh {
		return
	}
	for k, s := range w.sh.states {
		if nowMs-s.WriteMs < w.sh.c.o.ColdInterval.Milliseconds() {
			continue
		}
		v := s.ShareSnapshotValue
		v.SnapshotEpoch++
		v.WriteMs = nowMs
		w.append(snapshotRecord(k, v), func(offset int64) { s.snapshotted(v, offset, w.sh.c.o.UpdatesPerSnapshot) }, func(int16) {})
	}
}

// redundant is the offset below which no share partition needs a record, -1 when
// nothing is to be deleted.
func (w *work) redundant() int64 {
	sh, below := w.sh, int64(-1)
	for _, s := range sh.states {
		if below < 0 || s.snapshot < below {
			below = s.snapshot
		}
	}
	if below <= sh.pruned {
		return -1
	}
	sh.pruned = below
	return below
}
