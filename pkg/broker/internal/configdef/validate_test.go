package configdef

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

func TestTopicRulesAgreeWithKafka(t *testing.T) {
	type golden struct {
		Static, Existing, Configs map[string]string
		Err                       string
	}
	for _, g := range readGolden[golden](t, "topic.jsonl") {
		err := ValidateTopic(g.Existing, g.Configs, nil, nil, goldenStatic(g.Static))
		if errText(err) != g.Err {
			t.Errorf("%v on %v (static %v):\n got %v\nwant %s", g.Configs, g.Existing, g.Static, err, g.Err)
		}
		if err != nil && !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("%v: not ErrInvalidConfig", g.Configs)
		}
	}
}

func TestBrokerRulesAgreeWithKafka(t *testing.T) {
	type golden struct {
		PerBroker       bool
		Static, Configs map[string]string
		Err             string
	}
	for _, g := range readGolden[golden](t, "broker.jsonl") {
		switch {
		case strings.Contains(g.Err, "could not be found"): // kq loads no Java classes
			continue
		case strings.Contains(g.Err, "controller.listener.names"): // nor has a controller listener
			g.Err = ""
		case strings.Contains(g.Err, "max.connections.per.ip.overrides'"): // an index out of bounds in Kafka
			continue
		}
		err := ValidateBroker(g.Configs, g.PerBroker, nil, nil, goldenStatic(g.Static))
		if errText(err) != g.Err {
			t.Errorf("per broker %v, %v:\n got %v\nwant %s", g.PerBroker, g.Configs, err, g.Err)
		}
		if err != nil && !errors.Is(err, ErrInvalidRequest) {
			t.Errorf("%v: not ErrInvalidRequest", g.Configs)
		}
	}
}

func TestStaticRulesAgreeWithKafka(t *testing.T) {
	type golden struct {
		Static map[string]string
		Err    string
	}
	for _, g := range readGolden[golden](t, "static.jsonl") {
		static := map[string]string{"node.id": "1"}
		maps.Copy(static, g.Static)
		got := ValidateStatic(static)
		want := strings.TrimPrefix(g.Err, "requirement failed: ")
		if want == "" && len(got) == 0 {
			continue
		}
		if len(got) == 0 || got[0].Error() != want || got[0].Name == "" {
			t.Errorf("%v:\n got %v\nwant %s", g.Static, got, want)
		}
	}
}

func TestStaticProblemsAreAllNamed(t *testing.T) {
	got := ValidateStatic(map[string]string{
		"num.partitions": "0", "log.roll.ms": "0", "log.cleaner.min.compaction.lag.ms": "9", "log.cleaner.max.compaction.lag.ms": "8", "unknown.key": "x",
	})
	var names []string
	for _, e := range got {
		names = append(names, e.Name)
	}
	if s := strings.Join(names, " "); s != "num.partitions log.roll.ms log.cleaner.min.compaction.lag.ms" {
		t.Errorf("problems at %s: %v", s, got)
	}
}

func TestGroupRulesAgreeWithKafka(t *testing.T) {
	type golden struct {
		Static, Configs map[string]string
		Err             string
	}
	for _, g := range readGolden[golden](t, "group.jsonl") {
		err := ValidateGroup(g.Configs, nil, nil, goldenStatic(g.Static))
		if errText(err) != g.Err {
			t.Errorf("%v (static %v):\n got %v\nwant %s", g.Configs, g.Static, err, g.Err)
		}
	}
}

func TestClientMetricsRulesAgreeWithKafka(t *testing.T) {
	type golden struct {
		Configs map[string]string
		Err     string
		Request bool
	}
	for _, g := range readGolden[golden](t, "client.jsonl") {
		err := ValidateClientMetrics("s", g.Configs)
		if errText(err) != g.Err || err != nil && errors.Is(err, ErrInvalidRequest) != g.Request {
			t.Errorf("%v:\n got %v\nwant %s", g.Configs, err, g.Err)
		}
	}
	if err := ValidateClientMetrics("", nil); !errors.Is(err, ErrInvalidRequest) {
		t.Errorf("empty name: %v", err)
	}
}

func TestTooLongValue(t *testing.T) {
	long := strings.Repeat("é", maxValueLength)
	if err := checkSizes(map[string]string{"a": long}); err != nil {
		t.Errorf("32767 characters: %v", err)
	}
	err := ValidateTopic(nil, map[string]string{"leader.replication.throttled.replicas": long + "x"}, nil, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "maximum value size of 32767 bytes") {
		t.Errorf("32768 characters: %v", err)
	}
}

func TestDynamicLayersCount(t *testing.T) {
	dynamic := map[string]string{"log.cleaner.max.compaction.lag.ms": "100"}
	if err := ValidateTopic(nil, map[string]string{"min.compaction.lag.ms": "200"}, nil, dynamic, nil); err == nil {
		t.Error("the dynamic default is not seen")
	}
	if err := ValidateBroker(map[string]string{"max.connections.per.ip": "0"}, false, map[string]string{"max.connections.per.ip": "5"}, nil, nil); err != nil {
		t.Errorf("the broker's own value hides the default: %v", err)
	}
}

// TestCleanerThreads: the number changes by a factor of two at most.
func TestCleanerThreads(t *testing.T) {
	for _, c := range []struct {
		now, next string
		why       string
	}{
		{"1", "2", ""},
		{"4", "2", ""},
		{"3", "1", ""},
		{"1", "3", "more than double the current value 1"},
		{"4", "1", "less than half the current value 4"},
		{"1", "0", "at least 1"},
		{"0", "0", ""},
	} {
		err := ValidateBroker(map[string]string{"log.cleaner.threads": c.next}, true, nil, nil, map[string]string{"log.cleaner.threads": c.now})
		if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s to %s: %v", c.now, c.next, err)
		}
	}
}

func TestApply(t *testing.T) {
	const none = "(none)"
	for _, c := range []struct {
		table         *Table
		op            Op
		name, current string
		value, want   string
		err           string
	}{
		{Topic(), OpSet, "retention.ms", none, "5", "5", ""},
		{Topic(), OpSet, "xyz", none, "5", "5", ""},
		{Topic(), OpDelete, "retention.ms", "5", "", none, ""},
		{Topic(), OpAppend, "cleanup.policy", none, "compact", "delete,compact", ""},
		{Topic(), OpAppend, "cleanup.policy", "compact", "compact", "compact", ""},
		{Topic(), OpAppend, "cleanup.policy", "", "compact,delete", "compact,delete", ""},
		{Topic(), OpAppend, "cleanup.policy", "delete", "", "delete,", ""},
		{Topic(), OpSubtract, "cleanup.policy", "delete,compact", "compact", "delete", ""},
		{Topic(), OpSubtract, "cleanup.policy", none, "delete", "", ""},
		{Topic(), OpSubtract, "cleanup.policy", "compact", "delete", "compact", ""},
		{Topic(), OpAppend, "retention.ms", none, "1", "", "Can't APPEND to key retention.ms because its type is not LIST."},
		{Topic(), OpSubtract, "xyz", none, "1", "", "Can't SUBTRACT to key xyz because its type is not LIST."},
		{Broker(), OpAppend, "log.retention.ms", none, "1", "", "Config value append is not allowed for config key: log.retention.ms"},
		{Broker(), OpSubtract, "log.retention.ms", none, "1", "", "Config value subtract is not allowed for config key: log.retention.ms"},
		{Broker(), OpAppend, "xyz", none, "1", "", "Unknown config name: xyz"},
		{Broker(), OpAppend, "log.cleanup.policy", none, "compact", "delete,compact", ""},
		{Topic(), 7, "retention.ms", none, "1", "", "Unknown operations type 7"},
	} {
		current, isSet := c.current, c.current != none
		if !isSet {
			current = ""
		}
		got, set, err := c.table.Apply(c.op, c.name, current, isSet, c.value)
		if !set && err == nil {
			got = none
		}
		if got != c.want || errText(err) != c.err {
			t.Errorf("Apply(%d, %s, %q, %q) = %q, %v, want %q, %s", c.op, c.name, c.current, c.value, got, err, c.want, c.err)
		}
	}
}
