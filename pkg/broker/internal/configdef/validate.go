package configdef

import (
	"fmt"
	"unicode/utf16"
)

// maxValueLength bounds a value in UTF-16 units, as the metadata log of Kafka does.
const maxValueLength = 32767

func unknownTopicConfig(name string) error { return invalid(name, "Unknown topic config name: "+name) }

// ValidateTopic checks the complete new configs of a topic (org.apache.kafka.storage.internals.log.LogConfig.validate).
// existing are the configs the topic has now, nil for a new one; the other three are the broker's layers. The error is
// ErrInvalidConfig with Kafka's text.
func ValidateTopic(existing, configs, dynamicBroker, dynamicDefault, static map[string]string) error {
	for _, name := range sortedNames(configs) {
		if _, ok := Topic().Lookup(name); !ok {
			return unknownTopicConfig(name)
		}
	}
	if err := checkSizes(configs); err != nil {
		return err
	}
	c, err := parseAll(Topic(), configs)
	if err != nil {
		return err
	}
	base, _ := TopicDefaults(dynamicBroker, dynamicDefault, static)
	t := base.overlay(c)
	if t.MinCompactionLagMs > t.MaxCompactionLagMs {
		return invalid("", fmt.Sprintf("conflict topic config setting min.compaction.lag.ms (%d) > max.compaction.lag.ms (%d)",
			t.MinCompactionLagMs, t.MaxCompactionLagMs))
	}
	l := &layers{dynamicBroker, dynamicDefault, static}
	if t.RemoteStorage {
		return validateRemote(&t, l.flag("remote.log.storage.system.enable"))
	}
	was, ok := existing["remote.storage.enable"]
	if on, _ := Topic().Lookup("remote.storage.enable"); ok && canonical(on, was) == "true" && !t.RemoteDeleteOnDisable {
		return invalid("remote.storage.enable", "It is invalid to disable remote storage without deleting remote data. "+
			"If you want to keep the remote data and turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. "+
			"If you want to disable remote storage and delete all remote data, please set `remote.storage.enable=false,remote.log.delete.on.disable=true`.")
	}
	return nil
}

// validateRemote holds the rules of a tiered topic (KIP-405, KIP-950).
func validateRemote(t *TopicConfig, systemEnabled bool) error {
	if !systemEnabled {
		return invalid("remote.storage.enable", "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")
	}
	if t.Compact {
		return invalid("cleanup.policy", "Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.")
	}
	if t.RetentionBytes > -1 {
		if err := localWithin("retention.bytes", t.LocalRetentionBytes, t.RetentionBytes); err != nil {
			return err
		}
	}
	if t.RetentionMs != -1 {
		if err := localWithin("retention.ms", t.LocalRetentionMs, t.RetentionMs); err != nil {
			return err
		}
	}
	if !t.RemoteCopyDisable {
		return nil
	}
	if t.LocalRetentionBytes != -2 && t.LocalRetentionBytes != t.RetentionBytes {
		return copyDisabled("retention.bytes")
	}
	if t.LocalRetentionMs != -2 && t.LocalRetentionMs != t.RetentionMs {
		return copyDisabled("retention.ms")
	}
	return nil
}

func localWithin(name string, local, total int64) error {
	switch {
	case local == -2:
		return nil
	case local == -1:
		return invalidValue("local."+name, "-1", fmt.Sprintf("Value must not be -1 as %s value is set as %d.", name, total))
	case local > total:
		return invalidValue("local."+name, fmt.Sprint(local), fmt.Sprintf("Value must not be more than %s property value: %d", name, total))
	}
	return nil
}

func copyDisabled(name string) error {
	return invalid("local."+name, "When `remote.log.copy.disable` is set to true, the `local."+name+"` and `"+name+
		"` must be set to the identical value because there will be no more logs copied to the remote storage.")
}

// overlay returns the configs with parsed overrides.
func (c TopicConfig) overlay(values map[string]Value) TopicConfig {
	for name, v := range values {
		c.set(name, v)
	}
	return c
}

// flag returns the effective value of a boolean broker config.
func (l *layers) flag(name string) bool {
	d, ok := Broker().Lookup(name)
	if !ok {
		return false
	}
	text, _ := l.value(d)
	return text == "true"
}

// parseAll parses and checks every config of the table that is set; names the table does not have are left out.
func parseAll(t *Table, configs map[string]string) (map[string]Value, error) {
	out := make(map[string]Value, len(configs))
	for _, name := range sortedNames(configs) {
		d, ok := t.Lookup(name)
		if !ok {
			continue
		}
		v, err := d.Parse(configs[name])
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

func checkSizes(configs map[string]string) error {
	for _, name := range sortedNames(configs) {
		v := configs[name]
		if len(v) > maxValueLength && len(utf16.Encode([]rune(v))) > maxValueLength {
			return invalid(name, "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.")
		}
	}
	return nil
}
