package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleTxnOffsetCommit answers TxnOffsetCommit 0-5 (KIP-98, KIP-447, KIP-890).
func handleTxnOffsetCommit(s *Service, r *Request, q *kmsg.TxnOffsetCommitRequest) kmsg.Response {
	s.Offsets.TxnOffsetCommit(q, func(resp *kmsg.TxnOffsetCommitResponse) { s.reply(r, resp) })
	return nil
}
