package configdef

import (
	"slices"
	"strings"
)

// Type is the type of a config, numbered as DescribeConfigs does.
type Type int8

// The types of org.apache.kafka.common.config.ConfigDef.Type.
const (
	Unknown  Type = 0
	Boolean  Type = 1
	String   Type = 2
	Int      Type = 3
	Short    Type = 4
	Long     Type = 5
	Double   Type = 6
	List     Type = 7
	Class    Type = 8
	Password Type = 9
)

// String returns the type's name in Kafka's spelling, such as LONG.
func (t Type) String() string {
	switch t {
	case Boolean:
		return "BOOLEAN"
	case String:
		return "STRING"
	case Int:
		return "INT"
	case Short:
		return "SHORT"
	case Long:
		return "LONG"
	case Double:
		return "DOUBLE"
	case List:
		return "LIST"
	case Class:
		return "CLASS"
	case Password:
		return "PASSWORD"
	}
	return "UNKNOWN"
}

// Mode says how a config can be changed while the broker runs.
type Mode uint8

// The dynamic update modes of KIP-226. Configs of topics, groups and client-metrics subscriptions are always Settable.
const (
	Settable    Mode = iota // set on the resource itself
	ReadOnly                // broker: from the file only, needs a restart
	PerBroker               // broker: dynamic, for one broker id at a time
	ClusterWide             // broker: dynamic, for one broker id or as the default of all
)

// String returns the mode's name in Kafka's documentation.
func (m Mode) String() string {
	switch m {
	case ReadOnly:
		return "read-only"
	case PerBroker:
		return "per-broker"
	case ClusterWide:
		return "cluster-wide"
	}
	return "settable"
}

// Def is one config definition. Definitions are shared and must not be modified.
type Def struct {
	Name    string
	Type    Type
	Default string // canonical text; empty too when Null or Required
	Null    bool   // the default is null, not the empty string
	// Required marks the few configs that have no default at all, such as node.id.
	Required bool
	// Internal marks configs that Kafka lists only where they are set.
	Internal bool
	Mode     Mode
	Check    Check
	// Synonyms are the broker configs that are consulted, the strongest first: for a topic or group config those
	// that supply its value when it is not set itself, for a broker config its family, itself included. Names
	// that end in .hours and .minutes hold that unit.
	Synonyms []string
	Doc      string // one to three sentences, with units
}

// Sensitive reports whether the value must never be shown: it is described as null.
func (d *Def) Sensitive() bool { return d.Type == Password || d.Type == Unknown }

// ReadOnly reports whether DescribeConfigs marks the config as read-only.
func (d *Def) ReadOnly() bool { return d.Mode == ReadOnly }

// HasDefault reports whether there is a default that is not null.
func (d *Def) HasDefault() bool { return !d.Required && !d.Null }

// IsList reports whether append and subtract are allowed.
func (d *Def) IsList() bool { return d.Type == List }

// Table is the set of definitions of one resource type, sorted by name.
type Table struct {
	defs   []*Def // sorted by Name, never modified
	broker bool
}

// Topic returns the topic configs.
func Topic() *Table { return &Table{defs: topicDefs} }

// Broker returns the broker configs.
func Broker() *Table { return &Table{defs: brokerDefs, broker: true} }

// Group returns the group configs (KIP-848, KIP-932, KIP-1071).
func Group() *Table { return &Table{defs: groupDefs} }

// ClientMetrics returns the configs of a client-metrics subscription (KIP-714).
func ClientMetrics() *Table { return &Table{defs: clientDefs} }

// Lookup finds a definition by its exact name, internal ones included.
func (t *Table) Lookup(name string) (*Def, bool) {
	i, ok := slices.BinarySearchFunc(t.defs, name, func(d *Def, n string) int { return strings.Compare(d.Name, n) })
	if !ok {
		return nil, false
	}
	return t.defs[i], true
}

// All returns every definition, sorted by name, internal ones included. The slice must not be modified.
func (t *Table) All() []*Def { return t.defs }

// Listed returns the definitions DescribeConfigs lists when none is named: all but the internal ones, sorted by name.
func (t *Table) Listed() []*Def {
	out := make([]*Def, 0, len(t.defs))
	for _, d := range t.defs {
		if !d.Internal {
			out = append(out, d)
		}
	}
	return out
}
