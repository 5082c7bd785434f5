package configdef

import (
	"maps"
	"strconv"
	"strings"
)

// layers are the broker's config maps, the strongest first. Values are raw text as it was set.
type layers struct {
	broker   map[string]string // dynamic, this broker
	defaults map[string]string // dynamic, all brokers
	static   map[string]string // server.properties and command line
}

// raw returns the text that is in force for one broker config by its own name, and false when that is the default.
// A dynamic value of the first of a family, such as log.retention.ms, hides the weaker names below it, as
// DynamicBrokerConfig does when it merges the layers.
func (l *layers) raw(d *Def) (string, bool) {
	for _, m := range [...]map[string]string{l.broker, l.defaults} {
		if v, ok := m[d.Name]; ok {
			return v, true
		}
		if head := familyHead(d.Name); head != "" && head != d.Name {
			if _, ok := m[head]; ok {
				return "", false
			}
		}
	}
	v, ok := l.static[d.Name]
	return v, ok
}

// familyHead returns the strongest synonym of a broker config that gives way to it, or "".
func familyHead(name string) string {
	switch name {
	case "log.roll.hours":
		return "log.roll.ms"
	case "log.roll.jitter.hours":
		return "log.roll.jitter.ms"
	case "log.retention.hours", "log.retention.minutes":
		return "log.retention.ms"
	case "log.flush.scheduler.interval.ms":
		return "log.flush.interval.ms"
	}
	return ""
}

// value returns the effective value of one broker config in canonical text; null when nothing sets it and the default
// is null. Text that does not parse is returned as it is.
func (l *layers) value(d *Def) (text string, null bool) {
	if raw, ok := l.raw(d); ok {
		return canonical(d, raw), false
	}
	return d.Default, !d.HasDefault()
}

// inherited returns what a topic or group config takes from the broker: the first synonym with a value, its unit
// converted, else the definition's own default.
func (l *layers) inherited(d *Def) (text string, null bool) {
	for _, name := range d.Synonyms {
		b, ok := Broker().Lookup(name)
		if !ok {
			continue
		}
		v, null := l.value(b)
		if null {
			continue
		}
		return toMillis(d, name, v), false
	}
	return d.Default, !d.HasDefault()
}

// toMillis converts the value of a broker synonym in hours or minutes; every negative retention time means no limit.
func toMillis(d *Def, synonym, v string) string {
	unit := int64(1)
	switch {
	case strings.HasSuffix(synonym, ".hours"):
		unit = 3600_000
	case strings.HasSuffix(synonym, ".minutes"):
		unit = 60_000
	}
	retention := d.Name == "retention.ms"
	if unit == 1 && !(retention && strings.HasPrefix(v, "-")) {
		return v
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return v
	}
	if retention && n < 0 {
		return "-1"
	}
	return strconv.FormatInt(n*unit, 10)
}

// number returns the effective value of a broker config of type Int, Short or Long.
func (l *layers) number(name string) int64 {
	d, ok := Broker().Lookup(name)
	if !ok {
		return 0
	}
	text, _ := l.value(d)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n, _ = strconv.ParseInt(d.Default, 10, 64)
	}
	return n
}

func canonical(d *Def, raw string) string {
	if text, err := d.Normalize(raw); err == nil {
		return text
	}
	return raw
}

// WithNodeID returns the static configs with broker.id and node.id both set when either is, as KafkaConfig does before
// it looks at anything else. The map itself is not changed.
func WithNodeID(static map[string]string) map[string]string {
	node, hasNode := static["node.id"]
	id, hasID := static["broker.id"]
	if hasNode == hasID {
		return static
	}
	out := maps.Clone(static)
	if hasNode {
		out["broker.id"] = node
	} else {
		out["node.id"] = id
	}
	return out
}
