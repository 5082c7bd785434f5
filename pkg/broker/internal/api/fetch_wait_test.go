package api

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// start gives n a request on a connection and returns what will be answered.
func (n *node) start(c *Conn, q kmsg.Request) *answers {
	n.Helper()
	body := q.AppendTo(nil)
	buf := wire.NewBuf(len(body))
	copy(buf.Bytes(), body)
	a, r := newAnswers(), new(Request)
	r.Init(wire.Header{Key: q.Key(), Version: q.GetVersion(), CorrelationID: 1, ClientID: "test"}, buf.Bytes(), buf, c, a)
	n.Handle(r)
	return a
}

// waiting says that a request has no answer yet.
func (a *answers) waiting() bool {
	select {
	case <-a.done:
		return false
	default:
		return true
	}
}

// fetched waits for a fetch answer and decodes it.
func (n *node) fetched(a *answers, q *kmsg.FetchRequest) *kmsg.FetchResponse {
	n.Helper()
	<-a.done
	if a.closed != nil {
		n.Fatalf("fetch closed the connection: %v", a.closed)
	}
	resp := q.ResponseKind().(*kmsg.FetchResponse)
	if err := resp.ReadFrom(a.reply); err != nil {
		n.Fatal(err)
	}
	return resp
}

func (n *node) fetchOn(c *Conn, q *kmsg.FetchRequest) *kmsg.FetchResponse {
	n.Helper()
	return n.fetched(n.start(c, q), q)
}

// inBubble runs f on a node in virtual time.
func inBubble(t *testing.T, sync logstore.SyncMode, f func(t *testing.T, n *node)) {
	synctest.Test(t, func(t *testing.T) {
		n := newNodeOn(t, logstore.Options{FS: vfs.NewMem(0), Dir: "data", Sync: sync}, nil)
		f(t, n)
		n.Topics.Close()
		if err := n.store.Close(true); err != nil {
			t.Error(err)
		}
	})
}

func longPoll(offset int64, minBytes int32) *kmsg.FetchRequest {
	q := fetchRequest(12, "f", 0, offset)
	q.MinBytes, q.MaxWaitMillis = minBytes, 5000
	q.Topics[0].Partitions = append(q.Topics[0].Partitions, fetchPartition(1, 0))
	return q
}

// Trap 57: how a fetch that waits ends.
func TestLongPoll(t *testing.T) {
	one := batchOf("0123456789")
	for _, c := range []struct {
		name  string
		bytes int
		cause func(n *node, id meta.ID)
		after time.Duration
		want  string
	}{
		{"nothing comes", 1, func(*node, meta.ID) {}, 5 * time.Second, "f-0=0 f-1=0 "},
		{"a record comes", 1, func(n *node, _ meta.ID) { n.fill("f", 0, one) }, 0, "f-0=1 f-1=0 "},
		{"too little comes", 3 * len(one), func(n *node, _ meta.ID) { n.fill("f", 0, one, one) }, 5 * time.Second, "f-0=2 f-1=0 "},
		{"enough comes, on two partitions", 3 * len(one), func(n *node, _ meta.ID) {
			n.fill("f", 0, one)
			n.fill("f", 1, one)
			n.fill("f", 0, one)
		}, 0, "f-0=2 f-1=1 "},
		{"another partition", 1, func(n *node, _ meta.ID) { n.fill("f", 2, one) }, 5 * time.Second, "f-0=0 f-1=0 "},
		{"a new leader epoch", 1, func(n *node, id meta.ID) { n.newEpoch(id, nodeID) }, 0, "f-0=0 f-1=0 "},
		{"the topic is deleted", 1, func(n *node, id meta.ID) { n.apply(&meta.RemoveTopic{TopicID: id}) }, 0, "f-0!3=0 f-1!3=0 "},
		{"the broker stops", 1, func(n *node, _ meta.ID) { n.Topics.Close() }, 0, "f-0=0 f-1=0 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, logstore.SyncNone, func(t *testing.T, n *node) {
				id := n.topic("f", 3)
				q := longPoll(0, int32(c.bytes))
				begin := time.Now()
				a := n.start(new(Conn), q)
				synctest.Wait()
				if !a.waiting() {
					t.Fatal("did not wait")
				}
				if a.released == 0 {
					t.Error("the body was kept")
				}
				c.cause(n, id)
				got := describe(n.fetched(a, q))
				if took := time.Since(begin); got != c.want || took != c.after {
					t.Errorf("%q after %v, want %q after %v", got, took, c.want, c.after)
				}
			})
		})
	}
}

// A client that knows the leader epoch hears of a new one at once.
func TestLongPollFenced(t *testing.T) {
	inBubble(t, logstore.SyncNone, func(t *testing.T, n *node) {
		id := n.topic("f", 2)
		q := longPoll(0, 1)
		q.Topics[0].Partitions[0].CurrentLeaderEpoch = 0
		a := n.start(new(Conn), q)
		n.newEpoch(id, nodeID)
		if got := describe(n.fetched(a, q)); got != "f-0!74=0 f-1=0 " {
			t.Errorf("%q", got)
		}
	})
}

// Trap 19: what a closed connection waits for is dropped.
func TestLongPollConnectionCloses(t *testing.T) {
	inBubble(t, logstore.SyncNone, func(t *testing.T, n *node) {
		n.topic("f", 2)
		c := new(Conn)
		begin := time.Now()
		a := n.start(c, longPoll(0, 1))
		c.Closed()
		<-a.done
		if took := time.Since(begin); took != 0 {
			t.Errorf("ended %v after its connection", took)
		}
		a = n.start(c, longPoll(0, 1))
		<-a.done
		if took := time.Since(begin); took != 0 {
			t.Errorf("waited %v for a connection that was closed before", took)
		}
	})
}

// With sync=commit consumers see records when they are on disk.
func TestLongPollCommitMode(t *testing.T) {
	inBubble(t, logstore.SyncCommit, func(t *testing.T, n *node) {
		n.topic("f", 2)
		q := longPoll(0, 1)
		a := n.start(new(Conn), q)
		n.fill("f", 0, batchOf("a"), batchOf("b"))
		if resp := n.fetched(a, q); resp.Topics[0].Partitions[0].HighWatermark < 1 {
			t.Errorf("high watermark %d with records", resp.Topics[0].Partitions[0].HighWatermark)
		}
	})
}
