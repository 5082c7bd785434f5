package topic

import (
	"kq/pkg/broker/logstore"
)

// AppendOptions says how records are appended.
type AppendOptions struct {
	// Acks is what the producer asked for; -1 needs min.insync.replicas.
	Acks   int16
	Origin logstore.Origin
	// Verify and Guard are those of logstore.AppendOptions.
	Verify bool
	Guard  *logstore.Guard
	// TxnVersion is the transaction version of a marker.
	TxnVersion int16
	// Ack, when set, waits for the high watermark to cover the records if the
	// append works and it does not do so yet.
	Ack *Ack
	// Fired, when set, takes what the append made due: the caller calls its Fire
	// when it has appended to all partitions of a request and answered. It must,
	// since what is in there is claimed.
	Fired *Fired
}

// Appended is what an append did.
type Appended struct {
	logstore.Appended
	// Waiting says that AppendOptions.Ack was taken and its Done will be called.
	Waiting bool
}

// Append appends validated batches as the leader. The bytes are patched in place:
// base offsets and leader epoch. Errors are those of this package and of
// logstore.Log.Append.
func (p *Partition) Append(records []byte, o AppendOptions) (Appended, error) {
	var f Fired
	into := o.Fired
	if into == nil {
		into = &f
	}
	p.mu.Lock()
	a, err := p.append(records, o, into)
	p.mu.Unlock()
	f.Fire()
	return a, err
}

func (p *Partition) append(records []byte, o AppendOptions, f *Fired) (Appended, error) {
	l := p.lead.Load()
	if err := p.check(l, -1, true); err != nil {
		return Appended{}, err
	}
	if l.refuse != nil {
		return Appended{}, l.refuse
	}
	if o.Acks == -1 && len(l.isr) < p.minISR(l) {
		return Appended{}, ErrNotEnoughReplicas
	}
	a, err := p.log.Append(records, logstore.AppendOptions{
		LeaderEpoch: l.epoch, Origin: o.Origin, Verify: o.Verify, Guard: o.Guard, TxnVersion: o.TxnVersion,
	})
	if err != nil {
		p.offline(f)
		return Appended{}, err
	}
	end := a.LastOffset + 1
	if !a.Duplicate {
		p.pending = append(p.pending, pendingBytes{end, int64(a.Bytes)})
		f.waits = p.watchers[LogEnd].grew(int64(a.Bytes), f.waits)
		p.advance(f)
	}
	if o.Ack == nil || p.log.HighWatermark() >= end {
		return Appended{Appended: a}, nil
	}
	p.commits.add(o.Ack, end)
	return Appended{Appended: a, Waiting: true}, nil
}

// Cancel takes back an Ack that still waits and reports whether it did; if not,
// its Done is or was called.
func (p *Partition) Cancel(a *Ack) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.list == nil {
		return false
	}
	a.list.remove(a)
	return true
}

// synced is called when the log's synced offset moved, or its sync failed.
func (p *Partition) synced() {
	var f Fired
	p.mu.Lock()
	p.offline(&f)
	if l := p.lead.Load(); l.leader == p.nodeID && p.Err() == nil {
		p.advance(&f)
	}
	p.mu.Unlock()
	f.Fire()
}

// committed is how far the high watermark may go: every replica in sync has the
// records below it and, where the mode asks for it, they are on disk. Below
// min.insync.replicas it stays where it is (KIP-966). Caller holds p.mu.
func (p *Partition) committed(l *leadership) int64 {
	if len(l.isr) < p.minISR(l) {
		return -1
	}
	end := p.log.DurableEnd()
	for _, id := range l.isr {
		if id == p.nodeID {
			continue
		}
		f, ok := p.followers[id]
		if !ok {
			return -1
		}
		end = min(end, f.EndOffset)
	}
	return end
}

// advance moves the high watermark as far as it may go and collects what waited
// for it. Caller holds p.mu.
func (p *Partition) advance(f *Fired) {
	l := p.lead.Load()
	from, to := p.log.HighWatermark(), p.committed(l)
	var grown int64
	if to > from {
		p.log.SetHighWatermark(to)
		grown = p.grewTo(to, f)
	}
	p.stableMoved(from, grown, f)
}

// grewTo counts the bytes below the new high watermark.
func (p *Partition) grewTo(to int64, f *Fired) int64 {
	n, i := int64(0), 0
	for ; i < len(p.pending) && p.pending[i].end <= to; i++ {
		n += p.pending[i].bytes
	}
	if i == len(p.pending) {
		p.pending = p.pending[:0]
	} else {
		p.pending = append(p.pending[:0], p.pending[i:]...)
	}
	f.waits = p.watchers[HighWatermark].grew(n, f.waits)
	if p.commits.head != nil {
		f.acks = p.commits.reached(to, p.afterAppend(), f.acks)
	}
	return n
}

// afterAppend is how appends end whose records are replicated.
func (p *Partition) afterAppend() error {
	if l := p.lead.Load(); len(l.isr) < p.minISR(l) {
		return ErrNotEnoughReplicasAfterAppend
	}
	return nil
}

// stableMoved wakes those who wait for stable records, after the high watermark
// went up from an offset by so many bytes. Without transactions these are the
// bytes that became stable; a marker can free any number, so that the waits look
// for themselves. Caller holds p.mu.
func (p *Partition) stableMoved(from, grown int64, f *Fired) {
	if p.watchers[LastStable].head == nil {
		return
	}
	stable := p.log.LastStableOffset()
	if stable == p.stable {
		return
	}
	if p.stable == from && stable == p.log.HighWatermark() {
		f.waits = p.watchers[LastStable].grew(grown, f.waits)
	} else {
		f.waits = p.watchers[LastStable].poke(f.waits)
	}
	p.stable = stable
}
