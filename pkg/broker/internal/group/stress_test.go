package group

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Everything at once, on few groups: what was acknowledged is there after a
// restart, and nobody is left without an answer.
func TestStress(t *testing.T) {
	f := newFixture(t).ready()
	const workers, groups, rounds = 8, 5, 150
	f.topic("in", workers)
	f.topic("churn", 1)
	var acked [workers][groups]int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			s := stresser{f: f, worker: int32(w), acked: &acked[w], rnd: rand.New(rand.NewPCG(1, uint64(w)))}
			for range rounds {
				s.round()
			}
		})
	}
	wg.Go(func() {
		for i := range 20 {
			f.dropTopic("churn")
			f.topic("churn", int32(i%3+1))
		}
	})
	wg.Wait()
	for range 2 {
		for w := range workers {
			for g := range groups {
				if got := f.partition(t, name(g), int32(w)); got != acked[w][g] {
					t.Errorf("%s partition %d: %d, acknowledged %d", name(g), w, got, acked[w][g])
				}
			}
		}
		f.restart()
	}
}

// stresser has a partition of its own in each group.
type stresser struct {
	f      *fixture
	worker int32
	acked  *[5]int64
	rnd    *rand.Rand
	next   int64
}

func (s *stresser) round() {
	f, g := s.f, s.rnd.IntN(5)
	switch s.rnd.IntN(10) {
	case 0:
		f.c.ListGroups(kmsg.NewPtrListGroupsRequest())
	case 1:
		f.c.describe(name(g), 6)
	case 2:
		producer := int64(s.worker)
		q := kmsg.NewPtrTxnOffsetCommitRequest()
		q.Version, q.Group, q.ProducerID, q.Generation = 4, name(g), producer, -1
		s.next++
		q.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: "in", Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{{Partition: s.worker, Offset: s.next}}}}
		done := make(chan int16, 1)
		f.c.TxnOffsetCommit(q, func(r *kmsg.TxnOffsetCommitResponse) { done <- r.Topics[0].Partitions[0].ErrorCode })
		if <-done == 0 {
			commit := s.rnd.IntN(2) == 0
			f.endTxn(producer, 0, name(g), commit, true)
			if commit {
				s.acked[g] = s.next
			}
		}
	case 3:
		s.member(fmt.Sprintf("churn-%d", g))
	case 4:
		q := commitReq(name(g), "churn", 1)
		f.c.OffsetCommit(q, func(*kmsg.OffsetCommitResponse) {})
	case 5:
		f.c.expireOffsets()
	default:
		s.next++
		q := commitReq(name(g), "in", s.next)
		q.Topics[0].Partitions[0].Partition = s.worker
		done := make(chan int16, 1)
		f.c.OffsetCommit(q, func(r *kmsg.OffsetCommitResponse) { done <- r.Topics[0].Partitions[0].ErrorCode })
		if <-done == 0 {
			s.acked[g] = s.next
		}
	}
}

// member joins a group and leaves it again, whatever it comes to.
func (s *stresser) member(group string) {
	m := s.f.member(group)
	joined := m.join()
	select {
	case r := <-joined.c:
		if r.ErrorCode == 0 {
			m.sync(map[string]string{m.id: "x"})
		}
	case <-time.After(time.Millisecond):
		return // it waits for others, who have left or never will
	}
	q := kmsg.NewPtrLeaveGroupRequest()
	q.Version, q.Group = 5, group
	q.Members = []kmsg.LeaveGroupRequestMember{{MemberID: m.id}}
	s.f.c.LeaveGroup(q, func(*kmsg.LeaveGroupResponse) {})
}

// partition is what a group has for a partition of the topic in, 0 for nothing.
func (f *fixture) partition(t *testing.T, group string, partition int32) int64 {
	t.Helper()
	q := kmsg.NewPtrOffsetFetchRequest()
	q.Groups = []kmsg.OffsetFetchRequestGroup{{Group: group, MemberEpoch: -1, Topics: []kmsg.OffsetFetchRequestGroupTopic{{Topic: "in", Partitions: []int32{partition}}}}}
	r := ask(func(reply func(*kmsg.OffsetFetchResponse)) { f.c.OffsetFetch(q, reply) }).now(t)
	p := r.Groups[0].Topics[0].Partitions[0]
	if r.Groups[0].ErrorCode != 0 || p.ErrorCode != 0 {
		t.Fatalf("fetch: %+v", r.Groups[0])
	}
	return max(p.Offset, 0)
}
