package api

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// handleIncrementalAlterConfigs answers IncrementalAlterConfigs 0-1 (KIP-339).
// The broker checks what only it can, the controller the rest
// (ConfigAdminManager.preprocess).
func handleIncrementalAlterConfigs(s *Service, _ *Request, q *kmsg.IncrementalAlterConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrIncrementalAlterConfigsResponse()
	forward := *q
	forward.Resources = nil
	var places []int // of the forwarded resources in the answer
	count := map[meta.Resource]int{}
	for i := range q.Resources {
		count[alteredResource(q.Resources[i].ResourceType, q.Resources[i].ResourceName)]++
	}
	for i := range q.Resources {
		r := &q.Resources[i]
		e := kmsg.NewIncrementalAlterConfigsResponseResource()
		e.ResourceType, e.ResourceName = r.ResourceType, r.ResourceName
		why := errTwice(count[alteredResource(r.ResourceType, r.ResourceName)])
		if why == nil {
			why = s.checkIncremental(r)
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
		for i, r := range s.Controller.IncrementalAlterConfigs(context.Background(), &forward).Resources {
			resp.Resources[places[i]] = r
		}
	}
	return resp
}

func alteredResource(kind kmsg.ConfigResourceType, name string) meta.Resource {
	return meta.Resource{Type: int8(kind), Name: name}
}

func errTwice(n int) *configError {
	if n > 1 {
		return badConfigs(kerr.InvalidRequest, "Each resource must appear at most once.")
	}
	return nil
}

// checkIncremental checks one resource on behalf of the controller.
func (s *Service) checkIncremental(r *kmsg.IncrementalAlterConfigsRequestResource) *configError {
	names := make([]string, len(r.Configs))
	var null []string
	for i, c := range r.Configs {
		names[i] = c.Name
		if c.Value == nil && configdef.Op(c.Op) != configdef.OpDelete {
			null = append(null, c.Name)
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
		configs := maps.Clone(s.Image().Config(kind, r.ResourceName))
		if configs == nil {
			configs = map[string]string{}
		}
		for _, c := range r.Configs {
			var value string
			if c.Value != nil {
				value = *c.Value
			}
			current, isSet := configs[c.Name]
			text, set, err := configdef.Broker().Apply(configdef.Op(c.Op), c.Name, current, isSet, value)
			if err != nil {
				return configErrorOf(err)
			}
			if set {
				configs[c.Name] = text
			} else {
				delete(configs, c.Name)
			}
		}
		return s.checkBrokerConfigs(r.ResourceName, configs)
	case meta.ResourceBrokerLogger:
		if why := s.checkAlteredNode(r.ResourceName); why != nil {
			return why
		}
		return badConfigs(kerr.InvalidRequest, "The log level of this broker is set when it starts.")
	default:
		return badConfigs(kerr.InvalidRequest, "Unknown resource type %d", kind)
	}
}

// checkNames refuses names that occur twice, and those without a value.
func checkNames(names, null []string) *configError {
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			return badConfigs(kerr.InvalidRequest, "Error due to duplicate config keys")
		}
		seen[n] = true
	}
	if len(null) > 0 {
		return badConfigs(kerr.InvalidRequest, "Null value not supported for : %s", strings.Join(null, ", "))
	}
	return nil
}

// checkAlteredNode refuses the name of a broker that is neither all of them nor
// this one: each broker checks its own configs.
func (s *Service) checkAlteredNode(name string) *configError {
	if name == "" {
		return nil
	}
	id, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return badConfigs(kerr.InvalidRequest, "Node id must be an integer, but it is: %s", name)
	}
	if int32(id) != s.NodeID {
		return badConfigs(kerr.InvalidRequest, "Unexpected broker id, expected %d, but received %s", s.NodeID, name)
	}
	return nil
}

// checkBrokerConfigs checks what the dynamic configs of this broker, or of all,
// would become.
func (s *Service) checkBrokerConfigs(name string, configs map[string]string) *configError {
	img := s.Image()
	node, cluster := img.Config(meta.ResourceBroker, strconv.Itoa(int(s.NodeID))), img.Config(meta.ResourceBroker, "")
	return configErrorOf(configdef.ValidateBroker(configs, name != "", node, cluster, s.Static))
}

// configErrorOf turns an error of configdef, whose text is Kafka's.
func configErrorOf(err error) *configError {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, configdef.ErrInvalidRequest):
		return badConfigs(kerr.InvalidRequest, "%s", err.Error())
	}
	return badConfigs(kerr.InvalidConfig, "%s", err.Error())
}
