package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleOffsetCommit answers OffsetCommit 2-10.
func handleOffsetCommit(s *Service, r *Request, q *kmsg.OffsetCommitRequest) kmsg.Response {
	s.Offsets.OffsetCommit(q, func(resp *kmsg.OffsetCommitResponse) { s.reply(r, resp) })
	return nil
}
