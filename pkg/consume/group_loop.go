package consume

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// loop reads what the group assigns, until all of it is at its end.
func (m *member) loop(ctx context.Context) error {
	idle := firstIdle
	for {
		poll, cancel := context.WithTimeout(ctx, m.wait(idle))
		most := -1
		if m.options.Count > 0 {
			most = int(min(m.options.Count-m.count, 1<<20))
		}
		fetches := m.fetcher.PollRecords(poll, most)
		cancel()
		if err := context.Cause(ctx); err != nil {
			return err
		}
		got, over, err := m.round(ctx, fetches)
		m.fetcher.AllowRebalance()
		if err != nil || over {
			return err
		}
		idle = min(2*idle, mostIdle)
		if got {
			idle = firstIdle
		}
	}
}

// wait is how long to wait for records.
func (m *member) wait(idle time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inDoubt() || m.settled.IsZero() {
		idle = firstIdle
	}
	idle = min(idle, commitEvery)
	if m.options.Idle > 0 && !m.settled.IsZero() {
		idle = min(idle, max(m.options.Idle-time.Since(m.silent), time.Millisecond))
	}
	return idle
}

// round handles what one poll brought; over tells that there is no more to do.
func (m *member) round(ctx context.Context, fetches kgo.Fetches) (got, over bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed != nil {
		return false, true, m.failed
	}
	if err := m.check(m.reader, fetches); err != nil {
		return false, true, err
	}
	got, err = m.take(ctx, fetches, m.giveMine)
	if err != nil {
		return got, true, err
	}
	if got {
		m.back()
		m.silent = time.Now()
	} else if err := m.lookAtRests(ctx); err != nil {
		return got, true, err
	}
	if m.fetcher.BufferedFetchRecords() == 0 {
		if err := m.flush(); err != nil {
			return got, true, err
		}
	}
	if time.Since(m.lastDone) >= commitEvery {
		err = m.hand(ctx, nil)
		if moving(err) { // what is revoked is committed then
			err = nil
		}
	}
	return got, m.over(), err
}

// giveMine gives records of a partition that is this member's.
func (m *member) giveMine(p *partition, records []*kgo.Record) error {
	h := m.mine[partitionKey{p.topic, p.number}]
	if h == nil || p.done {
		return nil
	}
	h.epoch = records[len(records)-1].LeaderEpoch
	return m.give(p, records)
}

// over tells that the member has nothing more to do.
func (m *member) over() bool {
	switch {
	case m.full:
		return true
	case m.settled.IsZero():
		return false // it is about to join
	case m.options.Idle > 0 && time.Since(m.silent) >= m.options.Idle:
		return true
	case len(m.mine) > 0:
		return m.left == 0
	case m.options.Follow || time.Since(m.settled) < patientFor:
		return false
	}
	m.notice("other members of group %q have all partitions", m.options.Group.Name)
	return true
}

// moving tells that a commit came in the middle of a rebalance.
func moving(err error) bool {
	for _, e := range []error{kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.StaleMemberEpoch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
