package member_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/run/member"
)

// node is a member that notes its assignments.
type node struct {
	*member.Member
	got    chan string
	lost   chan error
	wait   chan time.Time
	cancel context.CancelFunc
	done   chan error
}

func join(t *testing.T, b *brokertest.Broker, name string, tune func(*member.Options)) *node {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	n := &node{got: make(chan string, 100), lost: make(chan error, 100), wait: make(chan time.Time, 100), done: make(chan error, 1)}
	var mu sync.Mutex
	o := member.Options{
		Client: cl, Group: "g", Protocol: "kq-streams", Session: 6 * time.Second, Heartbeat: 20 * time.Millisecond,
		Subscribe: func() ([]byte, error) { return []byte(name), nil },
		Balance: func(_ context.Context, peers []member.Peer) (map[string][]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			plan := map[string][]byte{}
			for _, p := range peers {
				plan[p.ID] = []byte(fmt.Sprintf("%s of %d", p.Metadata, len(peers)))
			}
			return plan, nil
		},
		Assigned: func(_ member.Generation, a []byte) { n.got <- string(a) },
		Lost:     func(err error) { n.lost <- err },
		Waiting:  func(since time.Time) { n.wait <- since },
	}
	if tune != nil {
		tune(&o)
	}
	if n.Member, err = member.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n.cancel = cancel
	go func() { n.done <- n.Run(ctx) }()
	t.Cleanup(cancel)
	return n
}

// until waits for an assignment.
func (n *node) until(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case got := <-n.got:
			if got == want {
				return
			}
		case <-deadline:
			t.Fatalf("never assigned %q", want)
		}
	}
}

func TestMembersMeet(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("group.initial.rebalance.delay.ms", "0"))
	a := join(t, b, "a", nil)
	a.until(t, "a of 1")
	first, err := a.Next(t.Context(), member.Generation{})
	if err != nil {
		t.Fatal(err)
	}
	c := join(t, b, "c", nil)
	a.until(t, "a of 2")
	c.until(t, "c of 2")
	if g, err := a.Next(t.Context(), first); err != nil || g.Number <= first.Number || g.Member != first.Member {
		t.Fatalf("%v, then %v %v", first, g, err)
	}
	c.cancel() // leaves: the other need not wait for the session to end
	start := time.Now()
	a.until(t, "a of 1")
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the member that left was waited for for %v", took)
	}
	if err := <-c.done; err != nil {
		t.Fatal(err)
	}
	a.Rejoin()
	a.until(t, "a of 1")
}

// A member that met alone hears soon of those that start beside it, however long
// its heartbeats are apart.
func TestFirstHeartbeatsAreSoon(t *testing.T) {
	b := brokertest.Start(t)
	seldom := func(o *member.Options) { o.Session, o.Heartbeat = 20*time.Minute, 15*time.Minute }
	one := join(t, b, "one", seldom)
	one.until(t, "one of 1")
	two := join(t, b, "two", seldom)
	two.until(t, "two of 2")
	one.until(t, "one of 2")
}

func TestMemberComesBackAfterTheGroupForgotIt(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("group.initial.rebalance.delay.ms", "0"))
	a := join(t, b, "a", nil)
	a.until(t, "a of 1")
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = "g"
	out := kmsg.NewLeaveGroupRequestMember()
	out.MemberID = a.Now().Member
	req.Members = append(req.Members, out)
	if _, err := req.RequestWith(t.Context(), cl); err != nil {
		t.Fatal(err)
	}
	if err := <-a.lost; !errors.Is(err, member.ErrLost) {
		t.Fatal(err)
	}
	a.until(t, "a of 1")
}

func TestMemberWaitsForAnotherProtocol(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("group.initial.rebalance.delay.ms", "0"))
	jvm := join(t, b, "jvm", func(o *member.Options) { o.Protocol = "stream" })
	jvm.until(t, "jvm of 1")
	a := join(t, b, "a", nil)
	if since := <-a.wait; time.Since(since) < 0 || time.Since(since) > 6*time.Second {
		t.Errorf("has waited for %v", time.Since(since))
	}
	jvm.cancel()
	a.until(t, "a of 1")
}

func TestOneMemberAnInstance(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("group.initial.rebalance.delay.ms", "0"))
	static := func(o *member.Options) { o.Instance = "i" }
	a := join(t, b, "a", static)
	a.until(t, "a of 1")
	c := join(t, b, "c", static)
	if err := <-a.done; !errors.Is(err, member.ErrInstance) || !strings.Contains(err.Error(), "i") {
		t.Fatalf("the first of two with one instance id: %v", err)
	}
	c.until(t, "a of 1") // Kafka answers a static member that comes back with the assignment that it had
}
