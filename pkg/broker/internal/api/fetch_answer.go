package api

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
)

// answer sends what was read.
func (op *fetchOp) answer() {
	if op.wait != nil {
		op.cancel()
		op.wait.End()
	}
	session := noSession
	switch {
	case op.session != nil:
		session = op.session.id
		if !op.dropUnchanged() {
			op.releaseRecords()
			op.fail(kerr.InvalidFetchSessionEpoch.Code, session)
			return
		}
	case op.q.SessionEpoch == initialEpoch:
		session = op.s.fetch.sessions.create(op.parts, op.r.Header.Version >= 13, op.follower(), op.s.Now())
	}
	op.resp = wire.FetchResponse{SessionID: session, Topics: op.resp.Topics[:0]}
	for i := range op.parts {
		op.appendPart(&op.parts[i])
	}
	chunks := make([]wire.Chunk, 0, 2*len(op.regions)+1)
	chunks = op.resp.AppendChunks(chunks, op.r.Header.Version)
	r := op.r
	op.recycle()
	r.ReplyChunks(chunks)
}

// dropUnchanged leaves only the partitions of which an incremental answer has to
// tell. It is false when the session has moved on.
func (op *fetchOp) dropUnchanged() bool {
	s := op.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != nextEpoch(op.q.SessionEpoch) {
		return false
	}
	kept := op.parts[:0]
	for i := range op.parts {
		if p := &op.parts[i]; s.told(p.cached, p) {
			kept = append(kept, *p)
		}
	}
	clear(op.parts[len(kept):])
	op.parts = kept
	return true
}

// appendPart adds a partition to the answer, to the topic before it if that is the same.
func (op *fetchOp) appendPart(p *fetchPart) {
	byID := op.r.Header.Version >= 13
	topics := op.resp.Topics
	if n := len(topics); n == 0 || byID && topics[n-1].ID != p.id || !byID && topics[n-1].Name != p.name {
		if n < cap(topics) {
			topics = topics[:n+1]
			topics[n].Partitions = topics[n].Partitions[:0]
		} else {
			topics = append(topics, wire.FetchTopicResponse{})
		}
		topics[n].Name, topics[n].ID = p.name, p.id
		op.resp.Topics = topics
	}
	t := &topics[len(topics)-1]
	out := wire.NewFetchPartitionResponse(p.index)
	out.ErrorCode = p.code
	op.s.Errors.Add(p.code)
	switch {
	case p.code == 0:
		out.HighWatermark, out.LastStableOffset, out.LogStartOffset = p.res.HighWatermark, p.res.LastStable, p.res.LogStart
		if p.res.Diverges {
			out.DivergingEpoch = wire.EpochEndOffset{Epoch: p.res.DivergingEpoch, EndOffset: p.res.DivergingEnd}
		}
		out.AbortedTxns = op.aborted(p)
		first := len(op.regions)
		for i := range p.res.Regions {
			op.regions = append(op.regions, &p.res.Regions[i])
		}
		out.Records = op.regions[first:]
	case p.absent:
		out.AbortedTxns = []wire.AbortedTxn{} // as Kafka's answer for a partition it has not looked into
	case op.r.Header.Version >= 16 && (p.code == kerr.NotLeaderForPartition.Code || p.code == kerr.FencedLeaderEpoch.Code):
		out.CurrentLeader = op.s.currentLeader(op.r.Conn, p.part, p.name, p.index, &op.resp.NodeEndpoints)
	}
	t.Partitions = append(t.Partitions, out)
}

// aborted lists the transactions that a read_committed consumer skips; nil for others.
func (op *fetchOp) aborted(p *fetchPart) []wire.AbortedTxn {
	if op.isolation != topic.LastStable {
		return nil
	}
	out := make([]wire.AbortedTxn, len(p.res.Aborted))
	for i, a := range p.res.Aborted {
		out[i] = wire.AbortedTxn{ProducerID: a.ProducerID, FirstOffset: a.FirstOffset}
	}
	return out
}

// currentLeader tells a client whose request came to the wrong place, or with an
// old epoch, where to go (KIP-951); endpoints gets the leader's address, once.
func (s *Service) currentLeader(c *Conn, p *topic.Partition, name string, index int32, endpoints *[]wire.NodeEndpoint) wire.LeaderAndEpoch {
	l := wire.NoLeader
	img := s.Topics.Image()
	if m := img.Partition(name, index); m != nil {
		l = wire.LeaderAndEpoch{ID: m.Leader, Epoch: m.LeaderEpoch}
	}
	if p != nil {
		if id, epoch := p.Leader(); epoch > l.Epoch {
			l = wire.LeaderAndEpoch{ID: id, Epoch: epoch}
		}
	}
	for i := range *endpoints {
		if (*endpoints)[i].ID == l.ID {
			return l
		}
	}
	if host, port, ok := c.Advertised(l.ID); ok && l.ID >= 0 {
		e := wire.NodeEndpoint{ID: l.ID, Host: host, Port: port}
		if b := img.Broker(l.ID); b != nil {
			e.Rack = b.Rack
		}
		*endpoints = append(*endpoints, e)
	}
	return l
}

// fail answers with an error for the whole request and no partitions.
func (op *fetchOp) fail(code int16, session int32) {
	op.s.Errors.Add(code)
	resp := wire.FetchResponse{ErrorCode: code, SessionID: session}
	chunks := resp.AppendChunks(nil, op.r.Header.Version)
	r := op.r
	op.recycle()
	r.ReplyChunks(chunks)
}

// refuse answers with an error for the request and, before topic ids, for all its
// partitions (FetchRequest.getErrorResponse).
func (op *fetchOp) refuse(code int16) {
	op.s.Errors.Add(code)
	resp := wire.FetchResponse{ErrorCode: code, SessionID: op.q.SessionID}
	if op.r.Header.Version < 13 {
		for i := range op.q.Topics {
			qt := &op.q.Topics[i]
			t := wire.FetchTopicResponse{Name: string(qt.Name)}
			for j := range qt.Partitions {
				p := wire.NewFetchPartitionResponse(qt.Partitions[j].Index)
				p.ErrorCode, p.AbortedTxns = code, []wire.AbortedTxn{}
				t.Partitions = append(t.Partitions, p)
			}
			resp.Topics = append(resp.Topics, t)
		}
	}
	chunks := resp.AppendChunks(nil, op.r.Header.Version)
	r := op.r
	op.recycle()
	r.ReplyChunks(chunks)
}
