package api

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
	"kq/pkg/broker/logstore"
)

// conversation is a fetch session seen by its client.
type conversation struct {
	*node
	id      int32
	version int16
}

// say sends a request in epoch; name "" names no partition.
func (c *conversation) say(epoch int32, edit func(q *kmsg.FetchRequest)) *kmsg.FetchResponse {
	c.Helper()
	q := fetchRequest(c.version, "", 0, 0)
	q.Topics, q.SessionID, q.SessionEpoch = nil, c.id, epoch
	if edit != nil {
		edit(q)
	}
	return c.fetch(q)
}

func (c *conversation) expect(epoch int32, edit func(q *kmsg.FetchRequest), want string) {
	c.Helper()
	resp := c.say(epoch, edit)
	if got := describe(resp); got != want {
		c.Errorf("epoch %d: %q, want %q", epoch, got, want)
	}
	if resp.ErrorCode == 0 && resp.SessionID != c.id || resp.ErrorCode != 0 && resp.SessionID != 0 {
		c.Errorf("epoch %d: session id %d", epoch, resp.SessionID)
	}
}

// at asks for partition index of topic s from offset on.
func at(index int32, offset int64) func(q *kmsg.FetchRequest) {
	return func(q *kmsg.FetchRequest) { q.Topics = fetchRequest(q.Version, "s", index, offset).Topics }
}

func forget(indexes ...int32) func(q *kmsg.FetchRequest) {
	return func(q *kmsg.FetchRequest) {
		q.ForgottenTopics = []kmsg.FetchRequestForgottenTopic{{Topic: "s", Partitions: indexes}}
	}
}

// open begins a session on partitions of topic s, at offset 0.
func open(n *node, indexes ...int32) *conversation {
	n.Helper()
	q := fetchRequest(12, "s", 0, 0)
	q.SessionEpoch, q.Topics[0].Partitions = 0, nil
	for _, i := range indexes {
		q.Topics[0].Partitions = append(q.Topics[0].Partitions, fetchPartition(i, 0))
	}
	return &conversation{node: n, id: n.fetch(q).SessionID, version: 12}
}

// Traps 62 and 63.
func TestFetchSession(t *testing.T) {
	n := newNode(t, nil)
	n.topic("s", 4)
	n.fill("s", 0, batchOf("a"))
	n.fill("s", 1, batchOf("b"))
	c := open(n, 0, 1, 9)
	if c.id <= 0 {
		t.Fatalf("session id %d", c.id)
	}
	c.expect(1, nil, "s-0=1 s-1=1 s-9!3=0 ") // asked again, told again
	c.expect(1, nil, "error 71 ")
	c.expect(2, func(q *kmsg.FetchRequest) {
		at(0, 1)(q)
		q.Topics[0].Partitions = append(q.Topics[0].Partitions, fetchPartition(1, 1))
	}, "s-9!3=0 ")
	c.expect(3, forget(9), "")
	n.fill("s", 1, batchOf("c"))
	c.expect(4, nil, "s-1=1 ")
	c.expect(5, nil, "s-1=1 ")
	n.fill("s", 2, batchOf("d"))
	c.expect(6, at(2, 1), "s-1=1 s-2=0 ") // a new partition is told of once
	c.expect(7, at(1, 2), "")
	c.expect(8, at(1, 20), "s-1!1=0 ")
	c.expect(9, nil, "s-1!1=0 ")
	c.expect(10, at(1, 2), "s-1=0 ") // an error makes what follows news
	c.expect(11, nil, "")
	d := kmsg.NewPtrDeleteRecordsRequest()
	d.Version, d.Topics = 2, []kmsg.DeleteRecordsRequestTopic{{Topic: "s", Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Offset: 1}}}}
	ask(t, n.Service, d)
	c.expect(12, nil, "s-0=0 ") // so does a new log start
	c.expect(99, nil, "error 71 ")
	c.expect(-5, nil, "error 71 ")
	c.version = 13
	c.expect(13, nil, "error 106 ")
	c.version = 12
	c.expect(13, nil, "") // the epoch did not move
	other := &conversation{node: n, id: c.id + 1, version: 12}
	other.expect(1, nil, "error 70 ")
	other.id = 0
	other.expect(1, nil, "error 70 ")
	if resp := c.say(14, forget(0, 1, 2)); resp.ErrorCode != 0 || resp.SessionID != 0 {
		t.Errorf("a session without partitions ends: %+v", resp)
	}
	c.expect(15, nil, "error 70 ")
}

func TestFetchSessionEnds(t *testing.T) {
	n := newNode(t, nil)
	n.topic("s", 1)
	c := open(n, 0)
	again := fetchRequest(12, "s", 0, 0)
	again.SessionID, again.SessionEpoch = c.id, 0
	next := n.fetch(again).SessionID
	if next == c.id || next == 0 {
		t.Errorf("epoch 0 in session %d opened session %d", c.id, next)
	}
	c.expect(1, nil, "error 70 ")
	c.id = next
	if resp := c.say(-1, nil); resp.ErrorCode != 0 || resp.SessionID != 0 {
		t.Errorf("closing: %+v", resp)
	}
	c.expect(1, nil, "error 70 ")
	if resp := c.say(0, nil); resp.SessionID == 0 {
		t.Error("no session for an empty request: Kafka gives one")
	}
}

// Trap 63: partitions take turns.
func TestFetchSessionTurns(t *testing.T) {
	n := newNode(t, nil)
	n.topic("s", 3)
	for p := range int32(3) {
		n.fill("s", p, batchOf("0123456789"))
	}
	c := open(n, 0, 1, 2) // all had records, in this order
	for i, want := range []string{"s-0=1 ", "s-1=1 ", "s-2=1 ", "s-0=1 "} {
		c.expect(int32(i)+1, func(q *kmsg.FetchRequest) { q.MaxBytes = 1 }, want)
	}
}

// Trap 64: sessions of topic ids.
func TestFetchSessionTopicIDs(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("s", 1)
	n.fill("s", 0, batchOf("a"))
	q := fetchRequest(13, "", 0, 0)
	q.SessionEpoch, q.Topics[0].TopicID = 0, id
	strange := q.Topics[0]
	strange.TopicID = meta.ID{9}
	q.Topics = append(q.Topics, strange)
	resp := n.fetch(q)
	c := &conversation{node: n, id: resp.SessionID, version: 13}
	if got := describe(resp); got != "-0=1 -0!100=0 " {
		t.Errorf("open: %q", got)
	}
	n.apply(&meta.TopicRecord{Name: "late", TopicID: meta.ID{9}},
		&meta.PartitionRecord{TopicID: meta.ID{9}, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1})
	c.expect(1, nil, "-0=1 -0=0 ") // the id has a topic now
	c.version = 12
	c.expect(2, nil, "error 106 ")
	c.version = 13
	n.apply(&meta.RemoveTopic{TopicID: id})
	c.expect(2, nil, "-0!3=0 ") // deleted: unknown, by the name that the id had
	n.topic("s", 1)
	c.expect(3, nil, "-0!103=0 ") // another topic has the name
}

// A pipelined request makes the answer to the one before it void.
func TestFetchSessionMovesOn(t *testing.T) {
	inBubble(t, logstore.SyncNone, func(t *testing.T, n *node) {
		n.topic("s", 1)
		c := open(n, 0)
		q := fetchRequest(12, "", 0, 0)
		q.Topics, q.SessionID, q.SessionEpoch, q.MaxWaitMillis = nil, c.id, 1, 1000
		a := n.start(new(Conn), q)
		synctest.Wait()
		c.expect(2, nil, "")
		if resp := n.fetched(a, q); resp.ErrorCode != 71 || resp.SessionID != c.id {
			t.Errorf("%+v, want error code 71 in the session", resp)
		}
	})
}

func TestSessionEpochs(t *testing.T) {
	for _, c := range [][2]int32{{0, 1}, {1, 2}, {math.MaxInt32, 1}, {-1, -1}} {
		if got := nextEpoch(c[0]); got != c[1] {
			t.Errorf("after epoch %d comes %d, want %d", c[0], got, c[1])
		}
	}
}

// The rules of FetchSessionCacheShard.tryEvict.
func TestSessionEviction(t *testing.T) {
	begin := time.UnixMilli(1_000_000)
	later := func(s int) time.Time { return begin.Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		name       string
		usedAt     int // when both sessions are used again, in seconds; 0: never
		createAt   int
		size       int
		privileged bool
		want       bool
	}{
		{"all are young", 0, 10, 9, false, false},
		{"a follower comes before young consumers", 0, 10, 1, true, true},
		{"not used for two minutes", 0, 121, 1, false, true},
		{"exactly two minutes", 0, 120, 1, false, false},
		{"old, in use and smaller", 121, 130, 3, false, true},
		{"old, in use and as large", 121, 130, 2, false, false},
		{"in use, but young when it was used", 119, 130, 3, false, false},
	} {
		cache := sessionCache{slots: 2}
		var ids []int32
		for range 2 {
			ids = append(ids, cache.create(make([]fetchPart, 2), false, false, begin))
		}
		if c.usedAt > 0 {
			for _, id := range ids {
				q := &wire.FetchRequest{SessionID: id, SessionEpoch: 1}
				if s, code := cache.begin(q, 12, later(c.usedAt)); s == nil || code != 0 {
					t.Fatalf("%s: error code %d", c.name, code)
				}
				cache.sessions[id].size = 2
			}
		}
		id := cache.create(make([]fetchPart, c.size), false, c.privileged, later(c.createAt))
		if (id != noSession) != c.want || len(cache.sessions) > 2 {
			t.Errorf("%s: session %d, %d sessions", c.name, id, len(cache.sessions))
		}
	}
	none := newNode(t, map[string]string{"max.incremental.fetch.session.cache.slots": "0"})
	none.topic("s", 1)
	if c := open(none, 0); c.id != 0 {
		t.Errorf("session %d in a cache without slots", c.id)
	}
}
