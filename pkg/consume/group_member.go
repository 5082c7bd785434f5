package consume

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// member is a reader that is a member of a group. The client calls back on
// goroutines of its own, though never between a poll and AllowRebalance.
type member struct {
	*reader // its partitions are those of the topics; only mine are read; guarded by mu

	mu         sync.Mutex
	membership                           // guarded by mu
	mine       map[partitionKey]*holding // guarded by mu
	settled    time.Time                 // guarded by mu; when an assignment last came, zero while there is none
	failed     error                     // guarded by mu; a commit that failed for good
	lastDone   time.Time                 // guarded by mu; when the last commit began
}

// holding is a partition that the group has given to this member.
type holding struct {
	part      *partition
	committed int64 // -1 for none
	written   int64 // everything below it is out of the sink; -1 for nothing yet
	epoch     int32 // of the last record's leader
}

// runGroup reads as a member of a group, commits what was written, and leaves.
func (r *reader) runGroup(ctx context.Context) error {
	m := &member{reader: r, membership: membership{group: fmt.Sprintf("group %q", r.options.Group.Name)}, mine: map[partitionKey]*holding{}}
	for _, p := range r.parts {
		p.done = true // until it is assigned
	}
	r.left = 0
	opts := append(r.client.Opts(), m.clientOptions()...)
	if r.options.Group.Balancer == BalanceConsumer {
		opts = append(opts, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	}
	var err error
	m.mu.Lock() // it calls back at once
	r.fetcher, err = kgo.NewClient(opts...)
	m.mu.Unlock()
	if err != nil {
		return fmt.Errorf("join group %q: %w", r.options.Group.Name, err)
	}
	err = m.loop(ctx)
	r.fetcher.AllowRebalance()
	// The context may be why it ended; what is written is committed all the same.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	if last := m.handLast(end); err == nil {
		err = last
	}
	if leave := m.leave(end); err == nil {
		err = leave
	}
	r.fetcher.CloseAllowingRebalance()
	return err
}

// goneForNow is the member epoch of the last heartbeat of a static member, which
// will be back (KIP-848).
const goneForNow = -2

// leave leaves the group. A static member of KIP-848 says that it does so with its
// instance id, which the client leaves out.
func (m *member) leave(ctx context.Context) error {
	g := &m.options.Group
	id, _ := m.fetcher.GroupMetadata()
	err := m.fetcher.LeaveGroupContext(ctx)
	if g.Instance != "" && g.Balancer == BalanceConsumer && id != "" {
		req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
		req.Group, req.MemberID, req.InstanceID, req.MemberEpoch = g.Name, id, &g.Instance, goneForNow
		var resp *kmsg.ConsumerGroupHeartbeatResponse
		if resp, err = req.RequestWith(ctx, m.client); err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		if errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, kerr.GroupIDNotFound) {
			err = nil // it is out all the same
		}
	}
	if err != nil {
		return fmt.Errorf("leave group %q: %w", g.Name, err)
	}
	return nil
}

// handLast is hand at the end, when a rebalance may have to be waited for.
func (m *member) handLast(ctx context.Context) error {
	for {
		m.mu.Lock()
		err := m.hand(ctx, nil)
		m.mu.Unlock()
		if !errors.Is(err, kerr.RebalanceInProgress) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(firstIdle):
		}
	}
}

// hand flushes, and commits partitions, all for nil. The caller holds mu.
func (m *member) hand(ctx context.Context, parts map[string][]int32) error {
	flushed := m.flush()
	if err := m.commit(ctx, parts); err != nil {
		return err
	}
	return flushed
}

// flush writes what was given, and notes that it is written. Once it has failed
// it always does.
func (m *member) flush() error {
	if err := m.sink.Flush(); err != nil {
		return err
	}
	for _, h := range m.mine {
		h.written = h.part.given
	}
	return nil
}

// commit commits what was written of partitions, of all for nil.
func (m *member) commit(ctx context.Context, parts map[string][]int32) error {
	m.lastDone = time.Now()
	if m.options.Group.NoCommit {
		return nil
	}
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for key, h := range m.mine {
		if h.written < 0 || h.written == h.committed || parts != nil && !slices.Contains(parts[key.topic], key.number) {
			continue
		}
		if offsets[key.topic] == nil {
			offsets[key.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[key.topic][key.number] = kgo.EpochOffset{Epoch: h.epoch, Offset: h.written}
	}
	if len(offsets) == 0 {
		return nil
	}
	var failed error
	m.fetcher.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if failed = err; err == nil {
			failed = m.answered(resp, offsets)
		}
	})
	if failed != nil {
		return fmt.Errorf("commit offsets of group %q: %w", m.options.Group.Name, failed)
	}
	return nil
}

// answered notes what a commit has changed, and returns its first error.
func (m *member) answered(resp *kmsg.OffsetCommitResponse, offsets map[string]map[int32]kgo.EpochOffset) error {
	var failed error
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				failed = err
				continue
			}
			if h := m.mine[partitionKey{t.Topic, p.Partition}]; h != nil {
				h.committed = offsets[t.Topic][p.Partition].Offset
			}
		}
	}
	return failed
}

// begin is called with the committed offsets of partitions that were assigned, and
// says where to begin.
func (m *member) begin(ctx context.Context, fetched map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for topic, parts := range fetched {
		for number, offset := range parts {
			p, err := m.known(ctx, partitionKey{topic, number})
			if err != nil {
				return nil, err
			}
			h := &holding{part: p, committed: offset.EpochOffset().Offset, written: -1, epoch: -1}
			if h.committed >= 0 {
				p.pos, p.given = h.committed, h.committed
			} else {
				h.committed = -1
			}
			if m.failed == nil {
				m.failed = m.past(ctx, h)
			}
			if p.pos < p.first {
				m.notice("%s partition %d: records %d to %d were deleted before they could be read", topic, number, p.pos, p.first-1)
				p.pos, p.given = p.first, p.first
			}
			m.own(h)
			parts[number] = kgo.NewOffset().At(p.pos)
		}
	}
	m.silent = time.Now()
	return fetched, nil
}

// past is an error when a group is past the end of a partition, as after its
// topic was made anew: nothing would be read until the log is as long again.
func (m *member) past(ctx context.Context, h *holding) error {
	p := h.part
	if h.committed <= p.last {
		return nil
	}
	// It may have grown since the plan was made.
	ends, err := kadm.NewClient(m.client).ListEndOffsets(ctx, p.topic)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	end, err := listed(ends, partitionKey{p.topic, p.number})
	if err == nil && h.committed > end {
		err = fmt.Errorf("%s partition %d: the group is at %d, past the end, %d: %w", p.topic, p.number, h.committed, end, kerr.OffsetOutOfRange)
	}
	return err
}

// own makes a partition one of this member's.
func (m *member) own(h *holding) {
	p := h.part
	key := partitionKey{p.topic, p.number}
	m.drop(key)
	m.mine[key] = h
	p.assigned, p.missed = true, 0
	if p.done = p.pos >= p.end; !p.done {
		m.left++
		m.fetcher.ResumeFetchPartitions(map[string][]int32{p.topic: {p.number}})
	}
}

// drop makes a partition none of this member's.
func (m *member) drop(key partitionKey) {
	h := m.mine[key]
	if h == nil {
		return
	}
	if !h.part.done {
		m.left--
	}
	h.part.done, h.part.assigned = true, false
	delete(m.mine, key)
}

// known is a partition, which may have come to be since the plan was made: then it
// is read from its start.
func (m *member) known(ctx context.Context, key partitionKey) (*partition, error) {
	if p := m.parts[key]; p != nil {
		return p, nil
	}
	adm := kadm.NewClient(m.client)
	topics, err := m.lookUp(kadm.WithAuthorizedOps(ctx), adm, []string{key.topic})
	if err != nil {
		return nil, err
	}
	d, ok := topics[0].Partitions[key.number]
	if !ok || d.Err != nil {
		return nil, fmt.Errorf("look up topic %q: %w", key.topic, errors.Join(kerr.UnknownTopicOrPartition, d.Err))
	}
	p := &partition{topic: key.topic, id: topics[0].ID, number: key.number, leader: d.Leader, until: -1, done: true}
	m.parts[key] = p
	if err := m.bounds(ctx, adm, []string{key.topic}, []partitionKey{key}); err != nil {
		delete(m.parts, key)
		return nil, err
	}
	p.pos, p.given = p.first, p.first
	return p, nil
}

// assigned is called with the partitions that came to this member, maybe none,
// before begin is.
func (m *member) assigned(context.Context, *kgo.Client, map[string][]int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settled = time.Now()
	m.in()
	m.silent = m.settled
}

// revoked is called before partitions go to another member: what was read of them
// is written and committed first.
func (m *member) revoked(ctx context.Context, _ *kgo.Client, parts map[string][]int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(parts) == 0 {
		return
	}
	switch err := m.hand(ctx, parts); {
	case moving(err):
		m.notice("%v: some records will be read again", err)
	case err != nil && m.failed == nil:
		m.failed = err
	}
	m.dropAll(parts)
}

// lost is called when partitions have gone to another member already.
func (m *member) lost(_ context.Context, _ *kgo.Client, parts map[string][]int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(parts) > 0 && len(m.mine) > 0 {
		m.notice("group %q: the partitions are lost, to be read again from what was committed", m.options.Group.Name)
	}
	m.dropAll(parts)
	m.settled = time.Time{}
}

func (m *member) dropAll(parts map[string][]int32) {
	for topic, numbers := range parts {
		for _, n := range numbers {
			m.drop(partitionKey{topic, n})
		}
	}
}
