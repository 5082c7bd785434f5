package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleOffsetFetch answers OffsetFetch 1-10 (KIP-709, KIP-848). Before version 8 a
// request is for one group.
func handleOffsetFetch(s *Service, r *Request, q *kmsg.OffsetFetchRequest) kmsg.Response {
	if q.Version < 8 {
		s.offsetFetchOne(r, q)
		return nil
	}
	s.Offsets.OffsetFetch(q, func(resp *kmsg.OffsetFetchResponse) { s.reply(r, resp) })
	return nil
}

func (s *Service) offsetFetchOne(r *Request, q *kmsg.OffsetFetchRequest) {
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = q.Group
	if q.Topics != nil { // or else all
		g.Topics = make([]kmsg.OffsetFetchRequestGroupTopic, len(q.Topics))
	}
	for i := range q.Topics {
		g.Topics[i].Topic, g.Topics[i].Partitions = q.Topics[i].Topic, q.Topics[i].Partitions
	}
	q.Groups = []kmsg.OffsetFetchRequestGroup{g}
	s.Offsets.OffsetFetch(q, func(resp *kmsg.OffsetFetchResponse) {
		one := resp.Groups[0]
		resp.Groups, resp.ErrorCode = nil, one.ErrorCode
		for i := range one.Topics {
			t := kmsg.NewOffsetFetchResponseTopic()
			t.Topic = one.Topics[i].Topic
			for _, p := range one.Topics[i].Partitions {
				t.Partitions = append(t.Partitions, kmsg.OffsetFetchResponseTopicPartition(p))
			}
			resp.Topics = append(resp.Topics, t)
		}
		if q.Version < 2 && one.ErrorCode != 0 { // there is no place for it but the partitions
			resp.Topics = offsetFetchError(q, one.ErrorCode)
		}
		s.reply(r, resp)
	})
}

// offsetFetchError answers each partition of a request with an error.
func offsetFetchError(q *kmsg.OffsetFetchRequest, code int16) (out []kmsg.OffsetFetchResponseTopic) {
	for i := range q.Topics {
		t := kmsg.NewOffsetFetchResponseTopic()
		t.Topic = q.Topics[i].Topic
		for _, partition := range q.Topics[i].Partitions {
			p := kmsg.NewOffsetFetchResponseTopicPartition()
			p.Partition, p.Offset, p.LeaderEpoch, p.Metadata, p.ErrorCode = partition, -1, -1, new(string), code
			t.Partitions = append(t.Partitions, p)
		}
		out = append(out, t)
	}
	return out
}
