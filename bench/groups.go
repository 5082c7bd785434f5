package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	largeGroups = 10                     // that share the members
	beatEvery   = 300 * time.Millisecond // a member's heartbeats: ten times as often as clients do
	rejoinEvery = 20 * time.Millisecond  // heartbeats of a member that waits for the others
)

// membership times classic groups over plain sockets, a connection a member:
// from the first join until all are stable, and then their heartbeats. Many
// groups of one member, then a few large ones.
func membership(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	return s, b.withServer(ctx, peer, false, func(srv *server) error {
		if err := coordinator(srv.addr, 0, "warm"); err != nil {
			return err
		}
		for i, count := range []int{1, 1, 10} {
			if _, err := gather(ctx, srv.addr, fmt.Sprintf("warm-%d", i), max(1, b.members/10/count), count, b.beatTime/4); err != nil {
				return fmt.Errorf("warm up: %w", err)
			}
		}
		for _, v := range []struct {
			key           string
			groups, count int
		}{{"groups.many", b.members, 1}, {"groups.large", largeGroups, b.members / largeGroups}} {
			g, err := gather(ctx, srv.addr, v.key, v.groups, v.count, b.beatTime)
			if err != nil {
				return fmt.Errorf("%d groups of %d: %w", v.groups, v.count, err)
			}
			s[v.key+"-stable"] = ms(g.stable)
			s[v.key+"-beat-p50"], s[v.key+"-beat-p99"] = percentiles(g.beats)
		}
		return nil
	})
}

// gathered is what gather measured.
type gathered struct {
	stable time.Duration // from the first join until every member had its assignment
	beats  []time.Duration
}

// gather joins count members to each of some groups, waits until all groups are
// stable with all of them, and lets the members send heartbeats for d.
func gather(ctx context.Context, addr, prefix string, groups, count int, d time.Duration) (g gathered, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	t := &tracker{left: groups, done: make(chan struct{})}
	var members []*member
	defer func() {
		for _, m := range members {
			m.c.close()
		}
	}()
	for i := range groups {
		state := &groupState{want: count, synced: map[int32]int{}, size: map[int32]int{}}
		for range count {
			c, err := dial(addr)
			if err != nil {
				return g, err
			}
			members = append(members, &member{c: c, t: t, state: state, group: fmt.Sprintf("%s-%d", prefix, i)})
		}
	}
	began := time.Now()
	if err := each(members, func(m *member) error { return m.join(ctx) }); err != nil {
		return g, err
	}
	g.stable = t.at.Sub(began)
	var mu sync.Mutex
	err = each(members, func(m *member) error {
		took, err := m.beat(ctx, d)
		mu.Lock()
		defer mu.Unlock()
		g.beats = append(g.beats, took...)
		return err
	})
	if len(g.beats) == 0 {
		g.beats = []time.Duration{0}
	}
	return g, err
}

// each runs f on all members at once.
func each(members []*member, f func(*member) error) error {
	failed := make(chan error, len(members))
	for _, m := range members {
		go func() { failed <- f(m) }()
	}
	var errs []error
	for range members {
		errs = append(errs, <-failed)
	}
	return errors.Join(errs...)
}

// tracker knows when all groups are stable.
type tracker struct {
	mu   sync.Mutex
	left int           // guarded by mu; groups that are not stable yet
	at   time.Time     // guarded by mu until done is closed; when the last became stable
	done chan struct{} // closed when all are
}

// groupState is what the members of one group know; tracker.mu guards it.
type groupState struct {
	want   int
	synced map[int32]int // generation: members that have their assignment
	size   map[int32]int // generation: members that the leader saw
	stable bool
}

// synced notes that a member has its assignment of a generation, in which the
// leader saw size members (0 from others).
func (t *tracker) synced(g *groupState, generation int32, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.synced[generation]++
	g.size[generation] += size
	if g.stable || g.synced[generation] != g.want || g.size[generation] != g.want {
		return
	}
	g.stable = true
	if t.left--; t.left == 0 {
		t.at = time.Now()
		close(t.done)
	}
}

// member is one member of a group, on a connection of its own.
type member struct {
	c          *conn
	t          *tracker
	state      *groupState
	group, id  string
	generation int32
}

// join joins until all groups are stable.
func (m *member) join(ctx context.Context) error {
	for ctx.Err() == nil {
		again, err := m.once()
		if err != nil {
			return fmt.Errorf("%s: %w", m.group, err)
		}
		for !again {
			select {
			case <-m.t.done:
				return nil
			case <-time.After(rejoinEvery):
			}
			err := m.heartbeat()
			if again = err != nil; again && !errors.Is(err, kerr.RebalanceInProgress) && !errors.Is(err, kerr.IllegalGeneration) {
				return fmt.Errorf("%s: heartbeat: %w", m.group, err)
			}
		}
	}
	return ctx.Err()
}

// once joins and syncs; again says that another rebalance came in between.
func (m *member) once() (again bool, err error) {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version, req.Group, req.MemberID, req.ProtocolType = 5, m.group, m.id, "consumer"
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = 45_000, 60_000
	p := kmsg.NewJoinGroupRequestProtocol()
	p.Name, p.Metadata = "range", []byte{0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}
	req.Protocols = append(req.Protocols, p)
	raw, err := m.c.ask(req)
	if err != nil {
		return false, err
	}
	joined := raw.(*kmsg.JoinGroupResponse)
	switch err := kerr.ErrorForCode(joined.ErrorCode); {
	case errors.Is(err, kerr.MemberIDRequired):
		m.id = joined.MemberID
		return m.once()
	case errors.Is(err, kerr.RebalanceInProgress):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("join: %w", err)
	}
	m.id, m.generation = joined.MemberID, joined.Generation
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Version, sync.Group, sync.MemberID, sync.Generation = 3, m.group, m.id, m.generation
	for _, other := range joined.Members {
		a := kmsg.NewSyncGroupRequestGroupAssignment()
		a.MemberID, a.MemberAssignment = other.MemberID, []byte{0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}
		sync.GroupAssignment = append(sync.GroupAssignment, a)
	}
	if raw, err = m.c.ask(sync); err != nil {
		return false, err
	}
	switch err := kerr.ErrorForCode(raw.(*kmsg.SyncGroupResponse).ErrorCode); {
	case errors.Is(err, kerr.RebalanceInProgress), errors.Is(err, kerr.IllegalGeneration):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("sync: %w", err)
	}
	m.t.synced(m.state, m.generation, len(joined.Members))
	return false, nil
}

func (m *member) heartbeat() error {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Version, req.Group, req.MemberID, req.Generation = 3, m.group, m.id, m.generation
	raw, err := m.c.ask(req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(raw.(*kmsg.HeartbeatResponse).ErrorCode)
}

// beat sends heartbeats for d and gives the times to their answers.
func (m *member) beat(ctx context.Context, d time.Duration) (took []time.Duration, err error) {
	if d <= 0 {
		return nil, nil
	}
	end := time.Now().Add(d)
	next := time.Now().Add(rand.N(min(beatEvery, d))) // not all at once
	for ctx.Err() == nil && next.Before(end) {
		<-time.After(time.Until(next))
		began := time.Now()
		if err := m.heartbeat(); err != nil {
			return took, fmt.Errorf("%s: heartbeat: %w", m.group, err)
		}
		took = append(took, time.Since(began))
		next = next.Add(beatEvery)
	}
	return took, ctx.Err()
}

// coordinator waits until a coordinator answers for a key: of groups (kind 0) or
// of transactions (1).
func coordinator(addr string, kind int8, key string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.Version, req.CoordinatorType, req.CoordinatorKey = 3, kind, key
	fetch := kmsg.NewPtrOffsetFetchRequest()
	fetch.Version, fetch.Group = 5, key
	for began := time.Now(); ; <-time.After(20 * time.Millisecond) {
		raw, err := c.ask(req)
		if err != nil {
			return fmt.Errorf("find coordinator: %w", err)
		}
		code := raw.(*kmsg.FindCoordinatorResponse).ErrorCode
		if code == 0 && kind == 0 { // it may be loading
			if raw, err = c.ask(fetch); err != nil {
				return fmt.Errorf("ask coordinator: %w", err)
			}
			if code = raw.(*kmsg.OffsetFetchResponse).ErrorCode; code == kerr.GroupIDNotFound.Code {
				code = 0 // kfake says so of a group that has nothing
			}
		}
		if code == 0 || time.Since(began) > 30*time.Second {
			return kerr.ErrorForCode(code)
		}
	}
}
