package txn

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Waits between attempts to carry out what is decided.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// resume goes on with an id whose end is decided.
func (w *work) resume(o *owner) {
	if eff := o.machine.Resume(); eff.Markers != nil {
		o.going().left = eff.Markers.Partitions
		w.mark(o)
	}
}

// retryLater sets the timer for another attempt if the end is decided.
func (w *work) retryLater(o *owner) {
	if !o.machine.Txn().State.prepared() || o.machine.pending != nil {
		return
	}
	b := o.going()
	wait := min(lastRetry, firstRetry<<min(b.attempts, 10))
	w.sh.due.set(&o.timer, w.sh.c.elapsed()+wait)
}

// mark writes the markers that are left, and the state that follows when all are
// there.
func (w *work) mark(o *owner) {
	w.sh.due.drop(&o.timer)
	q := w.markersRequest(o)
	if len(o.busy.left) == 0 {
		w.marked(o)
		return
	}
	sh := w.sh
	w.later(func() {
		sh.c.o.WriteMarkers(q, func(resp *kmsg.WriteTxnMarkersResponse) {
			sh.do(func(w *work) {
				if !w.gone(o) {
					w.markersAnswered(o, q, resp)
				}
			})
		})
	})
}

// markersRequest asks for the markers of all partitions that are still there. A
// topic that was deleted does not hold up the transaction, and one that was made
// under its name since has no part in it.
func (w *work) markersRequest(o *owner) *kmsg.WriteTxnMarkersRequest {
	t, b := o.machine.Txn(), o.going()
	rm := kmsg.NewWriteTxnMarkersRequestMarker()
	rm.ProducerID, rm.ProducerEpoch, rm.Committed = t.ProducerID, t.Epoch, t.State == PrepareCommit
	rm.CoordinatorEpoch, rm.TransactionVersion = w.sh.home.Epoch, int8(t.Version)
	var left []Partition
	for _, p := range b.left {
		id, ok := w.sh.c.o.TopicID(p.Topic, p.Index)
		known, noted := b.topics[p.Topic]
		if !ok || noted && known != id || !noted && !w.sh.c.o.Open(p, t.ProducerID) {
			w.sh.c.o.Logger.Info("a transaction ends without a topic that was deleted", "transactional_id", o.id, "topic", p.Topic)
			continue
		}
		left = append(left, p)
		if n := len(rm.Topics); n == 0 || rm.Topics[n-1].Topic != p.Topic {
			rm.Topics = append(rm.Topics, kmsg.WriteTxnMarkersRequestMarkerTopic{Topic: p.Topic})
		}
		last := &rm.Topics[len(rm.Topics)-1]
		last.Partitions = append(last.Partitions, p.Index)
	}
	b.left = left
	q := kmsg.NewPtrWriteTxnMarkersRequest()
	q.Version = q.MaxVersion()
	q.Markers = append(q.Markers, rm)
	return q
}

// markersAnswered looks at how the markers went. Those that could not be written
// are tried again.
func (w *work) markersAnswered(o *owner, q *kmsg.WriteTxnMarkersRequest, resp *kmsg.WriteTxnMarkersResponse) {
	asked, t := &q.Markers[0], o.machine.Txn()
	if o.machine.pending != nil || !t.State.prepared() || asked.ProducerID != t.ProducerID || asked.ProducerEpoch != t.Epoch {
		return // an answer to an attempt of before
	}
	written := make(map[Partition]bool)
	for i := range resp.Markers {
		for j := range resp.Markers[i].Topics {
			name := resp.Markers[i].Topics[j].Topic
			for _, p := range resp.Markers[i].Topics[j].Partitions {
				err := markerFailed(p.ErrorCode)
				written[Partition{name, p.Partition}] = err == nil
				if err != nil {
					w.sh.c.o.Logger.Warn("cannot write a transaction marker", "transactional_id", o.id,
						"topic", name, "partition", p.Partition, "err", err)
				}
			}
		}
	}
	b := o.going()
	var left []Partition // its array may be the machine's
	for _, p := range b.left {
		if !written[p] {
			left = append(left, p)
		}
	}
	if b.left = left; len(left) == 0 {
		w.marked(o)
		return
	}
	b.attempts++
	w.retryLater(o)
}

// markerFailed says whether a marker is to be written again: not if it was
// written, nor if the partition knows a later epoch of the producer, so that
// nothing of the transaction can be open there.
func markerFailed(code int16) error {
	switch code {
	case 0, kerr.InvalidProducerEpoch.Code, kerr.UnsupportedForMessageFormat.Code, kerr.UnsupportedVersion.Code:
		return nil
	}
	return kerr.ErrorForCode(code)
}

// marked writes that the transaction is over.
func (w *work) marked(o *owner) {
	if eff := o.machine.Step(w.sh.c.nowMs(), Marked{}); eff.Append != nil {
		w.append(o, eff)
	}
}
