package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleDescribeShareGroupOffsets answers DescribeShareGroupOffsets 0-1 (KIP-932, KIP-1226).
func handleDescribeShareGroupOffsets(s *Service, r *Request, q *kmsg.DescribeShareGroupOffsetsRequest) kmsg.Response {
	r.ReleaseBody()
	s.ShareOffsets.DescribeShareGroupOffsets(q, func(resp *kmsg.DescribeShareGroupOffsetsResponse) { s.reply(r, resp) })
	return nil
}
