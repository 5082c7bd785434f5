package configdef

import (
	"slices"
	"strings"
)

// Source tells which layer a value comes from, numbered as DescribeConfigs does.
type Source = int8

// The sources of org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource.
const (
	SourceUnknown        Source = 0
	SourceTopic          Source = 1
	SourceDynamicBroker  Source = 2
	SourceDynamicDefault Source = 3
	SourceStaticBroker   Source = 4
	SourceDefault        Source = 5
	SourceLogger         Source = 6
	SourceClientMetrics  Source = 7
	SourceGroup          Source = 8
)

// Entry is one config as DescribeConfigs answers it.
type Entry struct {
	Def      *Def   // for a name Kafka does not know but that is set, a Def of its own
	Value    string // canonical text, empty when Null
	Null     bool   // sensitive, or nothing sets it
	Source   Source
	Synonyms []Synonym // the strongest first; empty when only a weaker name of the family is set, as in Kafka
}

// Synonym is one layer that supplies, or would supply, the value.
type Synonym struct {
	Name   string
	Value  string // as it was set, empty when Null
	Null   bool   // sensitive
	Source Source
}

// EffectiveTopic returns the effective entry of one topic config. An unknown name gives an Entry without Def.
func EffectiveTopic(name string, topicOverrides, dynamicBroker, dynamicDefault, static map[string]string) Entry {
	d, ok := Topic().Lookup(name)
	if !ok {
		return Entry{}
	}
	return topicEntry(d, topicOverrides, &layers{dynamicBroker, dynamicDefault, static})
}

// DescribeTopic returns all entries of a topic, sorted by name.
func DescribeTopic(topicOverrides, dynamicBroker, dynamicDefault, static map[string]string) []Entry {
	l := &layers{dynamicBroker, dynamicDefault, static}
	return describe(Topic(), topicOverrides, func(d *Def) Entry { return topicEntry(d, topicOverrides, l) })
}

func topicEntry(d *Def, overrides map[string]string, l *layers) Entry {
	return resourceEntry(d, overrides, l, SourceTopic)
}

// EffectiveGroup returns the effective entry of one group config. An unknown name gives an Entry without Def.
func EffectiveGroup(name string, groupOverrides, dynamicBroker, dynamicDefault, static map[string]string) Entry {
	d, ok := Group().Lookup(name)
	if !ok {
		return Entry{}
	}
	return groupEntry(d, groupOverrides, &layers{dynamicBroker, dynamicDefault, static})
}

// DescribeGroup returns all entries of a group, sorted by name.
func DescribeGroup(groupOverrides, dynamicBroker, dynamicDefault, static map[string]string) []Entry {
	l := &layers{dynamicBroker, dynamicDefault, static}
	return describe(Group(), groupOverrides, func(d *Def) Entry { return groupEntry(d, groupOverrides, l) })
}

func groupEntry(d *Def, overrides map[string]string, l *layers) Entry {
	e := resourceEntry(d, overrides, l, SourceGroup)
	if len(d.Synonyms) == 0 {
		e.Synonyms = append(e.Synonyms, Synonym{Name: d.Name, Value: d.Default, Null: !d.HasDefault(), Source: SourceDefault})
	}
	return e
}

// EffectiveClientMetrics returns the effective entry of one config of a client-metrics subscription. An unknown name
// gives an Entry without Def.
func EffectiveClientMetrics(name string, overrides map[string]string) Entry {
	d, ok := ClientMetrics().Lookup(name)
	if !ok {
		return Entry{}
	}
	return resourceEntry(d, overrides, &layers{}, SourceClientMetrics)
}

// DescribeClientMetrics returns all entries of a client-metrics subscription, sorted by name.
func DescribeClientMetrics(overrides map[string]string) []Entry {
	return describe(ClientMetrics(), overrides, func(d *Def) Entry {
		return resourceEntry(d, overrides, &layers{}, SourceClientMetrics)
	})
}

// resourceEntry resolves a config of a topic, group or subscription: its own value, else the broker's.
func resourceEntry(d *Def, overrides map[string]string, l *layers, own Source) Entry {
	e := Entry{Def: d, Source: SourceDefault}
	raw, set := overrides[d.Name]
	switch {
	case set && d.Internal:
		e.Value = raw
	case set:
		e.Value = canonical(d, raw)
	default:
		e.Value, e.Null = l.inherited(d)
	}
	if set {
		e.Synonyms = append(e.Synonyms, Synonym{Name: d.Name, Value: e.Value, Source: own})
	}
	if len(d.Synonyms) > 0 {
		e.Synonyms = append(e.Synonyms, l.synonyms(d.Synonyms[0], d.Synonyms, false)...)
	}
	if len(e.Synonyms) > 0 {
		e.Source = e.Synonyms[0].Source
	}
	return e
}

// describe lists the definitions that are not internal, and the internal ones that are set.
func describe(t *Table, set map[string]string, entry func(*Def) Entry) []Entry {
	out := make([]Entry, 0, len(t.defs))
	for _, d := range t.defs {
		if _, ok := set[d.Name]; ok || !d.Internal {
			out = append(out, entry(d))
		}
	}
	return out
}

// EffectiveBroker returns the effective entry of one broker config. A name Kafka does not know is an entry with a
// sensitive Def of its own when it is set, else an Entry without Def.
func EffectiveBroker(name string, dynamicBroker, dynamicDefault, static map[string]string) Entry {
	l := &layers{dynamicBroker, dynamicDefault, static}
	if d, ok := Broker().Lookup(name); ok {
		return l.brokerEntry(d)
	}
	for _, m := range [...]map[string]string{dynamicBroker, dynamicDefault, static} {
		if _, ok := m[name]; ok {
			return l.brokerEntry(custom(name))
		}
	}
	return Entry{}
}

// DescribeBroker returns all entries of a broker, sorted by name: every definition that is not internal, and whatever
// else is set.
func DescribeBroker(dynamicBroker, dynamicDefault, static map[string]string) []Entry {
	l := &layers{dynamicBroker, dynamicDefault, static}
	out := make([]Entry, 0, len(brokerDefs))
	for _, d := range brokerDefs {
		if !d.Internal {
			out = append(out, l.brokerEntry(d))
		}
	}
	for _, name := range l.unlisted() {
		out = append(out, EffectiveBroker(name, dynamicBroker, dynamicDefault, static))
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Def.Name, b.Def.Name) })
	return out
}

// DescribeBrokerDefaults returns the cluster-wide dynamic defaults, which DescribeConfigs gives for the broker named
// "", sorted by name: only what is set there, as it was set.
func DescribeBrokerDefaults(dynamicDefault map[string]string) []Entry {
	l := &layers{defaults: dynamicDefault}
	out := make([]Entry, 0, len(dynamicDefault))
	for _, name := range sortedNames(dynamicDefault) {
		d, ok := Broker().Lookup(name)
		if !ok {
			d = custom(name)
		}
		e := Entry{Def: d, Value: dynamicDefault[name], Source: SourceDefault}
		for _, s := range l.synonyms(d.Name, d.family(), d.Sensitive()) {
			if s.Source == SourceDynamicDefault {
				e.Synonyms, e.Source = append(e.Synonyms, s), SourceDynamicDefault
			}
		}
		out = append(out, e.hidden())
	}
	return out
}

func (l *layers) brokerEntry(d *Def) Entry {
	e := Entry{Def: d, Source: SourceDefault, Synonyms: l.synonyms(d.Name, d.family(), d.Sensitive())}
	e.Value, e.Null = l.value(d)
	if raw, ok := l.raw(d); ok && d.Internal {
		e.Value = raw
	}
	if len(e.Synonyms) > 0 {
		e.Source = e.Synonyms[0].Source
	}
	return e.hidden()
}

// hidden blanks the value of a sensitive config.
func (e Entry) hidden() Entry {
	if e.Def.Sensitive() {
		e.Value, e.Null = "", true
	}
	return e
}

// synonyms lists, layer by layer, the names that are set, from the first mention of want on
// (kafka.server.ConfigHelper.configSynonyms).
func (l *layers) synonyms(want string, names []string, sensitive bool) []Synonym {
	var out []Synonym
	add := func(name, value string, src Source) {
		if len(out) == 0 && name != want {
			return
		}
		if sensitive {
			value = ""
		}
		out = append(out, Synonym{name, value, sensitive, src})
	}
	for _, layer := range [...]struct {
		set map[string]string
		src Source
	}{{l.broker, SourceDynamicBroker}, {l.defaults, SourceDynamicDefault}, {l.static, SourceStaticBroker}} {
		for _, name := range names {
			if v, ok := layer.set[name]; ok {
				add(name, v, layer.src)
			}
		}
	}
	for _, name := range names {
		if d, ok := Broker().Lookup(name); ok && d.HasDefault() && !dynamicOnly(name) {
			add(name, d.Default, SourceDefault)
		}
	}
	return out
}

// family returns the names consulted for a broker config, itself included.
func (d *Def) family() []string {
	if len(d.Synonyms) > 0 {
		return d.Synonyms
	}
	return []string{d.Name}
}

// unlisted returns the names that are set but not listed by themselves: internal and unknown ones, sorted.
func (l *layers) unlisted() []string {
	var out []string
	for _, m := range [...]map[string]string{l.broker, l.defaults, l.static} {
		for name := range m {
			if d, ok := Broker().Lookup(name); !ok || d.Internal {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// dynamicOnly reports the replication quotas, which have no static form and no listed default.
func dynamicOnly(name string) bool {
	switch name {
	case "leader.replication.throttled.rate", "follower.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second":
		return true
	}
	return false
}

// custom makes a definition for a broker config outside the table: with a listener prefix it has the type of the
// config behind it, else the type is unknown and the value counts as sensitive.
func custom(name string) *Def {
	d := &Def{Name: name, Mode: ReadOnly, Null: true, Internal: true}
	if base, ok := listenerBase(name); ok {
		d.Synonyms = []string{name, base}
		if b, ok := Broker().Lookup(base); ok {
			d.Type = b.Type
		}
	}
	return d
}

// listenerBase returns what stands behind listener.name.<listener>. and, for the configs of one SASL mechanism,
// behind the mechanism.
func listenerBase(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, "listener.name.")
	if !ok {
		return "", false
	}
	_, base, ok := strings.Cut(rest, ".")
	if !ok {
		return "", false
	}
	for _, m := range [...]string{
		"sasl.jaas.config", "sasl.login.callback.handler.class", "sasl.login.class",
		"sasl.server.callback.handler.class", "connections.max.reauth.ms",
	} {
		if strings.HasSuffix(base, m) {
			return m, true
		}
	}
	return base, true
}

func sortedNames(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
