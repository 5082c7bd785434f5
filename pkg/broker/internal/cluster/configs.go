package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// maxConfigValue is the longest value of a config, in Java characters.
const maxConfigValue = 32767

func checkValueSize(value string) *refusal {
	if len(value) > maxConfigValue && len(utf16.Encode([]rune(value))) > maxConfigValue {
		return refuse(kerr.InvalidConfig, "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.")
	}
	return nil
}

// configRefusal turns an error of configdef, whose text is Kafka's.
func configRefusal(err error) *refusal {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, configdef.ErrInvalidRequest):
		return refuse(kerr.InvalidRequest, err.Error())
	}
	return refuse(kerr.InvalidConfig, err.Error())
}

// incrementalAlterConfigs is the step of IncrementalAlterConfigs. What only the
// broker itself can check has been checked there.
func (s *stepper) incrementalAlterConfigs(q *kmsg.IncrementalAlterConfigsRequest) (*kmsg.IncrementalAlterConfigsResponse, []meta.Record) {
	resp := kmsg.NewPtrIncrementalAlterConfigsResponse()
	var records []meta.Record
	for i := range q.Resources {
		r := &q.Resources[i]
		a := s.alter(r.ResourceType, r.ResourceName)
		why := a.incremental(r.Configs)
		if why == nil {
			why = a.check()
		}
		if why == nil {
			records = append(records, a.records...)
		}
		result := kmsg.NewIncrementalAlterConfigsResponseResource()
		result.ResourceType, result.ResourceName = r.ResourceType, r.ResourceName
		why.fill(&result.ErrorCode, &result.ErrorMessage)
		resp.Resources = append(resp.Resources, result)
	}
	if q.ValidateOnly {
		records = nil
	}
	return resp, records
}

// alterConfigs is the step of AlterConfigs, which replaces all configs of a
// resource.
func (s *stepper) alterConfigs(q *kmsg.AlterConfigsRequest) (*kmsg.AlterConfigsResponse, []meta.Record) {
	resp := kmsg.NewPtrAlterConfigsResponse()
	var records []meta.Record
	for i := range q.Resources {
		r := &q.Resources[i]
		a := s.alter(r.ResourceType, r.ResourceName)
		a.replace(r.Configs)
		why := a.check()
		if why == nil {
			records = append(records, a.records...)
		}
		result := kmsg.NewAlterConfigsResponseResource()
		result.ResourceType, result.ResourceName = r.ResourceType, r.ResourceName
		why.fill(&result.ErrorCode, &result.ErrorMessage)
		resp.Resources = append(resp.Resources, result)
	}
	if q.ValidateOnly {
		records = nil
	}
	return resp, records
}

// alteration is the change of one resource's configs.
type alteration struct {
	s       *stepper
	res     meta.Resource
	old     map[string]string // belongs to the image
	new     map[string]string
	records []meta.Record
}

func (s *stepper) alter(kind kmsg.ConfigResourceType, name string) *alteration {
	a := &alteration{s: s, res: meta.Resource{Type: int8(kind), Name: name}}
	a.old = s.img.Config(a.res.Type, a.res.Name)
	if a.new = maps.Clone(a.old); a.new == nil {
		a.new = map[string]string{}
	}
	return a
}

// set makes value (nil: none) the config's. A broker hears of values that stay
// the same too: it may reload what they point to (KAFKA-14136).
func (a *alteration) set(name string, value *string) {
	old, was := a.old[name]
	if same := was == (value != nil) && (!was || old == *value); same && a.res.Type != meta.ResourceBroker {
		return
	}
	if value == nil {
		delete(a.new, name)
	} else {
		a.new[name] = *value
	}
	a.records = append(a.records, &meta.ConfigRecord{ResourceType: a.res.Type, ResourceName: a.res.Name, Name: name, Value: value})
}

// incremental applies the operations.
func (a *alteration) incremental(configs []kmsg.IncrementalAlterConfigsRequestResourceConfig) *refusal {
	for _, c := range configs {
		op := configdef.Op(c.Op)
		if op < configdef.OpSet || op > configdef.OpSubtract {
			return &refusal{err: kerr.UnknownServerError} // a null pointer, in Kafka
		}
		var value string
		if c.Value != nil {
			value = *c.Value
		}
		current, isSet := a.old[c.Name]
		text, set, err := a.table(op).Apply(op, c.Name, current, isSet, value)
		if err != nil {
			return configRefusal(err)
		}
		if !set {
			a.set(c.Name, nil)
			continue
		}
		if why := checkValueSize(text); why != nil {
			return why
		}
		a.set(c.Name, &text)
	}
	return nil
}

// table is where a config's type is looked up. Kafka knows the types of topic
// and broker configs only: the others have no lists to append to.
func (a *alteration) table(op configdef.Op) *configdef.Table {
	switch a.res.Type {
	case meta.ResourceTopic:
		return configdef.Topic()
	case meta.ResourceBroker:
		return configdef.Broker()
	case meta.ResourceGroup:
		return configdef.Group()
	}
	if op == configdef.OpAppend || op == configdef.OpSubtract {
		return configdef.Group() // which refuses: client metrics lists are not splittable
	}
	return configdef.ClientMetrics()
}

// replace makes configs all there is.
func (a *alteration) replace(configs []kmsg.AlterConfigsRequestResourceConfig) {
	kept := map[string]bool{}
	for _, c := range configs {
		kept[c.Name] = true
		a.set(c.Name, c.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(a.old)) {
		if !kept[name] {
			a.set(name, nil)
		}
	}
}

// check refuses the new configs, or the resource (ControllerConfigurationValidator,
// then ConfigResourceExistenceChecker).
func (a *alteration) check() *refusal {
	node, cluster, static := a.s.layers()
	switch name := a.res.Name; a.res.Type {
	case meta.ResourceTopic:
		if name == "" {
			return refuse(kerr.InvalidRequest, "Default topic resources are not allowed.")
		}
		if text := meta.CheckTopicName(name); text != "" {
			return refuse(kerr.InvalidTopicException, text)
		}
		if why := configRefusal(configdef.ValidateTopic(a.old, a.new, node, cluster, static)); why != nil {
			return why
		}
		if a.s.img.Topic(name) == nil {
			return refuse(kerr.UnknownTopicOrPartition, fmt.Sprintf("The topic '%s' does not exist.", name))
		}
		return nil
	case meta.ResourceBroker:
		return a.checkBroker()
	case meta.ResourceClientMetrics:
		return configRefusal(configdef.ValidateClientMetrics(name, a.new))
	case meta.ResourceGroup:
		if name == "" {
			return refuse(kerr.InvalidRequest, "Default group resources are not allowed.")
		}
		return configRefusal(configdef.ValidateGroup(a.new, node, cluster, static))
	}
	return refuse(kerr.InvalidRequest, fmt.Sprintf("Unknown resource type %d", a.res.Type))
}

// checkBroker checks the name alone: the broker has checked its own configs.
func (a *alteration) checkBroker() *refusal {
	if a.res.Name == "" {
		return nil
	}
	id, err := strconv.ParseInt(a.res.Name, 10, 32)
	switch {
	case err != nil:
		return refuse(kerr.InvalidRequest, "Unable to parse broker name as a base 10 number.")
	case id < 0:
		return refuse(kerr.InvalidRequest, "Invalid negative broker ID.")
	case a.s.img.Broker(int32(id)) == nil:
		return refuse(kerr.BrokerIDNotRegistered, fmt.Sprintf("No node with id %d found.", id))
	}
	return nil
}
