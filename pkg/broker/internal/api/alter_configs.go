package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// handleAlterConfigs answers AlterConfigs 0-2, which replaces all configs of a
// resource. It was superseded by IncrementalAlterConfigs; old clients use it.
func handleAlterConfigs(s *Service, _ *Request, q *kmsg.AlterConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrAlterConfigsResponse()
	forward := *q
	forward.Resources = nil
	var places []int // of the forwarded resources in the answer
	count := map[meta.Resource]int{}
	for i := range q.Resources {
		count[alteredResource(q.Resources[i].ResourceType, q.Resources[i].ResourceName)]++
	}
	for i := range q.Resources {
		r := &q.Resources[i]
		e := kmsg.NewAlterConfigsResponseResource()
		e.ResourceType, e.ResourceName = r.ResourceType, r.ResourceName
		why := errTwice(count[alteredResource(r.ResourceType, r.ResourceName)])
		if why == nil {
			why = s.checkAlter(r)
		}
		if why != nil {
			e.ErrorCode, e.ErrorMessage = why.err.Code, why.text
		} else {
			forward.Resources = append(forward.Resources, *r)
			places = append(places, i)
		}
		resp.Resources = append(resp.Resources, e)
	}
	if len(places) > 0 {
		for i, r := range s.Controller.AlterConfigs(context.Background(), &forward).Resources {
			resp.Resources[places[i]] = r
		}
	}
	return resp
}

// checkAlter checks one resource on behalf of the controller.
func (s *Service) checkAlter(r *kmsg.AlterConfigsRequestResource) *configError {
	names := make([]string, len(r.Configs))
	configs := make(map[string]string, len(r.Configs))
	var null []string
	for i, c := range r.Configs {
		names[i] = c.Name
		if c.Value == nil {
			null = append(null, c.Name)
		} else {
			configs[c.Name] = *c.Value
		}
	}
	if why := checkNames(names, null); why != nil {
		return why
	}
	switch kind := int8(r.ResourceType); kind {
	case meta.ResourceTopic, meta.ResourceClientMetrics, meta.ResourceGroup:
		return nil
	case meta.ResourceBroker:
		if why := s.checkAlteredNode(r.ResourceName); why != nil {
			return why
		}
		return s.checkBrokerConfigs(r.ResourceName, configs)
	default:
		return badConfigs(kerr.InvalidRequest, "Unknown resource type %d", kind)
	}
}
