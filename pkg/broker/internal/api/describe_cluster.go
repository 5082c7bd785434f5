package api

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The endpoint types of DescribeCluster (KIP-919).
const (
	endpointBrokers     = 1
	endpointControllers = 2
)

// handleDescribeCluster answers DescribeCluster 0-2 (KIP-700).
func handleDescribeCluster(s *Service, r *Request, q *kmsg.DescribeClusterRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeClusterResponse()
	resp.ControllerID = -1
	refuse := func(e *kerr.Error, text string) kmsg.Response {
		resp.ErrorCode, resp.ErrorMessage = e.Code, &text
		return resp
	}
	switch {
	case q.Version < 1 || q.EndpointType == endpointBrokers:
	case q.EndpointType == endpointControllers:
		return refuse(kerr.MismatchedEndpointType, "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER")
	default:
		return refuse(kerr.UnsupportedEndpointType, fmt.Sprintf("Unsupported endpoint type %d", q.EndpointType))
	}
	img := s.Image()
	resp.ClusterID, resp.ControllerID = img.ClusterID, s.anyBroker(img)
	if q.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = clusterOperations
	}
	for _, b := range img.Brokers() {
		host, port, ok := r.Conn.Advertised(b.ID)
		if !ok || b.Fenced && (q.Version < 2 || !q.IncludeFencedBrokers) {
			continue
		}
		e := kmsg.NewDescribeClusterResponseBroker()
		e.NodeID, e.Host, e.Port, e.Rack, e.IsFenced = b.ID, host, port, b.Rack, b.Fenced
		resp.Brokers = append(resp.Brokers, e)
	}
	return resp
}
