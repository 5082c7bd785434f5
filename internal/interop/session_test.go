package interop

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// drill is a session on a broker of a test, whose answers are looked at one by one.
func drill(t *testing.T, b *brokertest.Broker) *Session {
	t.Helper()
	row := &Row{}
	s := &Session{TB: t, Addr: b.Addr(), Node: 1, row: row, tr: &transcript{mask: newMasker(row)}}
	t.Cleanup(s.hangUp)
	return s
}

// restarted connects again and waits until the coordinators of all groups and
// ids have loaded: each is in a partition of its own.
func (s *Session) restarted(groups []string, txns ...string) {
	s.TB.Helper()
	s.hangUp()
	for _, g := range groups {
		s.Coordinator(kindGroup, g)
	}
	for _, id := range txns {
		s.Coordinator(kindTxn, id)
	}
}

// committed is the offset of a group in partition 0 of topic, or the code that stands for it.
func (s *Session) committed(group, topic string, stable bool) (offset int64, code int16) {
	s.TB.Helper()
	req := offsetFetch(7, group, topic, 0)
	req.RequireStable = stable
	r := s.Do(req).(*kmsg.OffsetFetchResponse)
	if r.ErrorCode != 0 {
		return -1, r.ErrorCode
	}
	p := r.Topics[0].Partitions[0]
	return p.Offset, p.ErrorCode
}

func (s *Session) wantCommitted(group, topic string, want int64) {
	s.TB.Helper()
	if got, code := s.committed(group, topic, false); got != want || code != 0 {
		s.TB.Errorf("group %s has committed %d in %s (code %d), want %d", group, got, topic, code, want)
	}
}

// end is where partition 0 of topic ends for a reader of an isolation level.
func (s *Session) end(topic string, isolation int8) int64 {
	s.TB.Helper()
	p := s.Do(latest(topic, isolation)).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		s.TB.Fatalf("end of %s: code %d", topic, p.ErrorCode)
	}
	return p.Offset
}

func (s *Session) wantEnd(topic string, want int64) {
	s.TB.Helper()
	for isolation := range int8(2) {
		if got := s.end(topic, isolation); got != want {
			s.TB.Errorf("%s ends at %d under isolation level %d, want %d", topic, got, isolation, want)
		}
	}
}

// wantProducers wants so many producers with state in partition 0 of topic.
func (s *Session) wantProducers(topic string, want int) {
	s.TB.Helper()
	p := s.Do(describeProducers(topic, 0)).(*kmsg.DescribeProducersResponse).Topics[0].Partitions[0]
	if p.ErrorCode != 0 || len(p.ActiveProducers) != want {
		s.TB.Errorf("%s has producers %+v (code %d), want %d", topic, p.ActiveProducers, p.ErrorCode, want)
	}
}

// wantBeat wants a heartbeat to be answered with code.
func (m *Member) wantBeat(code int16) {
	m.TB.Helper()
	if got := m.Do(m.beat()).(*kmsg.HeartbeatResponse).ErrorCode; got != code {
		m.TB.Errorf("heartbeat of %s in %s: code %d, want %d", m.ID, m.Group, got, code)
	}
}

// wantBeat wants a heartbeat that changes nothing.
func (c *Consumer) wantBeat() {
	c.TB.Helper()
	r := c.Do(c.beat()).(*kmsg.ConsumerGroupHeartbeatResponse)
	if r.ErrorCode != 0 || r.MemberEpoch != c.Epoch || r.Assignment != nil {
		c.TB.Errorf("heartbeat of %s in %s: %+v, want epoch %d and nothing new", c.ID, c.Group, r, c.Epoch)
	}
}
