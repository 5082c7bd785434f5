package configdef

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// groupBounds are the limits a broker puts on group configs, in the order Kafka checks them. The broker names are
// behind group.; onlySet limits are checked only where the group sets the value itself.
var groupBounds = []struct {
	name, min, max string
	onlySet        bool
}{
	{"consumer.heartbeat.interval.ms", "consumer.min.heartbeat.interval.ms", "consumer.max.heartbeat.interval.ms", false},
	{"consumer.session.timeout.ms", "consumer.min.session.timeout.ms", "consumer.max.session.timeout.ms", false},
	{"consumer.assignment.interval.ms", "consumer.min.assignment.interval.ms", "consumer.max.assignment.interval.ms", true},
	{"share.heartbeat.interval.ms", "share.min.heartbeat.interval.ms", "share.max.heartbeat.interval.ms", false},
	{"share.session.timeout.ms", "share.min.session.timeout.ms", "share.max.session.timeout.ms", false},
	{"share.record.lock.duration.ms", "share.min.record.lock.duration.ms", "share.max.record.lock.duration.ms", false},
	{"share.delivery.count.limit", "share.min.delivery.count.limit", "share.max.delivery.count.limit", false},
	{"share.partition.max.record.locks", "share.min.partition.max.record.locks", "share.max.partition.max.record.locks", false},
	{"share.assignment.interval.ms", "share.min.assignment.interval.ms", "share.max.assignment.interval.ms", true},
	{"streams.heartbeat.interval.ms", "streams.min.heartbeat.interval.ms", "streams.max.heartbeat.interval.ms", false},
	{"streams.session.timeout.ms", "streams.min.session.timeout.ms", "streams.max.session.timeout.ms", false},
	{"streams.num.standby.replicas", "", "streams.max.standby.replicas", false},
	{"streams.assignment.interval.ms", "streams.min.assignment.interval.ms", "streams.max.assignment.interval.ms", true},
}

// ValidateGroup checks the complete new configs of a group (org.apache.kafka.coordinator.group.GroupConfig.validate)
// against the broker's limits. The error is ErrInvalidConfig with Kafka's text.
func ValidateGroup(configs, dynamicBroker, dynamicDefault, static map[string]string) error {
	for _, name := range sortedNames(configs) {
		if _, ok := Group().Lookup(name); !ok {
			return invalid(name, "Unknown group config name: "+name)
		}
	}
	if err := checkSizes(configs); err != nil {
		return err
	}
	values, err := parseAll(Group(), configs)
	if err != nil {
		return err
	}
	l := &layers{dynamicBroker, dynamicDefault, static}
	effective := func(name string) int64 {
		if v, ok := values[name]; ok {
			return v.Int
		}
		return l.number("group." + name)
	}
	for _, b := range groupBounds {
		if _, set := configs[b.name]; b.onlySet && !set {
			continue
		}
		n := effective(b.name)
		if b.min != "" && n < l.number("group."+b.min) {
			return invalid(b.name, b.name+" must be greater than or equal to group."+b.min)
		}
		if n > l.number("group."+b.max) {
			return invalid(b.name, b.name+" must be less than or equal to group."+b.max)
		}
	}
	for _, kind := range [...]string{"consumer", "share", "streams"} {
		session, heartbeat := kind+".session.timeout.ms", kind+".heartbeat.interval.ms"
		if effective(session) <= effective(heartbeat) {
			return invalid(session, session+" must be greater than "+heartbeat)
		}
	}
	return nil
}

// ValidateClientMetrics checks the complete new configs of the named client-metrics subscription
// (org.apache.kafka.server.metrics.ClientMetricsConfigs.validate). The error is ErrInvalidConfig or ErrInvalidRequest
// with Kafka's text.
func ValidateClientMetrics(subscription string, configs map[string]string) error {
	if subscription == "" {
		return badRequest("", "Subscription name can't be empty")
	}
	for _, name := range sortedNames(configs) {
		if _, ok := ClientMetrics().Lookup(name); !ok {
			return badRequest(name, "Unknown client metrics configuration: "+name)
		}
	}
	if err := checkSizes(configs); err != nil {
		return err
	}
	values, err := parseAll(ClientMetrics(), configs)
	if err != nil {
		return err
	}
	if v, ok := values["interval.ms"]; ok && (v.Int < 100 || v.Int > 3600000) {
		return badRequest("interval.ms", fmt.Sprintf("Invalid value %d for interval.ms, interval must be between 100 and 3600000 (1 hour)", v.Int))
	}
	for _, p := range values["match"].List {
		if _, _, ok := MatchPattern(p); !ok {
			return invalid("match", "Illegal client matching pattern: "+p)
		}
	}
	return nil
}

// MatchPattern splits one element of the match config into the client property and the regular expression it must
// match, and reports whether both are valid.
func MatchPattern(element string) (property, pattern string, ok bool) {
	parts := javaSplit(element, '=')
	if len(parts) != 2 {
		return "", "", false
	}
	property, pattern = javaTrim(parts[0]), javaTrim(parts[1])
	switch property {
	case "client_instance_id", "client_id", "client_software_name", "client_software_version", "client_source_address", "client_source_port":
	default:
		return "", "", false
	}
	_, err := syntax.Parse(pattern, syntax.Perl)
	return property, pattern, err == nil
}

// javaSplit splits like java.lang.String.split: empty elements at the end are dropped, but an empty text is one element.
func javaSplit(s string, sep byte) []string {
	if s == "" {
		return []string{""}
	}
	parts := strings.Split(s, string(sep))
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}
