package interop

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// A topic is deleted and made again under its name while groups have offsets in
// it, a fetch session reads it, and transactions and idempotent producers write
// to it: nothing of the old one touches the new one, and a crash brings nothing back.
func TestTopicMadeAgain(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk())
	s := drill(t, b)
	old := s.Topic("t", 1)
	s.Topic("stays", 1)
	s.Coordinator(kindGroup, "simple")

	s.Do(commit(8, "simple", "", -1, "t", 5))
	m := s.Sole("classic", "", "range="+string(subscription("t")))
	s.Do(commit(8, "classic", m.ID, m.Gen, "t", 6))
	c := s.NewConsumer("consumer", "m", "t")
	s.Do(commit(9, "consumer", "m", c.Epoch, "t", 7))

	idempotent := recent("a", "b", "c")
	idempotent.Producer = &Producer{ID: s.producer()}
	s.Do(produce(9, "t", 0, idempotent.Bytes()))
	commits, aborts := s.NewTxn("commits"), s.NewTxn("aborts")
	commits.Write("t", "1")
	commits.Write("stays", "1")
	aborts.Write("t", "2")
	offsets := s.NewTxn("offsets")
	s.Do(offsets.addOffsets(4, "simple"))
	s.Do(offsets.offsets(4, "simple", "t", 9))

	reader := s.Fork()
	session := sessionFetch(old, 0)
	got := reader.Do(session).(*kmsg.FetchResponse)
	if got.SessionID == 0 || got.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("no fetch session: %+v", got)
	}
	session.SessionID, session.SessionEpoch, session.Topics = got.SessionID, 1, nil

	s.deleteTopic("t")
	s.Topic("t", 1)

	if p := reader.Do(session).(*kmsg.FetchResponse); p.ErrorCode != 0 || len(p.Topics) != 1 || p.Topics[0].TopicID != old || p.Topics[0].Partitions[0].ErrorCode == 0 {
		t.Errorf("the fetch session of the old topic: %+v", p)
	}
	stale := commit(10, "simple", "", -1, "", 99)
	stale.Topics[0].TopicID = old
	if code := s.Do(stale).(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode; code != 100 {
		t.Errorf("a commit to the old topic's id: code %d, want 100", code)
	}
	commits.End(true)
	offsets.End(true)

	check := func(when string) {
		t.Helper()
		t.Log(when)
		for _, group := range []string{"simple", "classic", "consumer"} {
			s.wantCommitted(group, "t", -1)
		}
		s.wantEnd("t", 0)
		s.wantEnd("stays", 2)
		s.wantProducers("t", 0)
	}
	check("made again")
	b.Crash()
	b.Restart()
	s.restarted([]string{"simple", "classic", "consumer"}, aborts.ID)
	check("after a crash")

	aborts.Session = s
	aborts.End(false)
	check("the last transaction of the old topic is aborted")

	p := s.Do(produce(9, "t", 0, idempotent.Bytes())).(*kmsg.ProduceResponse).Topics[0].Partitions[0]
	if p.ErrorCode != 0 || p.BaseOffset != 0 {
		t.Errorf("a batch that the old topic has, to the new one: %+v", p)
	}
	s.wantEnd("t", 3)
	c.wantNewTopic(s.Do(metadataOf(12, "t")).(*kmsg.MetadataResponse).Topics[0].TopicID)
}

// sessionFetch opens a fetch session on partition 0 of a topic by its id.
func sessionFetch(id [16]byte, offset int64) *kmsg.FetchRequest {
	req := fetch(13, "", 0, offset)
	req.SessionEpoch = 0
	req.Topics[0].TopicID = id
	return req
}

// wantNewTopic lets the member beat until it has the partition of a new topic, and no other.
func (c *Consumer) wantNewTopic(id [16]byte) {
	c.TB.Helper()
	for began := time.Now(); len(c.Owned) != 1 || c.Owned[0].TopicID != id; <-time.After(20 * time.Millisecond) {
		if time.Since(began) > answerTimeout {
			c.TB.Fatalf("the member owns %v", c.Owned)
		}
		c.take(c.Do(c.beat()))
	}
}
