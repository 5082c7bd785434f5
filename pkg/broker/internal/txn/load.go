package txn

import (
	"bytes"
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
)

// load reads the ids of the shard's partition back, and goes on with what they
// were at. A record that cannot be read is told of, and its id left out.
func (sh *shard) load() {
	defer close(sh.ready)
	states := make(map[string]Txn)
	began := time.Now()
	_, err := sh.c.o.Log.Load(sh.c.ctx, sh.partition, func(e statelog.Entry) error {
		sh.read(states, e)
		return nil
	})
	if err != nil {
		if sh.c.ctx.Err() == nil {
			sh.c.o.Logger.Error("cannot load transactional ids", "topic", Topic, "partition", sh.partition, "err", err)
		}
		sh.state.CompareAndSwap(shardLoading, shardGone)
		return
	}
	sh.c.o.Logger.Debug("loaded transactional ids", "partition", sh.partition, "ids", len(states), "took", time.Since(began))
	sh.do(func(w *work) {
		if !sh.state.CompareAndSwap(shardLoading, shardLoaded) {
			return
		}
		for id, t := range states {
			o := sh.add(id, LoadedMachine(t))
			w.rearm(o)
			w.resume(o)
		}
	})
}

// read takes in one record: the last one of an id counts.
func (sh *shard) read(states map[string]Txn, e statelog.Entry) {
	if e.Control || len(e.Key) < 2 {
		return
	}
	key, err := staterec.ParseTxnKey(e.Key)
	if err != nil {
		sh.c.o.Logger.Warn("a record of transaction state is skipped", "partition", sh.partition, "offset", e.Offset, "err", err)
		return
	}
	if e.Value == nil {
		delete(states, key.TransactionalID)
		return
	}
	t, err := parseState(bytes.Clone(e.Value))
	if err != nil {
		delete(states, key.TransactionalID)
		sh.c.o.Logger.Error("a transactional id is left out: its state cannot be read",
			"transactional_id", key.TransactionalID, "partition", sh.partition, "offset", e.Offset, "err", err)
		return
	}
	states[key.TransactionalID] = t
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
