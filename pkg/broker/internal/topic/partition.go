package topic

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// Partition is one replica of a partition on this broker. Its exported fields do
// not change.
type Partition struct {
	Topic   string
	TopicID meta.ID
	Index   int32

	nodeID int32
	log    *logstore.Log
	failed error // why the log, though it is open, is not this partition's

	lead atomic.Pointer[leadership] // written under mu
	conf atomic.Pointer[Config]

	mu        sync.Mutex
	watchers  [isolations]watchList // guarded by mu
	commits   ackList               // guarded by mu: waits for the high watermark
	deletions ackList               // guarded by mu: waits for the low watermark
	pending   []pendingBytes        // guarded by mu: appends above the high watermark, in order
	stable    int64                 // guarded by mu: the last stable offset that its watchers know of
	followers map[int32]Follower    // guarded by mu: what replicas told in this epoch
}

// pendingBytes is an append that the high watermark has not reached.
type pendingBytes struct {
	end   int64 // offset after it
	bytes int64
}

// leadership is who leads a partition, as this broker knows it. Never modified.
type leadership struct {
	leader     int32
	epoch      int32
	isr        []int32
	replicas   int
	peers      []int32 // replicas elsewhere whose brokers are alive
	epochStart int64   // log end offset when this broker began to lead in this epoch; -1 when it does not lead
	refuse     error   // why appends are refused; nil on the leader
	ended      bool    // nothing more will come: fetches do not park
	deleted    bool
}

// newPartition returns a partition that nobody leads yet.
func newPartition(t *meta.Topic, index, nodeID int32, log *logstore.Log) *Partition {
	p := &Partition{Topic: t.Name, TopicID: t.ID, Index: index, nodeID: nodeID, log: log}
	p.lead.Store(&leadership{leader: -1, epoch: -1, epochStart: -1, refuse: ErrNotLeader})
	return p
}

// String is the partition's name as Kafka prints it.
func (p *Partition) String() string { return fmt.Sprintf("%s-%d", p.Topic, p.Index) }

// Log returns the partition's log, which may be offline.
func (p *Partition) Log() *logstore.Log { return p.log }

// Config returns the configuration in force.
func (p *Partition) Config() *Config { return p.conf.Load() }

// Leader returns the leader (-1 for none) and the leader epoch.
func (p *Partition) Leader() (id, epoch int32) {
	l := p.lead.Load()
	return l.leader, l.epoch
}

// Ended says that the partition is no more: its topic was deleted, its replica
// moved away, or the broker stops. The name may belong to another one.
func (p *Partition) Ended() bool { return p.lead.Load().ended }

// Err says why the partition is offline (logstore.ErrOffline), nil when it is not.
func (p *Partition) Err() error {
	if p.failed != nil {
		return p.failed
	}
	return p.log.Err()
}

// check is what every access begins with: the partition exists and its log is
// online, the client's leader epoch (-1: it has none) is ours, and this broker
// leads if it has to. The order is Kafka's.
func (p *Partition) check(l *leadership, epoch int32, leaderOnly bool) error {
	if l.deleted {
		return ErrUnknownPartition
	}
	if err := p.Err(); err != nil {
		return err
	}
	switch {
	case epoch == -1 || epoch == l.epoch:
	case epoch < l.epoch:
		return ErrFencedEpoch
	default:
		return ErrUnknownEpoch
	}
	if leaderOnly && l.leader != p.nodeID {
		return ErrNotLeader
	}
	return nil
}

// minISR is min.insync.replicas, which a topic with fewer replicas cannot ask for.
func (p *Partition) minISR(l *leadership) int {
	return min(p.conf.Load().MinInsyncReplicas, l.replicas)
}

// update takes over what an image says of the partition. alive tells which brokers are.
func (p *Partition) update(m *meta.Partition, alive func(int32) bool, f *Fired) {
	next := &leadership{
		leader: m.Leader, epoch: m.LeaderEpoch, isr: m.ISR, replicas: len(m.Replicas),
		epochStart: -1, refuse: ErrNotLeader,
	}
	for _, id := range m.Replicas {
		if id != p.nodeID && alive(id) {
			next.peers = append(next.peers, id)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.lead.Load()
	if old.ended {
		return
	}
	if next.leader == p.nodeID {
		next.refuse = nil
		next.epochStart = old.epochStart
		if old.leader != p.nodeID || old.epoch != next.epoch {
			clear(p.followers)
			next.epochStart = p.log.EndOffset()
			_ = p.log.AssignEpoch(next.epoch, next.epochStart) // fails offline, which every access finds
		}
	}
	p.lead.Store(next)
	p.wake(old, next, f)
}

// wake tells the waits of a change of leadership. Caller holds p.mu.
func (p *Partition) wake(old, next *leadership, f *Fired) {
	if next.refuse != nil {
		f.acks = p.commits.fail(next.refuse, f.acks)
		f.acks = p.deletions.fail(next.refuse, f.acks)
	}
	if old.leader != next.leader || old.epoch != next.epoch {
		f.waits = p.forceAll(f.waits)
	}
	if next.refuse != nil || p.Err() != nil {
		return
	}
	if old.refuse != nil || !slices.Equal(old.isr, next.isr) {
		p.advance(f)
	}
	if p.deletions.head != nil { // or else the log, which opens when it is needed, stays closed
		f.acks = p.deletions.reached(p.lowWatermark(next), nil, f.acks)
	}
}

// forceAll forces all parked fetches. Caller holds p.mu.
func (p *Partition) forceAll(due []*Wait) []*Wait {
	for i := range p.watchers {
		due = p.watchers[i].force(due)
	}
	return due
}

// end stops appends for good: the partition was deleted or the broker stops.
// What waits completes, appends with err, fetches with what there is.
func (p *Partition) end(err error, deleted bool, f *Fired) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := *p.lead.Load()
	next.refuse, next.ended, next.deleted = err, true, next.deleted || deleted
	p.lead.Store(&next)
	f.acks = p.commits.fail(err, f.acks)
	f.acks = p.deletions.fail(err, f.acks)
	f.waits = p.forceAll(f.waits)
}

// offline completes what waits on a log that failed. Caller holds p.mu.
func (p *Partition) offline(f *Fired) {
	err := p.Err()
	if err == nil {
		return
	}
	f.acks = p.commits.fail(err, f.acks)
	f.acks = p.deletions.fail(err, f.acks)
	f.waits = p.forceAll(f.waits)
}
