package api

import (
	"kq/pkg/broker/internal/share"
	"kq/pkg/broker/internal/wire"
)

// answer sends what was acquired, and what came of the acknowledgements.
func (op *shareOp) answer() {
	s, q := op.s, op.q
	group, member, epoch := *q.GroupID, *q.MemberID, q.ShareSessionEpoch
	resp := wire.ShareFetchResponse{LockTimeoutMs: int32(s.Shares.LockDuration(group).Milliseconds())}
	b := shareAnswer{resp: &resp, at: make(map[share.Place][2]int), topics: make(map[[16]byte]int)}
	stale := epoch > share.EpochFirst && !op.session.At(epoch)
	if stale {
		resp.ErrorCode = codeOf(share.ErrSessionEpoch)
	}
	for i := range op.parts {
		p := &op.parts[i]
		tells := epoch == share.EpochFirst || op.session.Tells(p.place, len(p.got.Ranges) > 0, p.code != 0)
		if stale || !tells {
			for j := range p.got.Regions {
				p.got.Regions[j].Release()
			}
			continue
		}
		out := b.partition(p.place)
		out.ErrorCode = p.code
		s.Errors.Add(p.code)
		for j := range p.got.Regions {
			out.Records = append(out.Records, &p.got.Regions[j])
		}
		for _, r := range p.got.Ranges {
			out.Acquired = append(out.Acquired, wire.AcquiredRecords{First: r.First, Last: r.Last, DeliveryCount: r.Deliveries})
		}
		if leaderTold(p.code) {
			out.CurrentLeader = s.placeLeader(op.r.Conn, p.place, &resp.NodeEndpoints)
		}
	}
	if op.acks != nil {
		for i := range op.acks.parts {
			p := &op.acks.parts[i]
			out := b.partition(p.place)
			out.AckErrorCode, out.AckMessage = p.code, p.text
			s.Errors.Add(p.code)
		}
	}
	if epoch == share.EpochFinal {
		s.Shares.Release(group, member)
	}
	op.r.ReplyChunks(resp.AppendChunks(nil))
}

// fail answers with an error for the whole request.
func (op *shareOp) fail(err error) {
	code := codeOf(err)
	op.s.Errors.Add(code)
	resp := wire.ShareFetchResponse{ErrorCode: code}
	op.r.ReplyChunks(resp.AppendChunks(nil))
}

// shareAnswer collects the partitions of an answer by topic.
type shareAnswer struct {
	resp   *wire.ShareFetchResponse
	topics map[[16]byte]int
	at     map[share.Place][2]int
}

// partition is the place of a partition in the answer, until the next call.
func (b *shareAnswer) partition(at share.Place) *wire.ShareFetchPartition {
	if n, ok := b.at[at]; ok {
		return &b.resp.Topics[n[0]].Partitions[n[1]]
	}
	i, ok := b.topics[at.TopicID]
	if !ok {
		i = len(b.resp.Topics)
		b.topics[at.TopicID] = i
		b.resp.Topics = append(b.resp.Topics, wire.ShareFetchTopic{ID: at.TopicID})
	}
	t := &b.resp.Topics[i]
	b.at[at] = [2]int{i, len(t.Partitions)}
	t.Partitions = append(t.Partitions, wire.ShareFetchPartition{Index: at.Partition})
	return &t.Partitions[len(t.Partitions)-1]
}
