package txn

import (
	"fmt"
	"slices"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
)

// record is the state of an id as __transaction_state holds it; nil for an id
// that is forgotten.
func record(id string, t *Txn) statelog.Record {
	r := statelog.Record{Key: staterec.TxnKey{TransactionalID: id}.Append(nil)}
	if t == nil {
		return r
	}
	v := staterec.TxnValue{
		ProducerID: t.ProducerID, PreviousProducerID: t.PreviousProducerID, NextProducerID: t.NextProducerID,
		Epoch: t.Epoch, NextEpoch: none, TimeoutMs: t.TimeoutMs, Status: staterec.TxnStatus(t.State),
		LastUpdateMs: t.UpdateMs, StartMs: t.StartMs, ClientVersion: t.Version,
	}
	for _, p := range t.Partitions {
		if n := len(v.Partitions); n == 0 || v.Partitions[n-1].Topic != p.Topic {
			v.Partitions = append(v.Partitions, staterec.TxnPartitions{Topic: p.Topic})
		}
		last := &v.Partitions[len(v.Partitions)-1]
		last.Partitions = append(last.Partitions, p.Index)
	}
	r.Value = v.Append(nil)
	return r
}

// parseState reads the value of a record. What it returns aliases nothing of b.
func parseState(b []byte) (Txn, error) {
	v, err := staterec.ParseTxnValue(b)
	if err != nil {
		return Txn{}, err
	}
	t := Txn{
		ProducerID: v.ProducerID, PreviousProducerID: v.PreviousProducerID, NextProducerID: v.NextProducerID,
		Epoch: v.Epoch, LastEpoch: none, State: State(v.Status), Version: v.ClientVersion, TimeoutMs: v.TimeoutMs,
		StartMs: v.StartMs, UpdateMs: v.LastUpdateMs,
	}
	if t.State < Empty || t.State > CompleteAbort {
		return Txn{}, fmt.Errorf("parse transactional id state: status %s", v.Status)
	}
	if t.ProducerID < 0 || t.Epoch < 0 {
		return Txn{}, fmt.Errorf("parse transactional id state: producer id %d epoch %d", t.ProducerID, t.Epoch)
	}
	for _, p := range v.Partitions {
		for _, index := range p.Partitions {
			t.Partitions = append(t.Partitions, Partition{p.Topic, index})
		}
	}
	slices.SortFunc(t.Partitions, comparePartitions)
	t.Partitions = slices.Compact(t.Partitions)
	return t, nil
}
