package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleDeleteShareGroupOffsets answers DeleteShareGroupOffsets 0 (KIP-932).
func handleDeleteShareGroupOffsets(s *Service, r *Request, q *kmsg.DeleteShareGroupOffsetsRequest) kmsg.Response {
	r.ReleaseBody()
	s.ShareOffsets.DeleteShareGroupOffsets(q, func(resp *kmsg.DeleteShareGroupOffsetsResponse) { s.reply(r, resp) })
	return nil
}
