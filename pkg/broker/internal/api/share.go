package api

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ShareStates is the share coordinator: brokers ask it to keep the states of
// share partitions (KIP-932). Each method answers once, on any goroutine, perhaps
// before it returns. What a request points to must stay as it is.
type ShareStates interface {
	InitializeShareGroupState(q *kmsg.InitializeShareGroupStateRequest, reply func(*kmsg.InitializeShareGroupStateResponse))
	ReadShareGroupState(q *kmsg.ReadShareGroupStateRequest, reply func(*kmsg.ReadShareGroupStateResponse))
	WriteShareGroupState(q *kmsg.WriteShareGroupStateRequest, reply func(*kmsg.WriteShareGroupStateResponse))
	DeleteShareGroupState(q *kmsg.DeleteShareGroupStateRequest, reply func(*kmsg.DeleteShareGroupStateResponse))
	ReadShareGroupStateSummary(q *kmsg.ReadShareGroupStateSummaryRequest, reply func(*kmsg.ReadShareGroupStateSummaryResponse))
}

// shared is cold for handlers that need the share coordinator.
func shared[T any, Q interface {
	*T
	kmsg.Request
}](f func(s *Service, r *Request, q Q) kmsg.Response,
) handler {
	return cold(func(s *Service, r *Request, q Q) kmsg.Response {
		if s.ShareStates == nil {
			r.Close(fmt.Errorf("%w: there are no share groups here", ErrUnsupported))
			return nil
		}
		return f(s, r, q)
	})
}
