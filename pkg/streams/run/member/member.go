package member

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/run/ask"
)

// Errors of a member, matched by errors.Is.
var (
	// ErrLost says that the group went on without the member: what it had not committed is void.
	ErrLost = errors.New("the group went on without this member")
	// ErrInstance says that another member has the same instance id.
	ErrInstance = errors.New("another member has this instance id")
)

// Peer is a member of the group as its leader sees it.
type Peer struct {
	ID       string
	Metadata []byte
}

// Generation is a member's place in its group.
type Generation struct {
	Member string
	// Number is -1 outside of the group.
	Number int32
}

// Options configure a Member.
type Options struct {
	Client *kgo.Client
	Group  string
	// Protocol is the name of the assignor.
	Protocol string
	// Instance makes the member static (KIP-345): it does not leave when it stops.
	Instance string
	// Session is how long brokers wait for a heartbeat; 0 is 45 s. Heartbeat is
	// how often one is sent; 0 is a fifteenth of Session. Rebalance is how long
	// the group waits for this member to join again; 0 is a minute.
	Session, Heartbeat, Rebalance time.Duration
	// Subscribe is the member's metadata, asked for at each join.
	Subscribe func() ([]byte, error)
	// Balance plans the group on its leader: the bytes of each member's assignment.
	Balance func(ctx context.Context, peers []Peer) (map[string][]byte, error)
	// Assigned takes a new assignment. The next join waits for it to return.
	Assigned func(g Generation, assignment []byte)
	// Lost says that the member is out of the group; it joins again by itself.
	Lost func(err error)
	// Waiting is told that the group has members of another protocol, and since
	// when they are waited for. Those that have died are gone when their session
	// has timed out, whose length no request tells.
	Waiting func(since time.Time)
}

// Validate says what is missing.
func (o *Options) Validate() error {
	if o.Client == nil || o.Group == "" || o.Protocol == "" || o.Subscribe == nil || o.Balance == nil || o.Assigned == nil || o.Lost == nil {
		return errors.New("member: client, group, protocol and functions are needed")
	}
	return nil
}

// Member is in a group while Run runs.
type Member struct {
	o      Options
	rejoin chan struct{}

	mu     sync.Mutex
	change chan struct{} // guarded by mu; closed when current or joining change
	now    Generation    // guarded by mu
	met    bool          // guarded by mu; synced: commits of now are taken
}

// New is a member that has not joined.
func New(o Options) (*Member, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Session == 0 {
		o.Session = 45 * time.Second
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = o.Session / 15
	}
	if o.Rebalance == 0 {
		o.Rebalance = time.Minute
	}
	return &Member{o: o, rejoin: make(chan struct{}, 1), change: make(chan struct{}), now: Generation{Number: -1}}, nil
}

// Rejoin makes the group meet again.
func (m *Member) Rejoin() {
	select {
	case m.rejoin <- struct{}{}:
	default:
	}
}

// Now is the member's generation, to commit with.
func (m *Member) Now() Generation {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Next waits for a generation other than the one given that takes commits.
func (m *Member) Next(ctx context.Context, than Generation) (Generation, error) {
	for {
		m.mu.Lock()
		g, met, change := m.now, m.met, m.change
		m.mu.Unlock()
		switch {
		case g.Number < 0:
			return g, ErrLost
		case g != than && met:
			return g, nil
		}
		select {
		case <-ctx.Done():
			return g, ctx.Err()
		case <-change:
		}
	}
}

func (m *Member) set(g Generation, met bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now, m.met = g, met
	close(m.change)
	m.change = make(chan struct{})
}

// Run stays in the group until ctx ends, then leaves. The error is one that
// joining again cannot change.
func (m *Member) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := m.meet(ctx)
		if err == nil {
			err = m.stay(ctx)
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.IllegalGeneration):
			id := ""
			if errors.Is(err, kerr.IllegalGeneration) {
				id = m.Now().Member
			}
			m.set(Generation{Member: id, Number: -1}, false)
			m.o.Lost(fmt.Errorf("%w: %w", ErrLost, err))
		case errors.Is(err, kerr.FencedInstanceID):
			m.set(Generation{Number: -1}, false)
			m.o.Lost(err)
			return fmt.Errorf("%w: %s", ErrInstance, m.o.Instance)
		case errors.Is(err, kerr.RebalanceInProgress):
			// Somebody joined before this one had synced; the join waits for all.
		case ask.Retriable(err):
			_ = ask.Pause(ctx, min(m.o.Heartbeat, 500*time.Millisecond))
		default:
			m.leave()
			return err
		}
	}
	m.leave()
	return nil
}

// meet joins and syncs.
func (m *Member) meet(ctx context.Context) error {
	select { // what asked for it is answered by this one
	case <-m.rejoin:
	default:
	}
	resp, err := m.join(ctx)
	if err != nil {
		return err
	}
	g := Generation{Member: resp.MemberID, Number: resp.Generation}
	m.set(g, false)
	req := kmsg.NewPtrSyncGroupRequest()
	req.Group, req.Generation, req.MemberID, req.InstanceID = m.o.Group, g.Number, g.Member, m.instance()
	req.ProtocolType, req.Protocol = kmsg.StringPtr("consumer"), resp.Protocol
	if resp.LeaderID == resp.MemberID {
		if err := m.plan(ctx, resp, req); err != nil {
			return err
		}
	}
	sync, err := req.RequestWith(ctx, m.o.Client)
	if err == nil {
		err = kerr.ErrorForCode(sync.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("sync group %s: %w", m.o.Group, err)
	}
	m.o.Assigned(g, sync.MemberAssignment)
	m.set(g, true)
	return nil
}

func (m *Member) plan(ctx context.Context, resp *kmsg.JoinGroupResponse, req *kmsg.SyncGroupRequest) error {
	peers := make([]Peer, len(resp.Members))
	for i, p := range resp.Members {
		peers[i] = Peer{p.MemberID, p.ProtocolMetadata}
	}
	plan, err := m.o.Balance(ctx, peers)
	if err != nil {
		return err
	}
	for _, p := range peers {
		req.GroupAssignment = append(req.GroupAssignment, kmsg.SyncGroupRequestGroupAssignment{MemberID: p.ID, MemberAssignment: plan[p.ID]})
	}
	return nil
}

// join sends JoinGroup until the group takes it.
func (m *Member) join(ctx context.Context) (*kmsg.JoinGroupResponse, error) {
	id, since := m.Now().Member, time.Time{}
	for {
		meta, err := m.o.Subscribe()
		if err != nil {
			return nil, err
		}
		req := kmsg.NewPtrJoinGroupRequest()
		req.Group, req.MemberID, req.InstanceID, req.ProtocolType = m.o.Group, id, m.instance(), "consumer"
		req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = int32(m.o.Session.Milliseconds()), int32(m.o.Rebalance.Milliseconds())
		req.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: m.o.Protocol, Metadata: meta}}
		resp, err := req.RequestWith(ctx, m.o.Client)
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		switch {
		case err == nil:
			return resp, nil
		case errors.Is(err, kerr.MemberIDRequired):
			id = resp.MemberID
		case errors.Is(err, kerr.InconsistentGroupProtocol):
			// A JVM application that was closed has not left: its members
			// stay until their session ends.
			if since.IsZero() {
				since = time.Now()
			}
			if m.o.Waiting != nil {
				m.o.Waiting(since)
			}
			if ask.Pause(ctx, time.Second) != nil {
				return nil, ctx.Err()
			}
		default:
			return nil, fmt.Errorf("join group %s: %w", m.o.Group, err)
		}
	}
}

// soon is when the first heartbeat is sent. Members often start side by side, as
// an instance's threads do: one that met before another joined has to hear of it.
const soon = 50 * time.Millisecond

// stay sends heartbeats until the group meets again, ever less often up to the usual.
func (m *Member) stay(ctx context.Context) error {
	wait := min(soon, m.o.Heartbeat)
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.rejoin:
			return nil
		case <-t.C:
		}
		g := m.Now()
		req := kmsg.NewPtrHeartbeatRequest()
		req.Group, req.Generation, req.MemberID, req.InstanceID = m.o.Group, g.Number, g.Member, m.instance()
		resp, err := req.RequestWith(ctx, m.o.Client)
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		switch {
		case err == nil:
		case errors.Is(err, kerr.RebalanceInProgress):
			return nil
		case !ask.Retriable(err):
			return fmt.Errorf("heartbeat: %w", err)
		}
		wait = min(2*wait, m.o.Heartbeat)
		t.Reset(wait)
	}
}

// leave takes a dynamic member out of the group, so that others need not wait for its session to end.
func (m *Member) leave() {
	g := m.Now()
	m.set(Generation{Number: -1}, false)
	if g.Member == "" || m.o.Instance != "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.MemberID = m.o.Group, g.Member
	member := kmsg.NewLeaveGroupRequestMember()
	member.MemberID, member.Reason = g.Member, kmsg.StringPtr("the application stops")
	req.Members = append(req.Members, member)
	_, _ = req.RequestWith(ctx, m.o.Client) // the session ends by itself too
}

func (m *Member) instance() *string {
	if m.o.Instance == "" {
		return nil
	}
	return &m.o.Instance
}
