package api

import (
	"errors"
	"slices"
	"sync/atomic"
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/share"
	"kq/pkg/broker/internal/wire"
)

// shareFeature is the feature whose level says whether there are share groups.
const shareFeature = "share.version"

// maxMemberID is how long a member's id may be, in UTF-16 units.
const maxMemberID = 36

// shareCaller checks who a request for share groups is from; an error is one of Kafka's.
func (s *Service) shareCaller(group, member *string) error {
	switch {
	case s.Image().Features()[shareFeature] < 1:
		return kerr.UnsupportedVersion
	case group == nil, member == nil, *member == "", len(utf16.Encode([]rune(*member))) > maxMemberID:
		return kerr.InvalidRequest
	}
	return nil
}

// ackPart is what a request acknowledges of one partition, and what comes of it.
type ackPart struct {
	place   share.Place
	batches []share.AckBatch
	code    int16
	text    *string
}

// acknowledging is the acknowledgements of one request.
type acknowledging struct {
	group, member string
	version       int16
	renew         bool
	parts         []ackPart
}

// run carries them out (KafkaApis.handleAcknowledgements). done is called once, on
// any goroutine, when all parts have their codes.
func (a *acknowledging) run(s *Service, done func()) {
	var left atomic.Int32
	left.Store(1)
	some := false
	end := func() {
		if left.Add(-1) == 0 {
			done()
		}
	}
	for i := range a.parts {
		p := &a.parts[i]
		t := s.Topics.TopicByID(p.place.TopicID)
		switch {
		case t == nil:
			p.code = kerr.UnknownTopicID.Code
			continue
		case share.Invalid(p.batches, a.version, a.renew):
			p.code = kerr.InvalidRequest.Code
			continue
		case s.Topics.Image().Partition(t.Name, p.place.Partition) == nil:
			p.code = kerr.UnknownTopicOrPartition.Code
			continue
		case len(p.batches) == 0:
			continue
		}
		some = true
		left.Add(1)
		k := share.Key{Group: a.group, TopicID: p.place.TopicID, Partition: p.place.Partition}
		s.Shares.Acknowledge(k, a.member, p.batches, func(code int16, text string) {
			if p.code = code; code != 0 {
				p.text = &text
			}
			end()
		})
	}
	if !some { // Kafka says nothing of partitions without a word, unless others have one
		a.parts = slices.DeleteFunc(a.parts, func(p ackPart) bool { return p.code == 0 })
	}
	end()
}

// leaderTold says whether an answer with an error names the leader (KIP-951).
func leaderTold(code int16) bool {
	return code == kerr.NotLeaderForPartition.Code || code == kerr.FencedLeaderEpoch.Code
}

// placeLeader is the leader of a partition.
func (s *Service) placeLeader(c *Conn, at share.Place, endpoints *[]wire.NodeEndpoint) wire.LeaderAndEpoch {
	t := s.Topics.TopicByID(at.TopicID)
	if t == nil {
		return wire.NoLeader
	}
	p, _ := t.Partition(at.Partition)
	return s.currentLeader(c, p, t.Name, at.Partition, endpoints)
}

// handleShareAcknowledge answers ShareAcknowledge 1-2
// (KafkaApis.handleShareAcknowledgeRequest).
func handleShareAcknowledge(s *Service, r *Request, q *kmsg.ShareAcknowledgeRequest) kmsg.Response {
	resp := kmsg.NewPtrShareAcknowledgeResponse()
	err := s.shareCaller(q.GroupID, q.MemberID)
	if err == nil {
		err = s.Shares.Touch(*q.GroupID, *q.MemberID, q.ShareSessionEpoch)
	}
	if err != nil {
		resp.ErrorCode = codeOf(err)
		return resp
	}
	a := &acknowledging{group: *q.GroupID, member: *q.MemberID, version: q.Version, renew: q.IsRenewAck}
	for i := range q.Topics {
		t := &q.Topics[i]
		for j := range t.Partitions {
			p := ackPart{place: share.Place{TopicID: t.TopicID, Partition: t.Partitions[j].Partition}}
			for _, b := range t.Partitions[j].AcknowledgementBatches {
				p.batches = append(p.batches, share.AckBatch{First: b.FirstOffset, Last: b.LastOffset, Types: b.AcknowledgeTypes})
			}
			a.parts = append(a.parts, p)
		}
	}
	a.run(s, func() {
		if q.ShareSessionEpoch == share.EpochFinal {
			s.Shares.Release(a.group, a.member)
		}
		s.acknowledged(r, a, resp)
		s.reply(r, resp)
	})
	return nil
}

// acknowledged puts what came of acknowledgements into an answer.
func (s *Service) acknowledged(r *Request, a *acknowledging, resp *kmsg.ShareAcknowledgeResponse) {
	resp.AcquisitionLockTimeoutMillis = int32(s.Shares.LockDuration(a.group).Milliseconds())
	var endpoints []wire.NodeEndpoint
	at := make(map[meta.ID]int)
	for i := range a.parts {
		p := &a.parts[i]
		n, ok := at[p.place.TopicID]
		if !ok {
			n = len(resp.Topics)
			at[p.place.TopicID] = n
			resp.Topics = append(resp.Topics, kmsg.ShareAcknowledgeResponseTopic{TopicID: p.place.TopicID})
		}
		out := kmsg.ShareAcknowledgeResponseTopicPartition{Partition: p.place.Partition, ErrorCode: p.code, ErrorMessage: p.text}
		if leaderTold(p.code) {
			l := s.placeLeader(r.Conn, p.place, &endpoints)
			out.CurrentLeader.LeaderID, out.CurrentLeader.LeaderEpoch = l.ID, l.Epoch
		}
		resp.Topics[n].Partitions = append(resp.Topics[n].Partitions, out)
	}
	for _, e := range endpoints {
		resp.NodeEndpoints = append(resp.NodeEndpoints, kmsg.ShareAcknowledgeResponseNodeEndpoint{NodeID: e.ID, Host: e.Host, Port: e.Port, Rack: e.Rack})
	}
}

// isSessionLimit says whether there are too many share sessions.
func isSessionLimit(err error) bool { return errors.Is(err, share.ErrSessionLimit) }
