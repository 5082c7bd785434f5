package txn

import (
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
)

// loading is what was read of a partition: the last record of each id.
type loading map[string]*lastRecord

type lastRecord struct {
	offset int64
	value  []byte
}

// Load reads the ids of the shard's partition back, and goes on with what they
// were at. A record that cannot be read is told of, and its id left out.
func (sh *shard) Load() {
	defer close(sh.ready)
	began, last := time.Now(), make(loading)
	_, err := sh.c.o.Log.Load(sh.c.shards.Context(), sh.partition, func(e statelog.Entry) error {
		if err := last.add(e); err != nil {
			sh.c.o.Logger.Warn("a record of transaction state is skipped", "partition", sh.partition, "offset", e.Offset, "err", err)
		}
		return nil
	})
	if err != nil {
		if sh.c.shards.Context().Err() == nil {
			sh.c.o.Logger.Error("cannot load transactional ids", "topic", Topic, "partition", sh.partition, "err", err)
		}
		sh.state.CompareAndSwap(shardLoading, shardGone)
		return
	}
	sh.c.o.Logger.Debug("loaded transactional ids", "partition", sh.partition, "ids", len(last), "took", time.Since(began))
	sh.do(func(w *work) {
		if !sh.state.CompareAndSwap(shardLoading, shardLoaded) {
			return
		}
		for id, r := range last {
			t, err := parseState(r.value)
			if err != nil {
				sh.c.o.Logger.Error("a transactional id is left out: its state cannot be read",
					"transactional_id", id, "partition", sh.partition, "offset", r.offset, "err", err)
				continue
			}
			o := sh.add(id, LoadedMachine(t))
			w.rearm(o)
			w.resume(o)
		}
	})
}

// add takes in one record.
func (l loading) add(e statelog.Entry) error {
	if e.Control {
		return nil
	}
	key, err := staterec.ParseTxnKey(e.Key)
	if err != nil {
		return err
	}
	if e.Value == nil {
		delete(l, key.TransactionalID)
		return nil
	}
	r := l[key.TransactionalID]
	if r == nil {
		r = new(lastRecord)
		l[key.TransactionalID] = r
	}
	r.offset, r.value = e.Offset, append(r.value[:0], e.Value...)
	return nil
}

// rearm gives a transaction that was loaded the rest of its time, but never more
// than all of it: the clock may have been set back.
func (w *work) rearm(o *owner) {
	t := o.machine.Txn()
	if t.State != Ongoing {
		return
	}
	all := time.Duration(t.TimeoutMs) * time.Millisecond
	used := time.Duration(w.sh.c.nowMs()-t.StartMs) * time.Millisecond
	w.sh.due.set(&o.timer, w.sh.c.elapsed()+max(0, min(all, all-used)))
}
