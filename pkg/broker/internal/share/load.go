package share

import (
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
)

// Load reads the states of the shard's partition back. A record that cannot be
// read is told of and left out.
func (sh *shard) Load() {
	began, c := time.Now(), sh.c
	_, err := c.o.Log.Load(c.shards.Context(), sh.partition, func(e statelog.Entry) error {
		if e.Control {
			return nil
		}
		if err := sh.replay(e); err != nil {
			c.o.Logger.Warn("a record of share group state is skipped", "partition", sh.partition, "offset", e.Offset, "err", err)
		}
		return nil
	})
	if err != nil {
		if c.shards.Context().Err() == nil {
			c.o.Logger.Error("cannot load share group states", "topic", Topic, "partition", sh.partition, "err", err)
		}
		sh.Unload()
		return
	}
	c.o.Logger.Debug("loaded share group states", "partition", sh.partition, "took", time.Since(began))
	sh.ready()
	// A crash may have come between the end of a topic and that of its states.
	img := c.o.Image()
	sh.visit(func(w *work, code int16) {
		if code == 0 {
			w.forget(func(k Key) bool { return img.TopicByID(k.TopicID) == nil })
		}
	})
}

// replay takes in one record.
func (sh *shard) replay(e statelog.Entry) error {
	r, err := staterec.ParseShareStateKey(e.Key)
	if err != nil {
		return err
	}
	k := Key{Group: r.Group, TopicID: r.TopicID, Partition: r.Partition}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := sh.states[k]
	if s == nil {
		s = &kept{snapshot: e.Offset}
	}
	switch {
	case sh.gone:
		return nil
	case e.Value == nil:
		delete(sh.states, k)
		return nil
	case r.Kind == staterec.ShareSnapshot:
		v, err := staterec.ParseShareSnapshotValue(e.Value)
		if err != nil {
			return err
		}
		s.snapshotted(v, e.Offset, sh.c.o.UpdatesPerSnapshot)
	default:
		v, err := staterec.ParseShareUpdateValue(e.Value)
		if err != nil {
			return err
		}
		if sh.states[k] == nil { // its snapshot is lost
			s.ShareSnapshotValue = staterec.ShareSnapshotValue{SnapshotEpoch: v.SnapshotEpoch, LeaderEpoch: v.LeaderEpoch, StartOffset: v.StartOffset}
		}
		s.updated(v)
	}
	sh.states[k] = s
	return nil
}
