package admin

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrResourceType is a TYPE/NAME whose TYPE does not exist.
var ErrResourceType = errors.New("unknown kind of resource")

// Resource is what has configs: a topic, a broker, a group or a subscription of
// client metrics.
type Resource struct {
	Type string // one of ResourceTypes
	Name string // "" for the defaults of all brokers
}

// DefaultBroker stands for the defaults of all brokers in broker/default.
const DefaultBroker = "default"

// ResourceTypes lists the types, as ParseResource reads them.
func ResourceTypes() []string { return []string{"topic", "broker", "group", "client-metrics"} }

// ParseResource reads TYPE/NAME, as topic/orders, broker/1, broker/default,
// group/billing, client-metrics/slow. The error is ErrOptions or, for an unknown
// type, ErrResourceType.
func ParseResource(s string) (Resource, error) {
	kind, name, ok := strings.Cut(s, "/")
	r := Resource{Type: kind, Name: name}
	switch {
	case !ok:
		return Resource{}, fmt.Errorf("%w: %q is not TYPE/NAME, as topic/orders", ErrOptions, s)
	case r.kmsgType() == kmsg.ConfigResourceTypeUnknown:
		return Resource{}, fmt.Errorf("%w %q", ErrResourceType, kind)
	case name == "":
		return Resource{}, fmt.Errorf("%w: %q has no name after the slash", ErrOptions, s)
	case kind == "broker" && name == DefaultBroker:
		r.Name = ""
	}
	return r, r.Validate()
}

// Validate finds what no cluster would take.
func (r Resource) Validate() error {
	switch {
	case r.kmsgType() == kmsg.ConfigResourceTypeUnknown:
		return fmt.Errorf("%w %q", ErrResourceType, r.Type)
	case r.Name == "" && r.Type != "broker":
		return fmt.Errorf("%w: %s without a name", ErrOptions, r.Type)
	case r.Name != "" && r.Type == "broker":
		if id, err := strconv.ParseUint(r.Name, 10, 31); err != nil || strconv.FormatUint(id, 10) != r.Name {
			return fmt.Errorf("%w: broker %q: it is the id of a broker, or %s", ErrOptions, r.Name, DefaultBroker)
		}
	}
	return nil
}

// String is the inverse of ParseResource.
func (r Resource) String() string {
	if r.Name == "" {
		return r.Type + "/" + DefaultBroker
	}
	return r.Type + "/" + r.Name
}

func (r Resource) kmsgType() kmsg.ConfigResourceType {
	switch r.Type {
	case "topic":
		return kmsg.ConfigResourceTypeTopic
	case "broker":
		return kmsg.ConfigResourceTypeBroker
	case "group":
		return kmsg.ConfigResourceTypeGroupConfig
	case "client-metrics":
		return kmsg.ConfigResourceTypeClientMetrics
	}
	return kmsg.ConfigResourceTypeUnknown
}
