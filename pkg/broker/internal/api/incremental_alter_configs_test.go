package api

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// What the broker refuses by itself; the rest is the controller's and tested
// there. The texts are Apache Kafka's.
func TestIncrementalAlterConfigs(t *testing.T) {
	a := newAdmin(t, nil)
	a.create("a", "b")
	for _, row := range []struct {
		kind int8
		name string
		ops  []string
		want string
	}{
		{2, "a", []string{"=retention.ms=1", "-retention.ms"}, "42 Error due to duplicate config keys"},
		{2, "a", []string{"=retention.ms", "+cleanup.policy"}, "42 Null value not supported for : retention.ms, cleanup.policy"},
		{2, "a", []string{"-retention.ms"}, "0"},
		{2, "a", []string{"?retention.ms=5"}, "-1"},
		{2, "nope", []string{"=retention.ms=5"}, "3 The topic 'nope' does not exist."},
		{4, "2", []string{"=log.cleaner.threads=2"}, "42 Unexpected broker id, expected 1, but received 2"},
		{4, "x", []string{"=log.cleaner.threads=2"}, "42 Node id must be an integer, but it is: x"},
		{4, "1", []string{"=node.id=2"}, "42 Cannot update these configs dynamically: [node.id]"},
		{4, "1", []string{"=nosuch.config=2"}, "0"},
		{4, "1", []string{"=log.cleaner.threads=x"}, "42 Invalid value x for configuration log.cleaner.threads: Not a number of type INT"},
		{4, "1", []string{"+log.cleaner.threads=2"}, "40 Config value append is not allowed for config key: log.cleaner.threads"},
		{4, "1", []string{"+nosuch=2"}, "40 Unknown config name: nosuch"},
		{4, "1", []string{"?log.cleaner.threads=2"}, "42 Unknown operations type 4"},
		{4, "1", []string{"+log.cleanup.policy=compact"}, "0"},
		{4, "1", []string{"-log.cleanup.policy", "-nosuch.config"}, "0"},
		{4, "", []string{"=log.retention.ms=7"}, "0"},
		{4, "", []string{"=log.dirs=/x"}, "42 Cannot update these configs dynamically: [log.dirs]"},
		{4, "", []string{"=ssl.keystore.location=/x"}, "42 These security configs can be dynamically updated only per-listener using the listener prefix: [ssl.keystore.location]"},
		{8, "2", []string{"=root=INFO"}, "42 Unexpected broker id, expected 1, but received 2"},
		{8, "1", []string{"=root=INFO"}, "42 The log level of this broker is set when it starts."},
		{3, "x", []string{"=a=b"}, "42 Unknown resource type 3"},
		{99, "x", nil, "42 Unknown resource type 99"},
	} {
		if got := a.alter(row.kind, row.name, row.ops...); got != row.want {
			t.Errorf("%d %q %q: %s, want %s", row.kind, row.name, row.ops, got, row.want)
		}
	}
	if got := a.Image().Configured(); len(got) != 1 || got[0] != (meta.Resource{Type: 4}) {
		t.Errorf("configured: %v", got)
	}
}

// Each resource has its answer, at its place.
func TestIncrementalAlterConfigsOrder(t *testing.T) {
	a := newAdmin(t, nil)
	a.create("a", "b")
	for v := range int16(2) {
		q := kmsg.NewPtrIncrementalAlterConfigsRequest()
		q.Resources = []kmsg.IncrementalAlterConfigsRequestResource{
			alteration(2, "a", "=retention.ms=1"), alteration(2, "nope", "=retention.ms=1"), alteration(4, "9"),
			alteration(2, "a", "=retention.ms=2"), alteration(2, "b", "=retention.ms=3"),
		}
		got := ""
		for _, r := range a.ask(q, v).(*kmsg.IncrementalAlterConfigsResponse).Resources {
			got += fmt.Sprintf("%s %d; ", r.ResourceName, r.ErrorCode)
		}
		if got != "a 42; nope 3; 9 42; a 42; b 0; " {
			t.Errorf("v%d: %s", v, got)
		}
	}
	if got := a.Image().Config(meta.ResourceTopic, "b")["retention.ms"]; got != "3" || a.Image().Config(meta.ResourceTopic, "a") != nil {
		t.Errorf("b has %q", got)
	}
}

func TestAlterConfigs(t *testing.T) {
	a := newAdmin(t, nil)
	a.create("a", "b")
	resource := func(kind int8, name string, kv ...string) kmsg.AlterConfigsRequestResource {
		r := kmsg.NewAlterConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceType(kind), name
		for i := 0; i < len(kv); i += 2 {
			c := kmsg.AlterConfigsRequestResourceConfig{Name: kv[i]}
			if kv[i+1] != "<nil>" {
				c.Value = &kv[i+1]
			}
			r.Configs = append(r.Configs, c)
		}
		return r
	}
	for v := range int16(3) {
		q := kmsg.NewPtrAlterConfigsRequest()
		q.Resources = []kmsg.AlterConfigsRequestResource{
			resource(2, "a", "retention.ms", "5", "cleanup.policy", "compact"),
			resource(2, "b", "retention.ms", "1"), resource(2, "b"),
			resource(2, "c", "retention.ms", "<nil>"), resource(2, "d", "x", "1", "x", "2"),
			resource(4, "3", "log.cleaner.threads", "2"), resource(4, "1", "node.id", "2"), resource(4, "", "log.retention.ms", "9"),
			resource(8, "1", "root", "INFO"), resource(0, "x"), resource(2, "nope"),
		}
		want := []string{
			"0", "42 Each resource must appear at most once.", "42 Each resource must appear at most once.",
			"42 Null value not supported for : retention.ms", "42 Error due to duplicate config keys",
			"42 Unexpected broker id, expected 1, but received 3", "42 Cannot update these configs dynamically: [node.id]", "0",
			"42 Unknown resource type 8", "42 Unknown resource type 0", "3 The topic 'nope' does not exist.",
		}
		for i, r := range a.ask(q, v).(*kmsg.AlterConfigsResponse).Resources {
			if got := said(r.ErrorCode, r.ErrorMessage); got != want[i] {
				t.Errorf("v%d, resource %d: %s, want %s", v, i, got, want[i])
			}
		}
	}
	q := kmsg.NewPtrAlterConfigsRequest()
	q.Resources = []kmsg.AlterConfigsRequestResource{resource(2, "a", "segment.ms", "7")}
	a.ask(q, 2)
	if got := a.Image().Config(meta.ResourceTopic, "a"); len(got) != 1 || got["segment.ms"] != "7" {
		t.Errorf("replaced: %v", got)
	}
}
