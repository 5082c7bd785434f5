package api

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The key types of FindCoordinator (KIP-98, KIP-932). A key of a share coordinator
// is a group, a topic id and a partition.
const (
	CoordinatesGroups = 0
	CoordinatesTxns   = 1
	CoordinatesShares = 2
)

// sharesFrom is the first version of FindCoordinator that knows share groups.
const sharesFrom = 6

// Finder knows the coordinators of one kind of keys.
type Finder interface {
	// Find is the broker that coordinates key, -1 for none. It makes the topic
	// that the coordinators keep their state in if it is not there. An error that
	// is kerr.InvalidRequest says that it is no such key.
	Find(ctx context.Context, key string) (node int32, err error)
}

// findTimeout bounds how long a FindCoordinator may take to make a topic.
const findTimeout = 10 * time.Second

// malformedText is Kafka's message of INVALID_REQUEST where there is no better one.
const malformedText = "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details."

// handleFindCoordinator answers FindCoordinator 0-6: one key up to version 3, any
// number from version 4 on (KIP-699).
func handleFindCoordinator(s *Service, r *Request, q *kmsg.FindCoordinatorRequest) kmsg.Response {
	resp := kmsg.NewPtrFindCoordinatorResponse()
	ctx, cancel := context.WithTimeout(context.Background(), findTimeout)
	defer cancel()
	if q.Version < 4 {
		c := s.findCoordinator(ctx, r, q, q.CoordinatorKey)
		resp.NodeID, resp.Host, resp.Port, resp.ErrorCode = c.NodeID, c.Host, c.Port, c.ErrorCode
		text := "NONE"
		switch err := kerr.TypedErrorForCode(c.ErrorCode); {
		case err == kerr.InvalidRequest:
			text = malformedText
		case err != nil:
			text = err.Description
		}
		resp.ErrorMessage = &text
		return resp
	}
	for _, key := range q.CoordinatorKeys {
		resp.Coordinators = append(resp.Coordinators, s.findCoordinator(ctx, r, q, key))
	}
	return resp
}

// findCoordinator answers for one key.
func (s *Service) findCoordinator(ctx context.Context, r *Request, q *kmsg.FindCoordinatorRequest, key string) kmsg.FindCoordinatorResponseCoordinator {
	c := kmsg.NewFindCoordinatorResponseCoordinator()
	text := ""
	c.Key, c.NodeID, c.Port, c.ErrorMessage = key, -1, -1, &text
	finder := s.Finders[q.CoordinatorType]
	if finder == nil || q.CoordinatorType == CoordinatesShares && q.Version < sharesFrom {
		c.ErrorCode = kerr.InvalidRequest.Code
		if q.CoordinatorType < 0 || q.CoordinatorType > 2 {
			text = malformedText
		}
		return c
	}
	c.ErrorCode = kerr.CoordinatorNotAvailable.Code
	node, err := finder.Find(ctx, key)
	if errors.Is(err, kerr.InvalidRequest) {
		c.ErrorCode = kerr.InvalidRequest.Code
		return c
	}
	if err != nil {
		s.Logger.Warn("no coordinator", "key", key, "type", q.CoordinatorType, "err", err)
		return c
	}
	if host, port, ok := r.Conn.Advertised(node); ok && node >= 0 {
		c.NodeID, c.Host, c.Port, c.ErrorCode = node, host, port, 0
	}
	return c
}
