package run

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestRepartitionTopicsAreEmptied(t *testing.T) {
	b := broker(t, "lines:1", "counts:1")
	cl := client(t, b)
	i := start(t, b, wordCount(t), func(o *Options) { o.Purge = 10 * time.Millisecond })
	put(t, cl, 50, words)
	checkModel(t, b, 50, true)
	adm := kadm.NewClient(cl)
	until(t, "the repartition topic is empty", func() bool {
		starts, err := adm.ListStartOffsets(t.Context(), "app-words-repartition")
		if err != nil {
			t.Fatal(err)
		}
		o, _ := starts.Lookup("app-words-repartition", 0)
		return o.Offset == 250
	})
	i.stop(t)
}

func TestStaticMembersComeBackWithoutARebalance(t *testing.T) {
	b := broker(t, "lines:2", "counts:1")
	cl := client(t, b)
	tune := func(o *Options) { o.InstanceID = "one" }
	generation := func() string {
		got, err := kadm.NewClient(cl).DescribeGroups(t.Context(), "app")
		if err != nil {
			t.Fatal(err)
		}
		m := got["app"].Members
		if len(m) != 1 || m[0].InstanceID == nil || *m[0].InstanceID != "one-1" {
			t.Fatalf("members %+v", m)
		}
		return got["app"].State
	}
	dir := t.TempDir()
	one := start(t, b, wordCount(t), func(o *Options) { tune(o); o.StateDir = dir })
	one.running(t, 4)
	one.stop(t)
	if s := generation(); s != "Stable" {
		t.Errorf("the group is %s after a static member stopped", s)
	}
	two := start(t, b, wordCount(t), func(o *Options) { tune(o); o.StateDir = dir })
	two.running(t, 4)
	put(t, cl, 20, words)
	checkModel(t, b, 20, true)
	two.stop(t)
}

func TestATaskIsWarmedUpBeforeItMoves(t *testing.T) {
	b := broker(t, "lines:2", "counts:1")
	put(t, client(t, b), 300, words)
	tune := func(o *Options) { o.AcceptableLag, o.Probe = 10, 100*time.Millisecond }
	one := start(t, b, wordCount(t), tune)
	one.running(t, 4)
	checkModel(t, b, 300, true)
	two := start(t, b, wordCount(t), tune)
	until(t, "a counting task has moved", func() bool {
		for _, x := range two.Tasks() {
			if x.ID.Sub == 1 && x.Role == Active {
				return true
			}
		}
		return false
	})
	if n := two.Status().Restored; n > 10 {
		t.Errorf("%d records were restored after the move, though the state was warm", n)
	}
	until(t, "each runs two", func() bool { return one.active() == 2 && two.active() == 2 })
}

func TestAnotherProtocolIsWaitedFor(t *testing.T) {
	b := broker(t, "lines:1", "counts:1")
	cl := client(t, b)
	join := kmsg.NewPtrJoinGroupRequest()
	join.Group, join.ProtocolType, join.SessionTimeoutMillis, join.RebalanceTimeoutMillis = "app", "consumer", 6000, 6000
	join.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "stream"}}
	for range 2 { // the first answer gives the member its id
		resp, err := join.RequestWith(t.Context(), cl)
		if err != nil {
			t.Fatal(err)
		}
		join.MemberID = resp.MemberID
	}
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Group, sync.MemberID, sync.Generation = "app", join.MemberID, 1
	if _, err := sync.RequestWith(t.Context(), cl); err != nil {
		t.Fatal(err)
	}
	put(t, cl, 10, words)
	i := start(t, b, wordCount(t), nil)
	until(t, "the status says that it waits", func() bool { return !i.Status().Waiting.IsZero() })
	checkModel(t, b, 10, true) // after six seconds
	if w := i.Status().Waiting; !w.IsZero() {
		t.Errorf("still waits since %v", w)
	}
	i.stop(t)
}

func TestOneSlowMemberDoesNotStopTheOthers(t *testing.T) {
	b := broker(t, "lines:4", "counts:1")
	tune := func(o *Options) { o.AcceptableLag, o.Heartbeat = 1<<40, time.Second }
	one := start(t, b, wordCount(t), tune)
	one.running(t, 8)
	f := feed(t, b)
	two := start(t, b, wordCount(t), tune)
	before := one.Status().Records
	until(t, "records are processed while the group meets", func() bool {
		return two.active() > 0 || one.Status().Records > before+100
	})
	until(t, "they share", func() bool { return one.active() == 4 && two.active() == 4 })
	checkModel(t, b, f.end(), true)
}

func TestLateTopicOfAJob(t *testing.T) {
	b := broker(t, "counts:1")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	rt, err := New(wordCount(t), Options{App: "app", Opts: []kgo.Opt{kgo.SeedBrokers(b.Addr())}})
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Run(ctx); err == nil || fmt.Sprint(err) == "" {
		t.Errorf("an input topic that does not exist: %v", err)
	}
}
