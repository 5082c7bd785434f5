package share

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
)

// Persister keeps the states of share partitions: a [Coordinator], wherever it is.
// Each method answers once, on any goroutine, perhaps before it returns.
type Persister interface {
	ReadShareGroupState(q *kmsg.ReadShareGroupStateRequest, reply func(*kmsg.ReadShareGroupStateResponse))
	WriteShareGroupState(q *kmsg.WriteShareGroupStateRequest, reply func(*kmsg.WriteShareGroupStateResponse))
}

// Topics is where partitions and configs are: a [topic.Catalog].
type Topics interface {
	TopicByID(id meta.ID) *topic.Topic
	GroupNumber(group, name string) int64
	GroupText(group, name string) string
}

// Options of a Manager. Persister and Topics are needed.
type Options struct {
	Persister Persister
	Topics    Topics
	// Sessions is group.share.max.share.sessions, how many share sessions there can
	// be; default 2000.
	Sessions int
	Now      func() time.Time // the wall clock of share.auto.offset.reset=by_duration; default time.Now
	Logger   *slog.Logger     // default: discards
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	if o.Persister == nil || o.Topics == nil {
		return errors.New("open share partitions: no persister or no topics given")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Sessions == 0 {
		o.Sessions = 2000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Manager has the share partitions that this broker leads, and the share sessions
// of its clients (SharePartitionManager). It is safe for concurrent use.
type Manager struct {
	o     Options
	begun time.Time // of the durations in locks: they follow no wall clock

	mu         sync.Mutex
	partitions map[Key]*Partition // guarded by mu
	closed     bool               // guarded by mu

	sessions sessions
}

// New returns a manager without share partitions.
func New(o Options) (*Manager, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	m := &Manager{o: o, begun: time.Now(), partitions: make(map[Key]*Partition)}
	m.sessions.init(o.Sessions)
	return m, nil
}

// Close forgets all share partitions: what members have acquired is theirs no more.
func (m *Manager) Close() {
	m.mu.Lock()
	m.closed = true
	all := m.partitions
	m.partitions = nil
	m.mu.Unlock()
	for _, p := range all {
		p.fence()
	}
}

func (m *Manager) elapsed() time.Duration { return time.Since(m.begun) }

// Partition returns a share partition, which begins to load if it is not there. The
// error is that of topic.Topic.Partition.
func (m *Manager) Partition(k Key) (*Partition, error) {
	part, err := m.o.Topics.TopicByID(k.TopicID).Partition(k.Partition)
	if err != nil {
		m.drop(k, nil)
		return nil, err
	}
	m.mu.Lock()
	p := m.partitions[k]
	if p != nil && p.topic == part || m.closed {
		m.mu.Unlock()
		if p == nil {
			return nil, topic.ErrNotLeader
		}
		return p, nil
	}
	old := p
	_, epoch := part.Leader()
	p = &Partition{m: m, key: k, topic: part, epoch: epoch}
	m.partitions[k] = p
	m.mu.Unlock()
	if old != nil {
		old.fence()
	}
	p.load()
	return p, nil
}

// known returns a share partition that is there, nil when it is not.
func (m *Manager) known(k Key) *Partition {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.partitions[k]
}

// drop forgets a share partition: only p, unless that is nil. It will be loaded again.
func (m *Manager) drop(k Key, p *Partition) {
	m.mu.Lock()
	have := m.partitions[k]
	if have == nil || p != nil && have != p {
		m.mu.Unlock()
		return
	}
	delete(m.partitions, k)
	m.mu.Unlock()
	have.fence()
}

// dropGroup forgets the share partitions of a group that nobody fetches for. Those
// that are being written are left: they are forgotten then.
func (m *Manager) dropGroup(group string) {
	m.mu.Lock()
	var idle []*Partition
	for k, p := range m.partitions {
		if k.Group == group {
			idle = append(idle, p)
		}
	}
	m.mu.Unlock()
	for _, p := range idle {
		if p.idle() {
			m.drop(p.key, p)
		}
	}
}

// rules are the configs of a group.
func (m *Manager) rules(group string) rules {
	number := func(name string) int { return int(m.o.Topics.GroupNumber(group, name)) }
	return rules{
		deliveries: number("share.delivery.count.limit"),
		locks:      number("share.partition.max.record.locks"),
		lock:       m.LockDuration(group),
		renew:      m.o.Topics.GroupText(group, "share.renew.acknowledge.enable") == "true",
	}
}

// LockDuration is how long a member of a group has what it acquired.
func (m *Manager) LockDuration(group string) time.Duration {
	return time.Duration(m.o.Topics.GroupNumber(group, "share.record.lock.duration.ms")) * time.Millisecond
}

// Isolation is which records of a partition the members of a group see.
func (m *Manager) Isolation(group string) topic.Isolation {
	if m.o.Topics.GroupText(group, "share.isolation.level") == "read_committed" {
		return topic.LastStable
	}
	return topic.HighWatermark
}

// Acknowledge takes what a member says of records of a share partition. done is
// called once, without locks: with code 0 when it is committed.
func (m *Manager) Acknowledge(k Key, member string, batches []AckBatch, done func(code int16, text string)) {
	p := m.known(k)
	if p == nil {
		e := kerr.UnknownTopicOrPartition
		done(e.Code, e.Description)
		return
	}
	p.acknowledge(member, batches, done)
}
