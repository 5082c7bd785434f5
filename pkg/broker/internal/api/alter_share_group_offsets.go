package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleAlterShareGroupOffsets answers AlterShareGroupOffsets 0 (KIP-932).
func handleAlterShareGroupOffsets(s *Service, r *Request, q *kmsg.AlterShareGroupOffsetsRequest) kmsg.Response {
	r.ReleaseBody()
	s.ShareOffsets.AlterShareGroupOffsets(q, func(resp *kmsg.AlterShareGroupOffsetsResponse) { s.reply(r, resp) })
	return nil
}
